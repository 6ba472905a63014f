import {
  Button,
  Card,
  Fieldset,
  Group,
  NativeSelect,
  Radio,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { type CaseAnswer, createCase, editCase, getCase, type NewCase } from '../../contract/cases.ts'
import { call } from '../../contract/route.ts'
import { type CaseKind, caseKindLabels, caseKinds, criteria, criterionLabels } from '../../contract/words.ts'
import { faultsOf, useAsk, useDo } from '../ask.ts'
import { Conflict } from '../parts/conflict.tsx'
import type { Part } from '../parts/conflict-sides.ts'
import { Drafted, type Start, useKept } from '../parts/drafted.tsx'
import { NotSaved } from '../parts/form.tsx'
import { Page, Shown } from '../parts/states.tsx'

/** A new case, or one that is edited. */
export default function CaseForm() {
  const { id } = useParams()
  if (id !== undefined) return <Loaded id={id} />
  return (
    <Drafted form="case.new" fresh={{ typed: blank, version: 0 }}>
      {(start) => <Form key={start.press} seen={null} start={start} />}
    </Drafted>
  )
}

function Loaded({ id }: { id: string }) {
  const asked = useAsk(['case', id], getCase, { params: { id } })
  const [round, setRound] = useState(0)
  const takeTheirs = (): void => {
    asked.refetch().then(() => setRound(round + 1))
  }
  return (
    <Shown asked={asked}>
      {(seen) => (
        <Drafted key={round} form={`case.${id}`} fresh={{ typed: typedFrom(seen), version: seen.version }}>
          {(start) => <Form seen={seen} start={start} onTakeTheirs={takeTheirs} />}
        </Drafted>
      )}
    </Shown>
  )
}

const blank: NewCase = {
  title: '',
  summary: '',
  kind: 'complaint',
  criterion: 'a',
  criterionReason: '',
  citizen: { name: '', idNumber: null, phone: null, address: null },
}

function typedFrom(seen: CaseAnswer | null): NewCase {
  if (seen === null) return blank
  const { title, summary, kind, criterion, criterionReason, citizen } = seen
  const { name, idNumber, phone, address } = citizen
  return { title, summary, kind, criterion, criterionReason, citizen: { name, idNumber, phone, address } }
}

type Typed = { currentTarget: { value: string } }

const citizenPart = (name: keyof NewCase['citizen'], label: string): Part<NewCase> => ({
  name: `citizen.${name}`,
  label,
  text: ({ citizen }) => citizen[name] ?? '',
  take: (from, into) => ({ ...into, citizen: { ...into.citizen, [name]: from.citizen[name] } }),
})
const part = (
  name: Exclude<keyof NewCase, 'citizen'>,
  label: string,
  text: (of: NewCase) => string = (of) => of[name],
): Part<NewCase> => ({ name, label, text, take: (from, into) => ({ ...into, [name]: from[name] }) })

const parts: Part<NewCase>[] = [
  part('title', 'Tên vụ việc'),
  part('kind', 'Loại', ({ kind }) => caseKindLabels[kind]),
  part('summary', 'Tóm tắt nội dung'),
  part('criterion', 'Tiêu chí lựa chọn', ({ criterion }) => criterionLabels[criterion]),
  part('criterionReason', 'Lý do đáp ứng tiêu chí'),
  citizenPart('name', 'Họ và tên công dân'),
  citizenPart('idNumber', 'Số căn cước'),
  citizenPart('phone', 'Điện thoại'),
  citizenPart('address', 'Địa chỉ'),
]

interface FormProps {
  seen: CaseAnswer | null
  start: Start<NewCase>
  onTakeTheirs?: () => void
}

function Form({ seen, start, onTakeTheirs }: FormProps) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState(start.typed)
  // What was read when the form opened: a later version must not pass silently.
  const [{ base, version }, setRead] = useState<Pick<typeof start, 'base' | 'version'>>(start)
  const kept = useKept(
    `case.${seen?.id ?? 'new'}`,
    { typed, base, version, press: start.press },
    JSON.stringify(typed) !== JSON.stringify(base),
  )
  const onDone = (saved: CaseAnswer): void => {
    kept.done()
    navigate(`/vu-viec/${saved.id}`)
  }
  const create = useDo(createCase, ['case', 'cases'], { onDone, press: start.press })
  const edit = useDo(editCase, ['case', 'cases'], { onDone })
  const save = seen === null ? create : edit
  const faults = faultsOf(save.error)
  const fixed = seen !== null && !seen.may.includes('edit')
  const submit = (event?: FormEvent, wanted = { typed, version }): void => {
    event?.preventDefault()
    if (seen === null) create.mutate({ body: wanted.typed })
    else edit.mutate({ params: { id: seen.id }, body: { ...wanted.typed, version: wanted.version } })
  }
  const conflict = seen !== null && (
    <Conflict
      error={save.error}
      parts={parts}
      base={base}
      mine={typed}
      read={async () => {
        const newest = await call(getCase, { params: { id: seen.id } })
        return { typed: typedFrom(newest), version: newest.version }
      }}
      onMerged={(merged, theirs) => {
        setTyped(merged)
        setRead({ base: theirs.typed, version: theirs.version })
        submit(undefined, { typed: merged, version: theirs.version })
      }}
      onTakeTheirs={() => {
        kept.done()
        onTakeTheirs?.()
      }}
    />
  )
  const field = (name: 'title' | 'summary' | 'criterionReason') => ({
    value: typed[name],
    error: faults[name],
    readOnly: fixed,
    onChange: (event: Typed) => setTyped({ ...typed, [name]: event.currentTarget.value }),
  })
  const citizen = (name: keyof NewCase['citizen']) => ({
    value: typed.citizen[name] ?? '',
    error: faults[`citizen.${name}`],
    onChange: (event: Typed) => {
      const value = event.currentTarget.value
      setTyped({ ...typed, citizen: { ...typed.citizen, [name]: value === '' && name !== 'name' ? null : value } })
    },
  })
  return (
    <Page title={seen === null ? 'Nhập vụ việc' : `Sửa vụ việc ${seen.code}`}>
      {kept.leaving}
      <form onSubmit={submit} noValidate>
        <Stack>
          <Card withBorder>
            <Stack>
              {fixed && (
                <Text>
                  Chủ tịch đã đồng ý vụ việc này nên nội dung không sửa được; thông tin công dân vẫn sửa được.
                </Text>
              )}
              <TextInput label="Tên vụ việc" required maxLength={300} {...field('title')} />
              <NativeSelect
                label="Loại"
                disabled={fixed}
                value={typed.kind}
                maw={260}
                onChange={(event) => setTyped({ ...typed, kind: event.currentTarget.value as CaseKind })}
                data={caseKinds.map((value) => ({ value, label: caseKindLabels[value] }))}
              />
              <Textarea label="Tóm tắt nội dung" required rows={5} maxLength={10_000} {...field('summary')} />
              <Radio.Group
                label="Tiêu chí lựa chọn (Điều 4 khoản 1)"
                required
                value={typed.criterion}
                onChange={(value) =>
                  setTyped({ ...typed, criterion: criteria.find((one) => one === value) ?? typed.criterion })
                }
              >
                <Stack gap="xs" mt="xs">
                  {criteria.map((one) => (
                    <Radio key={one} value={one} label={criterionLabels[one]} disabled={fixed} />
                  ))}
                </Stack>
              </Radio.Group>
              <Textarea
                label="Lý do đáp ứng tiêu chí"
                required
                rows={2}
                maxLength={2000}
                {...field('criterionReason')}
              />
            </Stack>
          </Card>
          <Fieldset legend="Công dân">
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput label="Họ và tên" required maxLength={120} {...citizen('name')} />
              <TextInput label="Số căn cước (12 chữ số)" inputMode="numeric" maxLength={20} {...citizen('idNumber')} />
              <TextInput label="Điện thoại" inputMode="tel" maxLength={20} {...citizen('phone')} />
              <TextInput label="Địa chỉ" maxLength={300} {...citizen('address')} />
            </SimpleGrid>
            <Text size="sm" c="dimmed" mt="sm">
              Dữ liệu cá nhân được mã hóa khi lưu và chỉ hiện với vai trò cần dùng.
            </Text>
          </Fieldset>
          <NotSaved
            error={save.error}
            conflict={conflict}
            onAnother={() => create.mutate({ querystring: { despiteTwin: true }, body: typed })}
            shownAtFields={Object.keys(faults)}
          />
          <Group>
            <Button type="submit" loading={save.isPending}>
              Lưu
            </Button>
            <Button variant="default" onClick={() => navigate(-1)}>
              Hủy bỏ
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  )
}

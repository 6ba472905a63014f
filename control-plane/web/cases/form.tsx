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
import { NotSaved } from '../parts/form.tsx'
import { Page, Shown } from '../parts/states.tsx'

/** A new case, or one that is edited. */
export default function CaseForm() {
  const { id } = useParams()
  return id === undefined ? <Form seen={null} /> : <Loaded id={id} />
}

function Loaded({ id }: { id: string }) {
  const asked = useAsk(['case', id], getCase, { params: { id } })
  const [round, setRound] = useState(0)
  return (
    <Shown asked={asked}>
      {(seen) => (
        <Form
          key={round}
          seen={seen}
          onTakeTheirs={() => {
            asked.refetch().then(() => setRound(round + 1))
          }}
        />
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

function Form({ seen, onTakeTheirs }: { seen: CaseAnswer | null; onTakeTheirs?: () => void }) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState(() => typedFrom(seen))
  // The version that was read when the form opened: a later one must not pass silently.
  const [version, setVersion] = useState(seen?.version ?? 0)
  const onDone = (saved: CaseAnswer): void => {
    navigate(`/vu-viec/${saved.id}`)
  }
  const create = useDo(createCase, ['case', 'cases'], { onDone })
  const edit = useDo(editCase, ['case', 'cases'], { onDone })
  const save = seen === null ? create : edit
  const faults = faultsOf(save.error)
  const fixed = seen !== null && !seen.may.includes('edit')
  const submit = (event?: FormEvent, onVersion = version): void => {
    event?.preventDefault()
    if (seen === null) create.mutate({ body: typed })
    else edit.mutate({ params: { id: seen.id }, body: { ...typed, version: onVersion } })
  }
  async function keepMine(): Promise<void> {
    if (seen === null) return
    const newest = await call(getCase, { params: { id: seen.id } })
    setVersion(newest.version)
    submit(undefined, newest.version)
  }
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
            onKeepMine={keepMine}
            onTakeTheirs={() => onTakeTheirs?.()}
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

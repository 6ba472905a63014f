import { Button, Card, Group, SimpleGrid, Stack, TextInput, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import type { Endpoint } from '../../contract/endpoints.ts'
import { createHearing, editHearing, getHearing, type HearingAnswer } from '../../contract/hearings.ts'
import { call } from '../../contract/route.ts'
import { faultsOf, useAsk, useDo } from '../ask.ts'
import { Conflict } from '../parts/conflict.tsx'
import { Drafted, type Start, useKept } from '../parts/drafted.tsx'
import { NotSaved } from '../parts/form.tsx'
import { Page, Shown } from '../parts/states.tsx'
import { dayOf, fromField, hourOf, toField } from '../parts/words.ts'
import { AgendaEditor } from './agenda-editor.tsx'
import { CaseChoice, DelegateChoice, useEndpoints } from './choices.tsx'
import { LimitNotice } from './limit-notice.tsx'
import { PeopleEditor } from './people-editor.tsx'
import { partsOf } from './plan-parts.ts'
import { keyedAnew, planOf, type TypedPlan, typedFrom } from './typed-plan.ts'

/** The plan of a new hearing, or of one that may still be changed. */
export default function HearingForm() {
  const { id } = useParams()
  const endpoints = useEndpoints()
  return (
    <Shown asked={endpoints}>
      {({ items }) =>
        id === undefined ? (
          <Drafted form="hearing.new" fresh={{ typed: typedFrom(null), version: 0 }}>
            {(start) => <Form seen={null} endpoints={items} start={start} />}
          </Drafted>
        ) : (
          <Loaded id={id} endpoints={items} />
        )
      }
    </Shown>
  )
}

function Loaded({ id, endpoints }: { id: string; endpoints: Endpoint[] }) {
  const asked = useAsk(['hearing', id], getHearing, { params: { id } })
  const [round, setRound] = useState(0)
  const takeTheirs = (): void => {
    asked.refetch().then(() => setRound(round + 1))
  }
  return (
    <Shown asked={asked}>
      {(seen) => (
        <Drafted key={round} form={`hearing.${id}`} fresh={{ typed: typedFrom(seen), version: seen.version }}>
          {(start) => <Form seen={seen} endpoints={endpoints} start={start} onTakeTheirs={takeTheirs} />}
        </Drafted>
      )}
    </Shown>
  )
}

interface FormProps {
  seen: HearingAnswer | null
  endpoints: Endpoint[]
  start: Start<TypedPlan>
  onTakeTheirs?: () => void
}

function Form({ seen, endpoints, start, onTakeTheirs }: FormProps) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState(() => keyedAnew(start.typed))
  // What was read when the form opened: a later version must not pass silently.
  const [{ base, version }, setRead] = useState<Pick<typeof start, 'base' | 'version'>>(start)
  const kept = useKept(
    `hearing.${seen?.id ?? 'new'}`,
    { typed, base, version, press: start.press },
    JSON.stringify(planOf(typed)) !== JSON.stringify(planOf(base)),
  )
  const onDone = (saved: HearingAnswer): void => {
    kept.done()
    navigate(`/buoi-tiep/${saved.id}`)
  }
  const create = useDo(createHearing, ['hearing', 'hearings'], { onDone, press: start.press })
  const edit = useDo(editHearing, ['hearing', 'hearings'], { onDone })
  const save = seen === null ? create : edit
  const faults = faultsOf(save.error)
  const set = (change: Partial<TypedPlan>): void => setTyped({ ...typed, ...change })
  const submit = (event?: FormEvent, wanted = { typed, version }): void => {
    event?.preventDefault()
    if (seen === null) create.mutate({ body: planOf(wanted.typed) })
    else edit.mutate({ params: { id: seen.id }, body: { ...planOf(wanted.typed), version: wanted.version } })
  }
  const [theirCases, setTheirCases] = useState(seen?.cases ?? [])
  const conflict = seen !== null && (
    <Conflict
      error={save.error}
      parts={partsOf(endpoints, [...(seen?.cases ?? []), ...theirCases])}
      base={base}
      mine={typed}
      read={async () => {
        const newest = await call(getHearing, { params: { id: seen.id } })
        setTheirCases(newest.cases)
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
  const rooms = endpoints.filter(({ id, kind }) => kind === 'central' || typed.delegates.includes(id))
  return (
    <Page title={seen === null ? 'Lập kế hoạch buổi tiếp' : `Sửa kế hoạch ${seen.code}`}>
      {kept.leaving}
      <form onSubmit={submit} noValidate>
        <Stack>
          <Card withBorder>
            <Stack>
              <TextInput
                label="Tên buổi tiếp"
                required
                maxLength={300}
                value={typed.title}
                error={faults.title}
                onChange={(event) => set({ title: event.currentTarget.value })}
              />
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                <Moment
                  label="Bắt đầu"
                  value={typed.startsAt}
                  fault={faults.startsAt}
                  onValue={(startsAt) => set({ startsAt })}
                />
                <Moment
                  label="Kết thúc"
                  value={typed.endsAt}
                  fault={faults.endsAt}
                  onValue={(endsAt) => set({ endsAt })}
                />
              </SimpleGrid>
              <LimitNotice startsAt={typed.startsAt} />
              <DelegateChoice
                endpoints={endpoints}
                chosen={typed.delegates}
                faults={faults}
                onChosen={(delegates) => set({ delegates })}
              />
              <CaseChoice
                known={(seen?.cases ?? []).map(({ id, code, title }) => ({ id, label: `${code} – ${title}` }))}
                chosen={typed.caseIds}
                faults={faults}
                onChosen={(caseIds) => set({ caseIds })}
              />
            </Stack>
          </Card>
          <Card withBorder>
            <Title order={2} size="h4" mb="sm">
              Kịch bản
            </Title>
            <AgendaEditor rows={typed.agenda} faults={faults} onRows={(agenda) => set({ agenda })} />
          </Card>
          <Card withBorder>
            <Title order={2} size="h4" mb="sm">
              Thành phần tham dự
            </Title>
            <PeopleEditor
              rows={typed.participants}
              rooms={rooms.map(({ id, name }) => ({ id, name }))}
              faults={faults}
              onRows={(participants) => set({ participants })}
            />
          </Card>
          <NotSaved
            error={save.error}
            conflict={conflict}
            onAnother={() => create.mutate({ querystring: { despiteTwin: true }, body: planOf(typed) })}
            shownAtFields={Object.keys(faults)}
          />
          <Group>
            <Button type="submit" loading={save.isPending}>
              Lưu kế hoạch
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

interface MomentProps {
  label: string
  value: string
  fault: string | undefined
  onValue(instant: string): void
}

/** A date with a time in Việt Nam; said again in words, because browsers show the field in their own language. */
function Moment({ label, value, fault, onValue }: MomentProps) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      required
      description={value === '' ? 'Ngày, giờ' : `${hourOf(value)}, ${dayOf(value)}`}
      value={toField(value)}
      error={fault}
      onChange={(event) => onValue(fromField(event.currentTarget.value))}
    />
  )
}

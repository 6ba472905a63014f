import { Button, Card, Group, SimpleGrid, Stack, TextInput, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import type { Endpoint } from '../../contract/endpoints.ts'
import { createHearing, editHearing, getHearing, type HearingAnswer } from '../../contract/hearings.ts'
import { call } from '../../contract/route.ts'
import { faultsOf, useAsk, useDo } from '../ask.ts'
import { NotSaved } from '../parts/form.tsx'
import { Page, Shown } from '../parts/states.tsx'
import { dayOf, fromField, hourOf, toField } from '../parts/words.ts'
import { AgendaEditor } from './agenda-editor.tsx'
import { CaseChoice, DelegateChoice, useEndpoints } from './choices.tsx'
import { LimitNotice } from './limit-notice.tsx'
import { PeopleEditor } from './people-editor.tsx'
import { planOf, type TypedPlan, typedFrom } from './typed-plan.ts'

/** The plan of a new hearing, or of one that may still be changed. */
export default function HearingForm() {
  const { id } = useParams()
  const endpoints = useEndpoints()
  return (
    <Shown asked={endpoints}>
      {({ items }) =>
        id === undefined ? <Form seen={null} endpoints={items} /> : <Loaded id={id} endpoints={items} />
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
      {(seen) => <Form key={round} seen={seen} endpoints={endpoints} onTakeTheirs={takeTheirs} />}
    </Shown>
  )
}

interface FormProps {
  seen: HearingAnswer | null
  endpoints: Endpoint[]
  onTakeTheirs?: () => void
}

function Form({ seen, endpoints, onTakeTheirs }: FormProps) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState(() => typedFrom(seen))
  // The version that was read when the form opened: a later one must not pass silently.
  const [version, setVersion] = useState(seen?.version ?? 0)
  const onDone = (saved: HearingAnswer): void => {
    navigate(`/buoi-tiep/${saved.id}`)
  }
  const create = useDo(createHearing, ['hearing', 'hearings'], { onDone })
  const edit = useDo(editHearing, ['hearing', 'hearings'], { onDone })
  const save = seen === null ? create : edit
  const faults = faultsOf(save.error)
  const set = (change: Partial<TypedPlan>): void => setTyped({ ...typed, ...change })
  const submit = (event?: FormEvent, onVersion = version): void => {
    event?.preventDefault()
    if (seen === null) create.mutate({ body: planOf(typed) })
    else edit.mutate({ params: { id: seen.id }, body: { ...planOf(typed), version: onVersion } })
  }
  async function keepMine(): Promise<void> {
    if (seen === null) return
    const newest = await call(getHearing, { params: { id: seen.id } })
    setVersion(newest.version)
    submit(undefined, newest.version)
  }
  const rooms = endpoints.filter(({ id, kind }) => kind === 'central' || typed.delegates.includes(id))
  return (
    <Page title={seen === null ? 'Lập kế hoạch buổi tiếp' : `Sửa kế hoạch ${seen.code}`}>
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
            onKeepMine={keepMine}
            onTakeTheirs={() => onTakeTheirs?.()}
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

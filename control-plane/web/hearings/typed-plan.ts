import type { AgendaItemInput, NewHearing, ParticipantInput } from '../../contract/hearing-plan.ts'
import type { HearingAnswer } from '../../contract/hearings.ts'

/** A row of an editor keeps its key when rows above it are removed. */
export type Keyed<T> = T & { key: number }

/** The plan as it is being typed. */
export interface TypedPlan extends Omit<NewHearing, 'agenda' | 'participants'> {
  agenda: Keyed<AgendaItemInput>[]
  participants: Keyed<ParticipantInput>[]
}

let lastKey = 0
export const keyed = <T extends object>(row: T): Keyed<T> => {
  lastKey += 1
  return { ...row, key: lastKey }
}

export const blankItem = (): Keyed<AgendaItemInput> => keyed({ title: '', minutes: 15, speaker: null })

export const blankPerson = (endpointId: string | null): Keyed<ParticipantInput> =>
  keyed({ name: '', jobTitle: null, organisation: null, role: 'invited', endpointId, required: false, email: null })

export function typedFrom(seen: HearingAnswer | null): TypedPlan {
  if (seen === null) {
    return { title: '', startsAt: '', endsAt: '', delegates: [], agenda: [], participants: [], caseIds: [] }
  }
  return {
    title: seen.title,
    startsAt: seen.startsAt,
    endsAt: seen.endsAt,
    delegates: seen.endpoints.filter(({ kind }) => kind === 'delegate').map(({ endpointId }) => endpointId),
    agenda: seen.agenda.map(({ id: _, ...item }) => keyed(item)),
    participants: seen.participants.map(({ id: _, ...person }) => keyed(person)),
    caseIds: seen.cases.map(({ id }) => id),
  }
}

export const planOf = (typed: TypedPlan): NewHearing => ({
  ...typed,
  agenda: typed.agenda.map(({ key: _, ...item }) => item),
  participants: typed.participants.map(({ key: _, ...person }) => person),
})

/** A plan that was typed earlier: the keys of its rows would meet those of new ones. */
export const keyedAnew = (typed: TypedPlan): TypedPlan => ({
  ...typed,
  agenda: typed.agenda.map((item) => keyed(item)),
  participants: typed.participants.map((person) => keyed(person)),
})

/** The row moved by one place; the same rows when it cannot. */
export function moved<T>(rows: T[], index: number, by: -1 | 1): T[] {
  const [row] = rows.slice(index, index + 1)
  if (row === undefined || index + by < 0 || index + by >= rows.length) return rows
  const rest = rows.toSpliced(index, 1)
  return rest.toSpliced(index + by, 0, row)
}

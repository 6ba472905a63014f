import { and, asc, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, or, type SQL } from 'drizzle-orm'
import type { HearingStatus } from '../../contract/words.ts'
import type { Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { HearingBrief, HearingPlan, PlanAgendaItem, PlanCase, PlanEndpoint, PlanParticipant } from './hearing.ts'
import type { PeopleColumns } from './sealed-people.ts'
import { agendaItems, hearingCases, hearingEndpoints, hearingMoves, hearingParticipants, hearings } from './tables.ts'

export type HearingRow = typeof hearings.$inferSelect
export type MoveRow = typeof hearingMoves.$inferSelect
type Reader = Database | Tx

/** What turns the ids of endpoints and cases into the things themselves. */
export interface Books {
  endpoints: {
    find(db: Reader, ids: string[]): Promise<(Omit<PlanEndpoint, 'endpointId' | 'kind'> & { id: string })[]>
  }
  cases: { briefs(db: Reader, ids: string[]): Promise<PlanCase[]> }
}

/** Reads whole plans: six queries however many there are. */
export function createPlanStore(people: PeopleColumns, books: Books) {
  async function loadPlans(db: Reader, rows: HearingRow[]): Promise<HearingPlan[]> {
    const ids = rows.map((row) => row.id)
    if (ids.length === 0) return []
    const endpointsOf = await endpointsByHearing(db, ids, books)
    const participantsOf = await participantsByHearing(db, ids, people)
    const agendaOf = await agendaByHearing(db, ids, people)
    const casesOf = await casesByHearing(db, ids, books)
    return rows.map((row) => ({
      ...briefOf(row),
      endpoints: endpointsOf.get(row.id) ?? [],
      participants: participantsOf.get(row.id) ?? [],
      agenda: agendaOf.get(row.id) ?? [],
      cases: casesOf.get(row.id) ?? [],
    }))
  }
  return {
    /** The plans of these rows, in the same order. */
    loadPlans,

    async loadPlan(db: Reader, id: string): Promise<HearingPlan | undefined> {
      const [plan] = await loadPlans(db, await db.select().from(hearings).where(eq(hearings.id, id)))
      return plan
    },

    async loadBrief(db: Reader, id: string): Promise<HearingBrief | undefined> {
      const [row] = await db.select().from(hearings).where(eq(hearings.id, id))
      return row && briefOf(row)
    },

    /** Hearings that overlap [from, to), earliest first. One that is live lasts until now at least, whatever end was planned. */
    async loadPlansBetween(db: Reader, window: PlanWindow): Promise<HearingPlan[]> {
      const live = window.now >= window.from ? eq(hearings.status, 'live') : undefined
      const filters: (SQL | undefined)[] = [
        lt(hearings.startsAt, new Date(window.to)),
        or(gt(hearings.endsAt, new Date(window.from)), live),
        window.statuses && inArray(hearings.status, [...window.statuses]),
        window.endpointId === undefined ? undefined : inArray(hearings.id, heldAt(db, window.endpointId)),
      ]
      const where = and(...filters)
      return loadPlans(db, await db.select().from(hearings).where(where).orderBy(asc(hearings.startsAt)))
    },
  }
}

export const hearingsSince = (tx: Tx, since: Date): Promise<HearingRow[]> =>
  tx.select().from(hearings).where(gte(hearings.createdAt, since)).orderBy(desc(hearings.createdAt))

export type PlanStore = ReturnType<typeof createPlanStore>

export interface PlanWindow {
  from: Instant
  to: Instant
  /** Demanded of everybody: by the planned end alone, a hearing that overruns would be missed. */
  now: Instant
  statuses?: readonly HearingStatus[]
  endpointId?: string
}

/** Ids of the hearings that an endpoint takes part in, as a sub-query. */
export const heldAt = (db: Reader, endpointId: string) =>
  db
    .select({ id: hearingEndpoints.hearingId })
    .from(hearingEndpoints)
    .where(eq(hearingEndpoints.endpointId, endpointId))

/** The endpoints of a hearing that their officers may know of (hearing.ts isVisibleTo): none before its approval. */
export async function toldEndpoints(db: Reader, id: string): Promise<string[]> {
  const rows = await db
    .select({ endpointId: hearingEndpoints.endpointId })
    .from(hearingEndpoints)
    .innerJoin(hearings, eq(hearings.id, hearingEndpoints.hearingId))
    .where(and(eq(hearings.id, id), isNotNull(hearings.decisionNumber)))
  return rows.map(({ endpointId }) => endpointId)
}

/** The citizens of a hearing who join on own devices, in the plan's order: the room shows them by it and not by their names. */
export async function citizensOnOwnDevices(db: Reader, hearingId: string): Promise<string[]> {
  const rows = await db
    .select({ id: hearingParticipants.id })
    .from(hearingParticipants)
    .where(
      and(
        eq(hearingParticipants.hearingId, hearingId),
        eq(hearingParticipants.role, 'citizen'),
        isNull(hearingParticipants.endpointId),
      ),
    )
    .orderBy(asc(hearingParticipants.position))
  return rows.map(({ id }) => id)
}

function briefOf(row: HearingRow): HearingBrief {
  const { id, code, title, status, version, late, lateReason, decisionNumber, returnReason } = row
  return {
    id,
    code,
    title,
    status,
    version,
    late,
    lateReason,
    decisionNumber,
    returnReason,
    startsAt: row.startsAt.getTime(),
    endsAt: row.endsAt.getTime(),
    submittedAt: row.submittedAt?.getTime() ?? null,
    decidedAt: row.decidedAt?.getTime() ?? null,
    liveAt: row.liveAt?.getTime() ?? null,
    endedAt: row.endedAt?.getTime() ?? null,
    createdAt: row.createdAt.getTime(),
  }
}

/** Groups rows by hearing and drops the hearing's id from each. */
function byHearing<T extends { hearingId: string }>(rows: T[]): Map<string, Omit<T, 'hearingId'>[]> {
  const groups = new Map<string, Omit<T, 'hearingId'>[]>()
  for (const { hearingId, ...rest } of rows) groups.set(hearingId, [...(groups.get(hearingId) ?? []), rest])
  return groups
}

async function endpointsByHearing(db: Reader, ids: string[], books: Books): Promise<Map<string, PlanEndpoint[]>> {
  const rows = await db.select().from(hearingEndpoints).where(inArray(hearingEndpoints.hearingId, ids))
  const known = new Map(
    (await books.endpoints.find(db, [...new Set(rows.map((row) => row.endpointId))])).map((one) => [one.id, one]),
  )
  const named = rows.flatMap(({ hearingId, endpointId, kind }) => {
    const endpoint = known.get(endpointId)
    if (!endpoint) return []
    const { name, shortName, slug } = endpoint
    return [{ hearingId, endpointId, kind, name, shortName, slug }]
  })
  // The central endpoint first, then by name as a person would look for it.
  named.sort((a, b) => a.kind.localeCompare(b.kind) || a.slug.localeCompare(b.slug))
  return byHearing(named)
}

async function participantsByHearing(
  db: Reader,
  ids: string[],
  people: PeopleColumns,
): Promise<Map<string, PlanParticipant[]>> {
  const rows = await db
    .select()
    .from(hearingParticipants)
    .where(inArray(hearingParticipants.hearingId, ids))
    .orderBy(asc(hearingParticipants.position))
  return byHearing(rows.map(({ position: _, ...participant }) => people.openPerson(participant)))
}

async function agendaByHearing(
  db: Reader,
  ids: string[],
  people: PeopleColumns,
): Promise<Map<string, PlanAgendaItem[]>> {
  const rows = await db
    .select()
    .from(agendaItems)
    .where(inArray(agendaItems.hearingId, ids))
    .orderBy(asc(agendaItems.position))
  return byHearing(
    rows.map(({ position: _, ...item }) => ({ ...item, speaker: people.speaker.openOptional(item.speaker) })),
  )
}

async function casesByHearing(db: Reader, ids: string[], books: Books): Promise<Map<string, PlanCase[]>> {
  const rows = await db
    .select()
    .from(hearingCases)
    .where(inArray(hearingCases.hearingId, ids))
    .orderBy(asc(hearingCases.position))
  const known = new Map(
    (await books.cases.briefs(db, [...new Set(rows.map((row) => row.caseId))])).map((one) => [one.id, one]),
  )
  return byHearing(
    rows.flatMap(({ hearingId, caseId }) => {
      const brief = known.get(caseId)
      return brief ? [{ hearingId, ...brief }] : []
    }),
  )
}

/** Every move the hearing has made, oldest first. */
/** In the order in which they were made, whatever a clock said that was set back in between. */
export async function movesOf(db: Reader, hearingId: string): Promise<MoveRow[]> {
  return db.select().from(hearingMoves).where(eq(hearingMoves.hearingId, hearingId)).orderBy(asc(hearingMoves.seq))
}

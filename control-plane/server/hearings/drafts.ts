import { and, eq } from 'drizzle-orm'
import { nextNumber, vietnamYear } from '../platform/codes.ts'
import type { Database, Tx } from '../platform/database.ts'
import { foldForSearch } from '../platform/text.ts'
import { hearingCode } from './hearing.ts'
import type { TidyPlan } from './plan.ts'
import type { PeopleColumns } from './sealed-people.ts'
import type { HearingRow } from './store.ts'
import { agendaItems, hearingCases, hearingEndpoints, hearingMoves, hearingParticipants, hearings } from './tables.ts'

const columns = (code: string, plan: TidyPlan) => ({
  title: plan.title,
  startsAt: new Date(plan.startsAt),
  endsAt: new Date(plan.endsAt),
  searchText: searchTextOf(code, plan.title),
})

const searchTextOf = (code: string, title: string): string => foldForSearch(`${code} ${title}`)

/** Folds anew what an earlier release folded otherwise; answers how many. May be killed and run again, and in several processes at once. */
export async function foldHearingsAgain(db: Database): Promise<number> {
  const { id, code, title, searchText } = hearings
  const rows = await db.select({ id, code, title, searchText }).from(hearings)
  const old = rows.filter((row) => searchTextOf(row.code, row.title) !== row.searchText)
  for (const row of old) {
    const unchanged = and(eq(id, row.id), eq(title, row.title))
    await db
      .update(hearings)
      .set({ searchText: searchTextOf(row.code, row.title) })
      .where(unchanged)
  }
  return old.length
}

/** Writes a new draft with everything in it; the first row of its history too. */
export async function insertDraft(
  tx: Tx,
  people: PeopleColumns,
  plan: TidyPlan,
  made: { centralId: string; by: { id: string; name: string }; at: Date },
): Promise<HearingRow> {
  const year = vietnamYear(made.at.getTime())
  const code = hearingCode(year, await nextNumber(tx, hearings, hearings.code, `BT-${year}-`))
  const [row] = await tx
    .insert(hearings)
    .values({ code, ...columns(code, plan), createdBy: made.by.id, createdAt: made.at })
    .returning()
  if (!row) throw new Error('hearing was not inserted')
  await insertParts(tx, people, row.id, { plan, centralId: made.centralId })
  await tx.insert(hearingMoves).values({
    hearingId: row.id,
    toStatus: 'draft',
    at: made.at,
    actorId: made.by.id,
    actorName: made.by.name,
  })
  return row
}

/** Replaces the plan of a hearing if it still is the one that was read; false when somebody else was faster. */
export async function replaceDraft(
  tx: Tx,
  people: PeopleColumns,
  read: HearingRow,
  parts: { plan: TidyPlan; centralId: string },
): Promise<boolean> {
  const [changed] = await tx
    .update(hearings)
    .set({ ...columns(read.code, parts.plan), version: read.version + 1 })
    .where(and(eq(hearings.id, read.id), eq(hearings.version, read.version)))
    .returning({ id: hearings.id })
  if (!changed) return false
  for (const part of [hearingCases, hearingEndpoints, agendaItems, hearingParticipants] as const) {
    await tx.delete(part).where(eq(part.hearingId, read.id))
  }
  await insertParts(tx, people, read.id, parts)
  return true
}

async function insertParts(
  tx: Tx,
  people: PeopleColumns,
  hearingId: string,
  { plan, centralId }: { plan: TidyPlan; centralId: string },
): Promise<void> {
  await tx
    .insert(hearingEndpoints)
    .values([
      { hearingId, endpointId: centralId, kind: 'central' },
      ...plan.delegates.map((endpointId) => ({ hearingId, endpointId, kind: 'delegate' as const })),
    ])
  if (plan.agenda.length > 0) {
    await tx.insert(agendaItems).values(
      plan.agenda.map((item, position) => ({
        hearingId,
        position,
        ...item,
        speaker: people.speaker.sealOptional(item.speaker),
      })),
    )
  }
  if (plan.participants.length > 0) {
    await tx
      .insert(hearingParticipants)
      .values(plan.participants.map((person, position) => ({ hearingId, position, ...people.sealPerson(person) })))
  }
  if (plan.caseIds.length > 0) {
    await tx.insert(hearingCases).values(plan.caseIds.map((caseId, position) => ({ hearingId, caseId, position })))
  }
}

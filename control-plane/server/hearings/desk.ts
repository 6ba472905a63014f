import { and, count, gte, inArray, isNotNull, like, lte, type SQL, sql } from 'drizzle-orm'
import type { EditedHearing, NewHearing } from '../../contract/hearing-plan.ts'
import type { HearingAnswer, HearingListItem } from '../../contract/hearings.ts'
import { type HearingStatus, hearingStatuses } from '../../contract/words.ts'
import { roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import { asDate, type Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { conflict, fail, forbidden, invalid, notFound, Problem } from '../platform/problem.ts'
import { searchPattern } from '../platform/text.ts'
import { lockTwins, twinMade, twinsSince } from '../platform/twins.ts'
import { insertDraft, replaceDraft } from './drafts.ts'
import { type HearingPlan, isEditable, isVisibleTo } from './hearing.ts'
import { lockHearing } from './move.ts'
import { draftFaults, isTwin, type TidyPlan, tidyPlan } from './plan.ts'
import { presentHearing, presentListItem } from './present.ts'
import type { PeopleColumns } from './sealed-people.ts'
import { hearingsSince, heldAt, movesOf } from './store.ts'
import { asTidyPlan, type PlanReading, readSurroundings, warningsOf } from './surroundings.ts'
import { hearings } from './tables.ts'

export interface HearingQuery {
  q?: string
  status?: string
  from?: string
  to?: string
  endpointId?: string
  limit: number
  offset: number
}

/** Reading, drafting and editing hearings; each change is one transaction with its audit row. */
export function createHearingDesk(platform: Platform, deps: PlanReading, people: PeopleColumns) {
  const { db, clock, audit, changes } = platform
  const { loadPlan, loadPlans } = deps.store

  async function present(reader: Database | Tx, actor: Actor, plan: HearingPlan): Promise<HearingAnswer> {
    const now = clock.now()
    const word = await deps.calendar.word(reader, { now, startsAt: plan.startsAt })
    const warnings = await warningsOf(reader, deps, plan, { now, word })
    return presentHearing(actor, plan, { history: await movesOf(reader, plan.id), warnings, word, now })
  }

  /** The tidied plan's central endpoint, or all the faults at once. */
  async function checkDraft(tx: Tx, plan: TidyPlan): Promise<string> {
    const around = await readSurroundings(tx, deps, plan, clock.now())
    const faults = draftFaults(plan, around)
    if (faults.length > 0 || !around.central) throw invalid(faults)
    return around.central.id
  }

  async function demandNoTwin(tx: Tx, plan: TidyPlan): Promise<void> {
    await lockTwins(tx, 'hearing')
    const now = clock.now()
    const made = await loadPlans(tx, await hearingsSince(tx, twinsSince(now)))
    const twin = made.find((other) => isTwin(plan, asTidyPlan(other)) && other.status !== 'cancelled')
    if (twin) throw twinMade('buổi tiếp', { subject: `hearing:${twin.id}`, code: twin.code, at: twin.createdAt }, now)
  }

  return {
    present,

    async list(actor: Actor, query: HearingQuery) {
      const where = and(...filters(db, actor, query))
      const rows = await db
        .select()
        .from(hearings)
        .where(where)
        .orderBy(...upcomingFirst(clock.now()))
        .limit(query.limit)
        .offset(query.offset)
      const [counted] = await db.select({ total: count() }).from(hearings).where(where)
      const items: HearingListItem[] = (await loadPlans(db, rows)).map((plan) =>
        presentListItem(actor, plan, clock.now()),
      )
      return {
        items,
        total: counted?.total ?? 0,
        mayCreate: actor.kind === 'staff' && roleMay(actor.role, 'hearing.write'),
      }
    },

    async get(actor: Actor, id: string): Promise<HearingAnswer> {
      const plan = await loadPlan(db, id)
      if (!plan || !isVisibleTo(actor, plan)) throw notFound('buổi tiếp')
      return present(db, actor, plan)
    },

    /** @throws Problem 409 `twin-made` when the same was planned minutes ago, unless the person has said that it is another one. */
    async create(actor: Actor, input: NewHearing, asked: { despiteTwin?: boolean } = {}): Promise<HearingAnswer> {
      if (actor.kind !== 'staff') return fail(forbidden())
      const plan = tidyPlan(input)
      return db.transaction(async (tx) => {
        const centralId = await checkDraft(tx, plan)
        if (asked.despiteTwin !== true) await demandNoTwin(tx, plan)
        const { id, code } = await insertDraft(tx, people, plan, { centralId, by: actor, at: asDate(clock.now()) })
        await audit.write(tx, actor, 'hearing.drafted', `hearing:${id}`, { code })
        await changes.announce(tx, `hearing:${id}`, 'hearings')
        return present(tx, actor, (await loadPlan(tx, id)) ?? fail(notFound('buổi tiếp')))
      })
    },

    async edit(actor: Actor, id: string, input: EditedHearing): Promise<HearingAnswer> {
      const plan = tidyPlan(input)
      return db.transaction(async (tx) => {
        const read = (await lockHearing(tx, id)) ?? fail(notFound('buổi tiếp'))
        if (read.version !== input.version) throw await audit.staleVersion(tx, `hearing:${id}`)
        if (!isEditable(read.status)) throw notEditable()
        const before = asTidyPlan((await loadPlan(tx, id)) ?? fail(notFound('buổi tiếp')))
        const centralId = await checkDraft(tx, plan)
        if (!(await replaceDraft(tx, people, read, { plan, centralId }))) throw conflict()
        const after = (await loadPlan(tx, id)) ?? fail(notFound('buổi tiếp'))
        const changed = changedParts(before, asTidyPlan(after))
        await audit.write(tx, actor, 'hearing.edited', `hearing:${id}`, { code: read.code, changed })
        await changes.announce(tx, `hearing:${id}`, 'hearings')
        return present(tx, actor, after)
      })
    },
  }
}

export type HearingDesk = ReturnType<typeof createHearingDesk>

const notEditable = (): Problem =>
  new Problem('not-editable', {
    status: 409,
    title: 'Kế hoạch đã trình hoặc đã phê duyệt nên không thể sửa. Đề nghị trả lại hoặc hoãn buổi tiếp trước khi sửa.',
  })

/** Names of the plan's parts that differ; the ids of the parts' rows do not count. */
function changedParts(before: TidyPlan, after: TidyPlan): string[] {
  const told = (value: unknown) => JSON.stringify(value, (key, inner: unknown) => (key === 'id' ? undefined : inner))
  return (Object.keys(after) as (keyof TidyPlan)[]).filter((part) => told(before[part]) !== told(after[part]))
}

function statusesOf(text: string): HearingStatus[] {
  const named = text.split(',').filter((word) => word !== '')
  const known = hearingStatuses.filter((status) => named.includes(status))
  if (known.length === new Set(named).size) return known
  throw invalid([
    { field: 'status', message: `Trạng thái không hợp lệ. Các trạng thái: ${hearingStatuses.join(', ')}.` },
  ])
}

/** The rows this actor may see and asked for. */
function filters(db: Database, actor: Actor, query: HearingQuery): (SQL | undefined)[] {
  const asked = [
    query.q ? like(hearings.searchText, searchPattern(query.q)) : undefined,
    query.status ? inArray(hearings.status, statusesOf(query.status)) : undefined,
    query.from ? gte(hearings.startsAt, new Date(query.from)) : undefined,
    query.to ? lte(hearings.startsAt, new Date(query.to)) : undefined,
    query.endpointId ? inArray(hearings.id, heldAt(db, query.endpointId)) : undefined,
  ]
  if (actor.kind === 'staff' && actor.role !== 'commune-officer') return asked
  const endpointId = actor.kind === 'staff' ? actor.endpointId : null
  if (endpointId === null) return [sql`false`]
  return [...asked, isNotNull(hearings.decisionNumber), inArray(hearings.id, heldAt(db, endpointId))]
}

/** Upcoming and running first, the earliest on top; then the past, the latest on top. */
function upcomingFirst(now: Instant): SQL[] {
  const over = sql`(${hearings.endsAt} < ${new Date(now).toISOString()}::timestamptz or ${hearings.status} in ('ended', 'archived', 'cancelled')) and ${hearings.status} <> 'live'`
  return [
    sql`case when ${over} then 1 else 0 end`,
    sql`case when ${over} then null else ${hearings.startsAt} end asc`,
    sql`${hearings.startsAt} desc`,
    sql`${hearings.code} desc`,
  ]
}

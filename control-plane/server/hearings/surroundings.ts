import type { Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Fault } from '../platform/problem.ts'
import { type HearingPlan, holdingStatuses, isEditable } from './hearing.ts'
import {
  completenessFaults,
  draftFaults,
  type Overlap,
  overlapFaults,
  type PlanSurroundings,
  planWarnings,
  type TidyPlan,
} from './plan.ts'
import type { HearingDeps } from './ports.ts'
import type { PlanStore } from './store.ts'
import { type CalendarWord, calendarWarnings } from './submission.ts'

type Reader = Database | Tx
export type PlanReading = HearingDeps & { store: PlanStore }

/** A stored plan in the form that the rules judge. */
export const asTidyPlan = (plan: HearingPlan): TidyPlan => ({
  title: plan.title,
  startsAt: plan.startsAt,
  endsAt: plan.endsAt,
  delegates: plan.endpoints.filter((at) => at.kind === 'delegate').map((at) => at.endpointId),
  agenda: plan.agenda,
  participants: plan.participants,
  caseIds: plan.cases.map((known) => known.id),
})

/** Reads what the rules must know about the things a plan names. */
export async function readSurroundings(
  db: Reader,
  deps: HearingDeps,
  plan: TidyPlan,
  now: Instant,
): Promise<PlanSurroundings> {
  return {
    now,
    central: await deps.endpoints.central(db),
    endpoints: await deps.endpoints.find(db, [...new Set(plan.delegates)]),
    cases: await deps.cases.briefs(db, [...new Set(plan.caseIds)]),
  }
}

const vietnamTime = new Intl.DateTimeFormat('vi-VN', {
  timeZone: 'Asia/Ho_Chi_Minh',
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})

/** Other hearings, submitted or approved, that want one of these rooms at the same time. */
async function readOverlaps(db: Reader, store: PlanStore, plan: HearingPlan, now: Instant): Promise<Overlap[]> {
  const window = { from: plan.startsAt, to: plan.endsAt, now, statuses: ['submitted' as const, ...holdingStatuses] }
  const others = (await store.loadPlansBetween(db, window)).filter((other) => other.id !== plan.id)
  const mine = new Set(plan.endpoints.map((at) => at.endpointId))
  return others.flatMap((other) =>
    other.endpoints
      .filter((at) => mine.has(at.endpointId))
      .map((at) => ({
        code: other.code,
        endpointName: at.name,
        spokenTime: `${vietnamTime.format(other.startsAt)} – ${vietnamTime.format(other.endsAt)}`,
        holds: holdingStatuses.includes(other.status),
      })),
  )
}

/** Everything that speaks against submitting or approving this stored plan now. */
export async function faultsOf(db: Reader, deps: PlanReading, plan: HearingPlan, now: Instant): Promise<Fault[]> {
  const tidied = asTidyPlan(plan)
  const around = await readSurroundings(db, deps, tidied, now)
  const overlaps = await readOverlaps(db, deps.store, plan, now)
  return [...draftFaults(tidied, around), ...completenessFaults(tidied, around), ...overlapFaults(overlaps)]
}

/** What people should look at while the plan is not yet approved; nothing afterwards. */
export async function warningsOf(
  db: Reader,
  deps: PlanReading,
  plan: HearingPlan,
  at: { now: Instant; word: CalendarWord },
): Promise<Fault[]> {
  const submittable = isEditable(plan.status)
  if (!submittable && plan.status !== 'submitted') return []
  const tidied = asTidyPlan(plan)
  const around = await readSurroundings(db, deps, tidied, at.now)
  return [
    ...calendarWarnings(at.word, submittable),
    ...planWarnings(tidied, around, await readOverlaps(db, deps.store, plan, at.now)),
  ]
}

import type { Consent } from '../../contract/cases.ts'
import type { ParticipantRole } from '../../contract/hearing-plan.ts'
import type { HearingAction } from '../../contract/hearings.ts'
import { type Criterion, type HearingStatus, hearingStatusLabels } from '../../contract/words.ts'
import { type Permission, roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import { type Instant, minuteMs } from '../platform/clock.ts'

export interface PlanEndpoint {
  endpointId: string
  kind: 'central' | 'delegate'
  name: string
  shortName: string
  slug: string
}

export interface PlanParticipant {
  id: string
  name: string
  jobTitle: string | null
  organisation: string | null
  role: ParticipantRole
  /** The endpoint in whose room the person sits; null: joins on an own device by a grant. */
  endpointId: string | null
  /** Counts for the quorum (Điều 2.4). */
  required: boolean
  email: string | null
}

export interface PlanAgendaItem {
  id: string
  title: string
  minutes: number
  speaker: string | null
}

export interface PlanCase {
  id: string
  code: string
  title: string
  criterion: Criterion
  consent: Consent
}

/** A hearing as every other module reads it. The central endpoint comes first; the other lists are in their own order. */
export interface HearingPlan {
  id: string
  code: string
  title: string
  status: HearingStatus
  startsAt: Instant
  endsAt: Instant
  version: number
  /** Submitted with fewer than 05 working days left (Điều 6.1.a); marked for ever. */
  late: boolean
  lateReason: string | null
  submittedAt: Instant | null
  decisionNumber: string | null
  decidedAt: Instant | null
  returnReason: string | null
  liveAt: Instant | null
  endedAt: Instant | null
  createdAt: Instant
  endpoints: PlanEndpoint[]
  participants: PlanParticipant[]
  agenda: PlanAgendaItem[]
  cases: PlanCase[]
}

/** A hearing without its lists: one row, for whoever only asks where it stands. */
export type HearingBrief = Omit<HearingPlan, 'endpoints' | 'participants' | 'agenda' | 'cases'>

/**
 * The life of a hearing (design §5): from → to; an unlisted move cannot happen.
 * A postponed hearing keeps its history, is edited to its new time and goes through submission and approval again,
 * which makes room, grants, tests and letters anew.
 */
export const moves = {
  draft: ['submitted', 'cancelled'],
  submitted: ['approved', 'returned', 'cancelled'],
  returned: ['submitted', 'cancelled'],
  approved: ['ready', 'postponed', 'cancelled'],
  ready: ['live', 'postponed', 'cancelled'],
  live: ['ended'],
  ended: ['archived'],
  postponed: ['submitted', 'cancelled'],
  archived: [],
  cancelled: [],
} as const satisfies Record<HearingStatus, readonly HearingStatus[]>

export const mayMove = (from: HearingStatus, to: HearingStatus): boolean =>
  (moves[from] as readonly HearingStatus[]).includes(to)

/** Whether the plan's content may still be changed. */
export const isEditable = (status: HearingStatus): boolean => mayMove(status, 'submitted')

/** A hearing that holds its endpoints' rooms. */
export const holdingStatuses: readonly HearingStatus[] = ['approved', 'ready', 'live']

/** What people do, by which right, and where it leads. `approved → ready` is not here: the test calls do it (6.1.b). */
export const actionMoves = {
  submit: { to: 'submitted', may: 'hearing.submit' },
  approve: { to: 'approved', may: 'hearing.decide' },
  return: { to: 'returned', may: 'hearing.decide' },
  start: { to: 'live', may: 'hearing.conduct' },
  end: { to: 'ended', may: 'hearing.conduct' },
  postpone: { to: 'postponed', may: 'hearing.postpone' },
  cancel: { to: 'cancelled', may: 'hearing.cancel' },
  archive: { to: 'archived', may: 'hearing.conduct' },
} as const satisfies Record<Exclude<HearingAction, 'edit'>, { to: HearingStatus; may: Permission }>

/** Its time came and nobody started it: it stands in its rooms' way until somebody puts it off. */
export const isNoShow = (plan: Pick<HearingPlan, 'status' | 'startsAt'>, now: Instant): boolean =>
  ['approved', 'ready'].includes(plan.status) && now >= plan.startsAt

/** Who planned or approved it may put a hearing off at any time; the office only one that nobody came to. */
export const mayPostpone = (actor: Actor, plan: Pick<HearingPlan, 'status' | 'startsAt'>, now: Instant): boolean =>
  actor.kind === 'staff' && (roleMay(actor.role, 'hearing.cancel') || isNoShow(plan, now))

/** Everything this actor may do with this hearing now. */
export function allowedActions(
  actor: Actor,
  plan: Pick<HearingPlan, 'status' | 'startsAt'>,
  now: Instant,
): HearingAction[] {
  if (actor.kind !== 'staff') return []
  const { role } = actor
  const { status } = plan
  const may = (Object.keys(actionMoves) as (keyof typeof actionMoves)[]).filter(
    (action) =>
      mayMove(status, actionMoves[action].to) &&
      roleMay(role, actionMoves[action].may) &&
      (action !== 'postpone' || mayPostpone(actor, plan, now)),
  )
  return roleMay(role, 'hearing.write') && isEditable(status) ? ['edit', ...may] : may
}

/** What a move leads to in words, for the refusal of one that is not in the table. */
export function refusedMove(from: HearingStatus, to: HearingStatus): string {
  return `Buổi tiếp đang ở trạng thái “${hearingStatusLabels[from]}” nên không thể chuyển sang “${hearingStatusLabels[to]}”. Đề nghị tải lại trang để xem trạng thái mới nhất.`
}

/** How long before the start the room opens, and with it the earliest start. */
export const startEarlyMs = 60 * minuteMs

export type StartTiming = 'too-early' | 'open' | 'over'
/** Whether a hearing may be started now: from the opening of its room until its planned end. */
export function startTiming(plan: Pick<HearingPlan, 'startsAt' | 'endsAt'>, now: Instant): StartTiming {
  if (now < plan.startsAt - startEarlyMs) return 'too-early'
  return now < plan.endsAt ? 'open' : 'over'
}

/** BT-2026-001: the year in Việt Nam and a running number. */
export const hearingCode = (year: number, number: number): string => `BT-${year}-${String(number).padStart(3, '0')}`

/** A commune officer sees its own endpoint's hearings, once approved; an unapproved plan is nobody's business but the province's. */
export function isVisibleTo(actor: Actor, plan: Pick<HearingPlan, 'endpoints' | 'decisionNumber'>): boolean {
  if (actor.kind !== 'staff') return false
  if (actor.role !== 'commune-officer') return true
  return plan.decisionNumber !== null && plan.endpoints.some((at) => at.endpointId === actor.endpointId)
}

export type Neglect = 'hearing-undecided' | 'hearing-not-started' | 'hearing-not-ended'
export const neglects: readonly Neglect[] = ['hearing-undecided', 'hearing-not-started', 'hearing-not-ended']

const decideBeforeMs = 24 * 60 * minuteMs
const overrunMs = 120 * minuteMs

/** What people have left undone although its time has come: each is an alert to the office. */
export function neglectOf(
  plan: Pick<HearingPlan, 'status' | 'startsAt' | 'endsAt'>,
  now: Instant,
): Neglect | undefined {
  const { status } = plan
  if (status === 'submitted' && now > plan.startsAt - decideBeforeMs) return 'hearing-undecided'
  if ((status === 'approved' || status === 'ready') && now > plan.endsAt) return 'hearing-not-started'
  if (status === 'live' && now > plan.endsAt + overrunMs) return 'hearing-not-ended'
  return undefined
}

/** The alert's words: what happened and what to do. */
export function neglectMessage(code: string, neglect: Neglect): string {
  if (neglect === 'hearing-undecided')
    return `Buổi tiếp ${code} sắp đến giờ nhưng chưa được phê duyệt. Đề nghị trình Chủ tịch cho ý kiến, hoặc trả lại để chọn ngày khác.`
  if (neglect === 'hearing-not-started')
    return `Buổi tiếp ${code} đã quá giờ kết thúc dự kiến mà chưa bắt đầu. Đề nghị hoãn và chọn thời gian mới, hoặc hủy.`
  return `Buổi tiếp ${code} đã quá giờ kết thúc dự kiến hơn 02 giờ. Nếu buổi tiếp đã xong, đề nghị bấm “Kết thúc buổi tiếp” để dừng ghi hình.`
}

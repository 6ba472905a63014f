import { sql } from 'drizzle-orm'
import type { SubmissionLimits } from '../../contract/hearing-plan.ts'
import type { HearingAnswer } from '../../contract/hearings.ts'
import type { HearingStatus } from '../../contract/words.ts'
import type { Actor } from '../platform/actor.ts'
import type { Instant } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { type Fault, fail, invalid, notFound, Problem } from '../platform/problem.ts'
import { cleanOptional } from '../platform/text.ts'
import type { HearingDesk } from './desk.ts'
import { type HearingPlan, mayMove, mayPostpone, startTiming } from './hearing.ts'
import { lockHearing, type Mover, type MoveValues, moveRefused } from './move.ts'
import { timeFaults } from './plan.ts'
import type { HearingRow } from './store.ts'
import { lateSubmissionTitle, submissionLimits } from './submission.ts'
import { faultsOf, type PlanReading } from './surroundings.ts'

/** What a step checks, once the hearing is locked and may make the move: what it writes and why. */
type Check = (tx: Tx, row: HearingRow, plan: HearingPlan) => Promise<{ reason?: string | null; values?: MoveValues }>

/** The steps of a hearing's life that people take (design §5); each is one transaction, and of two at once one wins. */
export function createDecisions(platform: Platform, deps: PlanReading, parts: { desk: HearingDesk; mover: Mover }) {
  const { db, clock } = platform

  async function step(
    order: { actor: Actor; id: string; to: HearingStatus; version?: number; alone?: boolean },
    check: Check = async () => ({}),
  ): Promise<HearingAnswer> {
    return db.transaction(async (tx) => {
      if (order.alone) await onePlannerAtATime(tx)
      const row = (await lockHearing(tx, order.id)) ?? fail(notFound('buổi tiếp'))
      if (order.version !== undefined && row.version !== order.version)
        throw await platform.audit.staleVersion(tx, `hearing:${order.id}`)
      if (row.status === 'approved' && order.to === 'live') throw testsMissing()
      if (!mayMove(row.status, order.to)) throw moveRefused(row.status, order.to)
      const plan = (await deps.store.loadPlan(tx, row.id)) ?? fail(notFound('buổi tiếp'))
      const { reason, values } = await check(tx, row, plan)
      const moved = { hearingId: row.id, to: order.to, actor: order.actor, reason: reason ?? null }
      return parts.desk.present(tx, order.actor, await parts.mover.write(tx, row, moved, values))
    })
  }

  return {
    /** Điều 6.1.a; a late submission needs a stated reason and is marked for ever. */
    submit: (actor: Actor, id: string, body: { version: number; lateReason?: string | null }) =>
      step({ actor, id, to: 'submitted', version: body.version }, async (tx, row, plan) => {
        const now = clock.now()
        refuse(
          await faultsOf(tx, deps, plan, now),
          'Kế hoạch chưa đủ điều kiện để trình. Vui lòng bổ sung các mục được nêu.',
        )
        const limits = submissionLimits(await deps.calendar.word(tx, { now, startsAt: plan.startsAt }))
        if (limits.standing !== 'late') return {}
        const reason = cleanOptional(body.lateReason) ?? fail(lateSubmission(limits))
        const reasons = [row.lateReason, reason].filter((said) => said !== null)
        return { reason, values: { late: true, lateReason: reasons.join('\n') } }
      }),

    /** The chairman's approval; what follows from it comes into being in the same transaction. */
    approve: (actor: Actor, id: string, body: { version: number; decisionNumber: string }) =>
      step({ actor, id, to: 'approved', version: body.version, alone: true }, async (tx, _row, plan) => {
        const decisionNumber = cleanOptional(body.decisionNumber)
        if (decisionNumber === null) {
          throw invalid([{ field: 'decisionNumber', message: 'Vui lòng nhập số văn bản phê duyệt.' }])
        }
        refuse(
          await faultsOf(tx, deps, plan, clock.now()),
          'Kế hoạch không còn đủ điều kiện để phê duyệt. Đề nghị trả lại để điều chỉnh các mục được nêu.',
        )
        return {
          reason: `Số văn bản: ${decisionNumber}`,
          values: { decisionNumber, decidedBy: staffId(actor), returnReason: null },
        }
      }),

    sendBack: (actor: Actor, id: string, body: { version: number; reason: string }) =>
      step({ actor, id, to: 'returned', version: body.version }, async () => {
        const reason = reasonOf(body.reason, 'Vui lòng nêu lý do trả lại.')
        return { reason, values: { returnReason: reason, decidedBy: staffId(actor) } }
      }),

    /** Điều 2.4: only when everybody who must be there is in the room at the same time, as the server sees it. */
    start: (actor: Actor, id: string) =>
      step({ actor, id, to: 'live' }, async (tx, _row, plan) => {
        refuseStart(plan, clock.now())
        const quorum = await deps.quorum(tx, id)
        if (!quorum.isCurrent) throw presenceUnknown()
        if (!quorum.met) throw quorumMissing(quorum.missing)
        return {}
      }),

    end: (actor: Actor, id: string) => step({ actor, id, to: 'ended' }),

    postpone: (
      actor: Actor,
      id: string,
      body: { version: number; reason: string; startsAt?: string; endsAt?: string },
    ) =>
      step({ actor, id, to: 'postponed', version: body.version }, async (_tx, _row, plan) => {
        if (!mayPostpone(actor, plan, clock.now())) throw notANoShow()
        const reason = reasonOf(body.reason, 'Vui lòng nêu lý do hoãn buổi tiếp.')
        if (body.startsAt === undefined && body.endsAt === undefined) return { reason }
        const time = newTime(plan, body)
        refuse(timeFaults(time, clock.now()), 'Thời gian mới chưa hợp lệ. Vui lòng chọn lại.')
        return { reason, values: { startsAt: new Date(time.startsAt), endsAt: new Date(time.endsAt) } }
      }),

    cancel: (actor: Actor, id: string, body: { version: number; reason: string }) =>
      step({ actor, id, to: 'cancelled', version: body.version }, async () => ({
        reason: reasonOf(body.reason, 'Vui lòng nêu lý do hủy buổi tiếp.'),
      })),

    archive: (actor: Actor, id: string) =>
      step({ actor, id, to: 'archived' }, async (tx) => {
        const lacks = (await deps.lacksForArchive?.(tx, id)) ?? ['bản sao lưu đã kiểm tra']
        if (lacks.length > 0) throw archiveMissing(lacks)
        return {}
      }),
  }
}

export type Decisions = ReturnType<typeof createDecisions>

/** Two approvals of different hearings must not both find the same room free. Taken before any row lock, so that nobody waits in a circle. */
async function onePlannerAtATime(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('hearings:approval'))`)
}

const staffId = (actor: Actor): string | null => (actor.kind === 'staff' ? actor.id : null)

function refuse(faults: Fault[], title: string): void {
  if (faults.length > 0) throw invalid(faults, title)
}

function reasonOf(typed: string, missing: string): string {
  return cleanOptional(typed) ?? fail(invalid([{ field: 'reason', message: missing }]))
}

/** A new start alone keeps the planned length. */
function newTime(plan: HearingPlan, body: { startsAt?: string; endsAt?: string }) {
  const startsAt = body.startsAt === undefined ? plan.startsAt : Date.parse(body.startsAt)
  const endsAt = body.endsAt === undefined ? startsAt + (plan.endsAt - plan.startsAt) : Date.parse(body.endsAt)
  return { startsAt, endsAt }
}

function refuseStart(plan: HearingPlan, now: Instant): void {
  const timing = startTiming(plan, now)
  if (timing === 'open') return
  const title =
    timing === 'too-early'
      ? 'Chưa đến giờ mở phòng (60 phút trước giờ bắt đầu). Vui lòng bắt đầu buổi tiếp sau.'
      : 'Đã quá giờ kết thúc dự kiến của buổi tiếp. Đề nghị hoãn và chọn thời gian mới.'
  throw new Problem(timing === 'too-early' ? 'start-too-early' : 'start-too-late', { status: 409, title })
}

const testsMissing = (): Problem =>
  new Problem('tests-missing', {
    status: 409,
    title:
      'Không thể bắt đầu vì còn điểm cầu chưa kiểm thử đạt yêu cầu. Đề nghị Văn phòng hoàn tất kiểm thử, hoặc cho phép bỏ qua có nêu lý do.',
  })

const lateSubmission = (limits: SubmissionLimits): Problem =>
  new Problem('late-submission', {
    status: 422,
    title: lateSubmissionTitle(limits),
    faults: [{ field: 'lateReason', message: 'Vui lòng nêu rõ lý do trình chậm.' }],
    extra: { workingDaysLeft: limits.workingDaysLeft, demanded: limits.demanded, latestDate: limits.latestDate },
  })

const presenceUnknown = (): Problem =>
  new Problem('presence-unknown', {
    status: 409,
    title:
      'Chưa bắt đầu được: máy chủ phòng họp không cho biết ai đang có mặt. Vui lòng thử lại sau nửa phút; nếu vẫn vậy, đề nghị Văn phòng xem mục Cảnh báo.',
    retryable: true,
  })

const quorumMissing = (missing: { name: string }[]): Problem =>
  new Problem('quorum-missing', {
    status: 409,
    title:
      missing.length === 0
        ? 'Phòng họp của buổi tiếp chưa sẵn sàng. Vui lòng thử lại sau ít phút.'
        : `Chưa đủ thành phần trong phòng họp: còn thiếu ${missing.map((one) => one.name).join(', ')}. Đề nghị liên hệ các điểm cầu rồi bắt đầu lại.`,
    retryable: true,
    extra: { missing },
  })

const archiveMissing = (lacks: string[]): Problem =>
  new Problem('archive-missing', {
    status: 409,
    title: `Chưa thể lưu hồ sơ buổi tiếp: còn thiếu ${lacks.join(', ')}. Vui lòng hoàn tất rồi thử lại.`,
    extra: { lacks },
  })

const notANoShow = (): Problem =>
  new Problem('hearing-not-a-no-show', {
    status: 403,
    title:
      'Văn phòng chỉ được hoãn buổi tiếp đã đến giờ mà chưa bắt đầu. Trước giờ đó, đề nghị Ban Tiếp công dân hoặc Chủ tịch hoãn.',
  })

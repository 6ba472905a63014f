import type { HearingAnswer } from './hearings.ts'
import type { HearingStatus } from './words.ts'

/** The word that stands before the time of each move; a time is never shown under another move's word. */
export const moveTimeLabels: Record<Exclude<HearingStatus, 'draft'>, string> = {
  submitted: 'Trình lúc',
  approved: 'Phê duyệt lúc',
  returned: 'Trả lại lúc',
  ready: 'Sẵn sàng lúc',
  live: 'Bắt đầu lúc',
  ended: 'Kết thúc lúc',
  archived: 'Lưu hồ sơ lúc',
  postponed: 'Hoãn lúc',
  cancelled: 'Hủy lúc',
}

type History = Pick<HearingAnswer, 'history'>['history']

/** When each move was made last, with its own word, in the order in which they were made. */
export function hearingTimes(history: History): { label: string; at: string }[] {
  const lastOf = history.filter((move, index) => !history.slice(index + 1).some(({ to }) => to === move.to))
  return lastOf.flatMap(({ to, at }) => (to === 'draft' ? [] : [{ label: moveTimeLabels[to], at }]))
}

/** Whether the chairman's approval is the one by which the hearing stands: not so once it was put off, sent back or called off. */
export function approvalHolds(history: History): boolean {
  const approved = history.findLastIndex(({ to }) => to === 'approved')
  const undone = history.findLastIndex(({ to }) => to === 'postponed' || to === 'returned' || to === 'cancelled')
  return approved >= 0 && approved > undone
}

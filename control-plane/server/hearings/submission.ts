import type { SubmissionLimits } from '../../contract/hearing-plan.ts'
import type { Fault } from '../platform/problem.ts'

/** Điều 6.1.a: the plan reaches the chairman at least 05 working days before the hearing. */
const demandedWorkingDays = 5

/** What the working calendar says of a hearing's day, seen from today. Dates are YYYY-MM-DD in Việt Nam. */
export interface CalendarWord {
  /** Formula A: `workdayIndex(day of the hearing) - workdayIndex(today)`. */
  workingDaysLeft: number
  /** The last day on which formula A still leaves five. */
  latestDate: string
  /** The last day on which five full working days lie between (formula B). */
  advisedDate: string
  onWorkingDay: boolean
  /** Years of the span whose official table of days off is not approved yet. */
  unapprovedYears: number[]
}

/** Formula A is the limit; between A and B there is a soft warning. */
export function submissionLimits(word: CalendarWord): SubmissionLimits {
  const { workingDaysLeft, latestDate, advisedDate } = word
  const standing =
    workingDaysLeft < demandedWorkingDays ? 'late' : workingDaysLeft === demandedWorkingDays ? 'tight' : 'in-time'
  return { workingDaysLeft, demanded: demandedWorkingDays, latestDate, advisedDate, standing }
}

/** 2026-12-08 → 08/12/2026 */
const spokenDate = (date: string): string => date.split('-').reverse().join('/')

/** The refusal of a late submission in words, with the days left and the latest date. */
export function lateSubmissionTitle(limits: SubmissionLimits): string {
  const left = String(Math.max(0, limits.workingDaysLeft)).padStart(2, '0')
  return (
    `Thời gian trình không bảo đảm ít nhất 05 ngày làm việc trước buổi tiếp (còn ${left} ngày làm việc; hạn cuối là ngày ${spokenDate(limits.latestDate)}). ` +
    'Đề nghị chọn ngày khác hoặc nêu rõ lý do.'
  )
}

/** What the calendar says that refuses nothing. */
export function calendarWarnings(word: CalendarWord, submittable: boolean): Fault[] {
  const limits = submissionLimits(word)
  const warnings: (Fault | false)[] = [
    !word.onWorkingDay && {
      field: 'startsAt',
      message: 'Ngày đã chọn là ngày nghỉ. Đề nghị chọn ngày làm việc liền kề.',
    },
    submittable &&
      limits.standing === 'tight' && {
        field: 'startsAt',
        message: `Thời gian còn đúng 05 ngày làm việc tính cả ngày tiếp. Để đủ 05 ngày làm việc trọn vẹn, đề nghị trình chậm nhất ngày ${spokenDate(limits.advisedDate)}.`,
      },
    submittable && limits.standing === 'late' && { field: 'startsAt', message: lateSubmissionTitle(limits) },
  ]
  const years = word.unapprovedYears.map((year) => ({
    field: 'startsAt',
    message: `Chưa có lịch nghỉ chính thức của năm ${year}; đề nghị quản trị hệ thống cập nhật.`,
  }))
  return [...warnings.filter((warning) => warning !== false), ...years]
}

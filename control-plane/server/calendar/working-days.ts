import type { CalendarDayKind, CalendarSettings, Certainty } from '../../contract/calendar.ts'
import { dayMs, type Instant } from '../platform/clock.ts'

/** A day in Việt Nam, yyyy-mm-dd; such texts compare like the days they name. */
export type Day = string

export interface ExceptionalDay {
  date: Day
  kind: CalendarDayKind
  reason: string
  certainty: Certainty
}

/** Monday to Friday, but for the exceptional days of the official yearly tables. */
export interface WorkingCalendar {
  exceptions: ReadonlyMap<Day, ExceptionalDay>
  /** Years whose official table was entered and checked. */
  approvedYears: ReadonlySet<number>
  settings: CalendarSettings
}

// Việt Nam has no summer time.
const vietnamOffsetMs = 7 * 3_600_000
const atMidnightUtc = (day: Day): number => Date.parse(`${day}T00:00:00Z`)

export const vietnamDay = (at: Instant): Day => new Date(at + vietnamOffsetMs).toISOString().slice(0, 10)
/** HH:mm in Việt Nam. */
export const vietnamTime = (at: Instant): string => new Date(at + vietnamOffsetMs).toISOString().slice(11, 16)
export const addDays = (day: Day, days: number): Day =>
  new Date(atMidnightUtc(day) + days * dayMs).toISOString().slice(0, 10)
export const yearOf = (day: Day): number => Number(day.slice(0, 4))

/** Saturday or Sunday. */
export function isWeekend(day: Day): boolean {
  const weekday = new Date(atMidnightUtc(day)).getUTCDay()
  return weekday === 0 || weekday === 6
}

export function isWorkingDay(calendar: WorkingCalendar, day: Day): boolean {
  const kind = calendar.exceptions.get(day)?.kind
  return kind === undefined ? !isWeekend(day) : kind === 'makeup-work'
}

/**
 * Working days d with from ≤ d < to: what lies before the day `to`, the first day included. Never negative.
 * Between two working days it is `workdayIndex(to) - workdayIndex(from)`, formula A of the 05 days (6.1.a).
 */
export function workingDaysBetween(calendar: WorkingCalendar, from: Day, to: Day): number {
  if (from >= to) return 0
  const span = Math.round((atMidnightUtc(to) - atMidnightUtc(from)) / dayMs)
  const wholeWeeks = Math.floor(span / 7)
  let count = wholeWeeks * 5
  for (let day = addDays(from, wholeWeeks * 7); day < to; day = addDays(day, 1)) if (!isWeekend(day)) count++
  for (const [day, { kind }] of calendar.exceptions) {
    if (day < from || day >= to) continue
    if (kind === 'off' && !isWeekend(day)) count--
    if (kind === 'makeup-work' && isWeekend(day)) count++
  }
  return count
}

/** The day itself when it is a working day, else the next one (Civil Code Điều 148.5). */
export function workingDayFrom(calendar: WorkingCalendar, day: Day): Day {
  let at = day
  while (!isWorkingDay(calendar, at)) at = addDays(at, 1)
  return at
}

/** The working day on which something submitted now counts as made: after hours, if so set, and on days off it is the next one. */
export function submissionDay(calendar: WorkingCalendar, now: Instant): Day {
  const { afterHoursCountsNextDay, workdayEnds } = calendar.settings
  const today = vietnamDay(now)
  const late = afterHoursCountsNextDay && isWorkingDay(calendar, today) && vietnamTime(now) >= workdayEnds
  return workingDayFrom(calendar, late ? addDays(today, 1) : today)
}

/** The last working day that leaves `workingDays` of them before the day of the event, which is not counted (Điều 147.2). */
export function latestDay(calendar: WorkingCalendar, event: Day, workingDays: number): Day {
  let day = event
  for (let left = workingDays; left > 0; ) {
    day = addDays(day, -1)
    if (isWorkingDay(calendar, day)) left--
  }
  return day
}

/** Điều 6.1.a; the strict reading wants as many whole days in between, hence one more. */
export const demandedWorkingDays = 5
const strictWorkingDays = demandedWorkingDays + 1

export interface SubmissionView {
  /** Formula A: the limit. */
  latestA: Day
  /** Formula B: a soft warning after it. */
  latestB: Day
  workingDaysLeft: number
  standing: 'in-time' | 'tight' | 'late'
  onWorkingDay: boolean
  /** Years of the span without an approved table. */
  unapprovedYears: number[]
  /** Days of the span whose legal source must still be read. */
  unsureDays: ExceptionalDay[]
}

/** How a hearing that starts then stands towards the 05 working days, seen from now. */
export function latestSubmission(calendar: WorkingCalendar, when: { now: Instant; startsAt: Instant }): SubmissionView {
  const event = vietnamDay(when.startsAt)
  const today = submissionDay(calendar, when.now)
  const workingDaysLeft = workingDaysBetween(calendar, today, event)
  const latestB = latestDay(calendar, event, strictWorkingDays)
  const [begin = today] = [today, latestB].sort()
  const standing =
    workingDaysLeft < demandedWorkingDays ? 'late' : workingDaysLeft < strictWorkingDays ? 'tight' : 'in-time'
  return {
    latestA: latestDay(calendar, event, demandedWorkingDays),
    latestB,
    workingDaysLeft,
    standing,
    onWorkingDay: isWorkingDay(calendar, event),
    unapprovedYears: yearsBetween(begin, event).filter((year) => !calendar.approvedYears.has(year)),
    unsureDays: [...calendar.exceptions.values()].filter(
      ({ date, certainty }) => certainty === 'check' && date >= latestB && date <= event,
    ),
  }
}

function yearsBetween(from: Day, to: Day): number[] {
  // A far-off year typed by mistake must not make a list of thousands.
  const last = Math.min(yearOf(to), yearOf(from) + 10)
  return Array.from({ length: Math.max(0, last - yearOf(from)) + 1 }, (_, n) => yearOf(from) + n)
}

/** 2026-12-08 → 08/12/2026 */
export const spokenDay = (day: Day): string => day.split('-').reverse().join('/')

export const unapprovedWarning = (year: number): string =>
  `Chưa có lịch nghỉ chính thức của năm ${year}; đề nghị quản trị hệ thống cập nhật.`

/** What people should know, in Vietnamese. */
export function submissionWarnings(view: SubmissionView): string[] {
  const left = String(view.workingDaysLeft).padStart(2, '0')
  return [
    ...(view.onWorkingDay ? [] : ['Ngày đã chọn là ngày nghỉ. Đề nghị chọn ngày làm việc liền kề.']),
    ...(view.standing === 'late'
      ? [
          `Thời gian trình không bảo đảm ít nhất 05 ngày làm việc trước buổi tiếp (còn ${left} ngày làm việc; hạn cuối là ngày ${spokenDay(view.latestA)}). Đề nghị chọn ngày khác hoặc nêu rõ lý do.`,
        ]
      : []),
    ...(view.standing === 'tight'
      ? [`Để đủ 05 ngày làm việc trọn vẹn, đề nghị trình chậm nhất ngày ${spokenDay(view.latestB)}.`]
      : []),
    ...view.unapprovedYears.map(unapprovedWarning),
    ...view.unsureDays.map(
      ({ date, reason }) => `Ngày ${spokenDay(date)} (${reason}) cần được đối chiếu với văn bản chính thức.`,
    ),
  ]
}

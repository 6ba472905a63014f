import type {
  CalendarDayKind,
  CalendarSettings,
  CalendarYear,
  Certainty,
  LatestSubmission,
} from '../../contract/calendar.ts'
import { roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import type { Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { conflict, type Fault, invalid } from '../platform/problem.ts'
import { cleanText } from '../platform/text.ts'
import * as store from './store.ts'
import * as rules from './working-days.ts'

export interface DayChange {
  date: string
  kind: CalendarDayKind | 'ordinary'
  reason: string
  legalSource: string
  certainty: Certainty
}

const earliest = Date.parse('2000-01-02T00:00:00Z')
const latest = Date.parse('2101-01-01T00:00:00Z')

/** The working calendar: read by whoever plans, kept by an administrator. */
export function createCalendarDesk(platform: Platform) {
  const { db, clock, audit, changes } = platform

  async function year(reader: Database | Tx, wanted: number, actor: Actor): Promise<CalendarYear> {
    const row = await store.yearRow(reader, wanted)
    const days = await store.daysOf(reader, wanted, wanted)
    const approved = row !== undefined && row.approvedAt !== null
    const manages = actor.kind === 'staff' && roleMay(actor.role, 'calendar.manage')
    return {
      year: wanted,
      approved,
      approvedAt: row?.approvedAt?.toISOString() ?? null,
      days,
      settings: await store.readSettings(reader),
      warnings: [
        ...(approved ? [] : [rules.unapprovedWarning(wanted)]),
        ...days
          .filter((day) => day.certainty === 'check')
          .map((day) => `Ngày ${rules.spokenDay(day.date)} (${day.reason}) cần được đối chiếu với văn bản chính thức.`),
      ],
      may: manages ? (approved ? ['manage'] : ['manage', 'approve']) : [],
    }
  }

  async function view(reader: Database | Tx, when: { now: Instant; startsAt: Instant }): Promise<rules.SubmissionView> {
    if (!(when.startsAt >= earliest && when.startsAt < latest)) {
      throw invalid([{ field: 'startsAt', message: 'Thời gian phải trong khoảng các năm 2000–2100.' }])
    }
    const years = [when.now, when.startsAt].map((at) => rules.yearOf(rules.vietnamDay(at)))
    const from = Math.min(...years) - 1
    // Beyond ten years there is no table anyway.
    const to = Math.min(Math.max(...years), from + 12)
    const span = Array.from({ length: to - from + 1 }, (_, n) => from + n)
    return rules.latestSubmission(await store.loadCalendar(reader, span), when)
  }

  return {
    year: (wanted: number, actor: Actor) => year(db, wanted, actor),
    view,

    async latest(startsAt: Instant): Promise<LatestSubmission> {
      const seen = await view(db, { now: clock.now(), startsAt })
      const { latestA, latestB, workingDaysLeft, standing } = seen
      return { latestA, latestB, workingDaysLeft, standing, warnings: rules.submissionWarnings(seen) }
    },

    /** Takes back the approval of the year: it was of the table as it stood. Throws 422 naming what is at fault. */
    setDay: (actor: Actor, change: DayChange): Promise<CalendarYear> =>
      db.transaction(async (tx) => {
        const faults = dayFaults(change)
        if (faults.length > 0) throw invalid(faults)
        const { date, kind, certainty } = change
        const reason = cleanText(change.reason)
        const legalSource = cleanText(change.legalSource)
        if (kind === 'ordinary') await store.removeDay(tx, date)
        else await store.putDay(tx, { date, kind, reason, legalSource, certainty })
        const wanted = rules.yearOf(date)
        await store.setApproval(tx, wanted, null)
        const answer = await year(tx, wanted, actor)
        const detail = { kind, reason, legalSource, certainty }
        await audit.write(tx, actor, 'calendar.day-set', `calendar-day:${date}`, detail)
        await changes.announce(tx, 'calendar')
        return answer
      }),

    approve: (actor: Actor, wanted: number): Promise<CalendarYear> =>
      db.transaction(async (tx) => {
        const days = await store.daysOf(tx, wanted, wanted)
        if (days.length === 0) {
          throw conflict(`Năm ${wanted} chưa có ngày nghỉ nào. Nhập lịch nghỉ chính thức trước khi xác nhận.`)
        }
        await store.setApproval(tx, wanted, { at: clock.now(), by: actor.id })
        const answer = await year(tx, wanted, actor)
        await audit.write(tx, actor, 'calendar.year-approved', `calendar-year:${wanted}`, { days: days.length })
        await changes.announce(tx, 'calendar')
        return answer
      }),

    setSettings: (actor: Actor, wanted: CalendarSettings): Promise<CalendarSettings> =>
      db.transaction(async (tx) => {
        await store.writeSettings(tx, wanted, clock.now())
        await audit.write(tx, actor, 'calendar.settings-changed', 'settings:calendar', { ...wanted })
        await changes.announce(tx, 'calendar')
        return wanted
      }),
  }
}

export type CalendarDesk = ReturnType<typeof createCalendarDesk>

function dayFaults(change: DayChange): Fault[] {
  const faults: Fault[] = []
  const year = rules.yearOf(change.date)
  const weekend = rules.isWeekend(change.date)
  if (year < 2000 || year > 2100) faults.push({ field: 'date', message: 'Năm phải trong khoảng 2000–2100.' })
  if (change.kind === 'off' && weekend) {
    faults.push({ field: 'kind', message: 'Thứ Bảy, Chủ nhật đã là ngày nghỉ. Vui lòng chọn ngày trong tuần.' })
  }
  if (change.kind === 'makeup-work' && !weekend) {
    faults.push({ field: 'kind', message: 'Chỉ đặt ngày làm bù vào thứ Bảy hoặc Chủ nhật.' })
  }
  return faults
}

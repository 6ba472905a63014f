import { and, asc, eq, gte, inArray, lte } from 'drizzle-orm'
import type { CalendarDay, CalendarSettings } from '../../contract/calendar.ts'
import type { Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import { settings } from '../platform/tables.ts'
import { officialDays, officialYears } from './official-days.ts'
import { calendarDays, calendarYears } from './tables.ts'
import type { WorkingCalendar } from './working-days.ts'

type Reader = Database | Tx

const settingsKey = 'calendar.after-hours'
const seededKey = 'calendar.seeded'
const usualSettings: CalendarSettings = { afterHoursCountsNextDay: true, workdayEnds: '17:00' }

/** The exceptional days of these years, the approvals and the settings. */
export async function loadCalendar(db: Reader, years: readonly number[]): Promise<WorkingCalendar> {
  const days = await daysOf(db, Math.min(...years), Math.max(...years))
  const approved = await db
    .select()
    .from(calendarYears)
    .where(inArray(calendarYears.year, [...years]))
  return {
    exceptions: new Map(days.map((day) => [day.date, day])),
    approvedYears: new Set(approved.flatMap((row) => (row.approvedAt === null ? [] : [row.year]))),
    settings: await readSettings(db),
  }
}

export const daysOf = (db: Reader, fromYear: number, toYear: number): Promise<CalendarDay[]> =>
  db
    .select()
    .from(calendarDays)
    .where(and(gte(calendarDays.date, `${fromYear}-01-01`), lte(calendarDays.date, `${toYear}-12-31`)))
    .orderBy(asc(calendarDays.date))

export async function yearRow(db: Reader, year: number) {
  const [row] = await db.select().from(calendarYears).where(eq(calendarYears.year, year))
  return row
}

export async function readSettings(db: Reader): Promise<CalendarSettings> {
  const [row] = await db.select().from(settings).where(eq(settings.key, settingsKey))
  return row ? (row.value as CalendarSettings) : usualSettings
}

export async function writeSettings(tx: Tx, value: CalendarSettings, now: Instant): Promise<void> {
  const row = { value, changedAt: new Date(now) }
  await tx
    .insert(settings)
    .values({ key: settingsKey, ...row })
    .onConflictDoUpdate({ target: settings.key, set: row })
}

export async function putDay(tx: Tx, day: CalendarDay): Promise<void> {
  const { date, ...set } = day
  await tx.insert(calendarDays).values(day).onConflictDoUpdate({ target: calendarDays.date, set })
}

export async function removeDay(tx: Tx, date: string): Promise<void> {
  await tx.delete(calendarDays).where(eq(calendarDays.date, date))
}

export async function setApproval(tx: Tx, year: number, approval: { at: Instant; by: string } | null): Promise<void> {
  const set = { approvedAt: approval === null ? null : new Date(approval.at), approvedBy: approval?.by ?? null }
  await tx
    .insert(calendarYears)
    .values({ year, ...set })
    .onConflictDoUpdate({ target: calendarYears.year, set })
}

/** Enters the known tables into a new database, once: what an administrator changes or removes later stays so. */
export async function seedCalendar(tx: Tx, now: Instant): Promise<boolean> {
  const [first] = await tx
    .insert(settings)
    .values({ key: seededKey, value: true, changedAt: new Date(now) })
    .onConflictDoNothing({ target: settings.key })
    .returning()
  if (!first) return false
  await tx
    .insert(calendarDays)
    .values([...officialDays])
    .onConflictDoNothing()
  await tx
    .insert(calendarYears)
    .values(officialYears.map((year) => ({ year, approvedAt: new Date(now) })))
    .onConflictDoNothing()
  return true
}

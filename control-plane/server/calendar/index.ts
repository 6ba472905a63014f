import { systemActor } from '../platform/actor.ts'
import type { Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Module } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import { createCalendarDesk } from './desk.ts'
import { calendarRoutes } from './routes.ts'
import { loadCalendar, seedCalendar } from './store.ts'
import type { WorkingCalendar } from './working-days.ts'

export interface Calendar {
  module: Module
  load(db: Database | Tx, years: readonly number[]): Promise<WorkingCalendar>
  /** What hearings ask: how the day of `startsAt` stands, seen from `now`. */
  word(
    db: Database | Tx,
    when: { now: Instant; startsAt: Instant },
  ): Promise<{
    workingDaysLeft: number
    latestDate: string
    advisedDate: string
    onWorkingDay: boolean
    unapprovedYears: number[]
  }>
}

/** Vietnamese working days (procedures §1). */
export function createCalendar(platform: Platform): Calendar {
  const desk = createCalendarDesk(platform)
  return {
    module: {
      name: 'calendar',
      routes: (app) => calendarRoutes(app, desk),
      start: () =>
        platform.db.transaction(async (tx) => {
          if (!(await seedCalendar(tx, platform.clock.now()))) return
          await platform.audit.write(tx, systemActor, 'calendar.seeded', 'settings:calendar')
        }),
    },
    load: loadCalendar,
    async word(db, when) {
      const { workingDaysLeft, latestA, latestB, onWorkingDay, unapprovedYears } = await desk.view(db, when)
      return { workingDaysLeft, latestDate: latestA, advisedDate: latestB, onWorkingDay, unapprovedYears }
    },
  }
}

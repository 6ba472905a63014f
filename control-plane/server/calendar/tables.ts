import { date, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Days that differ from Monday–Friday: days off, and Saturdays worked in exchange (procedures: Labour Code Điều 111–112). */
export const calendarDays = pgTable('calendar_days', {
  date: date('date', { mode: 'string' }).primaryKey(),
  kind: text('kind').$type<'off' | 'makeup-work'>().notNull(),
  reason: text('reason').notNull(),
  legalSource: text('legal_source').notNull(),
  certainty: text('certainty').$type<'sure' | 'likely' | 'check'>().notNull(),
})

/** Years whose official table was entered and approved. */
export const calendarYears = pgTable('calendar_years', {
  year: integer('year').primaryKey(),
  approvedAt: timestamp('approved_at', { withTimezone: true, mode: 'date' }),
  approvedBy: uuid('approved_by'),
})

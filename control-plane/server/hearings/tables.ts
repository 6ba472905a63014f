import { bigserial, boolean, index, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { ParticipantRole } from '../../contract/hearing-plan.ts'
import type { HearingStatus } from '../../contract/words.ts'
import { cases } from '../cases/tables.ts'
import { endpoints } from '../endpoints/tables.ts'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const hearings = pgTable(
  'hearings',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    code: text('code').notNull().unique(),
    title: text('title').notNull(),
    status: text('status').$type<HearingStatus>().notNull().default('draft'),
    startsAt: at('starts_at').notNull(),
    endsAt: at('ends_at').notNull(),
    /** Submitted with fewer than 05 working days left (6.1.a): marked for ever, with the stated reason. */
    late: boolean('late').notNull().default(false),
    lateReason: text('late_reason'),
    submittedAt: at('submitted_at'),
    decisionNumber: text('decision_number'),
    decidedBy: uuid('decided_by'),
    decidedAt: at('decided_at'),
    returnReason: text('return_reason'),
    liveAt: at('live_at'),
    endedAt: at('ended_at'),
    /** Rises with each change; a writer names the version it read. */
    version: integer('version').notNull().default(1),
    /** Code and title without diacritics. */
    searchText: text('search_text').notNull(),
    createdBy: uuid('created_by').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (table) => [index('hearings_start').on(table.startsAt), index('hearings_status').on(table.status)],
)

export const hearingCases = pgTable(
  'hearing_cases',
  {
    hearingId: uuid('hearing_id')
      .notNull()
      .references(() => hearings.id),
    caseId: uuid('case_id')
      .notNull()
      .references(() => cases.id),
    position: integer('position').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hearingId, table.caseId] })],
)

export const hearingEndpoints = pgTable(
  'hearing_endpoints',
  {
    hearingId: uuid('hearing_id')
      .notNull()
      .references(() => hearings.id),
    endpointId: uuid('endpoint_id')
      .notNull()
      .references(() => endpoints.id),
    kind: text('kind').$type<'central' | 'delegate'>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.hearingId, table.endpointId] })],
)

export const agendaItems = pgTable('agenda_items', {
  id: uuid('id').primaryKey().defaultRandom(),
  hearingId: uuid('hearing_id')
    .notNull()
    .references(() => hearings.id),
  position: integer('position').notNull(),
  title: text('title').notNull(),
  minutes: integer('minutes').notNull(),
  speaker: text('speaker'),
})

/** People named in the hearing; name, title, organisation and e-mail are encrypted (sealed-people.ts), as is an agenda item's speaker. With an endpoint they sit in that room; without one they join on their own device by a grant. */
export const hearingParticipants = pgTable('hearing_participants', {
  id: uuid('id').primaryKey().defaultRandom(),
  hearingId: uuid('hearing_id')
    .notNull()
    .references(() => hearings.id),
  position: integer('position').notNull(),
  name: text('name').notNull(),
  jobTitle: text('job_title'),
  organisation: text('organisation'),
  role: text('role').$type<ParticipantRole>().notNull(),
  endpointId: uuid('endpoint_id').references(() => endpoints.id),
  /** Counts for the quorum (2.4). */
  required: boolean('required').notNull(),
  email: text('email'),
})

export const hearingMoves = pgTable(
  'hearing_moves',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    /** Order within one instant. */
    seq: bigserial('seq', { mode: 'number' }).notNull(),
    hearingId: uuid('hearing_id')
      .notNull()
      .references(() => hearings.id),
    fromStatus: text('from_status').$type<HearingStatus>(),
    toStatus: text('to_status').$type<HearingStatus>().notNull(),
    at: at('at').notNull(),
    actorId: text('actor_id').notNull(),
    actorName: text('actor_name').notNull(),
    reason: text('reason'),
    /** Our clock said less at this move than at the one before: it was set back in between. */
    clockStepped: boolean('clock_stepped').notNull().default(false),
  },
  (table) => [index('hearing_moves_hearing').on(table.hearingId)],
)

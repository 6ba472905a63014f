import { boolean, index, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { DrillStep, DrillVerdict } from '../../contract/drills.ts'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** End-to-end drills: a row from the request on, and all that stays of one. */
export const drills = pgTable(
  'drills',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    requestedBy: text('requested_by').notNull(),
    byTimer: boolean('by_timer').notNull().default(false),
    state: text('state').$type<'due' | 'running' | 'clearing' | 'ended'>().notNull().default('due'),
    /** 'open' until the drill has ended: the unique index admits one at a time. */
    openKey: text('open_key').unique(),
    requestedAt: at('requested_at').notNull(),
    startedAt: at('started_at'),
    endedAt: at('ended_at'),
    /** The process that plays it, and until when its word holds. */
    claimedBy: text('claimed_by'),
    claimedUntil: at('claimed_until'),
    /** Why it must stop, once somebody said so. */
    stopWhy: text('stop_why'),
    verdict: text('verdict').$type<DrillVerdict>(),
    note: text('note'),
    steps: jsonb('steps').$type<DrillStep[]>().notNull(),
    /** Since when it is cleared away. */
    clearingAt: at('clearing_at'),
    /** By these a file that a recorder brings home later is known. */
    roomName: text('room_name'),
    recordingId: uuid('recording_id'),
  },
  (table) => [index('drills_requested').on(table.requestedAt), index('drills_state').on(table.state)],
)

import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { WaitingFor } from '../../contract/test-calls.ts'
import type { TestCallKind, VerdictWord } from '../../contract/words.ts'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const testCalls = pgTable(
  'test_calls',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    /** Null for an on-demand test of an endpoint outside any hearing. */
    hearingId: uuid('hearing_id'),
    endpointId: uuid('endpoint_id').notNull(),
    kind: text('kind').$type<TestCallKind>().notNull(),
    dueAt: at('due_at').notNull(),
    status: text('status').$type<'due' | 'running' | 'done' | 'cancelled'>().notNull().default('due'),
    attempt: integer('attempt').notNull().default(0),
    claimedAt: at('claimed_at'),
    claimedBy: text('claimed_by'),
    /** The room of the running attempt: null until it is made. An earlier attempt's room is closed, and must be ordered of nobody. */
    room: text('room'),
    /** What happens now, for the screen: a step word and since when. */
    progress: jsonb('progress').$type<{ step: string; at: string; percent: number }>(),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
    /** Our clock was set back during this test: how long it was is not certain. */
    clockStepped: boolean('clock_stepped').notNull().default(false),
    /** When the reconciler first saw that it was due; null for one on demand. */
    noticedAt: at('noticed_at'),
    /** Why a due test is not called yet, and when it is looked at again. */
    waitingFor: text('waiting_for').$type<WaitingFor>(),
    notBefore: at('not_before'),
    /** Began well after its due time because of our own side: everything was off, or could not call. */
    late: boolean('late').notNull().default(false),
    /** Since when it speaks of a plan that was put off: it stays on the record and counts for nothing. */
    supersededAt: at('superseded_at'),
    verdict: text('verdict').$type<VerdictWord>(),
    reasons: jsonb('reasons').$type<{ code: string; text: string; remedy: string; severity: 'warned' | 'failed' }[]>(),
    agentMeasurement: jsonb('agent_measurement').$type<Record<string, unknown>>(),
    kioskMeasurement: jsonb('kiosk_measurement').$type<Record<string, unknown>>(),
    thresholds: jsonb('thresholds').$type<Record<string, unknown>>(),
    deviceId: uuid('device_id'),
    waivedBy: uuid('waived_by'),
    waivedByName: text('waived_by_name'),
    waivedReason: text('waived_reason'),
    waivedAt: at('waived_at'),
    requestedBy: text('requested_by'),
    requestedById: uuid('requested_by_id'),
    createdAt: at('created_at').notNull(),
  },
  (table) => [
    index('test_calls_due').on(table.status, table.dueAt),
    index('test_calls_hearing').on(table.hearingId),
    index('test_calls_created').on(table.createdAt),
    // The two tests of 6.1.b exist once per hearing and endpoint, however often the planner runs; a plan that was put off has had its own.
    uniqueIndex('test_calls_planned')
      .on(table.hearingId, table.endpointId, table.kind)
      .where(sql`${table.kind} <> 'on-demand' and ${table.status} <> 'cancelled' and ${table.supersededAt} is null`),
    // A room PC is in one call at a time.
    uniqueIndex('one_running_test_call').on(table.endpointId).where(sql`${table.status} = 'running'`),
  ],
)

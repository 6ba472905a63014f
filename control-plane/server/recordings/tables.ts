import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { RecordedContent } from '../../contract/recording-content.ts'
import type { Condition } from './condition.ts'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** One recording of one hearing, or of one drill; its parts are the files that recorders left. */
export const recordings = pgTable('recordings', {
  id: uuid('id').primaryKey().defaultRandom(),
  /** Null: a drill's. */
  hearingId: uuid('hearing_id').unique(),
  /** The drill that it is made for: shown nowhere, told to nobody, removed once it has arrived. */
  drillId: uuid('drill_id').unique(),
  roomName: text('room_name').notNull(),
  /** What should be: 'on' from live to ended. */
  wanted: text('wanted').$type<'on' | 'off'>().notNull(),
  /** What the recorder says. */
  state: text('state')
    .$type<'idle' | 'starting' | 'pending' | 'on' | 'stopping' | 'off' | 'fault'>()
    .notNull()
    .default('idle'),
  currentSessionId: text('current_session_id'),
  stateAt: at('state_at').notNull(),
  faults: integer('faults').notNull().default(0),
  lastFault: text('last_fault'),
  /** When a person asked for a new start: answered once a session is on that began after it. */
  restartRequestedAt: at('restart_requested_at'),
  /** Which control plane conducts now, and until when its word holds. */
  conductor: text('conductor'),
  conductorUntil: at('conductor_until'),
  createdAt: at('created_at').notNull(),
})

/** Each Jibri session that this recording had, with how it ended. */
export const recordingSessions = pgTable(
  'recording_sessions',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    recordingId: uuid('recording_id')
      .notNull()
      .references(() => recordings.id),
    sessionId: text('session_id').notNull(),
    startedAt: at('started_at').notNull(),
    onAt: at('on_at'),
    endedAt: at('ended_at'),
    endedBy: text('ended_by'),
    /** Since when its recorder goes on with it though the focus does not know it (any more). */
    orphanedAt: at('orphaned_at'),
    /** Our clock was set back during this session: how long it was is not certain. */
    clockStepped: boolean('clock_stepped').notNull().default(false),
  },
  (table) => [uniqueIndex('recording_sessions_session').on(table.recordingId, table.sessionId)],
)

/** Time of a live hearing in which nobody recorded, after it had once begun; open while `endedAt` is null. */
export const recordingGaps = pgTable(
  'recording_gaps',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    recordingId: uuid('recording_id')
      .notNull()
      .references(() => recordings.id),
    beganAt: at('began_at').notNull(),
    endedAt: at('ended_at'),
  },
  (table) => [index('recording_gaps_recording').on(table.recordingId)],
)

export type PartStatus = 'receiving' | 'verifying' | 'probing' | 'remuxing' | 'storing' | 'ready' | 'broken'

/** One file from a recorder, from its first byte received to its place in the central store. */
export const recordingParts = pgTable(
  'recording_parts',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    recordingId: uuid('recording_id'),
    sessionId: text('session_id').notNull(),
    fileName: text('file_name').notNull(),
    host: text('host').notNull(),
    /** The credential that sent it; null on rows from before it was kept. `host` is only what that sender calls itself. */
    senderId: uuid('sender_id'),
    senderName: text('sender_name'),
    roomName: text('room_name'),
    uploadId: text('upload_id').notNull().unique(),
    declaredSha256: text('declared_sha256').notNull(),
    declaredSize: bigint('declared_size', { mode: 'number' }).notNull(),
    orderly: boolean('orderly').notNull(),
    status: text('status').$type<PartStatus>().notNull(),
    progressPercent: integer('progress_percent').notNull().default(0),
    fault: text('fault'),
    /** Paths below the central store. */
    originalPath: text('original_path'),
    playablePath: text('playable_path'),
    posterPath: text('poster_path'),
    playableSha256: text('playable_sha256'),
    playableSize: bigint('playable_size', { mode: 'number' }),
    durationMs: bigint('duration_ms', { mode: 'number' }),
    startedAt: at('started_at'),
    media: jsonb('media').$type<Record<string, unknown>>(),
    receivedAt: at('received_at'),
    storedAt: at('stored_at'),
    claimedAt: at('claimed_at'),
    /** How the stored files were found last, when somebody looked, and when their bytes were read. */
    originalCondition: text('original_condition').$type<Condition>().notNull().default('whole'),
    playableCondition: text('playable_condition').$type<Condition>().notNull().default('whole'),
    lookedAt: at('looked_at'),
    hashedAt: at('hashed_at'),
    hashClaimedAt: at('hash_claimed_at'),
    /** What it lets hear and shows, measured once it lay in the store; null as long as nobody did. */
    content: jsonb('content').$type<RecordedContent>(),
    measuredAt: at('measured_at'),
    measureClaimedAt: at('measure_claimed_at'),
    /** When its sender was told that the store has it, and may have let its own copy go. */
    receiptAt: at('receipt_at'),
    /** When a person said that this file is of no hearing, and why. */
    dismissedAt: at('dismissed_at'),
    dismissedWhy: text('dismissed_why'),
    createdAt: at('created_at').notNull(),
  },
  (table) => [
    index('recording_parts_recording').on(table.recordingId),
    index('recording_parts_looked').on(table.lookedAt),
    index('recording_parts_hashed').on(table.hashedAt),
    index('recording_parts_measured').on(table.measuredAt),
    index('recording_parts_session').on(table.sessionId, table.fileName, table.declaredSha256),
  ],
)

/** Recorder hosts as they last reported. */
export const recorders = pgTable('recorders', {
  host: text('host').primaryKey(),
  report: jsonb('report').$type<Record<string, unknown>>().notNull(),
  reportedAt: at('reported_at').notNull(),
})

import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** Keys that sign room tokens; the private half is encrypted. Prosody caches a public key by `kid` for ever, so rotation is a new `kid`. */
export const signingKeys = pgTable('signing_keys', {
  kid: text('kid').primaryKey(),
  kidHash: text('kid_hash').notNull().unique(),
  publicKeyPem: text('public_key_pem').notNull(),
  privateKey: text('private_key').notNull(),
  createdAt: at('created_at').notNull(),
  retiredAt: at('retired_at'),
})

export const rooms = pgTable(
  'rooms',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    /** 128 random bits, lower case; says nothing about the case. */
    name: text('name').notNull().unique(),
    purpose: text('purpose').$type<'hearing' | 'test-call' | 'rehearsal' | 'self-check' | 'drill'>().notNull(),
    hearingId: uuid('hearing_id'),
    testCallId: uuid('test_call_id'),
    drillId: uuid('drill_id'),
    opensAt: at('opens_at').notNull(),
    closesAt: at('closes_at').notNull(),
    closedAt: at('closed_at'),
    createdAt: at('created_at').notNull(),
  },
  (table) => [index('rooms_hearing').on(table.hearingId), index('rooms_drill').on(table.drillId)],
)

/** What lets one person or device into one room. The link's token is derived from the id and kept only as a hash. */
export const grants = pgTable(
  'grants',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    roomId: uuid('room_id')
      .notNull()
      .references(() => rooms.id),
    hearingId: uuid('hearing_id'),
    kind: text('kind').$type<'endpoint' | 'participant'>().notNull(),
    endpointId: uuid('endpoint_id'),
    participantId: uuid('participant_id'),
    /** Encrypted (sealed-names.ts). */
    displayName: text('display_name').notNull(),
    moderator: boolean('moderator').notNull(),
    required: boolean('required').notNull(),
    tokenHash: text('token_hash').notNull().unique(),
    codeHash: text('code_hash').notNull().unique(),
    revokedAt: at('revoked_at'),
    revokedReason: text('revoked_reason'),
    firstEnteredAt: at('first_entered_at'),
    lastEnteredAt: at('last_entered_at'),
    entries: integer('entries').notNull().default(0),
    /** The one device or page that the grant is at work on (seat.ts), when it last spoke, and when another last asked for its place. */
    seat: text('seat'),
    seatSeenAt: at('seat_seen_at'),
    seatAskedAt: at('seat_asked_at'),
    createdAt: at('created_at').notNull(),
  },
  (table) => [index('grants_room').on(table.roomId), index('grants_hearing').on(table.hearingId)],
)

export type LeftBy = 'left' | 'line-lost' | 'snapshot' | 'room-destroyed'

/** Who was in which room, from when to when, as told by Prosody (evidence: never by a browser). */
export const attendance = pgTable(
  'attendance',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    roomName: text('room_name').notNull(),
    occupantId: text('occupant_id').notNull(),
    processId: text('process_id').notNull(),
    /** The grant's id, or `agent:…`. */
    userId: text('user_id'),
    /** Of our own agents and room PCs alone; a person's name stands in his grant. */
    displayName: text('display_name'),
    hidden: boolean('hidden').notNull().default(false),
    joinedAt: at('joined_at').notNull(),
    leftAt: at('left_at'),
    /** 'left'; 'line-lost' (Prosody gave the dead line up); or why the leave was inferred: 'snapshot' (Prosody restarted or lost), 'room-destroyed'. */
    leftBy: text('left_by').$type<LeftBy>(),
    /** Until when he certainly was there; between this and `leftAt` nobody knows. Null: `leftAt` itself is certain, or he is there. */
    certainUntil: at('certain_until'),
    /** A clock was set back during this stay: how long it was is not certain. */
    clockStepped: boolean('clock_stepped').notNull().default(false),
  },
  (table) => [index('attendance_room').on(table.roomName, table.leftAt)],
)

/** Edge events as received, once each and without anybody's name (his id stays): the evidence behind `attendance`. */
export const edgeEvents = pgTable(
  'edge_events',
  {
    processId: text('process_id').notNull(),
    sequence: bigint('sequence', { mode: 'number' }).notNull(),
    at: at('at').notNull(),
    kind: text('kind').notNull(),
    room: text('room'),
    body: jsonb('body').$type<Record<string, unknown>>().notNull(),
    receivedAt: at('received_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.processId, table.sequence] })],
)

import { bigint, boolean, index, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Check } from '../../contract/self-check.ts'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** Append-only, hash-chained record of who did what (design rule 7). `seq` has no gaps: it is given out under a lock. */
export const auditTrail = pgTable('audit_trail', {
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  at: at('at').notNull(),
  actorKind: text('actor_kind').notNull(),
  actorId: text('actor_id').notNull(),
  actorName: text('actor_name').notNull(),
  action: text('action').notNull(),
  subject: text('subject').notNull(),
  detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
  previousHash: text('previous_hash').notNull(),
  /** Which key the hash was made with (audit-keys.ts); null in rows of releases that had none. */
  keyId: text('key_id'),
  hash: text('hash').notNull(),
})

/** Mails as rows until the server took them (transactional outbox). */
export const outboxMails = pgTable(
  'outbox_mails',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    /** Two writers of the same mail make one row. */
    dedupeKey: text('dedupe_key').notNull().unique(),
    recipient: text('recipient').notNull(),
    subject: text('subject').notNull(),
    body: text('body').notNull(),
    /** Recipient, subject and body are encrypted: it goes to somebody who takes part in a hearing. */
    sealed: boolean('sealed').notNull().default(false),
    /** `withdrawn`: what it tells does not hold any more, and it had not gone out. */
    status: text('status')
      .$type<'pending' | 'sending' | 'sent' | 'refused' | 'withdrawn'>()
      .notNull()
      .default('pending'),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: at('next_attempt_at').notNull(),
    lastError: text('last_error'),
    createdAt: at('created_at').notNull(),
    sentAt: at('sent_at'),
  },
  (table) => [index('outbox_due').on(table.status, table.nextAttemptAt)],
)

/** What a person must know of now: one open row per kind and subject. */
export const alerts = pgTable(
  'alerts',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    kind: text('kind').notNull(),
    subject: text('subject').notNull(),
    severity: text('severity').$type<'warning' | 'critical'>().notNull(),
    message: text('message').notNull(),
    raisedAt: at('raised_at').notNull(),
    seenAt: at('seen_at').notNull(),
    clearedAt: at('cleared_at'),
    /** kind:subject while open, null once cleared: the unique index admits one open row. */
    openKey: text('open_key').unique(),
  },
  (table) => [index('alerts_open').on(table.clearedAt)],
)

/** Settings that an administrator may change while the system runs. */
export const settings = pgTable('settings', {
  key: text('key').primaryKey(),
  value: jsonb('value').notNull(),
  changedAt: at('changed_at').notNull(),
  approved: boolean('approved').notNull().default(true),
})

/** What the last scripts/self-check found on the servers: one row. */
export const selfChecks = pgTable('self_checks', {
  id: integer('id').primaryKey().default(1),
  at: at('at').notNull(),
  checks: jsonb('checks').$type<Check[]>().notNull(),
})

/**
 * Presses of a button that made something, so that a repeated one finds it (press.ts). No body and no name: what was made is its kind and id,
 * who pressed and what was sent are keyed digests.
 */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    key: text('key').primaryKey(),
    /** Digest of address and body: the same key for something else is a mistake. */
    fingerprint: text('fingerprint').notNull(),
    /** Of one attempt; secrets that are told once are drawn from it, so that they can be told again without being stored. */
    seed: uuid('seed').notNull(),
    subject: text('subject').notNull(),
    status: integer('status').notNull(),
    at: at('at').notNull(),
  },
  (table) => [index('idempotency_keys_at').on(table.at)],
)

/** The processes that take what room PCs and recorder hosts report: since when, until when somebody did before, and when they last said so. */
export const intakes = pgTable('intakes', {
  instance: uuid('instance').primaryKey(),
  since: at('since').notNull(),
  before: at('before'),
  seenAt: at('seen_at').notNull(),
})

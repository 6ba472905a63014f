import { index, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Role } from '../../contract/words.ts'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const staff = pgTable('staff', {
  id: uuid('id').primaryKey().defaultRandom(),
  username: text('username').notNull().unique(),
  displayName: text('display_name').notNull(),
  role: text('role').$type<Role>().notNull(),
  /** Only for commune officers: the endpoint they see. */
  endpointId: uuid('endpoint_id'),
  passwordHash: text('password_hash').notNull(),
  /** TOTP secret (RFC 6238), encrypted; counts as a second factor once `totpConfirmedAt` is set. */
  totpSecret: text('totp_secret'),
  totpConfirmedAt: at('totp_confirmed_at'),
  /** The last accepted TOTP time step, so that a code works once. */
  totpLastStep: integer('totp_last_step'),
  /** A second factor that is being set up: its secret (encrypted), since when, and by which session alone it may be confirmed. */
  totpOffered: text('totp_offered'),
  totpOfferedAt: at('totp_offered_at'),
  totpOfferedTo: uuid('totp_offered_to'),
  /** Where this person is told of changes to the account; without one the office is told. */
  email: text('email'),
  disabledAt: at('disabled_at'),
  createdAt: at('created_at').notNull(),
})

export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    staffId: uuid('staff_id')
      .notNull()
      .references(() => staff.id),
    createdAt: at('created_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    secondFactorAt: at('second_factor_at'),
    /** When the person at this session last typed password (and code) again (identity/step-up.ts). */
    provenAt: at('proven_at'),
    revokedAt: at('revoked_at'),
    address: text('address').notNull(),
  },
  (table) => [index('sessions_staff').on(table.staffId)],
)

/** Failed sign-ins per user name and source address: a stranger's guesses slow the stranger, not the colleague. */
export const signInFailures = pgTable('sign_in_failures', {
  key: text('key').primaryKey(),
  failures: integer('failures').notNull(),
  lastAt: at('last_at').notNull(),
  blockedUntil: at('blocked_until'),
})

/** Long-lived secrets of services (recorder hosts), exchanged for short tokens; each can be revoked alone. */
export const serviceCredentials = pgTable('service_credentials', {
  id: uuid('id').primaryKey().defaultRandom(),
  name: text('name').notNull().unique(),
  secretHash: text('secret_hash').notNull(),
  /** The machines that it may speak for; none: the one that is called as it is. */
  hosts: jsonb('hosts').$type<string[]>().notNull().default([]),
  createdAt: at('created_at').notNull(),
  revokedAt: at('revoked_at'),
})

import { sql } from 'drizzle-orm'
import { boolean, index, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const endpoints = pgTable(
  'endpoints',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    kind: text('kind').$type<'central' | 'delegate'>().notNull(),
    /** Code of the statistics office; null for the central endpoint. */
    communeCode: text('commune_code').unique(),
    name: text('name').notNull(),
    shortName: text('short_name').notNull(),
    slug: text('slug').notNull().unique(),
    formerProvince: text('former_province'),
    contactName: text('contact_name'),
    contactEmail: text('contact_email'),
    contactPhone: text('contact_phone'),
    active: boolean('active').notNull().default(true),
    /** A room PC that a drill made for its few minutes: in no list, of nobody. Null: a real endpoint. */
    drillId: uuid('drill_id'),
    createdAt: at('created_at').notNull(),
  },
  (table) => [uniqueIndex('one_central_endpoint').on(table.kind).where(sql`${table.kind} = 'central'`)],
)

/** One enrolled room PC; its credential is stored as a hash and can be revoked alone. */
export const devices = pgTable(
  'devices',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    endpointId: uuid('endpoint_id')
      .notNull()
      .references(() => endpoints.id),
    label: text('label').notNull(),
    credentialHash: text('credential_hash').notNull().unique(),
    enrolledAt: at('enrolled_at').notNull(),
    enrolledBy: uuid('enrolled_by').notNull(),
    lastSeenAt: at('last_seen_at'),
    /** The last state the kiosk told: camera, microphone, speaker, line. */
    state: jsonb('state').$type<Record<string, unknown>>(),
    revokedAt: at('revoked_at'),
  },
  (table) => [index('devices_endpoint').on(table.endpointId)],
)

/** Short codes that enrol one room PC once. */
export const enrolmentCodes = pgTable('enrolment_codes', {
  codeHash: text('code_hash').primaryKey(),
  endpointId: uuid('endpoint_id')
    .notNull()
    .references(() => endpoints.id),
  label: text('label').notNull(),
  createdBy: uuid('created_by').notNull(),
  createdAt: at('created_at').notNull(),
  expiresAt: at('expires_at').notNull(),
  usedAt: at('used_at'),
  deviceId: uuid('device_id'),
})

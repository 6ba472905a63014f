import { index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Consent } from '../../contract/cases.ts'
import type { CaseKind, Criterion } from '../../contract/words.ts'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const cases = pgTable(
  'cases',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    code: text('code').notNull().unique(),
    title: text('title').notNull(),
    summary: text('summary').notNull(),
    kind: text('kind').$type<CaseKind>().notNull(),
    criterion: text('criterion').$type<Criterion>().notNull(),
    criterionReason: text('criterion_reason').notNull(),
    /** Encrypted, column by column (design rule 8). */
    citizenName: text('citizen_name').notNull(),
    citizenIdNumber: text('citizen_id_number'),
    citizenPhone: text('citizen_phone'),
    citizenAddress: text('citizen_address'),
    /** Điều 4.2. */
    consent: text('consent').$type<Consent>().notNull().default('asked'),
    consentReason: text('consent_reason'),
    consentBy: uuid('consent_by'),
    consentByName: text('consent_by_name'),
    consentAt: at('consent_at'),
    version: integer('version').notNull().default(1),
    /** Code, title and summary without diacritics; nothing of the citizen. */
    searchText: text('search_text').notNull(),
    createdBy: uuid('created_by').notNull(),
    createdByName: text('created_by_name').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (table) => [index('cases_created').on(table.createdAt)],
)

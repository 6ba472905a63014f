import { and, count, desc, eq, gte, inArray, like, type SQL } from 'drizzle-orm'
import type { Consent } from '../../contract/cases.ts'
import type { CaseKind, Criterion } from '../../contract/words.ts'
import { nextNumber, vietnamYear } from '../platform/codes.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Secrets } from '../platform/secrets.ts'
import { foldForSearch, searchPattern } from '../platform/text.ts'
import { type CaseBrief, type Citizen, caseCode, type Matter } from './case.ts'
import { cases } from './tables.ts'

export type CaseRow = typeof cases.$inferSelect

export interface CaseQuery {
  q?: string
  consent?: Consent
  criterion?: Criterion
  kind?: CaseKind
  limit: number
  offset: number
}

const label = (column: keyof Citizen): string => `cases.citizen.${column}`

/** The citizen's columns, sealed (design rule 8). */
export function sealCitizen(secrets: Secrets, citizen: Citizen) {
  const seal = (column: keyof Citizen, text: string | null) => text && secrets.encrypt(label(column), text)
  return {
    citizenName: secrets.encrypt(label('name'), citizen.name),
    citizenIdNumber: seal('idNumber', citizen.idNumber),
    citizenPhone: seal('phone', citizen.phone),
    citizenAddress: seal('address', citizen.address),
  }
}

/** The citizen's columns, opened. Only for what is then masked or shown to a role that may read them. */
export function openCitizen(secrets: Secrets, row: CaseRow): Citizen {
  const open = (column: keyof Citizen, sealed: string | null) => sealed && secrets.decrypt(label(column), sealed)
  return {
    name: secrets.decrypt(label('name'), row.citizenName),
    idNumber: open('idNumber', row.citizenIdNumber),
    phone: open('phone', row.citizenPhone),
    address: open('address', row.citizenAddress),
  }
}

const searchTextOf = (code: string, matter: Pick<Matter, 'title' | 'summary'>): string =>
  foldForSearch(`${code} ${matter.title} ${matter.summary}`)

/** Folds anew what an earlier release folded otherwise; answers how many. May be killed and run again, and in several processes at once. */
export async function foldCasesAgain(db: Database): Promise<number> {
  const { id, code, title, summary, searchText } = cases
  const rows = await db.select({ id, code, title, summary, searchText }).from(cases)
  const old = rows.filter((row) => searchTextOf(row.code, row) !== row.searchText)
  for (const row of old) {
    const unchanged = and(eq(id, row.id), eq(title, row.title), eq(summary, row.summary))
    await db
      .update(cases)
      .set({ searchText: searchTextOf(row.code, row) })
      .where(unchanged)
  }
  return old.length
}

export async function insertCase(
  tx: Tx,
  secrets: Secrets,
  input: { matter: Matter; citizen: Citizen; createdBy: string; createdByName: string; createdAt: Date },
): Promise<CaseRow> {
  const year = vietnamYear(input.createdAt.getTime())
  const code = caseCode(year, await nextNumber(tx, cases, cases.code, `VV-${year}-`))
  const { matter, citizen, ...who } = input
  const [row] = await tx
    .insert(cases)
    .values({ code, ...matter, ...sealCitizen(secrets, citizen), ...who, searchText: searchTextOf(code, matter) })
    .returning()
  if (!row) throw new Error('case was not inserted')
  return row
}

export async function caseById(db: Database | Tx, id: string): Promise<CaseRow | undefined> {
  const [row] = await db.select().from(cases).where(eq(cases.id, id))
  return row
}

export const casesSince = (tx: Tx, since: Date): Promise<CaseRow[]> =>
  tx.select().from(cases).where(gte(cases.createdAt, since)).orderBy(desc(cases.createdAt))

/** Writes the case if it still is the one that was read; undefined when somebody else was faster. */
export async function updateCase(
  tx: Tx,
  read: CaseRow,
  values: Partial<typeof cases.$inferInsert>,
): Promise<CaseRow | undefined> {
  const [row] = await tx
    .update(cases)
    .set({ ...values, version: read.version + 1 })
    .where(and(eq(cases.id, read.id), eq(cases.version, read.version)))
    .returning()
  return row
}

export const matterColumns = (code: string, matter: Matter) => ({ ...matter, searchText: searchTextOf(code, matter) })

export async function selectCases(db: Database, query: CaseQuery): Promise<{ rows: CaseRow[]; total: number }> {
  const filters: (SQL | undefined)[] = [
    query.q ? like(cases.searchText, searchPattern(query.q)) : undefined,
    query.consent && eq(cases.consent, query.consent),
    query.criterion && eq(cases.criterion, query.criterion),
    query.kind && eq(cases.kind, query.kind),
  ]
  const where = and(...filters)
  const rows = await db
    .select()
    .from(cases)
    .where(where)
    .orderBy(desc(cases.createdAt), desc(cases.code))
    .limit(query.limit)
    .offset(query.offset)
  const [counted] = await db.select({ total: count() }).from(cases).where(where)
  return { rows, total: counted?.total ?? 0 }
}

export async function caseBriefs(db: Database | Tx, ids: string[]): Promise<CaseBrief[]> {
  if (ids.length === 0) return []
  return db
    .select({ id: cases.id, code: cases.code, title: cases.title, criterion: cases.criterion, consent: cases.consent })
    .from(cases)
    .where(inArray(cases.id, ids))
}

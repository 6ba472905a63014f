import { and, eq, isNotNull, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Database } from './database.ts'
import type { Secrets } from './secrets.ts'

/** A text column that holds personal data, encrypted (design rule 8). `label` is its own: a value moved to another column does not open. */
export interface SealedColumn {
  seal(plain: string): string
  open(sealed: string): string
  sealOptional(plain: string | null): string | null
  openOptional(sealed: string | null): string | null
}

export function sealedColumn(secrets: Secrets, label: string): SealedColumn {
  const seal = (plain: string): string => secrets.encrypt(label, plain)
  const open = (sealed: string): string => secrets.decrypt(label, sealed)
  return {
    seal,
    open,
    sealOptional: (plain) => plain && seal(plain),
    openOptional: (sealed) => sealed && open(sealed),
  }
}

/** What secrets.encrypt makes: version, 12 bytes of nonce, the text, 16 bytes of tag. No name and no address looks like it. */
const sealedForm = String.raw`^v1\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{22}$`
const atOnce = 500

interface ClearColumn {
  table: PgTable
  id: PgColumn
  column: PgColumn
  sealed: SealedColumn
}

/**
 * Seals what an earlier release left readable in this column; answers how many rows that were. Only the application can: the database does not
 * hold the key. May be killed and run again, and in several processes at once: a row is written only while it still is what was read.
 */
export async function sealClearRows(db: Database, { table, id, column, sealed }: ClearColumn): Promise<number> {
  const isClear = and(isNotNull(column), sql`${column} !~ ${sealedForm}`)
  let done = 0
  for (;;) {
    const rows = await db.select({ id, text: column }).from(table).where(isClear).limit(atOnce)
    for (const row of rows) {
      const text = String(row.text)
      await db.execute(update(table, column, sealed.seal(text), and(eq(id, row.id), eq(column, text))))
    }
    done += rows.length
    if (rows.length < atOnce) return done
  }
}

const update = (table: PgTable, column: PgColumn, value: string, where: SQL | undefined): SQL =>
  sql`update ${table} set ${sql.identifier(column.name)} = ${value} where ${where}`

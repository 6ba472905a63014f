import { desc, like, sql } from 'drizzle-orm'
import type { AnyPgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Instant } from './clock.ts'
import type { Tx } from './database.ts'

/** The calendar year in Việt Nam (UTC+7, without summer time). */
export const vietnamYear = (at: Instant): number => new Date(at + 7 * 3_600_000).getUTCFullYear()

/**
 * The next running number of codes such as `VV-2026-0001` for the given prefix (`VV-2026-`).
 * A lock held until the transaction ends lets writers at the same time through one after the other, so that no number is given twice.
 */
export async function nextNumber(tx: Tx, table: PgTable, code: AnyPgColumn, prefix: string): Promise<number> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`code:${prefix}`}))`)
  const [last] = await tx
    .select({ code: sql<string>`${code}` })
    .from(table)
    .where(like(code, `${prefix}%`))
    .orderBy(desc(sql`length(${code})`), desc(code))
    .limit(1)
  return Number(last?.code.slice(prefix.length) ?? 0) + 1
}

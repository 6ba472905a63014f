import { createHash } from 'node:crypto'
import { and, asc, desc, eq, gt, gte, ilike, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import type { AuditAction } from '../../contract/audit-words.ts'
import type { Actor } from './actor.ts'
import type { Clock } from './clock.ts'
import type { Database, Tx } from './database.ts'
import { auditTrail } from './tables.ts'

type AuditRow = typeof auditTrail.$inferSelect

export interface Audit {
  /**
   * Appends one row to the audit trail, in the transaction of the change it tells of.
   * `subject` is `kind:id`; `detail` must not hold secrets or citizens' data.
   */
  write(tx: Tx, actor: Actor, action: AuditAction, subject: string, detail?: Record<string, unknown>): Promise<void>
}

const firstHash = '0'.repeat(64)
// Any fixed number: it names the lock that gives out `seq`, so that two writers cannot fork the chain.
const chainLock = 7_241_109

export function createAudit(clock: Clock): Audit {
  return {
    async write(tx, actor, action, subject, detail = {}) {
      await tx.execute(sql`select pg_advisory_xact_lock(${chainLock})`)
      const [last] = await tx.select().from(auditTrail).orderBy(desc(auditTrail.seq)).limit(1)
      const row = {
        seq: (last?.seq ?? 0) + 1,
        at: new Date(clock.now()),
        actorKind: actor.kind,
        actorId: actor.id,
        actorName: actor.name,
        action,
        subject,
        detail: JSON.parse(JSON.stringify(detail)) as Record<string, unknown>,
        previousHash: last?.hash ?? firstHash,
      }
      await tx.insert(auditTrail).values({ ...row, hash: auditHash(row) })
    },
  }
}

/** SHA-256 over the row's members in a fixed order, with object keys sorted: the same text whatever database kept it. */
export function auditHash(row: Omit<AuditRow, 'hash'>): string {
  const members = [
    row.seq,
    row.at.toISOString(),
    row.actorKind,
    row.actorId,
    row.actorName,
    row.action,
    row.subject,
    canonical(row.detail),
    row.previousHash,
  ]
  return createHash('sha256').update(JSON.stringify(members)).digest('hex')
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (value === null || typeof value !== 'object') return value
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => [key, canonical(inner)])
}

export type ChainVerdict =
  | { is: 'whole'; rows: number; lastHash: string }
  | { is: 'broken'; seq: number; why: 'missing' | 'changed' | 'unlinked' }

/** Reads the whole chain in pages and names the first broken row (design rule 7). */
export async function verifyAuditTrail(db: Database | Tx, onProgress?: (rows: number) => void): Promise<ChainVerdict> {
  let expectedSeq = 1
  let previousHash = firstHash
  for (;;) {
    const page = await db
      .select()
      .from(auditTrail)
      .where(gt(auditTrail.seq, expectedSeq - 1))
      .orderBy(asc(auditTrail.seq))
      .limit(500)
    for (const row of page) {
      if (row.seq !== expectedSeq) return { is: 'broken', seq: expectedSeq, why: 'missing' }
      if (row.previousHash !== previousHash) return { is: 'broken', seq: row.seq, why: 'unlinked' }
      if (auditHash(row) !== row.hash) return { is: 'broken', seq: row.seq, why: 'changed' }
      previousHash = row.hash
      expectedSeq++
    }
    onProgress?.(expectedSeq - 1)
    if (page.length < 500) return { is: 'whole', rows: expectedSeq - 1, lastHash: previousHash }
  }
}

interface AuditFilter {
  before?: number
  subject?: string
  action?: string
  actor?: string
  from?: string
  to?: string
}

/** The newest rows that fit, newest first. A subject that ends in `:` and an action that ends in `.` stand for all that begin so. */
export const auditPage = (db: Database, wanted: AuditFilter, limit: number): Promise<AuditRow[]> =>
  db
    .select()
    .from(auditTrail)
    .where(and(...filters(wanted)))
    .orderBy(desc(auditTrail.seq))
    .limit(limit)

function filters(wanted: AuditFilter): (SQL | undefined)[] {
  const { before, subject, action, actor, from, to } = wanted
  const beginning = (column: SQL | typeof auditTrail.action, text: string) => sql`starts_with(${column}, ${text})`
  return [
    before === undefined ? undefined : lt(auditTrail.seq, before),
    !subject
      ? undefined
      : subject.endsWith(':')
        ? beginning(sql`${auditTrail.subject}`, subject)
        : eq(auditTrail.subject, subject),
    !action ? undefined : action.endsWith('.') ? beginning(auditTrail.action, action) : eq(auditTrail.action, action),
    !actor
      ? undefined
      : or(eq(auditTrail.actorId, actor), ilike(auditTrail.actorName, `%${actor.replace(/[\\%_]/g, '\\$&')}%`)),
    !from ? undefined : gte(auditTrail.at, new Date(from)),
    !to ? undefined : lte(auditTrail.at, new Date(to)),
  ]
}

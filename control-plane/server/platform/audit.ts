import { and, desc, eq, gte, ilike, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import type { AuditAction } from '../../contract/audit-words.ts'
import { type Actor, systemActor } from './actor.ts'
import {
  type AuditRow,
  auditHash,
  type ChainVerdict,
  firstHash,
  type VerifyOptions,
  verifyAuditTrail,
} from './audit-chain.ts'
import type { AuditKeys } from './audit-keys.ts'
import type { Clock } from './clock.ts'
import type { Database, Tx } from './database.ts'
import { keepPress } from './press.ts'
import { conflict, type Problem } from './problem.ts'
import { auditTrail } from './tables.ts'

/** The last row of the trail: how many there are, and the hash that stands for all of them. */
export interface AuditHead {
  seq: number
  hash: string
}

export interface Audit {
  /**
   * Appends one row to the audit trail, in the transaction of the change it tells of.
   * `subject` is `kind:id`; `detail` must not hold secrets or citizens' data.
   * The first row of a press is what the press made: a twin of the same press is rolled back here (PressRepeated).
   */
  write(tx: Tx, actor: Actor, action: AuditAction, subject: string, detail?: Record<string, unknown>): Promise<void>
  /** Sees to it that the trail goes on with the present key, also when nothing else is written. */
  takeUpKey(tx: Tx): Promise<void>
  /** Who changed this last, and when: for whoever meets a newer version than he read. 409 `conflict` with `by` and `at`. */
  staleVersion(tx: Tx, subject: string): Promise<Problem>
  /** Undefined while there is no row. */
  head(db: Database | Tx): Promise<AuditHead | undefined>
  verify(db: Database | Tx, options?: VerifyOptions): Promise<ChainVerdict>
}

const hourAndDay = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Ho_Chi_Minh',
  ...{ hour: '2-digit', minute: '2-digit', day: '2-digit', month: '2-digit' },
})
/** 09:00 01/12 */
const timeOf = (at: Date): string => hourAndDay.format(at).split(', ').toReversed().join(' ')

// Any fixed number: it names the lock that gives out `seq`, so that two writers cannot fork the chain.
const chainLock = 7_241_109

export function createAudit(clock: Clock, keys: AuditKeys): Audit {
  const [present] = keys

  async function lastRow(tx: Tx): Promise<AuditRow | undefined> {
    await tx.execute(sql`select pg_advisory_xact_lock(${chainLock})`)
    const [last] = await tx.select().from(auditTrail).orderBy(desc(auditTrail.seq)).limit(1)
    return last
  }

  async function write(...[tx, actor, action, subject, detail = {}]: Parameters<Audit['write']>): Promise<void> {
    // Before the chain's lock: it waits for a twin, which may want that lock.
    if (actor.press !== undefined) await keepPress(tx, actor.press, { subject, at: new Date(clock.now()) })
    const last = await lastRow(tx)
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
      keyId: present.id,
    }
    await tx.insert(auditTrail).values({ ...row, hash: auditHash(row, present.key) })
  }

  return {
    write,
    async takeUpKey(tx) {
      const last = await lastRow(tx)
      if (last?.keyId !== present.id) await write(tx, systemActor, 'audit.key-used', `audit-key:${present.id}`)
    },
    async staleVersion(tx, subject) {
      const { actorName, at } = auditTrail
      const newest = tx.select({ by: actorName, at }).from(auditTrail).where(eq(auditTrail.subject, subject))
      const [last] = await newest.orderBy(desc(auditTrail.seq)).limit(1)
      if (last === undefined) return conflict()
      const title = `${last.by} đã cập nhật lúc ${timeOf(last.at)}, sau khi ông/bà mở trang này. Đề nghị xem thay đổi rồi mới lưu.`
      return conflict(title, { by: last.by, at: last.at.toISOString() })
    },
    async head(db) {
      const [last] = await db
        .select({ seq: auditTrail.seq, hash: auditTrail.hash })
        .from(auditTrail)
        .orderBy(desc(auditTrail.seq))
        .limit(1)
      return last
    },
    verify: (db, options) => verifyAuditTrail(db, keys, options),
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

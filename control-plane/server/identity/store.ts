import { and, asc, desc, eq, gt, inArray, isNull, lt, ne, or, sql } from 'drizzle-orm'
import type { Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import { afterAdmission, failureMemoryMs, refusedUntil, type SlowDown } from './lockout.ts'
import { sessions, signInFailures, staff } from './tables.ts'

type Reader = Database | Tx
export type StaffRow = typeof staff.$inferSelect
export type SessionRow = typeof sessions.$inferSelect

export async function staffByUsername(db: Reader, username: string): Promise<StaffRow | undefined> {
  const [row] = await db.select().from(staff).where(eq(staff.username, username))
  return row
}

export async function staffById(db: Reader, id: string): Promise<StaffRow | undefined> {
  const [row] = await db.select().from(staff).where(eq(staff.id, id))
  return row
}

export const allStaff = (db: Reader): Promise<StaffRow[]> => db.select().from(staff).orderBy(asc(staff.username))

/** Undefined when the user name is taken. */
export async function insertStaff(tx: Tx, row: typeof staff.$inferInsert): Promise<StaffRow | undefined> {
  const [made] = await tx.insert(staff).values(row).onConflictDoNothing({ target: staff.username }).returning()
  return made
}

export async function updateStaff(
  tx: Tx,
  id: string,
  change: Partial<typeof staff.$inferInsert>,
): Promise<StaffRow | undefined> {
  const [row] = await tx.update(staff).set(change).where(eq(staff.id, id)).returning()
  return row
}

/**
 * Locks an account that still is as it was when somebody proved to be its owner; false when it was reset, disabled or changed since:
 * what he proved is worth nothing any more.
 */
export async function lockAsProven(tx: Tx, proven: StaffRow): Promise<boolean> {
  const same = await tx
    .select({ id: staff.id })
    .from(staff)
    .where(
      and(
        eq(staff.id, proven.id),
        eq(staff.passwordHash, proven.passwordHash),
        sql`${staff.totpSecret} is not distinct from ${proven.totpSecret}`,
        sql`(${staff.totpConfirmedAt} is null) = ${proven.totpConfirmedAt === null}`,
        isNull(staff.disabledAt),
      ),
    )
    .for('update')
  return same.length > 0
}

/** An enrolment of a second factor that is over, whichever way. */
export const noOffer = { totpOffered: null, totpOfferedAt: null, totpOfferedTo: null } as const

/** Notes that the person at this session proved to be its owner just now. */
export async function markProven(tx: Tx, sessionId: string, now: Instant): Promise<void> {
  await tx
    .update(sessions)
    .set({ provenAt: new Date(now) })
    .where(eq(sessions.id, sessionId))
}

/** Locks every enabled administrator's row, so that two of them cannot disable each other. */
export const enabledAdministrators = (tx: Tx): Promise<{ id: string }[]> =>
  tx
    .select({ id: staff.id })
    .from(staff)
    .where(and(eq(staff.role, 'administrator'), isNull(staff.disabledAt)))
    .orderBy(asc(staff.id))
    .for('update')

/** Marks the code's time step as used; false when this or a later one was used before. */
export async function spendTotpStep(tx: Tx, staffId: string, step: number): Promise<boolean> {
  const used = await tx
    .update(staff)
    .set({ totpLastStep: step })
    .where(and(eq(staff.id, staffId), or(isNull(staff.totpLastStep), lt(staff.totpLastStep, step))))
    .returning({ id: staff.id })
  return used.length > 0
}

/** An open session with its person; undefined when it ended, was revoked, idled out, or the account is disabled. */
export async function openSession(
  db: Reader,
  id: string,
  when: { now: Instant; idleMs: number },
): Promise<{ session: SessionRow; staff: StaffRow } | undefined> {
  const [row] = await db
    .select({ session: sessions, staff })
    .from(sessions)
    .innerJoin(staff, eq(staff.id, sessions.staffId))
    .where(
      and(
        eq(sessions.id, id),
        isNull(sessions.revokedAt),
        isNull(staff.disabledAt),
        gt(sessions.expiresAt, new Date(when.now)),
        gt(sessions.lastSeenAt, new Date(when.now - when.idleMs)),
      ),
    )
  return row
}

export async function insertSession(tx: Tx, row: typeof sessions.$inferInsert): Promise<SessionRow> {
  const [made] = await tx.insert(sessions).values(row).returning()
  if (!made) throw new Error('session was not inserted')
  return made
}

export async function touchSession(db: Reader, id: string, now: Instant): Promise<void> {
  await db
    .update(sessions)
    .set({ lastSeenAt: new Date(now) })
    .where(eq(sessions.id, id))
}

export const openSessionsOf = (
  db: Reader,
  staffId: string,
  when: { now: Instant; idleMs: number },
): Promise<SessionRow[]> =>
  db
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.staffId, staffId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, new Date(when.now)),
        gt(sessions.lastSeenAt, new Date(when.now - when.idleMs)),
      ),
    )
    .orderBy(desc(sessions.lastSeenAt))

/** Ends one session of this person. Resolves to the ended ids. */
export const revokeSession = (tx: Tx, staffId: string, id: string, now: Instant): Promise<string[]> =>
  revoke(tx, and(eq(sessions.staffId, staffId), eq(sessions.id, id)), now)

/** Ends every session of this person, but for the one to keep. Resolves to the ended ids. */
export const revokeSessionsOf = (tx: Tx, staffId: string, now: Instant, keep?: string): Promise<string[]> =>
  revoke(tx, and(eq(sessions.staffId, staffId), keep === undefined ? undefined : ne(sessions.id, keep)), now)

async function revoke(tx: Tx, which: ReturnType<typeof and>, now: Instant): Promise<string[]> {
  const ended = await tx
    .update(sessions)
    .set({ revokedAt: new Date(now) })
    .where(and(which, isNull(sessions.revokedAt)))
    .returning({ id: sessions.id })
  return ended.map((session) => session.id)
}

export interface Bucket {
  key: string
  slowDown: SlowDown
}

/**
 * Admits an attempt when no bucket is blocked, and counts it as failed in all of them; otherwise counts nothing.
 * Resolves to the instant until which it is refused, or null.
 */
export async function admitAttempt(tx: Tx, buckets: Bucket[], now: Instant): Promise<Instant | null> {
  const keys = buckets.map((bucket) => bucket.key).sort()
  await tx
    .insert(signInFailures)
    .values(keys.map((key) => ({ key, failures: 0, lastAt: new Date(now) })))
    .onConflictDoNothing({ target: signInFailures.key })
  const rows = await tx
    .select()
    .from(signInFailures)
    .where(inArray(signInFailures.key, keys))
    .orderBy(asc(signInFailures.key))
    .for('update')
  const standings = new Map(
    rows.map((row) => [
      row.key,
      { failures: row.failures, lastAt: row.lastAt.getTime(), blockedUntil: row.blockedUntil?.getTime() ?? null },
    ]),
  )
  const refusals = [...standings.values()].flatMap((standing) => refusedUntil(standing, now) ?? [])
  if (refusals.length > 0) return Math.max(...refusals)
  for (const { key, slowDown } of buckets) {
    const after = afterAdmission(standings.get(key) ?? { failures: 0, lastAt: now, blockedUntil: null }, slowDown, now)
    await tx
      .update(signInFailures)
      .set({
        failures: after.failures,
        lastAt: new Date(after.lastAt),
        blockedUntil: after.blockedUntil === null ? null : new Date(after.blockedUntil),
      })
      .where(eq(signInFailures.key, key))
  }
  return null
}

export async function forgiveAttempts(tx: Tx, keys: string[]): Promise<void> {
  await tx.delete(signInFailures).where(inArray(signInFailures.key, keys))
}

/** Forgets failures after their time and sessions that ended more than 30 days ago. */
export async function sweepIdentity(tx: Tx, now: Instant): Promise<void> {
  await tx.delete(signInFailures).where(lt(signInFailures.lastAt, new Date(now - failureMemoryMs)))
  await tx.delete(sessions).where(sql`${sessions.expiresAt} < ${new Date(now - 30 * failureMemoryMs).toISOString()}`)
}

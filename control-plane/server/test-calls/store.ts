import { and, asc, desc, eq, gt, inArray, isNull, lt, lte, or, sql } from 'drizzle-orm'
import type { Thresholds, WaitingFor } from '../../contract/test-calls.ts'
import { type Database, sqlState, type Tx } from '../platform/database.ts'
import { settings } from '../platform/tables.ts'
import type { RecentOrder } from './orders.ts'
import { testCalls } from './tables.ts'
import { defaultThresholds } from './thresholds.ts'

export type TestCallRow = typeof testCalls.$inferSelect
type Reader = Database | Tx

/** Makes the planned tests; one that exists already stays as it is. */
export async function insertPlanned(tx: Tx, values: (typeof testCalls.$inferInsert)[]): Promise<void> {
  if (values.length > 0) await tx.insert(testCalls).values(values).onConflictDoNothing()
}

export async function insertOne(tx: Tx, values: typeof testCalls.$inferInsert): Promise<TestCallRow> {
  const [row] = await tx.insert(testCalls).values(values).returning()
  if (!row) throw new Error('test call was not inserted')
  return row
}

// Any fixed number: one order at a time, so that of two at once the second sees the first.
const ordersLock = 7_241_112
export const lockOrders = (tx: Tx) => tx.execute(sql`select pg_advisory_xact_lock(${ordersLock})`)

/** The test that an order would double: one that runs at the endpoint, or waits on demand for the same hearing (or for none). */
export async function atWork(
  tx: Tx,
  wish: { endpointId: string; hearingId: string | null },
): Promise<TestCallRow | undefined> {
  const sameWish = and(
    eq(testCalls.status, 'due'),
    eq(testCalls.kind, 'on-demand'),
    wish.hearingId === null ? isNull(testCalls.hearingId) : eq(testCalls.hearingId, wish.hearingId),
  )
  const [row] = await tx
    .select()
    .from(testCalls)
    .where(and(eq(testCalls.endpointId, wish.endpointId), or(eq(testCalls.status, 'running'), sameWish)))
    .orderBy(desc(testCalls.status))
    .limit(1)
  return row
}

/** Tests that run, or are due until then; one that speaks of a plan that was put off is not called any more. */
export const countAtWork = (db: Reader, until: Date): Promise<number> =>
  db.$count(
    testCalls,
    or(
      eq(testCalls.status, 'running'),
      and(eq(testCalls.status, 'due'), lte(testCalls.dueAt, until), isNull(testCalls.supersededAt)),
    ),
  )

/** The orders since then of this endpoint or by this person. */
export const ordersSince = (
  tx: Tx,
  since: Date,
  wish: { endpointId: string; personId: string },
): Promise<RecentOrder[]> =>
  tx
    .select({
      endpointId: testCalls.endpointId,
      requestedById: testCalls.requestedById,
      createdAt: testCalls.createdAt,
    })
    .from(testCalls)
    .where(
      and(
        eq(testCalls.kind, 'on-demand'),
        gt(testCalls.createdAt, since),
        or(eq(testCalls.endpointId, wish.endpointId), eq(testCalls.requestedById, wish.personId)),
      ),
    )

/** Ends what has not run; a running one finds out when it ends. */
export const cancelOfHearing = (tx: Tx, hearingId: string): Promise<TestCallRow[]> =>
  tx
    .update(testCalls)
    .set({ status: 'cancelled' })
    .where(and(eq(testCalls.hearingId, hearingId), inArray(testCalls.status, ['due', 'running'])))
    .returning()

/** Sets aside what was tested for a plan that is put off. */
export async function supersede(tx: Tx, hearingId: string, now: Date): Promise<void> {
  await tx
    .update(testCalls)
    .set({ supersededAt: now })
    .where(and(eq(testCalls.hearingId, hearingId), isNull(testCalls.supersededAt)))
}

export async function testById(db: Reader, id: string): Promise<TestCallRow | undefined> {
  const [row] = await db.select().from(testCalls).where(eq(testCalls.id, id))
  return row
}

export const testsOf = (
  db: Reader,
  filter: { hearingId?: string | undefined; endpointId?: string | undefined },
): Promise<TestCallRow[]> =>
  db
    .select()
    .from(testCalls)
    .where(
      and(
        filter.hearingId ? eq(testCalls.hearingId, filter.hearingId) : undefined,
        filter.endpointId ? eq(testCalls.endpointId, filter.endpointId) : undefined,
      ),
    )
    .orderBy(desc(testCalls.dueAt), asc(testCalls.endpointId))
    .limit(500)

interface Moment {
  now: Date
  staleBefore: Date
}

/** Due now and not told to wait, or its worker died. */
const claimable = ({ now, staleBefore }: Moment) =>
  or(
    and(
      eq(testCalls.status, 'due'),
      lte(testCalls.dueAt, now),
      or(isNull(testCalls.notBefore), lte(testCalls.notBefore, now)),
    ),
    and(eq(testCalls.status, 'running'), or(isNull(testCalls.claimedAt), lt(testCalls.claimedAt, staleBefore))),
  )

/** Tests that are due now, or whose worker died. */
export const dueTests = (db: Reader, moment: Moment): Promise<Pick<TestCallRow, 'id' | 'kind' | 'noticedAt'>[]> =>
  db
    .select({ id: testCalls.id, kind: testCalls.kind, noticedAt: testCalls.noticedAt })
    .from(testCalls)
    .where(claimable(moment))
    .orderBy(asc(testCalls.dueAt))
    .limit(2_000)

/** Notes on planned tests that somebody is there to run them; the first note stays. */
export async function notice(tx: Tx, ids: string[], now: Date): Promise<void> {
  await tx
    .update(testCalls)
    .set({ noticedAt: now })
    .where(and(inArray(testCalls.id, ids), isNull(testCalls.noticedAt)))
}

/** Lets a claimable test wait; undefined when it is somebody else's, done or cancelled. */
export async function hold(
  tx: Tx,
  id: string,
  moment: Moment,
  wait: { for: WaitingFor; until: Date },
): Promise<TestCallRow | undefined> {
  const [row] = await tx
    .update(testCalls)
    .set(waiting(wait))
    .where(and(eq(testCalls.id, id), claimable(moment)))
    .returning()
  return row
}

/** What a test that waits is set to, whether it was claimed or not. */
export const waiting = (wait: { for: WaitingFor; until: Date }) => ({
  status: 'due' as const,
  claimedAt: null,
  claimedBy: null,
  progress: null,
  waitingFor: wait.for,
  notBefore: wait.until,
})

/**
 * One conditional update decides who works; undefined when somebody else does, when it is done or cancelled, or while another test of
 * the same endpoint runs: a room PC is in one call at a time, and the second would find nobody. A planned test that nobody
 * noticed within `lateAfterMs` of its due time is marked late.
 */
export async function claim(
  db: Database,
  id: string,
  values: Moment & { lateAfterMs: number; by: string },
): Promise<TestCallRow | undefined> {
  const lateAt = sql`${testCalls.dueAt} + ${values.lateAfterMs} * interval '1 millisecond'`
  const now = sql`${values.now.toISOString()}::timestamptz`
  try {
    const [row] = await db
      .update(testCalls)
      .set({
        status: 'running',
        claimedAt: values.now,
        claimedBy: values.by,
        startedAt: values.now,
        clockStepped: false,
        attempt: sql`${testCalls.attempt} + 1`,
        late: sql`${testCalls.late} or ${testCalls.kind} <> 'on-demand'
          and coalesce(${testCalls.noticedAt}, ${now}) > ${lateAt}`,
        waitingFor: null,
        notBefore: null,
        kioskMeasurement: null,
        agentMeasurement: null,
        deviceId: null,
        room: null,
      })
      .where(and(eq(testCalls.id, id), claimable(values)))
      .returning()
    return row
  } catch (error) {
    // unique_violation of `one_running_test_call`, the only unique index this update can touch.
    if (sqlState(error) === '23505') return undefined
    throw error
  }
}

/** Writes to a running test of this attempt; false when the attempt is over. */
export async function updateRunning(
  tx: Tx,
  id: string,
  attempt: number,
  values: Partial<TestCallRow>,
): Promise<boolean> {
  const rows = await tx
    .update(testCalls)
    .set(values)
    .where(and(eq(testCalls.id, id), eq(testCalls.attempt, attempt), eq(testCalls.status, 'running')))
    .returning({ id: testCalls.id })
  return rows.length === 1
}

export const runningOf = (db: Reader, endpointId: string): Promise<TestCallRow[]> =>
  db
    .select()
    .from(testCalls)
    .where(and(eq(testCalls.endpointId, endpointId), eq(testCalls.status, 'running')))

export async function lastDone(db: Reader, endpointId: string): Promise<TestCallRow | undefined> {
  const [row] = await db
    .select()
    .from(testCalls)
    .where(and(eq(testCalls.endpointId, endpointId), eq(testCalls.status, 'done')))
    .orderBy(desc(testCalls.finishedAt))
    .limit(1)
  return row
}

/** Waives once; undefined when it was waived before, is not done, or counts for nothing any more. */
export async function waive(
  tx: Tx,
  id: string,
  values: { waivedBy: string; waivedByName: string; waivedReason: string; waivedAt: Date },
): Promise<TestCallRow | undefined> {
  const [row] = await tx
    .update(testCalls)
    .set(values)
    .where(
      and(
        eq(testCalls.id, id),
        eq(testCalls.status, 'done'),
        isNull(testCalls.waivedAt),
        isNull(testCalls.supersededAt),
      ),
    )
    .returning()
  return row
}

const thresholdsKey = 'test-call.thresholds'

/** The limits as set; one that a later release added is its default. */
export async function readThresholds(db: Reader): Promise<Thresholds> {
  const [row] = await db.select().from(settings).where(eq(settings.key, thresholdsKey))
  return { ...defaultThresholds, ...(row?.value as Partial<Thresholds> | undefined) }
}

export async function writeThresholds(tx: Tx, value: Thresholds, now: Date): Promise<void> {
  const row = { value, changedAt: now }
  await tx
    .insert(settings)
    .values({ key: thresholdsKey, ...row })
    .onConflictDoUpdate({ target: settings.key, set: row })
}

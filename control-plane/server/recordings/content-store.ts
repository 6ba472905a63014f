import { and, desc, eq, gt, isNotNull, isNull, lt, or } from 'drizzle-orm'
import type { Database, Tx } from '../platform/database.ts'
import type { PartRow } from './part-store.ts'
import { recordingParts } from './tables.ts'

type Reader = Database | Tx
const isDue = (staleBefore: Date) =>
  and(
    eq(recordingParts.status, 'ready'),
    eq(recordingParts.playableCondition, 'whole'),
    isNotNull(recordingParts.playablePath),
    gt(recordingParts.durationMs, 0),
    isNull(recordingParts.measuredAt),
    or(isNull(recordingParts.measureClaimedAt), lt(recordingParts.measureClaimedAt, staleBefore)),
  )

/** Stored parts that nobody has measured or is measuring, newest first: of a hearing of today people want to know. */
export const dueForMeasure = (db: Reader, staleBefore: Date, limit: number): Promise<{ id: string }[]> =>
  db
    .select({ id: recordingParts.id })
    .from(recordingParts)
    .where(isDue(staleBefore))
    .orderBy(desc(recordingParts.storedAt))
    .limit(limit)

/** Takes a due part for measuring; undefined when another has it, or it is not due any more. */
export async function claimMeasure(
  db: Database,
  id: string,
  now: Date,
  staleBefore: Date,
): Promise<PartRow | undefined> {
  const [row] = await db
    .update(recordingParts)
    .set({ measureClaimedAt: now })
    .where(and(eq(recordingParts.id, id), isDue(staleBefore)))
    .returning()
  return row
}

import { and, asc, eq, isNotNull, isNull, lt, ne, or } from 'drizzle-orm'
import type { Database, Tx } from '../platform/database.ts'
import type { Conditions } from './condition.ts'
import type { PartRow } from './part-store.ts'
import { recordingParts } from './tables.ts'

type Reader = Database | Tx
const isStored = isNotNull(recordingParts.storedAt)
const isDamaged = or(ne(recordingParts.originalCondition, 'whole'), ne(recordingParts.playableCondition, 'whole'))

/** Stored parts that nobody has looked at since `night`, and damaged ones since `soon`: what comes back is seen within minutes. */
export const dueForLook = (db: Reader, due: { night: Date; soon: Date }, limit: number): Promise<PartRow[]> =>
  db
    .select()
    .from(recordingParts)
    .where(
      and(
        isStored,
        or(
          isNull(recordingParts.lookedAt),
          lt(recordingParts.lookedAt, due.night),
          and(isDamaged, lt(recordingParts.lookedAt, due.soon)),
        ),
      ),
    )
    .orderBy(asc(recordingParts.lookedAt))
    .limit(limit)

const isHashDue = (before: Date) =>
  and(isStored, or(isNull(recordingParts.hashedAt), lt(recordingParts.hashedAt, before)))

/** Stored parts whose bytes nobody has read since `before`, longest ago first. */
export const dueForHash = (db: Reader, before: Date, limit: number): Promise<{ id: string }[]> =>
  db
    .select({ id: recordingParts.id })
    .from(recordingParts)
    .where(isHashDue(before))
    .orderBy(asc(recordingParts.hashedAt))
    .limit(limit)

/** Takes a due part for hashing; undefined when another has it, or it is not due any more. */
export async function claimHash(
  db: Database,
  id: string,
  times: { now: Date; before: Date; staleBefore: Date },
): Promise<PartRow | undefined> {
  const isFree = or(isNull(recordingParts.hashClaimedAt), lt(recordingParts.hashClaimedAt, times.staleBefore))
  const [row] = await db
    .update(recordingParts)
    .set({ hashClaimedAt: times.now })
    .where(and(eq(recordingParts.id, id), isHashDue(times.before), isFree))
    .returning()
  return row
}

export async function noteLooked(db: Reader, id: string, now: Date): Promise<void> {
  await db.update(recordingParts).set({ lookedAt: now }).where(eq(recordingParts.id, id))
}

/** Writes what the files of a part are like, unless somebody else wrote it since it was read; false then. */
export async function changeConditions(
  tx: Tx,
  part: PartRow,
  next: Conditions,
  change: Partial<PartRow>,
): Promise<boolean> {
  const rows = await tx
    .update(recordingParts)
    .set({ ...change, originalCondition: next.original, playableCondition: next.playable })
    .where(
      and(
        eq(recordingParts.id, part.id),
        eq(recordingParts.originalCondition, part.originalCondition),
        eq(recordingParts.playableCondition, part.playableCondition),
      ),
    )
    .returning({ id: recordingParts.id })
  return rows.length === 1
}

export const countDamaged = (db: Reader): Promise<number> => db.$count(recordingParts, isDamaged)

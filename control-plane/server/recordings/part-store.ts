import { and, asc, desc, eq, inArray, isNotNull, isNull, lt, or } from 'drizzle-orm'
import type { Database, Tx } from '../platform/database.ts'
import { recordingParts } from './tables.ts'

export type PartRow = typeof recordingParts.$inferSelect
type Reader = Database | Tx

export const partsOf = (db: Reader, recordingIds: string[]): Promise<PartRow[]> =>
  recordingIds.length === 0
    ? Promise.resolve([])
    : db
        .select()
        .from(recordingParts)
        .where(inArray(recordingParts.recordingId, recordingIds))
        .orderBy(asc(recordingParts.startedAt), asc(recordingParts.createdAt))

export async function partByUpload(db: Reader, uploadId: string): Promise<PartRow | undefined> {
  const [row] = await db.select().from(recordingParts).where(eq(recordingParts.uploadId, uploadId))
  return row
}

export async function partById(db: Reader, id: string): Promise<PartRow | undefined> {
  const [row] = await db.select().from(recordingParts).where(eq(recordingParts.id, id))
  return row
}

/** All attempts to bring the same file, newest first. */
export const partsOfFile = (
  db: Reader,
  file: { sessionId: string; fileName: string; sha256: string },
): Promise<PartRow[]> =>
  db
    .select()
    .from(recordingParts)
    .where(
      and(
        eq(recordingParts.sessionId, file.sessionId),
        eq(recordingParts.fileName, file.fileName),
        eq(recordingParts.declaredSha256, file.sha256),
      ),
    )
    .orderBy(desc(recordingParts.createdAt))

export async function insertPart(tx: Tx, values: typeof recordingParts.$inferInsert): Promise<PartRow> {
  const [row] = await tx.insert(recordingParts).values(values).returning()
  if (!row) throw new Error('part was not inserted')
  return row
}

/** The parts that came into the store last. */
export const newestStored = (db: Reader, limit: number): Promise<PartRow[]> =>
  db
    .select()
    .from(recordingParts)
    .where(isNotNull(recordingParts.storedAt))
    .orderBy(desc(recordingParts.storedAt))
    .limit(limit)

const isUnmatched = and(
  isNull(recordingParts.recordingId),
  isNull(recordingParts.dismissedAt),
  isNotNull(recordingParts.storedAt),
)

/** Stored files of which nobody knows whose they are, oldest first. */
export const unmatchedParts = (db: Reader): Promise<PartRow[]> =>
  db.select().from(recordingParts).where(isUnmatched).orderBy(asc(recordingParts.storedAt)).limit(200)

export const countUnmatched = (db: Reader): Promise<number> => db.$count(recordingParts, isUnmatched)

export async function unmatchedById(db: Reader, id: string): Promise<PartRow | undefined> {
  const [row] = await db
    .select()
    .from(recordingParts)
    .where(and(eq(recordingParts.id, id), isUnmatched))
  return row
}

/** Gives an unmatched file to a recording; false when it is somebody's already. */
export async function matchPart(tx: Tx, id: string, recordingId: string): Promise<boolean> {
  return settleUnmatched(tx, id, { recordingId })
}

/** Notes that an unmatched file is of no hearing; false when it was decided already. */
export async function dismissPart(
  tx: Tx,
  id: string,
  { now, reason }: { now: Date; reason: string },
): Promise<boolean> {
  return settleUnmatched(tx, id, { dismissedAt: now, dismissedWhy: reason })
}

async function settleUnmatched(tx: Tx, id: string, change: Partial<PartRow>): Promise<boolean> {
  const rows = await tx
    .update(recordingParts)
    .set(change)
    .where(and(eq(recordingParts.id, id), isUnmatched))
    .returning({ id: recordingParts.id })
  return rows.length === 1
}

// What a part goes through between its last byte and its outcome.
export const inIngest: PartRow['status'][] = ['verifying', 'probing', 'remuxing', 'storing']

/** Notes how far a part has come; never of one that is further, or has its outcome. */
export async function notePartProgress(tx: Tx, id: string, status: PartRow['status'], percent: number): Promise<void> {
  await tx
    .update(recordingParts)
    .set({ status, progressPercent: percent })
    .where(
      and(eq(recordingParts.id, id), inArray(recordingParts.status, status === 'receiving' ? ['receiving'] : inIngest)),
    )
}

/** Moves a part on whose last byte has come; undefined when that was done already. */
export async function receivedWhole(tx: Tx, uploadId: string, now: Date): Promise<PartRow | undefined> {
  const [row] = await tx
    .update(recordingParts)
    .set({ status: 'verifying', progressPercent: 0, receivedAt: now })
    .where(and(eq(recordingParts.uploadId, uploadId), eq(recordingParts.status, 'receiving')))
    .returning()
  return row
}

/** Forgets a part that is still being received; false when it is further by now. */
export async function deleteReceiving(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx
    .delete(recordingParts)
    .where(and(eq(recordingParts.id, id), eq(recordingParts.status, 'receiving')))
    .returning({ id: recordingParts.id })
  return rows.length > 0
}

/** Claims a received part for ingest; undefined when another worker has it or it is done. */
export async function claimPart(db: Database, id: string, now: Date, staleBefore: Date): Promise<PartRow | undefined> {
  const [row] = await db
    .update(recordingParts)
    .set({ claimedAt: now })
    .where(
      and(
        eq(recordingParts.id, id),
        inArray(recordingParts.status, inIngest),
        or(isNull(recordingParts.claimedAt), lt(recordingParts.claimedAt, staleBefore)),
      ),
    )
    .returning()
  return row
}

/** Changes a part as the worker whose claim stands in that column; false when it is somebody else's by now, and then nothing is written. */
export async function updateAs(
  db: Reader,
  { id, column, claimedAt }: { id: string; column: ClaimColumn; claimedAt: Date },
  change: Partial<PartRow>,
): Promise<boolean> {
  const rows = await db
    .update(recordingParts)
    .set(change)
    .where(and(eq(recordingParts.id, id), eq(recordingParts[column], claimedAt)))
    .returning({ id: recordingParts.id })
  return rows.length === 1
}

/** Where the claim stands of a worker that ingests a part, hashes it anew, or measures its sound and picture. */
export type ClaimColumn = 'claimedAt' | 'hashClaimedAt' | 'measureClaimedAt'

export const partsInStatus = (db: Reader, statuses: PartRow['status'][]): Promise<PartRow[]> =>
  db
    .select()
    .from(recordingParts)
    .where(inArray(recordingParts.status, statuses))
    .orderBy(asc(recordingParts.createdAt))
    .limit(200)

/** The sender of these files was told that the store has them; the first time is kept. */
export async function noteReceipt(db: Reader, parts: PartRow[], now: Date): Promise<void> {
  const ids = parts.filter((part) => part.storedAt !== null && part.receiptAt === null).map(({ id }) => id)
  if (ids.length > 0) await db.update(recordingParts).set({ receiptAt: now }).where(inArray(recordingParts.id, ids))
}

import { and, eq, inArray, isNotNull, isNull, ne, or } from 'drizzle-orm'
import type { Database, Tx } from '../platform/database.ts'
import type { RecordingRow } from './store.ts'
import { recordingGaps, recordingParts, recordingSessions, recordings } from './tables.ts'

type Reader = Database | Tx

/** The recording that should be made of this drill; a second word changes nothing. Answers its id. */
export async function expectDrill(tx: Tx, order: { drillId: string; roomName: string; now: Date }): Promise<string> {
  const { drillId, roomName, now } = order
  const [row] = await tx
    .insert(recordings)
    .values({ drillId, roomName, wanted: 'on', stateAt: now, createdAt: now })
    .onConflictDoUpdate({ target: recordings.drillId, set: { roomName } })
    .returning({ id: recordings.id })
  if (row === undefined) throw new Error('recording of a drill was not inserted')
  return row.id
}

/** A file of a drill whose recording was removed has come: the row is there again, over, until that file is removed too. */
export async function adoptLate(
  tx: Tx,
  late: { drillId: string; recordingId: string; roomName: string; now: Date },
): Promise<void> {
  const { drillId, recordingId: id, roomName, now } = late
  await tx
    .insert(recordings)
    .values({ id, drillId, roomName, wanted: 'off', state: 'off', stateAt: now, createdAt: now })
    .onConflictDoNothing()
}

export async function endDrill(tx: Tx, drillId: string): Promise<void> {
  await tx.update(recordings).set({ wanted: 'off' }).where(eq(recordings.drillId, drillId))
}

export async function recordingOfDrill(db: Reader, drillId: string): Promise<RecordingRow | undefined> {
  const [row] = await db.select().from(recordings).where(eq(recordings.drillId, drillId))
  return row
}

export async function deleteRecording(tx: Tx, id: string): Promise<void> {
  await tx.delete(recordingParts).where(eq(recordingParts.recordingId, id))
  await tx.delete(recordingGaps).where(eq(recordingGaps.recordingId, id))
  await tx.delete(recordingSessions).where(eq(recordingSessions.recordingId, id))
  await tx.delete(recordings).where(and(eq(recordings.id, id), isNotNull(recordings.drillId)))
}

export const drillsWithRecording = async (db: Reader): Promise<{ drillId: string }[]> =>
  (await db.select({ drillId: recordings.drillId }).from(recordings).where(isNotNull(recordings.drillId))).flatMap(
    ({ drillId }) => (drillId === null ? [] : [{ drillId }]),
  )

export const countAtWork = (db: Reader): Promise<number> =>
  db.$count(recordings, and(isNull(recordings.drillId), or(eq(recordings.wanted, 'on'), ne(recordings.state, 'off'))))

/** Which of these sessions record a drill. */
export const sessionsOfDrills = async (db: Reader, sessionIds: string[]): Promise<Set<string>> =>
  new Set(
    sessionIds.length === 0
      ? []
      : (
          await db
            .select({ sessionId: recordingSessions.sessionId })
            .from(recordingSessions)
            .innerJoin(recordings, eq(recordings.id, recordingSessions.recordingId))
            .where(and(inArray(recordingSessions.sessionId, sessionIds), isNotNull(recordings.drillId)))
        ).map(({ sessionId }) => sessionId),
  )

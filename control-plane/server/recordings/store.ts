import { and, asc, desc, eq, gte, inArray, isNotNull, isNull, lt, lte, ne, or, sql } from 'drizzle-orm'
import { notBefore } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'

export * from './part-store.ts'

import type { RecorderReport } from '../../contract/recordings.ts'
import type { Told } from './host-word.ts'
import type { PartRow } from './part-store.ts'
import { sessionsWithoutPart } from './recording.ts'
import { recorders, recordingGaps, recordingSessions, recordings } from './tables.ts'

export type RecordingRow = typeof recordings.$inferSelect
/** The recording of a hearing: what people see. Every other is a drill's. */
export type HearingRecordingRow = RecordingRow & { hearingId: string }
export type SessionRow = typeof recordingSessions.$inferSelect
export type GapRow = typeof recordingGaps.$inferSelect
type Reader = Database | Tx

/** The recording that should be made of this hearing; a second word for the same hearing changes nothing. */
export async function expectRecording(
  tx: Tx,
  values: { hearingId: string; roomName: string; now: Date },
): Promise<HearingRecordingRow | undefined> {
  const [row] = await tx
    .insert(recordings)
    .values({
      hearingId: values.hearingId,
      roomName: values.roomName,
      wanted: 'on',
      stateAt: values.now,
      createdAt: values.now,
    })
    .onConflictDoNothing({ target: recordings.hearingId })
    .returning()
  return ofHearing(row)
}

const ofHearing = (row: RecordingRow | undefined): HearingRecordingRow | undefined =>
  row === undefined || row.hearingId === null ? undefined : { ...row, hearingId: row.hearingId }

export async function endRecording(tx: Tx, hearingId: string): Promise<void> {
  await tx.update(recordings).set({ wanted: 'off' }).where(eq(recordings.hearingId, hearingId))
}

export async function recordingById(db: Reader, id: string): Promise<RecordingRow | undefined> {
  const [row] = await db.select().from(recordings).where(eq(recordings.id, id))
  return row
}

/** The same, unless it is a drill's: nobody sees that. */
export const hearingRecordingById = async (db: Reader, id: string): Promise<HearingRecordingRow | undefined> =>
  ofHearing(await recordingById(db, id))

export async function recordingOfHearing(db: Reader, hearingId: string): Promise<HearingRecordingRow | undefined> {
  const [row] = await db.select().from(recordings).where(eq(recordings.hearingId, hearingId))
  return ofHearing(row)
}

/** Recordings whose recorder must be watched: wanted, or not yet seen to have ended. */
export const unfinished = (db: Reader): Promise<RecordingRow[]> =>
  db
    .select()
    .from(recordings)
    .where(or(eq(recordings.wanted, 'on'), and(eq(recordings.wanted, 'off'), ne(recordings.state, 'off'))))

/** Takes or renews the word of this instance; false when another instance conducts. */
export async function claimConduct(
  db: Database,
  id: string,
  claim: { instance: string; now: Date; until: Date },
): Promise<boolean> {
  const mine = await db
    .update(recordings)
    .set({ conductor: claim.instance, conductorUntil: claim.until })
    .where(
      and(
        eq(recordings.id, id),
        or(
          isNull(recordings.conductor),
          eq(recordings.conductor, claim.instance),
          lt(recordings.conductorUntil, claim.now),
        ),
      ),
    )
    .returning({ id: recordings.id })
  return mine.length === 1
}

export async function releaseConduct(db: Database, id: string, instance: string): Promise<void> {
  await db
    .update(recordings)
    .set({ conductor: null, conductorUntil: null })
    .where(and(eq(recordings.id, id), eq(recordings.conductor, instance)))
}

export async function setState(
  tx: Tx,
  id: string,
  values: Partial<Pick<RecordingRow, 'state' | 'currentSessionId' | 'stateAt' | 'lastFault' | 'restartRequestedAt'>>,
): Promise<void> {
  await tx.update(recordings).set(values).where(eq(recordings.id, id))
}

export async function countFault(tx: Tx, id: string, fault: string, now: Date): Promise<void> {
  await tx
    .update(recordings)
    .set({ faults: sql`${recordings.faults} + 1`, lastFault: fault, state: 'fault', stateAt: now })
    .where(eq(recordings.id, id))
}

/** Notes a session as seen; `on` and the end are kept as first told. */
export async function noteSession(
  tx: Tx,
  recordingId: string,
  sessionId: string,
  now: Date,
  seen: 'pending' | 'on',
): Promise<void> {
  await tx
    .insert(recordingSessions)
    .values({ recordingId, sessionId, startedAt: now, onAt: seen === 'on' ? now : null })
    .onConflictDoUpdate({
      target: [recordingSessions.recordingId, recordingSessions.sessionId],
      // A session that Jicofo moved to another recorder goes on: its earlier end is taken back.
      set:
        seen === 'on'
          ? {
              onAt: sql`coalesce(${recordingSessions.onAt}, greatest(${recordingSessions.startedAt}, ${now.toISOString()}::timestamptz))`,
              clockStepped: sql`${recordingSessions.clockStepped} or ${recordingSessions.startedAt} > ${now.toISOString()}::timestamptz`,
              endedAt: null,
              endedBy: null,
              orphanedAt: null,
            }
          : { endedAt: null, endedBy: null },
    })
}

/** The focus does not know this session, and its recorder goes on with it: from then on it is in nobody's hands. */
export async function noteOrphan(tx: Tx, recordingId: string, sessionId: string, now: Date): Promise<void> {
  await tx
    .insert(recordingSessions)
    .values({ recordingId, sessionId, startedAt: now, onAt: now, orphanedAt: now })
    .onConflictDoUpdate({
      target: [recordingSessions.recordingId, recordingSessions.sessionId],
      set: {
        onAt: sql`coalesce(${recordingSessions.onAt}, ${now.toISOString()}::timestamptz)`,
        orphanedAt: sql`coalesce(${recordingSessions.orphanedAt}, ${now.toISOString()}::timestamptz)`,
        endedAt: null,
        endedBy: null,
      },
    })
}

export async function endSession(
  tx: Tx,
  recordingId: string,
  sessionId: string,
  now: Date,
  endedBy: string,
): Promise<void> {
  const [row] = await tx
    .select()
    .from(recordingSessions)
    .where(
      and(
        eq(recordingSessions.recordingId, recordingId),
        eq(recordingSessions.sessionId, sessionId),
        isNull(recordingSessions.endedAt),
      ),
    )
  if (row === undefined) return
  const { at, clockStepped } = notBefore((row.onAt ?? row.startedAt).getTime(), now.getTime())
  await tx
    .update(recordingSessions)
    .set({ endedAt: new Date(at), endedBy, clockStepped: row.clockStepped || clockStepped })
    .where(and(eq(recordingSessions.id, row.id), isNull(recordingSessions.endedAt)))
}

/** Ends every session of a recording but this one (null: every one): a room is recorded by one at a time. */
export async function endOthers(
  tx: Tx,
  recordingId: string,
  sessionId: string | null,
  now: Date,
  endedBy: string,
): Promise<void> {
  for (const other of await sessionsOf(tx, [recordingId]))
    if (other.sessionId !== sessionId && other.endedAt === null)
      await endSession(tx, recordingId, other.sessionId, now, endedBy)
}

export const sessionsOf = (db: Reader, recordingIds: string[]): Promise<SessionRow[]> =>
  recordingIds.length === 0
    ? Promise.resolve([])
    : db
        .select()
        .from(recordingSessions)
        .where(inArray(recordingSessions.recordingId, recordingIds))
        .orderBy(asc(recordingSessions.startedAt))

export const gapsOf = (db: Reader, recordingIds: string[]): Promise<GapRow[]> =>
  recordingIds.length === 0
    ? Promise.resolve([])
    : db
        .select()
        .from(recordingGaps)
        .where(inArray(recordingGaps.recordingId, recordingIds))
        .orderBy(asc(recordingGaps.beganAt))

export async function openGap(tx: Tx, recordingId: string, beganAt: Date): Promise<void> {
  await tx.insert(recordingGaps).values({ recordingId, beganAt })
}

export async function dropGap(tx: Tx, id: string): Promise<void> {
  await tx.delete(recordingGaps).where(eq(recordingGaps.id, id))
}

export async function closeGap(tx: Tx, id: string, endedAt: Date): Promise<boolean> {
  const closed = await tx
    .update(recordingGaps)
    .set({ endedAt })
    .where(and(eq(recordingGaps.id, id), isNull(recordingGaps.endedAt)))
    .returning({ id: recordingGaps.id })
  return closed.length === 1
}

/** Sessions that recorded something of which no file has arrived. */
export const sessionsAwaited = (sessions: SessionRow[], parts: PartRow[]): string[] =>
  sessionsWithoutPart({
    sessions: sessions.map(({ sessionId, onAt }) => ({ sessionId, wasOn: onAt !== null })),
    parts,
  })

/** The hearings whose recordings had these sessions. */
export const hearingsOfSessions = (
  db: Reader,
  sessionIds: string[],
): Promise<{ sessionId: string; hearingId: string | null }[]> =>
  sessionIds.length === 0
    ? Promise.resolve([])
    : db
        .select({ sessionId: recordingSessions.sessionId, hearingId: recordings.hearingId })
        .from(recordingSessions)
        .innerJoin(recordings, eq(recordings.id, recordingSessions.recordingId))
        .where(inArray(recordingSessions.sessionId, sessionIds))

/** Finds the recording that a file belongs to: by its own id from the metadata, else by its session, else by its room. */
export async function recordingForFile(
  db: Reader,
  file: { recordingId: string | null; sessionId: string; room: string | null },
): Promise<string | null> {
  if (file.recordingId !== null) {
    const [byId] = await db.select({ id: recordings.id }).from(recordings).where(eq(recordings.id, file.recordingId))
    if (byId) return byId.id
  }
  const [bySession] = await db
    .select({ id: recordingSessions.recordingId })
    .from(recordingSessions)
    .where(eq(recordingSessions.sessionId, file.sessionId))
  if (bySession) return bySession.id
  if (file.room === null) return null
  const [byRoom] = await db
    .select({ id: recordings.id })
    .from(recordings)
    .where(eq(recordings.roomName, file.room.toLowerCase()))
  return byRoom?.id ?? null
}

/** Recordings whose hearing went live in this span, newest first. */
export async function recordingsBetween(
  db: Reader,
  from: Date | null,
  to: Date | null,
): Promise<HearingRecordingRow[]> {
  const rows = await db
    .select()
    .from(recordings)
    .where(
      and(
        isNotNull(recordings.hearingId),
        from ? gte(recordings.createdAt, from) : undefined,
        to ? lte(recordings.createdAt, to) : undefined,
      ),
    )
    .orderBy(desc(recordings.createdAt))
    .limit(500)
  return rows.flatMap((row) => ofHearing(row) ?? [])
}

export async function saveReport(tx: Tx, host: string, report: Record<string, unknown>, now: Date): Promise<void> {
  await tx
    .insert(recorders)
    .values({ host, report, reportedAt: now })
    .onConflictDoUpdate({ target: recorders.host, set: { report, reportedAt: now } })
}

/** What each recorder host that is known said last. */
export async function allReports(db: Reader): Promise<Told[]> {
  const rows = await db.select().from(recorders).orderBy(asc(recorders.host))
  return rows.map(({ host, report, reportedAt }) => ({
    host,
    report: report as RecorderReport,
    reportedAt: reportedAt.getTime(),
  }))
}

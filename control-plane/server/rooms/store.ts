import { and, asc, desc, eq, inArray, isNotNull, isNull, lte, max, ne, sql } from 'drizzle-orm'
import { notBefore } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import { attendance, edgeEvents, grants, type LeftBy, rooms } from './tables.ts'

export type RoomRow = typeof rooms.$inferSelect
export type GrantRow = typeof grants.$inferSelect
export type AttendanceRow = typeof attendance.$inferSelect
type Reader = Database | Tx

export async function insertRoom(tx: Tx, values: typeof rooms.$inferInsert): Promise<RoomRow> {
  const [row] = await tx.insert(rooms).values(values).returning()
  if (!row) throw new Error('room was not inserted')
  return row
}

/** The hearing's room in use: the newest that is not closed, else the newest. */
export async function roomOfHearing(db: Reader, hearingId: string): Promise<RoomRow | undefined> {
  const [row] = await db
    .select()
    .from(rooms)
    .where(and(eq(rooms.hearingId, hearingId), eq(rooms.purpose, 'hearing')))
    .orderBy(sql`${rooms.closedAt} is not null`, sql`${rooms.createdAt} desc`)
    .limit(1)
  return row
}

export async function roomByName(db: Reader, name: string): Promise<RoomRow | undefined> {
  const [row] = await db.select().from(rooms).where(eq(rooms.name, name.toLowerCase()))
  return row
}

export async function roomById(db: Reader, id: string): Promise<RoomRow | undefined> {
  const [row] = await db.select().from(rooms).where(eq(rooms.id, id))
  return row
}

export async function lockRoom(tx: Tx, id: string): Promise<RoomRow | undefined> {
  const [row] = await tx.select().from(rooms).where(eq(rooms.id, id)).for('update')
  return row
}

export const roomsByName = (db: Reader, names: string[]): Promise<RoomRow[]> =>
  names.length === 0 ? Promise.resolve([]) : db.select().from(rooms).where(inArray(rooms.name, names))

export async function updateRoom(tx: Tx, id: string, values: Partial<RoomRow>): Promise<void> {
  await tx.update(rooms).set(values).where(eq(rooms.id, id))
}

/** Rooms whose time is over and which have not been seen closed. */
export const roomsToClose = (db: Reader, now: Date): Promise<RoomRow[]> =>
  db
    .select()
    .from(rooms)
    .where(and(isNull(rooms.closedAt), lte(rooms.closesAt, now)))
    .limit(100)

export async function insertGrants(tx: Tx, values: (typeof grants.$inferInsert)[]): Promise<void> {
  if (values.length > 0) await tx.insert(grants).values(values)
}

export const grantsOfRoom = (db: Reader, roomId: string): Promise<GrantRow[]> =>
  db
    .select()
    .from(grants)
    .where(eq(grants.roomId, roomId))
    .orderBy(asc(grants.kind), asc(grants.createdAt), asc(grants.id))

export async function grantByToken(db: Reader, tokenHash: string): Promise<GrantRow | undefined> {
  const [row] = await db.select().from(grants).where(eq(grants.tokenHash, tokenHash))
  return row
}

/** The grant of the first of these codes (their digests, the likeliest first) that is one. */
export async function grantByCodes(db: Reader, codeHashes: string[]): Promise<GrantRow | undefined> {
  if (codeHashes.length === 0) return undefined
  const rows = await db.select().from(grants).where(inArray(grants.codeHash, codeHashes))
  return rows.sort((one, other) => codeHashes.indexOf(one.codeHash) - codeHashes.indexOf(other.codeHash))[0]
}

export async function grantById(db: Reader, id: string): Promise<GrantRow | undefined> {
  const [row] = await db.select().from(grants).where(eq(grants.id, id))
  return row
}

/** Whether another grant of the hearing is in use for the same person or room: after a renewal, or once a postponed hearing has its new room. */
export async function isGrantReplaced(
  db: Reader,
  { id, hearingId, endpointId, participantId }: GrantRow,
): Promise<boolean> {
  const subject = participantId === null ? grants.endpointId : grants.participantId
  const subjectId = participantId ?? endpointId
  if (hearingId === null || subjectId === null) return false
  const [row] = await db
    .select({ id: grants.id })
    .from(grants)
    .where(and(eq(grants.hearingId, hearingId), eq(subject, subjectId), ne(grants.id, id), isNull(grants.revokedAt)))
    .limit(1)
  return row !== undefined
}

export async function lockGrant(tx: Tx, id: string): Promise<GrantRow | undefined> {
  const [row] = await tx.select().from(grants).where(eq(grants.id, id)).for('update')
  return row
}

export async function updateGrant(tx: Tx, id: string, values: Partial<GrantRow>): Promise<void> {
  await tx.update(grants).set(values).where(eq(grants.id, id))
}

/** A user id that may be a grant's; every other is our own agents' or nobody's. */
export const isGrantId = (userId: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(userId)

export const grantsById = (db: Reader, ids: string[]): Promise<GrantRow[]> =>
  ids.length === 0 ? Promise.resolve([]) : db.select().from(grants).where(inArray(grants.id, ids))

/** The grant in use of an endpoint in a room. */
export async function endpointGrant(db: Reader, roomId: string, endpointId: string): Promise<GrantRow | undefined> {
  const [row] = await db
    .select()
    .from(grants)
    .where(and(eq(grants.roomId, roomId), eq(grants.endpointId, endpointId), eq(grants.kind, 'endpoint')))
    .orderBy(sql`${grants.revokedAt} is not null`, sql`${grants.createdAt} desc`)
    .limit(1)
  return row
}

/** The grant of a room PC of a drill, with its room; undefined of every real endpoint. */
export async function drillGrant(
  db: Reader,
  endpointId: string,
): Promise<{ grant: GrantRow; room: RoomRow } | undefined> {
  const [found] = await db
    .select({ grant: grants, room: rooms })
    .from(grants)
    .innerJoin(rooms, eq(rooms.id, grants.roomId))
    .where(and(eq(grants.endpointId, endpointId), eq(rooms.purpose, 'drill'), isNull(rooms.closedAt)))
    .limit(1)
  return found
}

/** Marks a grant as revoked; undefined when it was already. */
export async function revokeGrant(tx: Tx, id: string, now: Date, reason: string): Promise<GrantRow | undefined> {
  const [row] = await tx
    .update(grants)
    .set({ revokedAt: now, revokedReason: reason })
    .where(and(eq(grants.id, id), isNull(grants.revokedAt)))
    .returning()
  return row
}

export async function noteEntry(tx: Tx, id: string, now: Date): Promise<void> {
  await tx
    .update(grants)
    .set({
      entries: sql`${grants.entries} + 1`,
      lastEnteredAt: now,
      firstEnteredAt: sql`coalesce(${grants.firstEnteredAt}, ${now.toISOString()}::timestamptz)`,
    })
    .where(eq(grants.id, id))
}

export const openAttendance = (db: Reader, roomName: string): Promise<AttendanceRow[]> =>
  db
    .select()
    .from(attendance)
    .where(and(eq(attendance.roomName, roomName), isNull(attendance.leftAt)))
    .orderBy(asc(attendance.joinedAt))

/** Everybody who was in the rooms, the hidden conductor left out. */
export const attendanceOf = (db: Reader, roomNames: string[]): Promise<AttendanceRow[]> =>
  roomNames.length === 0
    ? Promise.resolve([])
    : db
        .select()
        .from(attendance)
        .where(and(inArray(attendance.roomName, roomNames), eq(attendance.hidden, false)))
        .orderBy(asc(attendance.joinedAt))

export const roomNamesOfHearing = (db: Reader, hearingId: string): Promise<string[]> =>
  db
    .select({ name: rooms.name })
    .from(rooms)
    .where(and(eq(rooms.hearingId, hearingId), eq(rooms.purpose, 'hearing')))
    .then((found) => found.map((row) => row.name))

/** The last event that was taken of this Prosody, and what its clock said then. */
export async function lastEvent(tx: Tx, processId: string): Promise<{ sequence: number; at: Date } | undefined> {
  const [row] = await tx
    .select({ sequence: edgeEvents.sequence, at: edgeEvents.at })
    .from(edgeEvents)
    .where(eq(edgeEvents.processId, processId))
    .orderBy(desc(edgeEvents.sequence))
    .limit(1)
  return row
}

/** Keeps the event; false when it was here before. */
export async function keepEvent(tx: Tx, values: typeof edgeEvents.$inferInsert): Promise<boolean> {
  const kept = await tx
    .insert(edgeEvents)
    .values(values)
    .onConflictDoNothing()
    .returning({ sequence: edgeEvents.sequence })
  return kept.length === 1
}

/** When somebody at this place was last recorded as gone; undefined when never. */
export async function lastLeft(
  tx: Tx,
  stay: { processId: string; roomName: string; occupantId: string; userId: string | null },
): Promise<Date | undefined> {
  const [row] = await tx
    .select({ at: max(attendance.leftAt) })
    .from(attendance)
    .where(
      and(
        eq(attendance.processId, stay.processId),
        eq(attendance.roomName, stay.roomName),
        eq(attendance.occupantId, stay.occupantId),
        stay.userId === null ? isNull(attendance.userId) : eq(attendance.userId, stay.userId),
      ),
    )
  return row?.at ?? undefined
}

/** Begins an interval, unless the same person's is open at this place. Another's is ended first: his leave was lost. */
export async function openInterval(tx: Tx, values: typeof attendance.$inferInsert): Promise<void> {
  const open = await tx
    .select()
    .from(attendance)
    .where(
      and(
        eq(attendance.processId, values.processId),
        eq(attendance.roomName, values.roomName),
        eq(attendance.occupantId, values.occupantId),
        isNull(attendance.leftAt),
      ),
    )
  const another = open.filter((row) => row.userId !== (values.userId ?? null))
  await endIntervals(tx, another, values.joinedAt, undefined)
  if (another.length === open.length) await tx.insert(attendance).values(values)
}

/** Ends intervals whose end was inferred. `knownUntil`: the last moment at which they are known to have been there. */
export const endIntervals = (
  tx: Tx,
  rows: AttendanceRow[],
  leftAt: Date,
  knownUntil: Date | undefined,
): Promise<void> => end(tx, rows, { leftAt, leftBy: 'snapshot', certainUntil: knownUntil ?? new Date(0) })

interface End {
  leftAt: Date
  leftBy: LeftBy
  certainUntil: Date | null
}

/**
 * The only place where a stay ends: neither it nor what is certain of it ends before it began, and it is marked when a clock was set back
 * in between.
 */
async function end(tx: Tx, rows: AttendanceRow[], { leftAt, leftBy, certainUntil }: End): Promise<void> {
  for (const row of rows) {
    const joined = row.joinedAt.getTime()
    const { at, clockStepped } = notBefore(joined, leftAt.getTime())
    const certain = certainUntil && new Date(Math.min(at, Math.max(joined, certainUntil.getTime())))
    await tx
      .update(attendance)
      .set({ leftAt: new Date(at), leftBy, certainUntil: certain, clockStepped: row.clockStepped || clockStepped })
      .where(eq(attendance.id, row.id))
  }
}

/** Marks every stay that is open at this Prosody: its clock was set back meanwhile. Answers the rooms. */
export async function markClockStep(tx: Tx, processId: string): Promise<string[]> {
  const marked = await tx
    .update(attendance)
    .set({ clockStepped: true })
    .where(and(eq(attendance.processId, processId), isNull(attendance.leftAt)))
    .returning({ roomName: attendance.roomName })
  return [...new Set(marked.map(({ roomName }) => roomName))]
}

/** Ends the open stays of a room, or of one occupant. */
export async function closeInterval(
  tx: Tx,
  which: { processId: string; roomName: string; occupantId?: string },
  ending: End,
): Promise<void> {
  const rows = await tx
    .select()
    .from(attendance)
    .where(
      and(
        eq(attendance.processId, which.processId),
        eq(attendance.roomName, which.roomName),
        which.occupantId === undefined ? undefined : eq(attendance.occupantId, which.occupantId),
        isNull(attendance.leftAt),
      ),
    )
  await end(tx, rows, ending)
}

/** When the last event of a Prosody process happened. */
export async function lastEventAt(tx: Tx, processId: string): Promise<Date | undefined> {
  const [row] = await tx
    .select({ at: max(edgeEvents.at) })
    .from(edgeEvents)
    .where(eq(edgeEvents.processId, processId))
  return row?.at ?? undefined
}

/** Who is in a room with a grant that was revoked. */
export const revokedButPresent = (db: Reader): Promise<{ roomName: string; userId: string | null }[]> =>
  db
    .select({ roomName: attendance.roomName, userId: attendance.userId })
    .from(attendance)
    .innerJoin(grants, eq(sql`${grants.id}::text`, attendance.userId))
    .where(and(isNull(attendance.leftAt), isNotNull(grants.revokedAt)))

/** Every open interval, in any room. */
export const openEverywhere = (db: Reader): Promise<AttendanceRow[]> =>
  db.select().from(attendance).where(isNull(attendance.leftAt))

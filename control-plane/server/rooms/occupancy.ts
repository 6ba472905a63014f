import type { Instant } from '../platform/clock.ts'
import type { ProsodyRooms } from './prosody.ts'
import type { AttendanceRow, GrantRow, RoomRow } from './store.ts'

/** An occupant as Prosody's module lists him. */
export type Occupant = ProsodyRooms['rooms'][number]['occupants'][number]
export interface Listed {
  roomName: string
  occupant: Occupant
}

/** What is younger than this may be under way still: told, but not yet read or not yet written. Milliseconds. */
export const settleMs = 30_000
/** Putting somebody out takes half a second; who is there this long after his grant was revoked is there against it. Milliseconds. */
const kickMs = 10_000

export const listedIn = (seen: Pick<ProsodyRooms, 'rooms'>): Listed[] =>
  seen.rooms.flatMap((room) => room.occupants.map((occupant) => ({ roomName: room.room.toLowerCase(), occupant })))

type Stay = Pick<AttendanceRow, 'processId' | 'roomName' | 'occupantId' | 'userId'>
const stayKey = (stay: Stay): string =>
  [stay.processId, stay.roomName, stay.occupantId, stay.userId ?? ''].map(encodeURIComponent).join(' ')
const keyOf = (processId: string, { roomName, occupant }: Listed): string =>
  stayKey({ processId, roomName, occupantId: occupant.occupantId, userId: occupant.userId ?? null })

/** Intervals that stand open although Prosody does not list that person at that place (any more). */
export function notListed(processId: string, open: AttendanceRow[], listed: Listed[]): AttendanceRow[] {
  const there = new Set(listed.map((entry) => keyOf(processId, entry)))
  return open.filter((row) => !there.has(stayKey(row)))
}

/** Occupants whom Prosody lists and who have no open interval as the person they are. */
export function notRecorded(processId: string, open: AttendanceRow[], listed: Listed[]): Listed[] {
  const recorded = new Set(open.map(stayKey))
  return listed.filter((entry) => !recorded.has(keyOf(processId, entry)))
}

/**
 * From when on an unrecorded occupant counts as present; undefined while his coming or going may be under way. One who was recorded as gone
 * longer ago than that and is listed nevertheless never went: he is there again from that moment.
 */
export function presentSince(occupant: Occupant, lastLeftAt: Instant | undefined, now: Instant): Instant | undefined {
  const settled = now - settleMs
  const joinedAt = occupant.joinedAt ?? now
  if (joinedAt >= settled || (lastLeftAt ?? 0) >= settled) return undefined
  return Math.max(joinedAt, lastLeftAt ?? 0)
}

/** Why somebody should not be in the room that he is in. */
export type Objection = 'roomUnknown' | 'revoked' | 'otherRoom' | 'unknown'

/**
 * Whether a person may be in the room: by a grant of this room that is in use. In a hearing's or a drill's room there is also our own conductor, in a test
 * call's nobody but the two that measure; a rehearsal's people are its maker's affair.
 */
export function objection(
  { userId }: Pick<Occupant, 'userId'>,
  room: Pick<RoomRow, 'id' | 'purpose'> | undefined,
  grant: Pick<GrantRow, 'roomId' | 'revokedAt'> | undefined,
): Objection | undefined {
  if (room === undefined) return 'roomUnknown'
  if (grant !== undefined && grant.roomId !== room.id) return 'otherRoom'
  if (grant !== undefined) return grant.revokedAt === null ? undefined : 'revoked'
  if (userId !== undefined && room.purpose === 'rehearsal') return undefined
  const own = room.purpose === 'hearing' || room.purpose === 'drill' ? /^agent:/ : /^(agent|device):/
  return userId !== undefined && own.test(userId) ? undefined : 'unknown'
}

/** A revoked one is put out at once; only if he is still there after that is something wrong. */
export const isAlarming = (
  objection: Objection,
  grant: Pick<GrantRow, 'revokedAt'> | undefined,
  now: Instant,
): boolean => objection !== 'revoked' || now - (grant?.revokedAt?.getTime() ?? 0) > kickMs

import type { Grant, RoomBoard } from '../../contract/rooms.ts'
import { type Permission, roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import { notBefore } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import type { Secrets } from '../platform/secrets.ts'
import { quorum, sameSubject } from './room.ts'
import { grantNames } from './sealed-names.ts'
import * as store from './store.ts'

type Reader = Database | Tx

/** The user ids (grants) that the server sees in a room now, the hidden conductor left out. */
export async function presentUsers(db: Reader, roomName: string): Promise<Set<string>> {
  const open = await store.openAttendance(db, roomName)
  return new Set(open.flatMap((row) => (row.hidden || row.userId === null ? [] : [row.userId])))
}

// Both databases sort by bytes, and what is encrypted not at all.
const vietnamese = new Intl.Collator('vi')

/** The grants of a room with their names readable: rooms first, then people, each by name. */
async function namedGrants(db: Reader, secrets: Secrets, roomId: string): Promise<store.GrantRow[]> {
  const names = grantNames(secrets)
  const rows = await store.grantsOfRoom(db, roomId)
  return rows
    .map((row) => ({ ...row, displayName: names.open(row.displayName) }))
    .sort(
      (one, other) =>
        one.kind.localeCompare(other.kind) ||
        one.createdAt.getTime() - other.createdAt.getTime() ||
        vietnamese.compare(one.displayName, other.displayName),
    )
}

/** Điều 2.4 for one hearing: each endpoint and each required person, by grants in use. */
export async function quorumOf(db: Reader, secrets: Secrets, hearingId: string) {
  const room = await store.roomOfHearing(db, hearingId)
  if (room === undefined) return { met: false, present: [], missing: [], released: [] }
  const grants = await namedGrants(db, secrets, room.id)
  return quorum(
    grants.map((grant) => ({ ...grant, revoked: grant.revokedAt !== null })),
    await presentUsers(db, room.name),
  )
}

/** A quorum of which nobody knows whether it is still there is none. */
export const whileCurrent = <T extends { met: boolean }>(found: T, isCurrent: boolean) => ({
  ...found,
  met: found.met && isCurrent,
  isCurrent,
})

/** The live board of a hearing's room. */
export async function roomBoard(platform: Platform, hearingId: string, isCurrent: boolean): Promise<RoomBoard> {
  const { db, clock } = platform
  const room = await store.roomOfHearing(db, hearingId)
  const intervals = await store.attendanceOf(db, await store.roomNamesOfHearing(db, hearingId))
  const nameOf = await namesOf(platform, intervals)
  return {
    serverTime: new Date(clock.now()).toISOString(),
    opensAt: room?.opensAt.toISOString() ?? null,
    closesAt: room?.closesAt.toISOString() ?? null,
    closedAt: room?.closedAt?.toISOString() ?? null,
    quorum: whileCurrent(await quorumOf(db, platform.secrets, hearingId), isCurrent),
    attendance: intervals.map((row) => presentStay(row, nameOf(row))),
  }
}

/** A stay as the screens see it: rows from before clock steps were marked may end before they begin. */
function presentStay(row: store.AttendanceRow, displayName: string): RoomBoard['attendance'][number] {
  const left = row.leftAt === null ? null : notBefore(row.joinedAt.getTime(), row.leftAt.getTime())
  return {
    displayName,
    grantId: row.userId,
    joinedAt: row.joinedAt.toISOString(),
    leftAt: left === null ? null : new Date(left.at).toISOString(),
    leftBy: row.leftBy,
    certainUntil: row.certainUntil?.toISOString() ?? null,
    clockStepped: row.clockStepped || left?.clockStepped === true,
  }
}

/** Whose an interval is: by his grant, which is the one place where a person's name stands. */
async function namesOf(
  { db, secrets }: Platform,
  intervals: store.AttendanceRow[],
): Promise<(row: store.AttendanceRow) => string> {
  const ids = intervals.flatMap(({ userId }) => (userId !== null && store.isGrantId(userId) ? [userId] : []))
  const names = grantNames(secrets)
  const known = new Map(
    (await store.grantsById(db, [...new Set(ids)])).map(({ id, displayName }) => [id, names.open(displayName)]),
  )
  return (row) => known.get(row.userId ?? '') ?? row.displayName ?? 'Người không rõ'
}

const actions: Record<string, Permission> = { reveal: 'grant.read', revoke: 'grant.manage', renew: 'grant.manage' }

/** The grants of a hearing's room, with who is in the room by each. */
export async function listGrants(
  platform: Platform,
  hearingId: string,
  actor: Actor,
): Promise<{ opensAt: string | null; closesAt: string | null; items: Grant[] }> {
  const room = await store.roomOfHearing(platform.db, hearingId)
  if (room === undefined) return { opensAt: null, closesAt: null, items: [] }
  const present = await presentUsers(platform.db, room.name)
  const may =
    actor.kind === 'staff'
      ? Object.keys(actions).filter((action) => roleMay(actor.role, actions[action] ?? 'grant.manage'))
      : []
  const rows = await namedGrants(platform.db, platform.secrets, room.id)
  return {
    opensAt: room.opensAt.toISOString(),
    closesAt: room.closesAt.toISOString(),
    items: rows.map((grant) => ({
      id: grant.id,
      kind: grant.kind,
      displayName: grant.displayName,
      moderator: grant.moderator,
      required: grant.required,
      revokedAt: grant.revokedAt?.toISOString() ?? null,
      revokedReason: grant.revokedReason,
      firstEnteredAt: grant.firstEnteredAt?.toISOString() ?? null,
      lastEnteredAt: grant.lastEnteredAt?.toISOString() ?? null,
      entries: grant.entries,
      present: present.has(grant.id),
      // A grant that was revoked by mistake is made anew, unless that was done already.
      may:
        grant.revokedAt === null
          ? may
          : rows.some((other) => other.revokedAt === null && sameSubject(other, grant))
            ? []
            : may.filter((action) => action === 'renew'),
    })),
  }
}

import { eq, inArray } from 'drizzle-orm'
import type { Board } from '../../contract/kiosk.ts'
import type { Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { presentUsers } from './board.ts'
import { createDoors, type Tried } from './doors.ts'
import type { Grants } from './grants.ts'
import { kickQueue, type ProsodyClient } from './prosody.ts'
import { newRoomName, tokenWindow } from './room.ts'
import type { Signing } from './signing.ts'
import * as store from './store.ts'
import { attendance, grants as grantTable, rooms } from './tables.ts'

type Reader = Database | Tx

export type { Tried } from './doors.ts'

/** The room of a drill, and the grant of each of its room PCs by endpoint. */
export interface DrillRoom {
  id: string
  name: string
  grants: Map<string, string>
}

/** What the drills ask of rooms. */
export interface DrillRooms {
  open(
    tx: Tx,
    order: { drillId: string; opensAt: Instant; closesAt: Instant; places: { endpointId: string; name: string }[] },
  ): Promise<DrillRoom>
  /** Takes the grant back and has its holder put out, as for a hearing. */
  revoke(tx: Tx, room: DrillRoom, grantId: string, reason: string): Promise<void>
  /** Whom Prosody itself has in the room now, by grant id. @throws when it does not answer. */
  inside(room: DrillRoom): Promise<string[]>
  tryDoors(room: DrillRoom, signal: AbortSignal): Promise<{ strangers: Tried[]; right: Tried[] }>
  /** Whether a token of this grant that was right when it was signed lets anybody in (any more). */
  tryGrant(room: DrillRoom, grantId: string): Promise<Tried>
  /** Ends the room of a drill within seconds, and every grant of it; nothing when there is none. */
  close(tx: Tx, drillId: string): Promise<void>
  /** Removes the room of a drill once it has ended on Prosody; true when nothing of it is left. */
  remove(drillId: string): Promise<boolean>
  /** Rooms of drills that are there still. */
  left(db: Reader): Promise<{ drillId: string }[]>
}

export function createDrillRooms(
  platform: Platform,
  { grants, signing, prosody }: { grants: Grants; signing: Signing; prosody: ProsodyClient },
): DrillRooms {
  const { db, clock } = platform
  const doors = createDoors(platform, signing)

  const roomsOf = (reader: Reader, drillId: string): Promise<store.RoomRow[]> =>
    reader.select().from(rooms).where(eq(rooms.drillId, drillId))

  return {
    async open(tx, { drillId, opensAt, closesAt, places }) {
      const room = await store.insertRoom(tx, {
        ...{ name: newRoomName(), purpose: 'drill', drillId },
        ...{ opensAt: new Date(opensAt), closesAt: new Date(closesAt), createdAt: new Date(clock.now()) },
      })
      return { id: room.id, name: room.name, grants: await grants.createForDrill(tx, room.id, places) }
    },
    async revoke(tx, room, grantId, reason) {
      if ((await store.revokeGrant(tx, grantId, new Date(clock.now()), reason)) === undefined) return
      await platform.jobs.enqueue(tx, kickQueue, { room: room.name, userId: grantId, reason }, { key: grantId })
    },
    async inside(room) {
      const seen = await prosody.rooms()
      const ours = seen.rooms.find(({ room: name }) => name.toLowerCase() === room.name)
      return (ours?.occupants ?? []).flatMap(({ userId, hidden }) =>
        userId === undefined || hidden === true ? [] : [userId],
      )
    },
    tryDoors: (room, signal) => doors.tryAll(room.name, signal),
    async tryGrant(room, grantId) {
      const now = clock.now()
      const window = tokenWindow({ opensAt: now, closesAt: now }, now)
      const token = await signing.mint({
        ...{ room: room.name, user: { id: grantId, name: 'Máy đã thu hồi (diễn tập)', moderator: false } },
        ...{ features: { recording: false }, ...window },
      })
      return doors.tryWith(room.name, token)
    },
    async close(tx, drillId) {
      const now = new Date(clock.now())
      for (const room of await roomsOf(tx, drillId)) {
        for (const grant of await store.grantsOfRoom(tx, room.id))
          await store.revokeGrant(tx, grant.id, now, 'Diễn tập đã kết thúc')
        if (room.closesAt > now) await store.updateRoom(tx, room.id, { closesAt: now })
      }
    },
    async remove(drillId) {
      for (const room of await roomsOf(db, drillId)) {
        // What Prosody has still to tell of this room must find it: who is in a room that nobody knows is an alarm.
        if (room.closedAt === null || (await store.openAttendance(db, room.name)).length > 0) return false
        await db.transaction(async (tx) => {
          await tx.delete(attendance).where(eq(attendance.roomName, room.name))
          await tx.delete(grantTable).where(eq(grantTable.roomId, room.id))
          await tx.delete(rooms).where(eq(rooms.id, room.id))
        })
      }
      return true
    },
    left: async (reader) =>
      (
        await reader
          .select({ drillId: rooms.drillId })
          .from(rooms)
          .where(inArray(rooms.purpose, ['drill']))
      ).flatMap(({ drillId }) => (drillId === null ? [] : [{ drillId }])),
  }
}

/** What the room PC of a drill shows in the place of a hearing; null when its endpoint is of no drill. */
export async function drillShown(db: Reader, endpointId: string): Promise<Board['hearing']> {
  const found = await store.drillGrant(db, endpointId)
  if (found === undefined) return null
  const { room, grant } = found
  return {
    id: room.drillId ?? '',
    code: 'DIỄN TẬP',
    title: 'Diễn tập hệ thống, không phải buổi tiếp',
    status: 'ready',
    startsAt: room.opensAt.toISOString(),
    endsAt: room.closesAt.toISOString(),
    opensAt: room.opensAt.toISOString(),
    closesAt: room.closesAt.toISOString(),
    present: (await presentUsers(db, room.name)).has(grant.id),
    elsewhere: null,
    asked: false,
  }
}

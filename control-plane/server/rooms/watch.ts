import type { Hearings } from '../hearings/index.ts'
import type { JobHandler } from '../platform/jobs.ts'
import type { Platform } from '../platform/platform.ts'
import type { Reconciliation } from '../platform/reconciler.ts'
import { createRoomAlarms } from './alarms.ts'
import { type createEdge, interval } from './edge.ts'
import {
  isAlarming,
  type Listed,
  listedIn,
  notListed,
  notRecorded,
  objection,
  presentSince,
  settleMs,
} from './occupancy.ts'
import { kickQueue, type ProsodyClient, type ProsodyRooms, putOutQueue } from './prosody.ts'
import * as store from './store.ts'

interface Deps {
  prosody: ProsodyClient
  edge: ReturnType<typeof createEdge>
  hearings: Pick<Hearings, 'brief'>
}

const putOutReason = 'Thông tin đăng nhập đã bị thu hồi'

// Two turns of the comparison, and the time that Prosody may take to answer.
const staleMs = 25_000

/** Background work of rooms: putting revoked people out, closing rooms whose time is over, and comparing attendance with Prosody. */
export function createRoomWatch(
  platform: Platform,
  { prosody, edge, hearings }: Deps,
): {
  jobs: JobHandler[]
  reconciliations: Reconciliation[]
  /** False while attendance may be out of date: of a Prosody that died nobody tells who left. */
  isCurrent(): boolean
} {
  const { db, clock, log } = platform
  const alarms = createRoomAlarms(platform, { hearings })
  let comparedAt: number | undefined
  const isCurrent = (): boolean => comparedAt !== undefined && clock.now() - comparedAt <= staleMs

  async function closeOver(): Promise<void> {
    for (const room of await store.roomsToClose(db, new Date(clock.now()))) {
      const hearing =
        room.hearingId === null || room.purpose !== 'hearing' ? undefined : await hearings.brief(db, room.hearingId)
      // A hearing that overruns is never cut off.
      if (hearing?.status === 'live') continue
      await prosody.close(room.name, 'Phòng họp đã kết thúc')
      await db.transaction(async (tx) => {
        await store.updateRoom(tx, room.id, { closedAt: new Date(clock.now()) })
        if (room.hearingId !== null) await platform.changes.announce(tx, `room:${room.hearingId}`)
      })
    }
  }

  async function compare(): Promise<void> {
    const was = isCurrent()
    await compareNow()
    if (isCurrent() !== was) await db.transaction((tx) => platform.changes.announce(tx, 'room'))
  }

  async function compareNow(): Promise<void> {
    const seen = await prosody.rooms().catch((error: unknown) => {
      log.warn({ err: error }, 'Prosody does not answer')
      return undefined
    })
    await tellProsody(seen)
    if (seen === undefined) {
      comparedAt = undefined
      return
    }
    for (const present of await store.revokedButPresent(db)) {
      if (present.userId !== null) await prosody.kick(present.roomName, present.userId, putOutReason)
    }
    await putOutIntruders(listedIn(seen))
    // Events under way would make the comparison lie.
    if (seen.queue.waiting > 0) return
    await correct(seen)
    comparedAt = clock.now()
    edge.noteCompared(seen.processId, comparedAt)
  }

  async function tellProsody(seen: ProsodyRooms | undefined): Promise<void> {
    await db.transaction(async (tx) => {
      if (seen === undefined) {
        const fresh = await platform.alerts.raise(tx, {
          kind: 'prosody-down',
          subject: 'prosody',
          severity: 'critical',
          message:
            'Máy chủ phòng họp (Prosody) không trả lời. Kiểm tra dịch vụ prosody; phòng đang họp sẽ tự nối lại khi dịch vụ trở lại.',
        })
        if (fresh) await platform.changes.announce(tx, 'alerts')
        return
      }
      await platform.alerts.clear(tx, 'prosody-down', 'prosody')
      if (seen.queue.dropped === 0) return
      await platform.alerts.raise(tx, {
        kind: 'attendance-dropped',
        subject: `prosody:${seen.processId}`,
        severity: 'critical',
        message: `Có ${seen.queue.dropped} sự kiện ra vào phòng không ghi được vì hàng chờ đầy. Kiểm tra kết nối từ Prosody đến hệ thống.`,
      })
    })
  }

  /** Whoever is in a room that he may not be in is put out, and people are told: he came past all that should have kept him out. */
  async function putOutIntruders(listed: Listed[]): Promise<void> {
    const rooms = await store.roomsByName(db, [...new Set(listed.map(({ roomName }) => roomName))])
    const ids = listed.flatMap(({ occupant: { userId } }) => (userId && store.isGrantId(userId) ? [userId] : []))
    const grants = await store.grantsById(db, [...new Set(ids)])
    const found = listed.flatMap((entry) => {
      const grant = grants.find(({ id }) => id === entry.occupant.userId)
      const room = rooms.find(({ name }) => name === entry.roomName)
      const is = objection(entry.occupant, room, grant)
      return is === undefined ? [] : [{ ...entry, userId: entry.occupant.userId ?? null, is, grant }]
    })
    const now = clock.now()
    await db.transaction((tx) =>
      alarms.tellIntruders(
        tx,
        found.filter(({ is, grant }) => isAlarming(is, grant, now)),
      ),
    )
    for (const { roomName, userId, occupant } of found) {
      if (userId === null) await prosody.kickOccupant(roomName, occupant.occupantId, putOutReason)
      else await prosody.kick(roomName, userId, putOutReason)
    }
  }

  /** Where the list and attendance differ, the list is right: attendance follows it, and people are told. The last seconds are left alone. */
  async function correct(seen: ProsodyRooms): Promise<void> {
    const { processId } = seen
    const listed = listedIn(seen)
    const now = clock.now()
    await db.transaction(async (tx) => {
      await edge.lock(tx)
      const open = await store.openEverywhere(tx)
      const lost = notListed(processId, open, listed).filter((row) => row.joinedAt.getTime() <= now - settleMs)
      const compared = edge.comparedAt(processId)
      await store.endIntervals(tx, lost, new Date(now), compared === undefined ? undefined : new Date(compared))
      const missed: Listed[] = []
      for (const entry of notRecorded(processId, open, listed)) {
        const { roomName, occupant } = entry
        const stay = { processId, roomName, occupantId: occupant.occupantId, userId: occupant.userId ?? null }
        const since = presentSince(occupant, (await store.lastLeft(tx, stay))?.getTime(), now)
        if (since === undefined) continue
        await store.openInterval(tx, interval(processId, roomName, { ...occupant, joinedAt: since }, new Date(now)))
        missed.push(entry)
      }
      await edge.announce(tx, new Set([...lost, ...missed].map(({ roomName }) => roomName)))
      await alarms.tellDifferences(tx, [
        ...lost.map(({ roomName, userId }) => ({ roomName, userId, is: 'lost' as const })),
        ...missed.map(({ roomName, occupant }) => ({
          roomName,
          userId: occupant.userId ?? null,
          is: 'missed' as const,
        })),
      ])
    })
  }

  return {
    isCurrent,
    jobs: [
      {
        queue: kickQueue,
        concurrency: 1,
        expireSeconds: 30,
        retries: 50,
        run: async (data) => {
          await prosody.kick(String(data.room), String(data.userId), String(data.reason))
        },
      },
      {
        queue: putOutQueue,
        concurrency: 1,
        expireSeconds: 30,
        // Later than a minute whoever is there is somebody else.
        retries: 5,
        run: async (data) => {
          await prosody.kickOccupant(String(data.room), String(data.occupantId), String(data.reason))
        },
      },
    ],
    reconciliations: [
      { name: 'rooms.close', everyMs: 3_000, run: closeOver },
      { name: 'rooms.compare', everyMs: 10_000, run: compare },
    ],
  }
}

import type { Hearings } from '../hearings/index.ts'
import type { JobHandler } from '../platform/jobs.ts'
import type { Platform } from '../platform/platform.ts'
import type { Reconciliation } from '../platform/reconciler.ts'
import type { createEdge } from './edge.ts'
import { kickQueue, type ProsodyClient, type ProsodyRooms } from './prosody.ts'
import * as store from './store.ts'

interface Deps {
  prosody: ProsodyClient
  edge: ReturnType<typeof createEdge>
  hearings: Pick<Hearings, 'brief'>
}

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
      if (present.userId !== null)
        await prosody.kick(present.roomName, present.userId, 'Thông tin đăng nhập đã bị thu hồi')
    }
    // Events under way would make the comparison lie.
    if (seen.queue.waiting > 0) return
    await correct(seen)
    comparedAt = clock.now()
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

  /** Attendance that Prosody does not know (any more) is ended, and what it alone knows is begun; the last seconds are left alone. */
  async function correct(seen: ProsodyRooms): Promise<void> {
    const listed = seen.rooms.flatMap((room) =>
      room.occupants.map((occupant) => ({ roomName: room.room, occupantId: occupant.occupantId, occupant })),
    )
    const settled = clock.now() - 30_000
    const unreported = listed.filter(({ occupant }) => (occupant.joinedAt ?? clock.now()) < settled)
    await db.transaction(async (tx) => {
      await edge.lock(tx)
      const fresh = (await store.openEverywhere(tx)).filter((row) => row.joinedAt.getTime() > settled)
      const kept = [...listed, ...fresh.map((row) => ({ roomName: row.roomName, occupantId: row.occupantId }))]
      const now = new Date(clock.now())
      const corrected = await store.closeUnlisted(tx, seen.processId, kept, now)
      await edge.announce(tx, [...corrected, ...(await edge.makeUpFor(tx, seen.processId, unreported, now))])
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
    ],
    reconciliations: [
      { name: 'rooms.close', everyMs: 3_000, run: closeOver },
      { name: 'rooms.compare', everyMs: 10_000, run: compare },
    ],
  }
}

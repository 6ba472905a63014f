import { sql } from 'drizzle-orm'
import { type Static, Type } from 'typebox'
import type { Instant } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { listedIn, notListed } from './occupancy.ts'
import { kickQueue } from './prosody.ts'
import { putOutStays } from './put-out.ts'
import * as store from './store.ts'

// The module sends 200 bytes at most (mod_tiepdan_edge.lua): what is longer than this it would have to set aside.
const short = Type.String({ maxLength: 300 })
// Milliseconds since 1970; beyond the year 2999 no column of ours goes.
const epochMs = Type.Number({ minimum: 0, maximum: Date.UTC(3000, 0) - 1 })
// Open to members that a newer module may send, but not to any number of them.
const open = { maxProperties: 20 }
const Occupant = Type.Object(
  {
    occupantId: short,
    userId: Type.Optional(short),
    name: Type.Optional(short),
    hidden: Type.Optional(Type.Boolean()),
    moderator: Type.Optional(Type.Boolean()),
    joinedAt: Type.Optional(epochMs),
  },
  open,
)
const RoomNow = Type.Object({ room: short, occupants: Type.Array(Occupant, { maxItems: 2_000 }) }, open)

const edgeKinds = [
  'room-created',
  'occupant-joined',
  'occupant-left',
  'room-destroyed',
  'snapshot',
  /** Stands for an event that was refused here for its form; the module keeps the original in a file. */
  'event-refused',
] as const
type EdgeKind = (typeof edgeKinds)[number]

/** What our Prosody module reports (jitsi-config/prosody-plugins). */
export const EdgeEvents = Type.Object(
  {
    processId: Type.String({ minLength: 8, maxLength: 100 }),
    events: Type.Array(
      Type.Object(
        {
          sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
          at: epochMs,
          kind: Type.Unsafe<EdgeKind>({ type: 'string', enum: [...edgeKinds] }),
          room: Type.Optional(short),
          occupantId: Type.Optional(short),
          userId: Type.Optional(short),
          name: Type.Optional(short),
          hidden: Type.Optional(Type.Boolean()),
          moderator: Type.Optional(Type.Boolean()),
          joinedAt: Type.Optional(epochMs),
          /** Of a leave whose line was lost: when something came from there last. */
          heardAt: Type.Optional(epochMs),
          rooms: Type.Optional(Type.Array(RoomNow, { maxItems: 2_000 })),
        },
        open,
      ),
      { minItems: 1, maxItems: 500 },
    ),
  },
  open,
)
export type EdgeEvents = Static<typeof EdgeEvents>
type EdgeEvent = EdgeEvents['events'][number]

export type Taken = { is: 'taken'; acknowledged: number } | { is: 'gap' }

// Prosody processes whose last comparison is remembered: the one that runs, and those that were restarted just before.
const processesKept = 8
// Time services move a clock by less without anybody setting it. Milliseconds.
const slackMs = 1_000

// Any fixed number: one batch of events or one correction at a time, so that two of them cannot interleave.
const edgeLock = 7_241_110

/**
 * Takes a batch of events: each is kept once (process, sequence), in order; attendance follows from them. A batch that skips a number
 * is not taken: something was lost for good, and a snapshot is asked for.
 */
export function createEdge(platform: Platform) {
  const compared = new Map<string, Instant>()
  /** Attendance is written by one at a time, until the end of the transaction. */
  async function lock(tx: Tx): Promise<void> {
    await tx.execute(sql`select pg_advisory_xact_lock(${edgeLock})`)
  }

  async function take(batch: EdgeEvents): Promise<Taken> {
    return platform.db.transaction(async (tx) => {
      await lock(tx)
      const before = await store.lastEvent(tx, batch.processId)
      let last = before?.sequence ?? 0
      let clock = before?.at.getTime() ?? 0
      const touched = new Set<string>()
      for (const event of [...batch.events].sort((left, right) => left.sequence - right.sequence)) {
        if (event.sequence <= last) continue
        if (event.sequence !== last + 1 && event.kind !== 'snapshot') {
          await announce(tx, touched)
          return { is: 'gap' }
        }
        last = event.sequence
        const fresh = await store.keepEvent(tx, {
          processId: batch.processId,
          sequence: event.sequence,
          at: new Date(event.at),
          kind: event.kind,
          room: event.room ?? null,
          body: withoutNames(event),
          receivedAt: new Date(platform.clock.now()),
        })
        if (!fresh) continue
        if (event.at < clock - slackMs)
          for (const room of await store.markClockStep(tx, batch.processId)) touched.add(room)
        clock = event.at
        for (const room of await apply(tx, batch.processId, event, knownUntil)) touched.add(room)
        if (event.kind === 'occupant-joined') {
          const isOut = await putOutIfRevoked(tx, event)
          if (!isOut) await putOutDouble(tx, event)
        }
        if (event.kind === 'event-refused') await tellRefused(tx, batch.processId)
      }
      await announce(tx, touched)
      return { is: 'taken', acknowledged: last }
    })
  }

  /** A token stays valid after its grant was revoked, and a restarted Prosody has forgotten whom it put out. True when he is put out. */
  async function putOutIfRevoked(tx: Tx, { room, userId }: EdgeEvent): Promise<boolean> {
    if (userId === undefined || !store.isGrantId(userId)) return false
    const grant = await store.grantById(tx, userId)
    if (grant === undefined || grant.revokedAt === null) return false
    const reason = grant.revokedReason ?? ''
    await platform.jobs.enqueue(tx, kickQueue, { room: room ?? '', userId, reason }, { key: userId })
    return true
  }

  /** One grant is one place in the room, whichever way a second came in: the newcomer stays, for the older may be what a broken line left behind. */
  async function putOutDouble(tx: Tx, { room, userId, occupantId }: EdgeEvent): Promise<void> {
    if (room === undefined || userId === undefined || !store.isGrantId(userId)) return
    const reason = 'Đang dùng trên thiết bị khác'
    await putOutStays(platform, tx, { roomName: room.toLowerCase(), userId, reason, but: occupantId })
  }

  async function tellRefused(tx: Tx, processId: string): Promise<void> {
    const fresh = await platform.alerts.raise(tx, {
      kind: 'attendance-refused',
      subject: `prosody:${processId}`,
      severity: 'critical',
      message:
        'Có sự kiện ra vào phòng sai dạng nên không ghi được. Prosody đã để riêng sự kiện đó trong tệp refused.ndjson; các sự kiện sau vẫn được ghi. Chép tệp ra và báo đơn vị phát triển.',
    })
    if (fresh) await platform.changes.announce(tx, 'alerts')
  }

  async function announce(tx: Tx, roomNames: Iterable<string>): Promise<void> {
    for (const name of roomNames) {
      const room = await store.roomByName(tx, name)
      if (room?.hearingId) {
        await platform.changes.announce(tx, `room:${room.hearingId}`)
        for (const grant of await store.grantsOfRoom(tx, room.id))
          if (grant.endpointId) await platform.changes.announce(tx, `kiosk:${grant.endpointId}`)
      }
      if (room?.drillId)
        for (const { endpointId } of await store.grantsOfRoom(tx, room.id))
          if (endpointId) await platform.changes.announce(tx, `kiosk:${endpointId}`)
      if (room?.testCallId) await platform.changes.announce(tx, `test-call:${room.testCallId}`)
    }
  }

  /** Prosody's own list was compared with attendance at this moment: who stood in both was there. */
  function noteCompared(processId: string, at: Instant): void {
    compared.delete(processId)
    compared.set(processId, at)
    for (const old of [...compared.keys()].slice(0, -processesKept)) compared.delete(old)
  }

  /** Until when that process is known to have had in its rooms whoever stands open: its last event, or the last comparison. */
  async function knownUntil(tx: Tx, processId: string): Promise<Date | undefined> {
    const told = (await store.lastEventAt(tx, processId))?.getTime() ?? 0
    const known = Math.max(told, compared.get(processId) ?? 0)
    return known === 0 ? undefined : new Date(known)
  }

  return { lock, take, announce, noteCompared, comparedAt: (processId: string) => compared.get(processId) }
}

/** Whoever it tells of keeps his id alone: his name stands in his grant, encrypted. */
const withoutNames = ({ name: _, rooms, ...event }: EdgeEvent) => ({
  ...event,
  ...(rooms === undefined
    ? {}
    : {
        rooms: rooms.map(({ room, occupants }) => ({ room, occupants: occupants.map(({ name: _, ...one }) => one) })),
      }),
})

type KnownUntil = (tx: Tx, processId: string) => Promise<Date | undefined>

/** Applies one event to attendance; answers the rooms that it concerns. */
async function apply(tx: Tx, processId: string, event: EdgeEvent, knownUntil: KnownUntil): Promise<string[]> {
  const at = new Date(event.at)
  const roomName = (event.room ?? '').toLowerCase()
  switch (event.kind) {
    case 'event-refused':
      return []
    case 'room-created':
      return [roomName]
    case 'occupant-joined':
      await store.openInterval(tx, interval(processId, roomName, { ...event, occupantId: event.occupantId ?? '' }, at))
      return [roomName]
    case 'occupant-left': {
      const lost = event.heardAt !== undefined && event.heardAt < event.at
      const end = lost
        ? { leftAt: at, leftBy: 'line-lost' as const, certainUntil: new Date(event.heardAt ?? event.at) }
        : { leftAt: at, leftBy: 'left' as const, certainUntil: null }
      await store.closeInterval(tx, { processId, roomName, occupantId: event.occupantId ?? '' }, end)
      return [roomName]
    }
    case 'room-destroyed':
      await store.closeInterval(
        tx,
        { processId, roomName },
        { leftAt: at, leftBy: 'room-destroyed', certainUntil: null },
      )
      return [roomName]
    case 'snapshot':
      return applySnapshot(tx, { processId, rooms: event.rooms ?? [], at, knownUntil })
  }
}

/** The state as Prosody knows it: leaves that were lost are inferred, joins that were lost are made up for. */
async function applySnapshot(
  tx: Tx,
  {
    processId,
    rooms,
    at,
    knownUntil,
  }: { processId: string; rooms: NonNullable<EdgeEvent['rooms']>; at: Date; knownUntil: KnownUntil },
): Promise<string[]> {
  const listed = listedIn({ rooms })
  const lost = notListed(processId, await store.openEverywhere(tx), listed)
  for (const row of lost) await store.endIntervals(tx, [row], at, await knownUntil(tx, row.processId))
  for (const { roomName, occupant } of listed) await store.openInterval(tx, interval(processId, roomName, occupant, at))
  return [...new Set([...lost, ...listed].map((entry) => entry.roomName))]
}

/** The row of somebody's stay; `at` stands for a time of coming that was not told. */
export const interval = (processId: string, roomName: string, occupant: Static<typeof Occupant>, at: Date) => ({
  roomName,
  occupantId: occupant.occupantId,
  processId,
  userId: occupant.userId ?? null,
  displayName: /^(agent|device):/.test(occupant.userId ?? '') ? (occupant.name ?? null) : null,
  hidden: occupant.hidden ?? false,
  joinedAt: occupant.joinedAt === undefined ? at : new Date(occupant.joinedAt),
})

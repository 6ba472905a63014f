import type { CallSettings } from '../../contract/call.ts'
import type { BoardHearing } from '../../contract/kiosk.ts'
import type { Endpoints } from '../endpoints/index.ts'
import type { HearingMoved, HearingPlan, Hearings } from '../hearings/index.ts'
import { dayMs, type Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Module } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import { presentUsers, quorumOf, whileCurrent } from './board.ts'
import { createDrillRooms, type DrillRooms, drillShown } from './drill-rooms.ts'
import { createEdge } from './edge.ts'
import { callSettings, createEntry } from './entry.ts'
import { entryCheck } from './entry-check.ts'
import { createGrantDesk } from './grant-desk.ts'
import { createGrants } from './grants.ts'
import { createProsodyClient } from './prosody.ts'
import { prosodyRoutes } from './reservations.ts'
import { hearingsShown, hearingWindow, isRoomOver, newRoomName, roomSettings } from './room.ts'
import { roomRoutes } from './routes.ts'
import { sealClearGrants } from './sealed-names.ts'
import { deviceSeat } from './seat.ts'
import { createSeats } from './seats.ts'
import { createSigning, type TokenOrder } from './signing.ts'
import * as store from './store.ts'
import { createRoomWatch } from './watch.ts'

export { quorumOf } from './board.ts'
export type { DrillRoom, DrillRooms } from './drill-rooms.ts'

type Reader = Database | Tx

export interface Rooms {
  module: Module
  /** A room of its own for a test call or rehearsal; it may exist only within its window. */
  createRoom(
    tx: Tx,
    order: {
      purpose: 'test-call' | 'rehearsal'
      hearingId: string | null
      testCallId: string | null
      opensAt: Instant
      closesAt: Instant
    },
  ): Promise<{ id: string; name: string }>
  roomOf(db: Reader, hearingId: string): Promise<{ id: string; name: string } | undefined>
  mintToken(order: TokenOrder): Promise<string>
  callSettings(): CallSettings
  /** Who is in the room, by grant id or agent id, as the server sees it. */
  presence(db: Reader, roomName: string): Promise<Set<string>>
  /** Điều 2.4: who must be in the room and is not; never met while attendance may be out of date. */
  quorum(db: Reader, hearingId: string): Promise<{ met: boolean; isCurrent: boolean; missing: { name: string }[] }>
  /** The room is closed, or its time is over: nobody is let in any more. */
  isOver(db: Reader, roomName: string): Promise<boolean>
  /** Which Prosody process answers now; undefined when none does. */
  signallingProcess(): Promise<string | undefined>
  /** What lets a person of the plan into the hearing's room on an own device, in use now; by participant. */
  linksOf(tx: Tx, hearingId: string): Promise<Map<string, PersonalLink>>
  /** Every grant that was ever made for the hearing's present room. */
  grantIdsOf(tx: Tx, hearingId: string): Promise<string[]>
  /** What must happen together with a person's new grant, in the same transaction. */
  onRenewed(follower: RenewedFollower): void
  /** Ends the room within seconds; a Prosody that is down is asked again until it does. */
  closeSoon(tx: Tx, roomId: string): Promise<void>
  /** What a room PC must know of a hearing that its endpoint takes part in. */
  windowOf(hearing: HearingPlan): { opensAt: Instant; closesAt: Instant }
  rotateSigningKey(): Promise<string>
  drills: DrillRooms
}

/** How one person comes into one room. */
export interface PersonalLink {
  grantId: string
  link: string
  code: string
}
/** `replaces`: the grant that was taken back. */
export type RenewedFollower = (
  tx: Tx,
  renewed: { hearingId: string; participantId: string; replaces: string },
) => Promise<void>

interface PlaceInRoom {
  room: store.RoomRow
  grant: store.GrantRow | undefined
}

/** Room names, signing keys, Jitsi tokens, grants, the reservation API and attendance (design §6). */
export function createRooms(
  platform: Platform,
  deps: { hearings: Hearings; endpoints: Pick<Endpoints, 'onBoard' | 'deviceLabel'> },
): Rooms {
  const { clock, db } = platform
  const signing = createSigning(platform)
  const grants = createGrants(platform)
  const renewedFollowers: RenewedFollower[] = []
  const desk = createGrantDesk(platform, {
    grants,
    hearings: deps.hearings,
    onRenewed: async (tx, renewed) => {
      for (const follow of renewedFollowers) await follow(tx, renewed)
    },
  })
  const edge = createEdge(platform)
  const prosody = createProsodyClient(platform.config)
  const seats = createSeats(platform)
  const entry = createEntry(platform, { hearings: deps.hearings, signing, seats })
  const watch = createRoomWatch(platform, { prosody, edge, hearings: deps.hearings })

  deps.hearings.onMove((tx, moved) => follow(tx, moved))
  deps.endpoints.onBoard(async (endpointId, deviceId) => {
    const [hearing = null, ...others] = await nextHearings(endpointId, deviceId)
    return { hearing, others }
  })

  /** The hearings that an endpoint's room PC shows: the one that is on, else the next within two months; and those beside it. */
  async function nextHearings(endpointId: string, deviceId: string): Promise<BoardHearing[]> {
    const now = clock.now()
    const plans = await deps.hearings.plansBetween(db, {
      from: now - roomSettings.overrunMs,
      to: now + 60 * dayMs,
      now,
      statuses: ['approved', 'ready', 'live'],
      endpointId,
    })
    const places = new Map<string, PlaceInRoom>()
    const presentIn = new Set<string>()
    for (const plan of plans.filter((one) => one.status === 'live' || hearingWindow(one).opensAt <= now)) {
      const place = await placeInRoom(plan.id, endpointId)
      if (place === undefined) continue
      places.set(plan.id, place)
      if (place.grant !== undefined && (await presentUsers(db, place.room.name)).has(place.grant.id))
        presentIn.add(plan.id)
    }
    const shown: BoardHearing[] = []
    for (const plan of hearingsShown(plans, presentIn, now)) {
      const place = places.get(plan.id) ?? (await placeInRoom(plan.id, endpointId))
      if (place === undefined) continue
      const { room, grant } = place
      shown.push({
        id: plan.id,
        code: plan.code,
        title: plan.title,
        status: plan.status,
        startsAt: new Date(plan.startsAt).toISOString(),
        endsAt: new Date(plan.endsAt).toISOString(),
        opensAt: room.opensAt.toISOString(),
        closesAt: room.closesAt.toISOString(),
        present: presentIn.has(plan.id),
        ...(await seatWords(grant, room.name, deviceId)),
      })
    }
    if (shown.length > 0) return shown
    const drill = await drillShown(db, endpointId)
    return drill === null ? [] : [drill]
  }

  async function seatWords(
    grant: store.GrantRow | undefined,
    roomName: string,
    deviceId: string,
  ): Promise<Pick<BoardHearing, 'elsewhere' | 'asked'>> {
    if (grant === undefined) return { elsewhere: null, asked: false }
    const seat = deviceSeat(deviceId)
    const isElsewhere = await seats.elsewhere(grant, roomName, seat)
    const holder = grant.seat?.replace(deviceSeat(''), '')
    const label = isElsewhere && holder !== undefined ? await deps.endpoints.deviceLabel(db, holder) : undefined
    return {
      elsewhere: isElsewhere ? { label: label ?? 'máy khác' } : null,
      asked: grant.seat === seat && seats.askedAt(grant) !== null,
    }
  }

  /** The room of a hearing, and by which grant an endpoint enters it; undefined while it has no room. */
  async function placeInRoom(hearingId: string, endpointId: string): Promise<PlaceInRoom | undefined> {
    const room = await store.roomOfHearing(db, hearingId)
    return room && { room, grant: await store.endpointGrant(db, room.id, endpointId) }
  }

  async function follow(tx: Tx, { hearing, to }: HearingMoved): Promise<void> {
    if (to === 'approved') {
      const window = hearingWindow(hearing)
      const room = await store.insertRoom(tx, {
        name: newRoomName(),
        purpose: 'hearing',
        hearingId: hearing.id,
        opensAt: new Date(window.opensAt),
        closesAt: new Date(window.closesAt),
        createdAt: new Date(clock.now()),
      })
      await grants.createFor(tx, room.id, hearing)
    }
    const room = await store.roomOfHearing(tx, hearing.id)
    if (room === undefined) return
    if (to === 'ended')
      await store.updateRoom(tx, room.id, { closesAt: new Date(clock.now() + roomSettings.partingMs) })
    if (to === 'cancelled' || to === 'postponed') {
      await store.updateRoom(tx, room.id, { closesAt: new Date(clock.now()) })
      for (const grant of await store.grantsOfRoom(tx, room.id))
        await desk.revokeIn(tx, room, grant.id, to === 'cancelled' ? 'Buổi tiếp bị hủy' : 'Buổi tiếp được hoãn')
    }
    await platform.changes.announce(tx, `room:${hearing.id}`)
  }

  return {
    module: {
      name: 'rooms',
      routes(app) {
        prosodyRoutes(app, platform, { hearings: deps.hearings, signing, takeEvents: edge.take })
        roomRoutes(app, {
          platform,
          entry,
          desk,
          isCurrent: watch.isCurrent,
        })
      },
      jobs: watch.jobs,
      commands: {
        'check-room-entry': entryCheck(platform, signing),
        'rotate-signing-key': async (_given, say) => {
          say(`Khóa ký mới: ${await signing.rotate()}. Các thông tin đăng nhập đang dùng vẫn còn hiệu lực.`)
          return true
        },
        'forget-old-signing-keys': async (_given, say) => {
          say(`Đã bỏ ${await signing.forgetRetired()} khóa ký cũ. Khởi động lại Prosody để nó cũng quên.`)
          return true
        },
      },
      reconciliations: watch.reconciliations,
      async start() {
        await signing.ensureKey()
        const sealed = await sealClearGrants(platform)
        if (sealed > 0) platform.log.info({ sealed }, 'names in grants of an earlier release encrypted')
      },
    },
    async createRoom(tx, order) {
      const room = await store.insertRoom(tx, {
        name: newRoomName(),
        purpose: order.purpose,
        hearingId: order.hearingId,
        testCallId: order.testCallId,
        opensAt: new Date(order.opensAt),
        closesAt: new Date(order.closesAt),
        createdAt: new Date(clock.now()),
      })
      return { id: room.id, name: room.name }
    },
    roomOf: store.roomOfHearing,
    mintToken: signing.mint,
    callSettings: () => callSettings(platform.config),
    presence: presentUsers,
    quorum: async (reader, hearingId) =>
      whileCurrent(await quorumOf(reader, platform.secrets, hearingId), watch.isCurrent()),
    signallingProcess: () =>
      prosody.rooms().then(
        (seen) => seen.processId,
        (error: unknown) => {
          platform.log.debug({ err: error }, 'Prosody does not answer')
          return undefined
        },
      ),
    async isOver(reader, roomName) {
      const room = await store.roomByName(reader, roomName)
      if (room === undefined) return true
      const hearing = room.hearingId === null ? undefined : await deps.hearings.brief(reader, room.hearingId)
      const window = { closesAt: room.closesAt.getTime(), closed: room.closedAt !== null }
      return isRoomOver(window, room.purpose === 'hearing' ? (hearing ?? null) : null, clock.now())
    },
    async linksOf(tx, hearingId) {
      const room = await store.roomOfHearing(tx, hearingId)
      const rows = room === undefined ? [] : await store.grantsOfRoom(tx, room.id)
      const links = new Map<string, PersonalLink>()
      for (const row of rows)
        if (row.participantId !== null && row.revokedAt === null)
          links.set(row.participantId, { grantId: row.id, link: grants.link(row.id), code: grants.code(row) })
      return links
    },
    async grantIdsOf(tx, hearingId) {
      const room = await store.roomOfHearing(tx, hearingId)
      return room === undefined ? [] : (await store.grantsOfRoom(tx, room.id)).map(({ id }) => id)
    },
    onRenewed: (follower) => void renewedFollowers.push(follower),
    closeSoon: (tx, roomId) => store.updateRoom(tx, roomId, { closesAt: new Date(clock.now()) }),
    windowOf: (hearing) => hearingWindow(hearing),
    rotateSigningKey: () => signing.rotate(),
    drills: createDrillRooms(platform, { grants, signing, prosody }),
  }
}

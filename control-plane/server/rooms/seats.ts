import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { Problem } from '../platform/problem.ts'
import { presentUsers } from './board.ts'
import { putOutStays } from './put-out.ts'
import { askedShownMs, isElsewhere } from './seat.ts'
import * as store from './store.ts'

const replacedReason = 'Đã chuyển sang thiết bị khác'

/** One seat a grant: a second device is told, so is the first, and it takes the seat only when somebody presses for it. */
export function createSeats(platform: Platform) {
  const { db, clock } = platform

  const announce = (tx: Tx, grant: store.GrantRow): Promise<void> =>
    platform.changes.announce(
      tx,
      `room:${grant.hearingId}`,
      ...(grant.endpointId === null ? [] : [`kiosk:${grant.endpointId}`]),
    )

  async function elsewhere(reader: typeof db | Tx, grant: store.GrantRow, roomName: string, seat: string | undefined) {
    const isPresent = (await presentUsers(reader, roomName)).has(grant.id)
    return isElsewhere(grant, seat, isPresent, clock.now())
  }

  /** Notes for the seat's holder that another device opened the same link. */
  const noteAsked = (grant: store.GrantRow): Promise<void> =>
    db.transaction(async (tx) => {
      await store.updateGrant(tx, grant.id, { seatAskedAt: new Date(clock.now()) })
      await announce(tx, grant)
    })

  return {
    elsewhere: (grant: store.GrantRow, roomName: string, seat: string | undefined) =>
      elsewhere(db, grant, roomName, seat),
    noteAsked,
    /** When another device last asked, as long as it is told; null otherwise. */
    askedAt: (grant: store.GrantRow): Date | null =>
      grant.seatAskedAt !== null && clock.now() - grant.seatAskedAt.getTime() < askedShownMs ? grant.seatAskedAt : null,
    /**
     * Takes the grant's seat, in the transaction of the entry; with `takesOver` whoever sits there is put out of the room.
     * Answers false, and changes nothing, when the grant is at work elsewhere.
     */
    async take(
      tx: Tx,
      grantId: string,
      room: store.RoomRow,
      wish: { seat: string | undefined; takesOver: boolean },
    ): Promise<boolean> {
      // Of two that come in at the same moment the second sees the first.
      const grant = await store.lockGrant(tx, grantId)
      if (grant === undefined) return false
      const isReplacing = await elsewhere(tx, grant, room.name, wish.seat)
      if (isReplacing && !wish.takesOver) return false
      if (isReplacing)
        await putOutStays(platform, tx, { roomName: room.name, userId: grant.id, reason: replacedReason })
      const isMine = wish.seat !== undefined && grant.seat === wish.seat
      await store.updateGrant(tx, grant.id, {
        seat: wish.seat ?? null,
        seatSeenAt: new Date(clock.now()),
        ...(isMine ? {} : { seatAskedAt: null }),
      })
      if (isReplacing) await announce(tx, grant)
      return true
    },
    /** The page at this seat lives; answers whether the seat is still its own. */
    async keep(grant: store.GrantRow, seat: string): Promise<boolean> {
      if (grant.seat !== seat) return false
      await db.transaction((tx) => store.updateGrant(tx, grant.id, { seatSeenAt: new Date(clock.now()) }))
      return true
    },
  }
}

export type Seats = ReturnType<typeof createSeats>

/** 409: the same link or room is at work on another device. */
export const inUseElsewhere = (): Problem =>
  new Problem('grant-in-use', {
    status: 409,
    title:
      'Thông tin đăng nhập này đang dùng trên thiết bị khác. Bấm “Chuyển sang thiết bị này” để vào đây; thiết bị kia sẽ rời phòng.',
  })

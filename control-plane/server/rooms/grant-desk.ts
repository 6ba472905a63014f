import type { Hearings } from '../hearings/index.ts'
import type { Actor } from '../platform/actor.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { conflict, fail, notFound } from '../platform/problem.ts'
import type { Grants } from './grants.ts'
import type { RenewedFollower } from './index.ts'
import { kickQueue } from './prosody.ts'
import { sameSubject } from './room.ts'
import * as store from './store.ts'

/** What the office does with grants: show again, revoke, make anew. Each stands in the audit trail. */
export function createGrantDesk(
  platform: Platform,
  deps: { grants: Grants; hearings: Pick<Hearings, 'plan'>; onRenewed: RenewedFollower },
) {
  const { db, clock } = platform

  /** The grant and its room, with the room locked: of two that renew one grant at once, the second sees the first's. */
  async function forChange(tx: Tx, grantId: string): Promise<{ grant: store.GrantRow; room: store.RoomRow }> {
    const found = (await store.grantById(tx, grantId)) ?? fail(notFound('thông tin đăng nhập'))
    const room = (await store.lockRoom(tx, found.roomId)) ?? fail(notFound('phòng họp'))
    const grant = (await store.grantById(tx, grantId)) ?? fail(notFound('thông tin đăng nhập'))
    return { grant, room }
  }

  /** Revokes, and puts out of the room at once whoever is in it by this grant; false when it was revoked before. */
  async function revokeIn(tx: Tx, room: store.RoomRow, grantId: string, reason: string): Promise<boolean> {
    const revoked = await store.revokeGrant(tx, grantId, new Date(clock.now()), reason)
    if (revoked === undefined) return false
    await platform.jobs.enqueue(tx, kickQueue, { room: room.name, userId: grantId, reason }, { key: grantId })
    return true
  }

  const announce = (tx: Tx, grant: store.GrantRow): Promise<void> =>
    platform.changes.announce(
      tx,
      `room:${grant.hearingId}`,
      `hearing:${grant.hearingId}`,
      ...(grant.endpointId === null ? [] : [`kiosk:${grant.endpointId}`]),
    )

  async function demandRoomInUse(tx: Tx, room: store.RoomRow): Promise<void> {
    const hearing = room.hearingId === null ? undefined : await deps.hearings.plan(tx, room.hearingId)
    const current = room.hearingId === null ? undefined : await store.roomOfHearing(tx, room.hearingId)
    const inUse = hearing !== undefined && ['approved', 'ready', 'live'].includes(hearing.status)
    if (!inUse || current?.id !== room.id)
      throw conflict('Buổi tiếp này không còn dùng phòng đó nên không cấp lại được. Đề nghị tải lại trang.')
  }

  return {
    revokeIn,
    async reveal(grantId: string, actor: Actor): Promise<{ link: string; code: string }> {
      const grant = (await store.grantById(db, grantId)) ?? fail(notFound('thông tin đăng nhập'))
      await db.transaction((tx) =>
        platform.audit.write(tx, actor, 'grant.revealed', `grant:${grant.id}`, { hearingId: grant.hearingId }),
      )
      return { link: deps.grants.link(grant.id), code: deps.grants.code(grant) }
    },
    async revoke(grantId: string, actor: Actor, reason: string): Promise<void> {
      await db.transaction(async (tx) => {
        const { grant, room } = await forChange(tx, grantId)
        if (!(await revokeIn(tx, room, grantId, reason)))
          throw conflict('Thông tin đăng nhập này đã được thu hồi trước đó. Đề nghị tải lại trang.')
        await announce(tx, grant)
        await platform.audit.write(tx, actor, 'grant.revoked', `grant:${grantId}`, {
          hearingId: grant.hearingId,
          reason,
        })
      })
    },
    /** A new link for the same room or person in place of this one, or of one that was revoked. Throws 409 when there is one in use already. */
    async renew(grantId: string, actor: Actor, reason: string): Promise<{ id: string }> {
      return db.transaction(async (tx) => {
        const { grant, room } = await forChange(tx, grantId)
        await demandRoomInUse(tx, room)
        const others = (await store.grantsOfRoom(tx, room.id)).filter(
          (other) => other.id !== grant.id && other.revokedAt === null && sameSubject(other, grant),
        )
        if (others.length > 0)
          throw conflict('Thông tin đăng nhập này đã được cấp lại trước đó. Đề nghị tải lại trang để xem bản mới.')
        await revokeIn(tx, room, grantId, reason)
        const id = await deps.grants.renew(tx, grant)
        await announce(tx, grant)
        if (grant.hearingId !== null && grant.participantId !== null) {
          const { hearingId, participantId } = grant
          await deps.onRenewed(tx, { hearingId, participantId, replaces: grantId })
        }
        const about = { hearingId: grant.hearingId, replaces: grantId, reason }
        await platform.audit.write(tx, actor, 'grant.renewed', `grant:${id}`, about)
        return { id }
      })
    },
  }
}

export type GrantDesk = ReturnType<typeof createGrantDesk>

import type { CallSettings, Entry } from '../../contract/call.ts'
import type { Invitation, Key } from '../../contract/rooms.ts'
import { grantCodeLength, readCode } from '../../contract/short-code.ts'
import type { HearingBrief, Hearings } from '../hearings/index.ts'
import { type Actor, anonymousActor } from '../platform/actor.ts'
import { minuteMs } from '../platform/clock.ts'
import type { Config } from '../platform/config.ts'
import { createGuesses } from '../platform/guesses.ts'
import type { Platform } from '../platform/platform.ts'
import { fail, invalid, notFound, Problem } from '../platform/problem.ts'
import { sha256Hex } from '../platform/secrets.ts'
import { codeHash } from './grants.ts'
import { admission, shownName, tokenWindow } from './room.ts'
import { grantNames } from './sealed-names.ts'
import { deviceSeat } from './seat.ts'
import { inUseElsewhere, type Seats } from './seats.ts'
import type { Signing } from './signing.ts'
import * as store from './store.ts'

/** The addresses of a call, from the configuration. */
export const callSettings = (config: Config): CallSettings => ({
  jitsiUrl: config.jitsiUrl,
  libraryUrl: `${config.jitsiUrl}/libs/lib-jitsi-meet.min.js`,
  externalApiUrl: `${config.jitsiUrl}/external_api.js`,
  serviceUrl: `${config.jitsiUrl.replace(/^http/, 'ws')}/xmpp-websocket`,
  domain: config.xmppDomain,
  muc: config.xmppMuc,
  focus: config.xmppFocus,
  hiddenDomain: config.xmppRecorder,
  peerToPeer: config.jitsiPeerToPeer,
})

const refusals = {
  revoked: [
    'grant-revoked',
    'Thông tin đăng nhập này đã bị thu hồi. Vui lòng liên hệ Văn phòng UBND tỉnh để được cấp lại.',
  ],
  replaced: [
    'grant-replaced',
    'Thông tin đăng nhập này đã được thay bằng liên kết và mã mới. Vui lòng mở thư mới nhất; chưa nhận được, xin liên hệ Văn phòng UBND tỉnh.',
  ],
  over: [
    'grant-over',
    'Buổi tiếp đã kết thúc nên không vào phòng được nữa. Nếu cần, vui lòng liên hệ Văn phòng UBND tỉnh.',
  ],
  postponed: [
    'grant-cancelled',
    'Buổi tiếp đã được hoãn nên liên kết và mã cũ không còn dùng được. Vui lòng chờ giấy mời mới với thời gian mới.',
  ],
  cancelled: [
    'grant-cancelled',
    'Buổi tiếp không tổ chức nữa nên không vào phòng được. Nếu cần, vui lòng liên hệ Văn phòng UBND tỉnh.',
  ],
} as const

const unknownGrant = (title: string): Problem => new Problem('grant-unknown', { status: 404, title })

interface Opened {
  grant: store.GrantRow
  room: store.RoomRow
  /** Null: the room of a drill. */
  hearing: HearingBrief | null
}

/** Looking at a grant and entering by it. Looking consumes nothing: a mail scanner may do it as often as it likes. */
export function createEntry(
  platform: Platform,
  deps: { hearings: Pick<Hearings, 'plan' | 'brief' | 'citizensOnOwnDevices'>; signing: Signing; seats: Seats },
) {
  const { seats } = deps
  const { db, clock, config } = platform
  const guesses = createGuesses(clock, { most: 20, windowMs: 10 * minuteMs })

  async function byLink(token: string): Promise<store.GrantRow> {
    const grant = await store.grantByToken(db, sha256Hex(token))
    return (
      grant ??
      fail(
        unknownGrant(
          'Liên kết không đúng, có thể bị thiếu hoặc hỏng khi sao chép. Vui lòng mở lại liên kết trong giấy mời, hoặc nhập mã đăng nhập.',
        ),
      )
    )
  }

  async function byCode(typed: string, address: string): Promise<store.GrantRow> {
    const hashes = readCode(typed, grantCodeLength).codes.map((code) => codeHash(platform.secrets, code))
    const grant = await store.grantByCodes(db, hashes)
    if (grant !== undefined) return grant
    throw guesses.wrong(
      address,
      unknownGrant('Mã đăng nhập không đúng. Vui lòng so lại từng ký tự với giấy mời rồi sửa ở ô mã.'),
      'xin so lại với giấy mời, hoặc mở bằng liên kết.',
    )
  }

  async function open(key: Key, address: string): Promise<Opened> {
    if ((key.token === undefined) === (key.code === undefined)) {
      throw invalid([{ field: 'token', message: 'Cần đúng một trong hai: liên kết hoặc mã đăng nhập.' }])
    }
    const grant = key.code === undefined ? await byLink(key.token ?? '') : await byCode(key.code, address)
    return surroundings(grant)
  }

  async function surroundings(grant: store.GrantRow): Promise<Opened> {
    const room = (await store.roomById(db, grant.roomId)) ?? fail(notFound('phòng họp'))
    if (room.purpose === 'drill') return { grant, room, hearing: null }
    const hearing = (await deps.hearings.brief(db, grant.hearingId ?? '')) ?? fail(notFound('buổi tiếp'))
    return { grant, room, hearing }
  }

  async function namesOf({ grant, hearing }: Opened): Promise<{ displayName: string; shownAs: string }> {
    const displayName = grantNames(platform.secrets).open(grant.displayName)
    const citizens =
      grant.participantId === null || hearing === null ? [] : await deps.hearings.citizensOnOwnDevices(db, hearing.id)
    return { displayName, shownAs: shownName(grant, displayName, citizens) }
  }

  const windowOf = (room: store.RoomRow) => ({
    opensAt: room.opensAt.getTime(),
    closesAt: room.closesAt.getTime(),
    closed: room.closedAt !== null,
  })

  async function admit({ grant, room, hearing }: Opened): Promise<'waiting' | 'open'> {
    const verdict = admission(windowOf(room), hearing, { revoked: grant.revokedAt !== null }, clock.now())
    if (verdict.is !== 'refused') return verdict.is
    const isReplaced = verdict.why === 'revoked' && (await store.isGrantReplaced(db, grant))
    const [type, title] = refusals[isReplaced ? 'replaced' : verdict.why]
    throw new Problem(type, { status: 410, title })
  }

  async function look(key: Key, address: string, seat: string | undefined): Promise<Invitation> {
    const opened = await open(key, address)
    const { grant, room } = opened
    const state = await admit(opened)
    const elsewhere = await seats.elsewhere(grant, room.name, seat)
    // A page with a seat has a person before it; a mail scanner that looks at a link has none and alarms nobody.
    if (elsewhere && seat !== undefined) await seats.noteAsked(grant)
    // Of a drill nobody has a link.
    const { id } = opened.hearing ?? fail(notFound('buổi tiếp'))
    const hearing = (await deps.hearings.plan(db, id)) ?? fail(notFound('buổi tiếp'))
    return {
      state,
      elsewhere,
      ...(await namesOf(opened)),
      hearing: {
        code: hearing.code,
        title: hearing.title,
        status: hearing.status,
        startsAt: new Date(hearing.startsAt).toISOString(),
        endsAt: new Date(hearing.endsAt).toISOString(),
        endpointNames: hearing.endpoints.map((endpoint) => endpoint.name),
      },
      opensAt: room.opensAt.toISOString(),
      closesAt: room.closesAt.toISOString(),
      serverTime: new Date(clock.now()).toISOString(),
    }
  }

  async function enter(
    opened: Opened,
    actor: Actor,
    wish: { seat: string | undefined; takesOver: boolean; acceptsRecording?: true },
  ): Promise<Entry> {
    if ((await admit(opened)) === 'waiting') {
      throw new Problem('grant-early', {
        status: 409,
        title: 'Phòng họp chưa mở. Vui lòng chờ đến giờ, trang sẽ tự mở phòng.',
        retryable: true,
        extra: { opensAt: opened.room.opensAt.toISOString() },
      })
    }
    const { grant, room } = opened
    const { shownAs } = await namesOf(opened)
    const window = tokenWindow(windowOf(room), clock.now())
    const minting = deps.signing.mint({
      room: room.name,
      user: { id: grant.id, name: shownAs, moderator: grant.moderator },
      features: { recording: false, 'screen-sharing': grant.moderator },
      ...window,
    })
    const { seat, takesOver, ...accepted } = wish
    // Signed while the database writes; without its row in the audit trail no token leaves.
    const noted = db.transaction(async (tx) => {
      if (!(await seats.take(tx, grant.id, room, { seat, takesOver }))) return false
      await store.noteEntry(tx, grant.id, new Date(clock.now()))
      await platform.audit.write(tx, actor, 'grant.token-given', `grant:${grant.id}`, {
        ...(opened.hearing === null ? { drillId: room.drillId } : { hearingId: opened.hearing.id }),
        ...accepted,
        ...(takesOver ? { takesOver } : {}),
      })
      if (opened.hearing !== null) await platform.changes.announce(tx, `room:${opened.hearing.id}`)
      return true
    })
    const [token, isSeated] = await Promise.all([minting, noted])
    if (!isSeated) {
      await seats.noteAsked(grant)
      throw inUseElsewhere()
    }
    return {
      room: room.name,
      token,
      call: callSettings(config),
      displayName: shownAs,
      moderator: grant.moderator,
      expires: new Date(window.expires).toISOString(),
    }
  }

  return {
    look,
    async enterByKey(
      key: Key,
      address: string,
      wish: { acceptsRecording: boolean; seat: string | undefined; takesOver: boolean },
    ): Promise<Entry> {
      if (!wish.acceptsRecording) {
        throw invalid([
          {
            field: 'acceptsRecording',
            message: 'Buổi tiếp được ghi hình, ghi âm theo quy chế. Vui lòng xác nhận đã biết trước khi vào phòng.',
          },
        ])
      }
      const opened = await open(key, address)
      return enter(opened, anonymousActor(`grant:${opened.grant.id}`), { ...wish, acceptsRecording: true })
    },
    /** The page in the room tells that it lives. */
    async keepSeat(key: Key, address: string, seat: string): Promise<{ held: boolean; askedAt: string | null }> {
      const { grant } = await open(key, address)
      const held = await seats.keep(grant, seat)
      return { held, askedAt: held ? (seats.askedAt(grant)?.toISOString() ?? null) : null }
    },
    /** The room PC of an endpoint enters by the endpoint's own grant. */
    async enterAsDevice(hearingId: string, actor: Actor & { kind: 'device' }, takesOver: boolean): Promise<Entry> {
      const drill = await store.drillGrant(db, actor.endpointId)
      if (drill !== undefined && drill.room.drillId === hearingId)
        return enter({ ...drill, hearing: null }, actor, { seat: deviceSeat(actor.id), takesOver })
      const room = (await store.roomOfHearing(db, hearingId)) ?? fail(notFound('phòng họp của buổi tiếp'))
      const grant =
        (await store.endpointGrant(db, room.id, actor.endpointId)) ?? fail(notFound('thông tin đăng nhập của điểm cầu'))
      return enter(await surroundings(grant), actor, { seat: deviceSeat(actor.id), takesOver })
    },
  }
}

export type EntryDesk = ReturnType<typeof createEntry>

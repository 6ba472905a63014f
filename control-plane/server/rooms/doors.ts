import { generateKeyPair, randomBytes, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import jwt from 'jsonwebtoken'
import { minuteMs } from '../platform/clock.ts'
import type { Platform } from '../platform/platform.ts'
import { enterRoom, signIn, type Transport } from './conference-request.ts'
import { callSettings } from './entry.ts'
import { newRoomName } from './room.ts'
import type { Signing } from './signing.ts'

const makeKeyPair = promisify(generateKeyPair)

/** What was tried at a door, and what came of it. `judged`: nobody could say, because the door did not answer. */
export interface Tried {
  door: string
  who: string
  is: 'kept-out' | 'let-in' | 'unjudged'
  detail: string
}

const transportNames: Record<Transport, string> = { websocket: 'WebSocket', bosh: 'BOSH' }

/** The same token with one claim changed after signing. */
export function changedToken(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  return [header, Buffer.from(JSON.stringify({ ...claims, room: '*' })).toString('base64url'), signature].join('.')
}

/** The same token, signed by a key that is not ours under the name of ours. */
async function forgedToken(token: string): Promise<string> {
  const { privateKey } = await makeKeyPair('rsa', { modulusLength: 2048 })
  const decoded = jwt.decode(token, { complete: true })
  const claims = decoded?.payload as jwt.JwtPayload
  return jwt.sign(claims, privateKey, {
    algorithm: 'RS256',
    ...(decoded?.header.kid === undefined ? {} : { keyid: decoded.header.kid }),
  })
}

/** The paths of Jicofo's HTTP conference request, as Jitsi's own site offers them (infra/ansible/roles/note/files/doors.py). */
const requestPaths = [
  '/conference-request/v1',
  '/conference-request/v1/',
  '/tenant/conference-request/v1',
  '//conference-request/v1',
  '/%63onference-request/v1',
]
const httpMs = 10_000

/**
 * Tries to get into a room as strangers do, by every door that a deployment has towards browsers: Prosody's WebSocket and BOSH with no token, a
 * changed, a forged, an old one and one of another room; Jicofo's HTTP conference request with none. A right token is tried at each of Prosody's
 * doors too: a door that lets nobody in keeps out nobody.
 */
export function createDoors(platform: Platform, signing: Signing) {
  const { clock, config } = platform
  const settings = callSettings(config)

  const mint = (room: string, from: number, until: number): Promise<string> =>
    signing.mint({
      room,
      user: { id: randomUUID(), name: 'Người lạ (diễn tập)', moderator: false },
      features: { recording: false },
      notBefore: from,
      expires: until,
    })

  async function strangers(room: string): Promise<{ who: string; token: string | undefined }[]> {
    const now = clock.now()
    const right = await mint(room, now - minuteMs, now + 5 * minuteMs)
    return [
      { who: 'không có thẻ', token: undefined },
      { who: 'thẻ bị sửa', token: changedToken(right) },
      { who: 'thẻ giả', token: await forgedToken(right) },
      { who: 'thẻ hết hạn', token: await mint(room, now - 60 * minuteMs, now - 2 * minuteMs) },
      { who: 'thẻ của phòng khác', token: await mint(newRoomName(), now - minuteMs, now + 5 * minuteMs) },
    ]
  }

  async function tryStranger(
    room: string,
    transport: Transport,
    { who, token }: { who: string; token: string | undefined },
  ): Promise<Tried> {
    const tried = { door: transportNames[transport], who }
    try {
      const answered = await enterRoom({ settings, room, token, transport })
      if (answered.is === 'refused') return { ...tried, is: 'kept-out', detail: 'không đăng nhập được' }
      if (answered.is === 'not-let-in') return { ...tried, is: 'kept-out', detail: answered.condition }
      return { ...tried, is: 'let-in', detail: answered.is }
    } catch (error) {
      return { ...tried, is: 'unjudged', detail: wordsOf(error) }
    }
  }

  /** One whose token is right is let in to sign in; into the room he does not go. */
  async function tryRight(room: string, transport: Transport): Promise<Tried> {
    const tried = { door: transportNames[transport], who: 'thẻ đúng' }
    const now = clock.now()
    try {
      const token = await mint(room, now - minuteMs, now + 5 * minuteMs)
      const answered = await signIn({ settings, room, token, transport })
      if (answered.is === 'signed-in') return { ...tried, is: 'let-in', detail: '' }
      return { ...tried, is: 'kept-out', detail: 'Prosody từ chối thẻ đúng' }
    } catch (error) {
      return { ...tried, is: 'unjudged', detail: wordsOf(error) }
    }
  }

  /** Without a token, for a room that nobody knows. */
  async function tryRequest(path: string): Promise<Tried> {
    const tried = { door: path, who: 'không có thẻ' }
    const room = `dien-tap-${randomBytes(8).toString('hex')}@${settings.muc}`
    try {
      const answer = await fetch(`${settings.jitsiUrl}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ room, properties: {} }),
        redirect: 'manual',
        signal: AbortSignal.timeout(httpMs),
      })
      await answer.arrayBuffer()
      const isRefused = answer.status === 403 || answer.status === 404
      return { ...tried, is: isRefused ? 'kept-out' : 'let-in', detail: String(answer.status) }
    } catch (error) {
      return { ...tried, is: 'unjudged', detail: wordsOf(error) }
    }
  }

  return {
    /** Every stranger at every door, and at Prosody's doors one who may. */
    async tryAll(room: string, signal: AbortSignal): Promise<{ strangers: Tried[]; right: Tried[] }> {
      const [found, right]: [Tried[], Tried[]] = [[], []]
      const all = await strangers(room)
      for (const transport of ['websocket', 'bosh'] as const) {
        right.push(await tryRight(room, transport))
        for (const stranger of all) {
          signal.throwIfAborted()
          found.push(await tryStranger(room, transport, stranger))
        }
      }
      for (const path of requestPaths) found.push(await tryRequest(path))
      return { strangers: found, right }
    },
    /** Tries to come into the room by a token of one who was put out of it. */
    async tryWith(room: string, token: string): Promise<Tried> {
      return tryStranger(room, 'websocket', { who: 'thẻ của máy đã thu hồi', token })
    },
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200)

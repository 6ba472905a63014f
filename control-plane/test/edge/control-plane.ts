import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import jwt from 'jsonwebtoken'
import { Value } from 'typebox/value'
import { EdgeEvents } from '../../server/rooms/edge.ts'

type Event = EdgeEvents['events'][number] & { processId: string }

/** The control plane as Prosody sees it: keys, reservations, events. Tests turn its answers. */
export interface PlayedControlPlane {
  url: string
  events: Event[]
  /** Rooms that may exist; others are refused with 403. */
  allowed: Set<string>
  /** While true every event is answered with 503. */
  down: boolean
  /** While true nothing is answered but 503, keys apart. */
  away: boolean
  /** While true a proxy in between answers reservations with a page of its own. */
  proxied: boolean
  /** So many batches are answered with the wish for a snapshot: what was in them is lost. */
  gaps: number
  /** Events of these users are refused with 422, whatever their form. */
  refused: Set<string>
  asked: { method: string; url: string }[]
  token(change?: {
    claims?: Record<string, unknown>
    header?: Record<string, unknown>
    key?: KeyObject
    user?: Record<string, unknown>
    features?: Record<string, unknown>
  }): string
  waitForEvent(fits: (event: Event) => boolean, timeoutMs?: number): Promise<Event>
  stop(): Promise<void>
}

const kid = 'k1'
export const edgeSecret = 'edge-secret-for-tests-0123456789abcdef'

export async function playControlPlane(port: number): Promise<PlayedControlPlane> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const kidHash = createHash('sha256').update(kid).digest('hex')
  const played: PlayedControlPlane = {
    url: `http://127.0.0.1:${port}`,
    events: [],
    allowed: new Set(['abc']),
    down: false,
    away: false,
    proxied: false,
    gaps: 0,
    refused: new Set(),
    asked: [],
    token({ claims = {}, header = {}, key = privateKey, user = {}, features = { recording: true } } = {}) {
      const now = Math.floor(Date.now() / 1000)
      const body = {
        iss: 'tiepdan',
        aud: 'jitsi',
        sub: 'meet.jitsi',
        room: 'abc',
        nbf: now - 60,
        exp: now + 600,
        context: { user: { id: 'u1', name: 'Người thử', moderator: false, ...user }, features },
        ...claims,
      }
      return jwt.sign(body, key, { algorithm: 'RS256', keyid: kid, ...header, noTimestamp: true } as jwt.SignOptions)
    },
    async waitForEvent(fits, timeoutMs = 8_000) {
      const until = performance.now() + timeoutMs
      while (performance.now() < until) {
        const found = played.events.find(fits)
        if (found) return found
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error(
        `no such event; seen: ${JSON.stringify(played.events.map((event) => [event.kind, event.userId]))}`,
      )
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () =>
      answer(played, { request, response, body: Buffer.concat(chunks).toString() }, { pem, kidHash }),
    )
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return played
}

function answer(
  played: PlayedControlPlane,
  { request, response, body }: { request: IncomingMessage; response: ServerResponse; body: string },
  keys: { pem: string; kidHash: string },
): unknown {
  const url = request.url ?? ''
  played.asked.push({ method: request.method ?? '', url })
  const json = (status: number, value: unknown): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  if (url.startsWith('/api/asap/'))
    return url.includes(keys.kidHash) ? response.writeHead(200).end(keys.pem) : response.writeHead(404).end()
  if (request.headers.authorization !== `Bearer ${edgeSecret}`) return json(401, {})
  if (played.away) return json(503, {})
  if (url === '/api/edge/events') {
    if (played.down) return json(503, {})
    const batch = JSON.parse(body) as EdgeEvents
    if (!Value.Check(EdgeEvents, batch)) return json(400, {})
    if (batch.events.some((event) => played.refused.has(event.userId ?? ''))) return json(422, {})
    if (played.gaps > 0) {
      played.gaps--
      return json(409, { needs: 'snapshot' })
    }
    for (const event of batch.events) played.events.push({ ...event, processId: batch.processId })
    return json(200, { acknowledged: batch.events.at(-1)?.sequence })
  }
  if (url === '/api/reservations/conference') {
    const name = new URLSearchParams(body).get('name') ?? ''
    if (played.proxied) return response.writeHead(403, { 'content-type': 'text/html' }).end('<html>403</html>')
    if (!played.allowed.has(name)) return json(403, { message: 'chưa đến giờ' })
    return json(200, { id: `id-${name}`, name, mail_owner: '', start_time: new Date().toISOString(), duration: 86_400 })
  }
  return json(200, {})
}

import { Type } from 'typebox'
import type { Hearings } from '../hearings/index.ts'
import type { App } from '../platform/http.ts'
import type { Platform } from '../platform/platform.ts'
import { Problem } from '../platform/problem.ts'
import { sameSecret } from '../platform/secrets.ts'
import { EdgeEvents } from './edge.ts'
import { mayExist, roomSettings } from './room.ts'
import type { Signing } from './signing.ts'
import * as store from './store.ts'

const tags = ['prosody']

/** Routes that only Prosody calls: Jitsi's reservation API, the ASAP key look-up, and our module's events. */
export function prosodyRoutes(
  app: App,
  platform: Platform,
  deps: {
    hearings: Pick<Hearings, 'brief'>
    signing: Signing
    takeEvents(batch: EdgeEvents): Promise<{ is: 'taken'; acknowledged: number } | { is: 'gap' }>
  },
): void {
  const { db, clock, config } = platform
  const quiet = { may: 'public', rateLimit: { max: 100_000 } } as const

  function demandEdge(authorization: string | undefined): void {
    if (!sameSecret(authorization ?? '', `Bearer ${config.edgeSecret}`)) {
      throw new Problem('edge-unauthorised', {
        status: 401,
        title: 'Bí mật chung với Prosody không khớp. Kiểm tra TIEPDAN_EDGE_SECRET.',
      })
    }
  }

  /** The reservation of a room that may exist now; a hearing that is live is always granted again. */
  async function reservation(room: store.RoomRow | undefined) {
    const hearing = room?.hearingId ? ((await deps.hearings.brief(db, room.hearingId)) ?? null) : null
    const window = room && {
      opensAt: room.opensAt.getTime(),
      closesAt: room.closesAt.getTime(),
      closed: room.closedAt !== null,
    }
    if (
      room === undefined ||
      window === undefined ||
      !mayExist(window, room.purpose === 'hearing' ? hearing : null, clock.now())
    )
      return undefined
    return {
      // A string: a JSON number would come back as `1.0`.
      id: room.id,
      name: room.name,
      mail_owner: 'tiepdan',
      start_time: new Date(clock.now()).toISOString(),
      duration: roomSettings.longestRoomMs / 1000,
    }
  }

  const refused = { message: 'Phòng họp không tồn tại hoặc chưa đến giờ mở.' }

  app.get(
    '/api/asap/:file',
    {
      config: quiet,
      schema: {
        summary: 'Public key by SHA-256 of its kid (ASAP)',
        tags,
        params: Type.Object({ file: Type.String({ pattern: '^[0-9a-f]{64}\\.pem$' }) }),
      },
    },
    async (request, reply) => {
      const pem = await deps.signing.publicKey(request.params.file.slice(0, 64))
      if (pem === undefined) throw new Problem('key-unknown', { status: 404, title: 'Không có khóa này.' })
      return reply.type('application/x-pem-file').send(pem)
    },
  )

  app.post(
    '/api/reservations/conference',
    {
      config: quiet,
      schema: {
        summary: 'May this room exist now?',
        tags,
        body: Type.Object({ name: Type.String({ maxLength: 300 }) }),
      },
    },
    async (request, reply) => {
      demandEdge(request.headers.authorization)
      const granted = await reservation(await store.roomByName(db, request.body.name))
      return granted === undefined ? reply.status(403).send(refused) : reply.status(200).send(granted)
    },
  )

  const params = Type.Object({ id: Type.String({ format: 'uuid' }) })
  app.get(
    '/api/reservations/conference/:id',
    { config: quiet, schema: { summary: 'The reservation again', tags, params } },
    async (request, reply) => {
      demandEdge(request.headers.authorization)
      const granted = await reservation(await store.roomById(db, request.params.id))
      return granted === undefined ? reply.status(404).send(refused) : reply.status(200).send(granted)
    },
  )

  app.delete(
    '/api/reservations/conference/:id',
    { config: quiet, schema: { summary: 'The room is empty; it may be asked for again', tags, params } },
    async (request, reply) => {
      demandEdge(request.headers.authorization)
      return reply.status(200).send({})
    },
  )

  app.post(
    '/api/edge/events',
    {
      config: quiet,
      bodyLimit: 8 * 1024 * 1024,
      schema: { summary: 'Who came and went, from our Prosody module', tags, body: EdgeEvents },
    },
    async (request, reply) => {
      demandEdge(request.headers.authorization)
      const outcome = await deps.takeEvents(request.body)
      if (outcome.is === 'taken') return { acknowledged: outcome.acknowledged }
      return reply.status(409).send({ needs: 'snapshot' })
    },
  )
}

import formbody from '@fastify/formbody'
import { Type } from 'typebox'
import { Id } from '../../contract/words.ts'
import type { Hearings } from '../hearings/index.ts'
import type { App } from '../platform/http.ts'
import type { Platform } from '../platform/platform.ts'
import { Problem } from '../platform/problem.ts'
import { EdgeEvents } from './edge.ts'
import { mayExist, roomSettings } from './room.ts'
import type { Signing } from './signing.ts'
import * as store from './store.ts'

const tags = ['prosody']

// A batch of 100 events is 80 kB at most; a snapshot of ten full hearings (140 people each) half a megabyte.
const eventsBytes = 1024 * 1024

const KeyFile = Type.Object(
  { file: Type.String({ pattern: '^[0-9a-f]{64}\\.pem$', maxLength: 68 }) },
  { additionalProperties: false },
)

/** What Jitsi's reservation module asks with (form-encoded, so all of it texts); only the room's name counts. */
const Reservation = Type.Object({ name: Type.String({ maxLength: 300 }) }, { maxProperties: 20 })

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
  const { db, clock } = platform
  const rateLimit = { max: 100_000 } as const
  const prosody = { may: 'edge', rateLimit } as const

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
      config: { may: 'public', mayBeKept: true, rateLimit },
      schema: {
        summary: 'Public key by SHA-256 of its kid (ASAP)',
        tags,
        params: KeyFile,
      },
    },
    async (request, reply) => {
      const pem = await deps.signing.publicKey(request.params.file.slice(0, 64))
      if (pem === undefined) throw new Problem('key-unknown', { status: 404, title: 'Không có khóa này.' })
      return reply.type('application/x-pem-file').send(pem)
    },
  )

  // The one route that takes a form: Jitsi's module sends nothing else.
  app.register(async (scope: App) => {
    await scope.register(formbody)
    scope.post(
      '/api/reservations/conference',
      { config: prosody, schema: { summary: 'May this room exist now?', tags, body: Reservation } },
      async (request, reply) => {
        const granted = await reservation(await store.roomByName(db, request.body.name))
        return granted === undefined ? reply.status(403).send(refused) : reply.status(200).send(granted)
      },
    )
  })

  const params = Type.Object({ id: Id }, { additionalProperties: false })
  app.get(
    '/api/reservations/conference/:id',
    { config: prosody, schema: { summary: 'The reservation again', tags, params } },
    async (request, reply) => {
      const granted = await reservation(await store.roomById(db, request.params.id))
      return granted === undefined ? reply.status(404).send(refused) : reply.status(200).send(granted)
    },
  )

  app.delete(
    '/api/reservations/conference/:id',
    { config: prosody, schema: { summary: 'The room is empty; it may be asked for again', tags, params } },
    async (_request, reply) => reply.status(200).send({}),
  )

  app.post(
    '/api/edge/events',
    {
      config: prosody,
      bodyLimit: eventsBytes,
      schema: { summary: 'Who came and went, from our Prosody module', tags, body: EdgeEvents },
    },
    async (request, reply) => {
      const outcome = await deps.takeEvents(request.body)
      if (outcome.is === 'taken') return { acknowledged: outcome.acknowledged }
      return reply.status(409).send({ needs: 'snapshot' })
    },
  )
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ById } from '../../contract/words.ts'
import type { App } from '../platform/http.ts'
import type { Platform } from '../platform/platform.ts'
import { fail, notFound, Problem } from '../platform/problem.ts'
import * as store from './store.ts'

const viewMs = 30 * 60_000
const params = ById

/**
 * Plays and hands out parts by HTTP range (RFC 9110 §14). Each sign-in's view of a part stands in the audit trail once per half hour,
 * whichever byte it asked for first; a download stands there each time.
 */
export function playbackRoutes(app: App, platform: Platform): void {
  const seen = new Map<string, number>()

  async function noteView(request: FastifyRequest, part: store.PartRow, download: boolean): Promise<void> {
    const who = request.actor.kind === 'staff' ? request.actor.sessionId : request.actor.id
    const key = `${who}:${part.id}`
    const now = platform.clock.now()
    if (!download && now - (seen.get(key) ?? Number.NEGATIVE_INFINITY) < viewMs) return
    await platform.db.transaction((tx) =>
      platform.audit.write(
        tx,
        request.actor,
        download ? 'recording.downloaded' : 'recording.viewed',
        `recording-part:${part.id}`,
        {
          recordingId: part.recordingId,
        },
      ),
    )
    seen.set(key, now)
    for (const [old, at] of seen) if (now - at > viewMs) seen.delete(old)
  }

  async function partOf(id: string): Promise<store.PartRow> {
    return (await store.partById(platform.db, id)) ?? fail(notFound('tệp ghi hình'))
  }

  const sendFromStore = (reply: FastifyReply, path: string) =>
    reply.sendFile(path, platform.config.storeFolder, {
      maxAge: 0,
      immutable: false,
      cacheControl: false,
      acceptRanges: true,
    })

  app.get(
    '/api/recordings/parts/:id/media',
    {
      config: { may: 'recording.watch', rateLimit: { max: 6_000 } },
      schema: {
        summary: 'The film, by range',
        tags: ['recordings'],
        params,
        querystring: Type.Object({ download: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
      },
    },
    async (request, reply) => {
      const part = await partOf(request.params.id)
      if (part.playablePath === null) {
        throw new Problem('recording-not-ready', {
          status: 409,
          title: 'Tệp ghi hình chưa sẵn sàng để xem. Vui lòng chờ xử lý xong.',
          retryable: true,
        })
      }
      refuseBeyondEnd(request, reply, part.playableSize ?? 0)
      const download = request.query.download === true
      await noteView(request, part, download)
      reply.header('cache-control', 'private, no-store')
      if (download) reply.header('content-disposition', `attachment; filename="${part.id}.mp4"`)
      return sendFromStore(reply, part.playablePath)
    },
  )

  app.get(
    '/api/recordings/parts/:id/poster',
    { config: { may: 'recording.watch' }, schema: { summary: 'A picture of the film', tags: ['recordings'], params } },
    async (request, reply) => {
      const part = await partOf(request.params.id)
      if (part.posterPath === null) throw notFound('ảnh của tệp ghi hình')
      reply.header('cache-control', 'private, max-age=3600')
      return sendFromStore(reply, part.posterPath)
    },
  )
}

/** RFC 9110 §15.5.17: who asked for bytes beyond the end is told how many there are. It is no view. */
function refuseBeyondEnd(request: FastifyRequest, reply: FastifyReply, size: number): void {
  const from = /^bytes=(\d+)-\d*$/.exec(request.headers.range ?? '')?.[1]
  if (from === undefined || Number(from) < size) return
  reply.header('content-range', `bytes */${size}`)
  throw new Problem('beyond-the-end', {
    status: 416,
    title: 'Vị trí yêu cầu nằm ngoài tệp ghi hình. Vui lòng tải lại trang rồi xem tiếp.',
  })
}

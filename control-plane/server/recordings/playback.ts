import { join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ById } from '../../contract/words.ts'
import type { App } from '../platform/http.ts'
import type { Platform } from '../platform/platform.ts'
import { fail, notFound, Problem } from '../platform/problem.ts'
import { type Conditions, conditionCause } from './condition.ts'
import type { Integrity } from './integrity.ts'
import { sizeOf } from './part-file.ts'
import * as store from './store.ts'
import { StoreAway } from './store-presence.ts'

const viewMs = 30 * 60_000
const params = ById

/**
 * Plays and hands out parts by HTTP range (RFC 9110 §14). Each sign-in's view of a part stands in the audit trail once per half hour,
 * whichever byte it asked for first; a download stands there each time.
 */
export function playbackRoutes(app: App, platform: Platform, integrity: Integrity): void {
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
      refuseDamaged(await lookedAt(integrity, part))
      refuseBeyondEnd(request, reply, part.playableSize ?? 0)
      const download = request.query.download === true
      await noteView(request, part, download)
      if (download) reply.header('content-disposition', `attachment; filename="${part.id}.mp4"`)
      return sendFromStore(reply, part.playablePath)
    },
  )

  app.get(
    '/api/recordings/parts/:id/poster',
    { config: { may: 'recording.watch' }, schema: { summary: 'A picture of the film', tags: ['recordings'], params } },
    async (request, reply) => {
      const part = await partOf(request.params.id)
      if (part.posterPath === null || (await sizeOf(join(platform.config.storeFolder, part.posterPath))) === null)
        throw notFound('ảnh của tệp ghi hình')
      return sendFromStore(reply, part.posterPath)
    },
  )
}

/** How the part's files are now. @throws Problem 503 while the store is away. */
async function lookedAt(integrity: Integrity, part: store.PartRow): Promise<Conditions> {
  try {
    return await integrity.look(part)
  } catch (error) {
    if (!(error instanceof StoreAway)) throw error
    throw new Problem('store-away', {
      status: 503,
      title:
        'Kho lưu trữ trung tâm chưa sẵn sàng (ổ đĩa chưa gắn). Đề nghị báo Văn phòng; xem lại được khi kho trở lại.',
      retryable: true,
      cause: error,
    })
  }
}

/** A film that is not what was recorded is not shown as if it were: its bytes stay in the store for whoever examines them. */
function refuseDamaged({ original, playable }: Conditions): void {
  if (playable === 'whole') return
  throw new Problem(`recording-${playable}`, {
    status: 409,
    title: `${conditionCause({ original, playable })} Hệ thống đã cảnh báo; đề nghị báo Văn phòng tìm bản sao lưu.`,
  })
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

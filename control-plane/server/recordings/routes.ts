import type { RecorderReport } from '../../contract/recordings.ts'
import * as contract from '../../contract/recordings.ts'
import type { HearingPlan } from '../hearings/index.ts'
import { type Permission, roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { App } from '../platform/http.ts'
import type { Platform } from '../platform/platform.ts'
import { fail, notFound } from '../platform/problem.ts'
import { foldForSearch } from '../platform/text.ts'
import { playbackRoutes } from './playback.ts'
import { presentRecording } from './present.ts'
import { silentMs, takeReport } from './reports.ts'
import * as store from './store.ts'
import type { Uploads } from './uploads.ts'

interface Deps {
  platform: Platform
  uploads: Uploads
  hearingPlan(db: Database | Tx, hearingId: string): Promise<HearingPlan | undefined>
  restart(recordingId: string, actor: Actor, reason: string): Promise<void>
}

const actions: Record<string, Permission> = { watch: 'recording.watch', restart: 'recording.operate' }

const mayOf = (actor: Actor): string[] =>
  actor.kind === 'staff'
    ? Object.keys(actions).filter((action) => roleMay(actor.role, actions[action] ?? 'recording.operate'))
    : []

/** HTTP of the recordings module: library, playback, uploads, receipts, recorder reports. */
export function recordingRoutes(app: App, deps: Deps): void {
  const { platform, uploads, hearingPlan } = deps
  const { db, clock } = platform

  async function present(rows: store.RecordingRow[], actor: Actor): Promise<contract.Recording[]> {
    const ids = rows.map((row) => row.id)
    const [sessions, parts] = [await store.sessionsOf(db, ids), await store.partsOf(db, ids)]
    const shown: contract.Recording[] = []
    for (const row of rows) {
      shown.push(
        presentRecording(row, {
          plan: await hearingPlan(db, row.hearingId),
          sessions: sessions.filter((session) => session.recordingId === row.id),
          parts: parts.filter((part) => part.recordingId === row.id),
          now: clock.now(),
          may: mayOf(actor),
        }),
      )
    }
    return shown
  }

  app.route({
    ...contract.listRecordings,
    config: { may: 'recording.read' },
    handler: async (request) => {
      const { q, from, to } = request.query
      const rows = await store.recordingsBetween(db, from ? new Date(from) : null, to ? new Date(to) : null)
      const wanted = foldForSearch(q ?? '')
      const items = (await present(rows, request.actor)).filter((item) =>
        foldForSearch([item.hearingCode, item.hearingTitle, ...item.endpointNames].join(' ')).includes(wanted),
      )
      return { items }
    },
  })
  app.route({
    ...contract.showRecording,
    config: { may: 'recording.read' },
    handler: async (request) => {
      const row = (await store.recordingById(db, request.params.id)) ?? fail(notFound('bản ghi hình'))
      const [shown] = await present([row], request.actor)
      return shown ?? fail(notFound('bản ghi hình'))
    },
  })
  app.route({
    ...contract.hearingRecording,
    config: { may: 'recording.read' },
    handler: async (request) => {
      const row = await store.recordingOfHearing(db, request.params.id)
      if (row === undefined) return { recording: null }
      const [shown] = await present([row], request.actor)
      return { recording: shown ?? null }
    },
  })
  app.route({
    ...contract.restartRecording,
    config: { may: 'recording.operate' },
    handler: async (request, reply) => {
      await deps.restart(request.params.id, request.actor, request.body.reason)
      return reply.status(204).send(null)
    },
  })
  app.route({
    ...contract.listRecorders,
    config: { may: 'recording.read' },
    handler: async () => ({
      items: (await store.allReports(db)).map((row) => ({
        host: row.host,
        reportedAt: row.reportedAt.toISOString(),
        report: row.report as RecorderReport,
        silent: clock.now() - row.reportedAt.getTime() >= silentMs,
      })),
    }),
  })
  app.route({
    ...contract.recorderReport,
    config: { may: 'service' },
    handler: async (request, reply) => {
      await takeReport(platform, request.body)
      return reply.status(204).send(null)
    },
  })
  app.route({
    ...contract.receipt,
    config: { may: 'service' },
    handler: async (request) => receiptOf(await store.partsOfFile(db, request.query)),
  })
  playbackRoutes(app, platform)
  uploadRoutes(app, uploads)
}

function receiptOf(parts: store.PartRow[]) {
  const stored = parts.find((part) => part.storedAt !== null)
  if (stored) {
    const detail = stored.fault === null ? {} : { detail: stored.fault }
    return { state: 'stored' as const, sha256: stored.declaredSha256, size: stored.declaredSize, ...detail }
  }
  const newest = parts[0]
  if (newest === undefined) return { state: 'unknown' as const }
  if (newest.status === 'broken')
    return { state: 'mismatch' as const, ...(newest.fault === null ? {} : { detail: newest.fault }) }
  return { state: newest.status === 'receiving' ? ('receiving' as const) : ('verifying' as const) }
}

/** Hands tus requests to the tus server, body unread: Fastify must not take the stream. */
function uploadRoutes(app: App, uploads: Uploads): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    for (const url of ['/api/uploads', '/api/uploads/*']) {
      scope.route({
        method: ['OPTIONS', 'POST', 'HEAD', 'PATCH'],
        url,
        config: { may: 'service', rateLimit: { max: 60_000 } },
        schema: { hide: true },
        handler: (request, reply) => {
          // The names that tus gives; any other would be looked for on the disk.
          if (!/^\/api\/uploads(\/[0-9a-f]{32})?\/?$/.test(request.url.split('?')[0] ?? ''))
            throw notFound('lượt gửi tệp')
          reply.hijack()
          uploads.server.handle(request.raw, reply.raw).catch((error: unknown) => {
            request.log.warn({ err: error }, 'upload request failed')
            if (!reply.raw.headersSent) reply.raw.writeHead(500)
            reply.raw.end()
          })
        },
      })
    }
  })
}

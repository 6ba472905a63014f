import * as contract from '../../contract/recordings.ts'
import { formerNamesOf } from '../endpoints/index.ts'
import type { HearingPlan } from '../hearings/index.ts'
import { type Permission, roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import type { Database, Tx } from '../platform/database.ts'
import { type App, noStore } from '../platform/http.ts'
import { silentFor } from '../platform/intake.ts'
import type { Platform } from '../platform/platform.ts'
import { fail, notFound } from '../platform/problem.ts'
import { foldForSearch } from '../platform/text.ts'
import type { Integrity } from './integrity.ts'
import { liveContentOf } from './live-content.ts'
import { playbackRoutes } from './playback.ts'
import { presentPart, presentRecording } from './present.ts'
import { isSilent, takeReport } from './reports.ts'
import { senderOf, sending } from './sender.ts'
import * as store from './store.ts'
import { StoreAway } from './store-presence.ts'
import type { Unmatched } from './unmatched.ts'
import type { Uploads } from './uploads.ts'

interface Deps {
  platform: Platform
  uploads: Uploads
  integrity: Integrity
  unmatched: Unmatched
  hearingPlan(db: Database | Tx, hearingId: string | null): Promise<HearingPlan | undefined>
  restart(recordingId: string, actor: Actor, reason: string): Promise<void>
}

const actions: Record<string, Permission> = { watch: 'recording.watch', restart: 'recording.operate' }

const unmatchedActions: Record<string, Permission> = { watch: 'recording.watch', decide: 'recording.operate' }

const mayOf = (actor: Actor, among = actions): string[] =>
  actor.kind === 'staff'
    ? Object.keys(among).filter((action) => roleMay(actor.role, among[action] ?? 'recording.operate'))
    : []

/** HTTP of the recordings module: library, playback, uploads, receipts, recorder reports. */
export function recordingRoutes(app: App, deps: Deps): void {
  const { platform, uploads, integrity, hearingPlan } = deps
  const { db, clock } = platform

  const receipt = receiptOver(integrity)

  async function present(rows: store.HearingRecordingRow[], actor: Actor): Promise<contract.Recording[]> {
    const ids = rows.map((row) => row.id)
    const [sessions, parts] = [await store.sessionsOf(db, ids), await store.partsOf(db, ids)]
    const listening = await platform.intake.listening(db)
    const gaps = await store.gapsOf(db, ids)
    const reports = await store.allReports(db)
    const shown: contract.Recording[] = []
    for (const row of rows) {
      shown.push(
        presentRecording(row, {
          plan: await hearingPlan(db, row.hearingId),
          sessions: sessions.filter((session) => session.recordingId === row.id),
          gaps: gaps.filter((gap) => gap.recordingId === row.id),
          parts: parts.filter((part) => part.recordingId === row.id),
          awaitedMs: silentFor(row.stateAt.getTime(), listening, clock.now()),
          live: liveContentOf(reports, row.currentSessionId, clock.now()),
          now: clock.now(),
          may: mayOf(actor),
        }),
      )
    }
    return shown
  }

  /** The codes of the hearings that these sessions record. */
  async function hearingCodes(tx: Tx, sessionIds: string[]): Promise<Map<string, string>> {
    const codes = new Map<string, string>()
    for (const { sessionId, hearingId } of await store.hearingsOfSessions(tx, sessionIds)) {
      const plan = await hearingPlan(tx, hearingId)
      if (plan !== undefined) codes.set(sessionId, plan.code)
    }
    return codes
  }

  /** Whoever opens a recording sees its files as they are. While the store is away, nothing new is known of them. */
  async function lookAtParts(ids: string[]): Promise<void> {
    for (const part of await store.partsOf(db, ids)) {
      await integrity.look(part).catch((error: unknown) => {
        if (!(error instanceof StoreAway)) throw error
      })
    }
  }

  app.route({
    ...contract.listRecordings,
    config: { may: 'recording.read' },
    handler: async (request) => {
      const { q, from, to } = request.query
      const rows = await store.recordingsBetween(db, from ? new Date(from) : null, to ? new Date(to) : null)
      const wanted = foldForSearch(q ?? '')
      const items = (await present(rows, request.actor)).filter((item) =>
        [item.hearingCode, item.hearingTitle, ...item.endpointNames, ...item.endpointNames.flatMap(formerNamesOf)]
          .map((words) => foldForSearch(words ?? ''))
          .join('\n')
          .includes(wanted),
      )
      return { items }
    },
  })
  app.route({
    ...contract.showRecording,
    config: { may: 'recording.read' },
    handler: async (request) => {
      const row = (await store.hearingRecordingById(db, request.params.id)) ?? fail(notFound('bản ghi hình'))
      await lookAtParts([row.id])
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
      await lookAtParts([row.id])
      const [shown] = await present([row], request.actor)
      return { recording: shown ?? null }
    },
  })
  app.route({
    ...contract.listUnmatched,
    config: { may: 'recording.read' },
    handler: async (request) => ({
      items: (await store.unmatchedParts(db)).map((part) => ({ ...presentPart(part), roomName: part.roomName })),
      may: mayOf(request.actor, unmatchedActions),
    }),
  })
  app.route({
    ...contract.matchPart,
    config: { may: 'recording.operate' },
    handler: async (request, reply) => {
      await deps.unmatched.match(request.actor, request.params.id, request.body.hearingId)
      return reply.status(204).send(null)
    },
  })
  app.route({
    ...contract.dismissPart,
    config: { may: 'recording.operate' },
    handler: async (request, reply) => {
      await deps.unmatched.dismiss(request.actor, request.params.id, request.body.reason)
      return reply.status(204).send(null)
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
    handler: async () => {
      const listening = await platform.intake.listening(db)
      const now = clock.now()
      return {
        items: (await store.allReports(db)).map((told) => ({
          host: told.host,
          reportedAt: new Date(told.reportedAt).toISOString(),
          report: told.report,
          silent: isSilent(told, listening, now),
        })),
      }
    },
  })
  app.route({
    ...contract.recorderReport,
    config: { may: 'service' },
    handler: (request) => takeReport(platform, senderOf(request.actor), request.body, hearingCodes),
  })
  app.route({
    ...contract.receipt,
    config: { may: 'service' },
    handler: async (request) => {
      const parts = await store.partsOfFile(db, request.query)
      const given = await receipt(parts)
      if (given.state === 'stored') await store.noteReceipt(db, parts, new Date(clock.now()))
      return given
    },
  })
  playbackRoutes(app, platform, integrity)
  uploadRoutes(app, uploads)
}

/** The receipt; a stored original is looked for first, because its sender deletes the other copy at that word. */
const receiptOver =
  (integrity: Integrity) =>
  async (parts: store.PartRow[]): Promise<ReturnType<typeof receiptOf>> => {
    const kept: store.PartRow[] = []
    try {
      for (const part of parts) if ((await integrity.look(part)).original === 'whole') kept.push(part)
    } catch (error) {
      if (!(error instanceof StoreAway)) throw error
      return { state: 'verifying' }
    }
    return receiptOf(kept)
  }

function receiptOf(parts: store.PartRow[]) {
  const stored = parts.find((part) => part.storedAt !== null)
  if (stored) {
    // Its sender keeps its copy until somebody has said whose it is.
    if (stored.recordingId === null && stored.dismissedAt === null) return { state: 'unmatched' as const }
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
          // What is hijacked passes none of the hooks that every other answer passes.
          for (const [name, value] of Object.entries(noStore)) reply.raw.setHeader(name, value)
          const handled = sending.run(senderOf(request.actor), () => uploads.server.handle(request.raw, reply.raw))
          handled.catch((error: unknown) => {
            request.log.warn({ err: error }, 'upload request failed')
            if (!reply.raw.headersSent) reply.raw.writeHead(500)
            reply.raw.end()
          })
        },
      })
    }
  })
}

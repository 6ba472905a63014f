import { mkdir } from 'node:fs/promises'
import type { HearingPlan, Hearings } from '../hearings/index.ts'
import type { Actor } from '../platform/actor.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Module } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import { conflict, fail, notFound } from '../platform/problem.ts'
import type { RoomAgent } from '../room-agent/index.ts'
import type { Rooms } from '../rooms/index.ts'
import { createRecordingConductor } from './conductor.ts'
import { createContentWatch, measureQueue } from './content-watch.ts'
import { createDrillRecordings, type DrillRecordings } from './drill-recording.ts'
import { createIngest } from './ingest.ts'
import { createIntegrity, verifyQueue } from './integrity.ts'
import { watchMissing } from './missing.ts'
import { checkReports, silenceWatch, watchRecorders } from './reports.ts'
import { recordingRoutes } from './routes.ts'
import * as store from './store.ts'
import { createUnmatched } from './unmatched.ts'
import { createUploads, ingestQueue } from './uploads.ts'

export type { DrillRecording, DrillRecordings } from './drill-recording.ts'

interface Deps {
  hearings: Hearings
  rooms: Rooms
  roomAgent: RoomAgent
}

/** Start, watch, ingest, library and playback of recordings (design §9). */
export function createRecordings(platform: Platform, deps: Deps): { module: Module; drills: DrillRecordings } {
  const { db, clock } = platform
  const hearingPlan = async (reader: Database | Tx, id: string | null): Promise<HearingPlan | undefined> =>
    id === null ? undefined : deps.hearings.plan(reader, id)
  const uploads = createUploads(platform)
  const integrity = createIntegrity(platform)
  const unmatched = createUnmatched({ platform, hearingPlan })
  const contents = createContentWatch(platform, hearingPlan)
  const { ingest } = createIngest({ platform, uploads, hearingPlan })
  const conductor = createRecordingConductor({ platform, rooms: deps.rooms, roomAgent: deps.roomAgent, hearingPlan })

  deps.hearings.onMove(async (tx, move) => {
    if (move.to === 'live') {
      const room = await deps.rooms.roomOf(tx, move.hearing.id)
      if (room === undefined) throw new Error(`hearing ${move.hearing.id} went live without a room`)
      await store.expectRecording(tx, { hearingId: move.hearing.id, roomName: room.name, now: new Date(clock.now()) })
      await platform.changes.announce(tx, 'recordings')
    }
    if (move.from === 'live') {
      await store.endRecording(tx, move.hearing.id)
      await platform.changes.announce(tx, 'recordings')
    }
  })

  async function restart(id: string, actor: Actor, reason: string): Promise<void> {
    await db.transaction(async (tx) => {
      const row = (await store.hearingRecordingById(tx, id)) ?? fail(notFound('bản ghi hình'))
      if (row.wanted === 'off') throw conflict('Buổi tiếp đã kết thúc nên không thể bắt đầu ghi hình lại.')
      await store.setState(tx, id, { restartRequestedAt: new Date(clock.now()) })
      await platform.audit.write(tx, actor, 'recording.restart-asked', `recording:${id}`, { reason })
    })
  }

  // A live hearing has its recorder already, and a fault of it is told by the conductor.
  const hearingsAhead = async (from: number, to: number): Promise<number> =>
    (await deps.hearings.plansBetween(db, { from, to, now: clock.now(), statuses: ['approved', 'ready'] })).length

  return {
    drills: createDrillRecordings(platform, uploads),
    module: {
      name: 'recordings',
      routes: (app) => recordingRoutes(app, { platform, uploads, integrity, unmatched, hearingPlan, restart }),
      jobs: [
        {
          queue: ingestQueue,
          concurrency: 1,
          expireSeconds: 3 * 3600,
          retries: 20,
          run: async (data, signal) => ingest(String(data.partId), signal),
        },
        {
          queue: verifyQueue,
          concurrency: 1,
          expireSeconds: 3 * 3600,
          run: async (data, signal) => integrity.verify(String(data.partId), signal),
        },
        {
          queue: measureQueue,
          concurrency: 1,
          expireSeconds: 3 * 3600,
          run: async (data, signal) => contents.measure(String(data.partId), signal),
        },
      ],
      commands: { 'check-recorders': ({ hosts = '' }, say) => checkReports(platform, hosts, say) },
      reconciliations: [
        { name: 'recordings.conduct', everyMs: 1_000, run: conductor.reconcile },
        { name: 'recordings.uploads', everyMs: 10_000, run: uploads.reconcile },
        { name: 'recordings.silence', everyMs: 15_000, run: silenceWatch(platform) },
        { name: 'recordings.recorders', everyMs: 30_000, run: () => watchRecorders(platform, hearingsAhead) },
        { name: 'recordings.integrity', everyMs: 60_000, run: integrity.watch },
        { name: 'recordings.content', everyMs: 15_000, run: contents.watch },
        { name: 'recordings.unmatched', everyMs: 60_000, run: unmatched.watch },
        { name: 'recordings.missing', everyMs: 60_000, run: () => watchMissing(platform) },
      ],
      async start() {
        await mkdir(platform.config.storeFolder, { recursive: true })
        await uploads.prepare()
      },
      stop: conductor.stop,
    },
  }
}

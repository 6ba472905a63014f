import { availableParallelism } from 'node:os'
import { verdictLabels } from '../../contract/words.ts'
import type { Endpoints } from '../endpoints/index.ts'
import type { Hearings } from '../hearings/index.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Module } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import type { RoomAgent } from '../room-agent/index.ts'
import type { Rooms } from '../rooms/index.ts'
import { createTestDesk } from './desk.ts'
import { testCallRoutes } from './routes.ts'
import { createTestRunner, runQueue } from './run.ts'
import { claimMs, leaseMs, planTests } from './schedule.ts'
import * as store from './store.ts'

interface Deps {
  hearings: Hearings
  rooms: Rooms
  endpoints: Endpoints
  roomAgent: Pick<RoomAgent, 'measure'>
}

// Each call encodes a picture and decodes one, about a core at its worst: more at once would measure this machine, not the line.
const callsAtOnce = Math.min(8, Math.max(2, availableParallelism()))

export interface TestCalls {
  module: Module
  /** The endpoint whose officer may know of this test call. */
  toldEndpoints(db: Database | Tx, id: string): Promise<string[]>
  /** How many run, or are due until then. */
  atWork(db: Database | Tx, until: number): Promise<number>
}

/** Plans, runs, measures and judges test calls (Điều 6.1.b, design §8). */
export function createTestCalls(platform: Platform, deps: Deps): TestCalls {
  const { db, clock } = platform
  const runner = createTestRunner({ platform, ...deps })
  const desk = createTestDesk({ platform, ...deps, runner })

  deps.hearings.onMove(async (tx, { hearing, to }) => {
    if (to === 'approved') {
      const now = new Date(clock.now())
      const planned = planTests(hearing).map((test) => ({
        ...test,
        hearingId: hearing.id,
        dueAt: new Date(test.dueAt),
        createdAt: now,
      }))
      await store.insertPlanned(tx, planned)
      await platform.changes.announce(tx, 'test-calls')
    }
    // Whatever has not run when the hearing begins, or is put off, is not run any more; a new approval plans anew.
    if (to === 'postponed' || to === 'cancelled' || to === 'live') {
      for (const ended of await store.cancelOfHearing(tx, hearing.id))
        await platform.changes.announce(tx, `test-call:${ended.id}`)
    }
    if (to === 'postponed') await store.supersede(tx, hearing.id, new Date(clock.now()))
  })

  deps.endpoints.onBoard(async (endpointId) => {
    const last = await store.lastDone(db, endpointId)
    return {
      tests: await runner.ordersFor(endpointId),
      lastTest:
        last?.finishedAt && last.verdict
          ? {
              at: last.finishedAt.toISOString(),
              verdict: last.verdict,
              text: [`${verdictLabels[last.verdict]}.`, ...(last.reasons ?? []).map((reason) => reason.text)].join(' '),
            }
          : null,
    }
  })

  /** Everything that is due and not at work becomes a job; a job that waits already is not doubled. */
  async function enqueueDue(): Promise<void> {
    const now = clock.now()
    const due = await store.dueTests(db, { now: new Date(now), staleBefore: new Date(now - leaseMs) })
    if (due.length === 0) return
    const unnoticed = due.filter((test) => test.kind !== 'on-demand' && test.noticedAt === null)
    await db.transaction(async (tx) => {
      if (unnoticed.length > 0)
        await store.notice(
          tx,
          unnoticed.map(({ id }) => id),
          new Date(now),
        )
      await platform.jobs.enqueueMany(
        tx,
        runQueue,
        due.map(({ id }) => ({ data: { testCallId: id }, key: id })),
      )
    })
  }

  return {
    toldEndpoints: async (reader, id) => {
      const row = await store.testById(reader, id)
      return row === undefined ? [] : [row.endpointId]
    },
    atWork: (reader, until) => store.countAtWork(reader, new Date(until)),
    module: {
      name: 'test-calls',
      routes: (app) => testCallRoutes(app, desk),
      jobs: [
        {
          queue: runQueue,
          // A process without the room agent has no browser: it makes the queue, and leaves the work to one that has.
          concurrency: platform.config.roomAgent ? callsAtOnce : 0,
          expireSeconds: claimMs / 1000 + 30,
          retries: 5,
          run: (data, signal) => runner.run(String(data.testCallId), signal),
        },
      ],
      reconciliations: [
        {
          name: 'test-calls.due',
          everyMs: 2_000,
          run: () => (platform.config.roomAgent ? enqueueDue() : Promise.resolve()),
        },
      ],
    },
  }
}

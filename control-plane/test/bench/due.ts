import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { PgBoss } from 'pg-boss'
import type { Endpoints } from '../../server/endpoints/index.ts'
import { endpoints } from '../../server/endpoints/tables.ts'
import type { Hearings } from '../../server/hearings/index.ts'
import type { RoomAgent } from '../../server/room-agent/index.ts'
import type { Rooms } from '../../server/rooms/index.ts'
import { createTestCalls } from '../../server/test-calls/index.ts'
import { runQueue } from '../../server/test-calls/run.ts'
import { lateAfterMs, leaseMs } from '../../server/test-calls/schedule.ts'
import * as store from '../../server/test-calls/store.ts'
import { testCalls } from '../../server/test-calls/tables.ts'
import { testApplication } from '../support/application.ts'
import { databaseKind } from '../support/databases.ts'
import { type Figure, interleaved, rounded, timed } from './rounds.ts'

const count = 1_000
const workers = 4

/**
 * A thousand test calls due at the same moment: put into the queue by the reconciler and claimed, each by exactly one worker.
 * Baseline: a thousand jobs put into and fetched from a bare pg-boss on the same database by as many workers.
 */
export async function due1000(): Promise<Figure[]> {
  if (databaseKind() !== 'postgres') throw new Error('due-1000 is measured on PostgreSQL')
  const app = await testApplication({ start: false, environment: { TIEPDAN_ROOM_AGENT: 'true' } })
  const { db, jobs, clock } = app.platform
  const boss = new PgBoss({ connectionString: app.database.connection, schema: 'jobs', supervise: false, max: workers })
  try {
    await jobs.start([])
    await boss.start()
    for (const queue of ['bench.bare', runQueue])
      await boss.createQueue(queue, { policy: 'short', expireInSeconds: 900 })
    const rows = await db
      .insert(endpoints)
      .values(
        Array.from({ length: count }, (_, n) => ({
          kind: 'delegate' as const,
          name: `Điểm cầu ${n}`,
          shortName: `Điểm ${n}`,
          createdAt: new Date(clock.now()),
          slug: `bench-${n}`,
        })),
      )
      .returning({ id: endpoints.id })
    const onBoard = { onBoard: () => undefined, onMove: () => undefined }
    const { module } = createTestCalls(app.platform, {
      hearings: onBoard as unknown as Hearings,
      rooms: onBoard as unknown as Rooms,
      endpoints: onBoard as unknown as Endpoints,
      roomAgent: onBoard as unknown as RoomAgent,
    })
    const enqueueDue = module.reconciliations?.[0]?.run
    if (enqueueDue === undefined) throw new Error('no reconciliation')
    const fetchAll = async (queue: string, each: (data: Record<string, unknown>) => Promise<void>): Promise<void> => {
      let done = 0
      const worker = async (): Promise<void> => {
        for (;;) {
          const [job] = await boss.fetch<Record<string, unknown>>(queue)
          if (job === undefined) return
          await each(job.data)
          await boss.complete(queue, job.id)
          done++
        }
      }
      await Promise.all(Array.from({ length: workers }, worker))
      if (done !== count) throw new Error(`${done} of ${count} jobs`)
    }
    const { baselineMs, workMs } = await interleaved(
      5,
      () =>
        timed(async () => {
          const waiting = Array.from({ length: count }, () => ({
            data: { id: randomUUID() },
            singletonKey: randomUUID(),
          }))
          await boss.insert('bench.bare', waiting)
          await fetchAll('bench.bare', async () => undefined)
        }),
      async () => {
        await db.delete(testCalls)
        const now = new Date(clock.now())
        await db
          .insert(testCalls)
          .values(rows.map(({ id }) => ({ endpointId: id, kind: 'on-demand' as const, dueAt: now, createdAt: now })))
        const ms = await timed(async () => {
          await enqueueDue()
          await fetchAll(runQueue, (data) => claim(String(data.testCallId)))
        })
        const claimed = await db.select().from(testCalls).where(eq(testCalls.status, 'running'))
        if (claimed.length !== count) throw new Error(`${claimed.length} of ${count} claimed`)
        return ms
      },
    )
    const rate = (ms: number): number => rounded(count / (ms / 1000), 0)
    return [
      {
        name: 'due-1000',
        value: rate(workMs),
        unit: 'tests/s',
        baseline: rate(baselineMs),
        ratio: rounded(baselineMs / workMs),
        goal: '≥ 0.8',
      },
    ]

    /** As the runner does before it touches a browser. */
    async function claim(id: string): Promise<void> {
      const now = new Date(clock.now())
      const mine = await store.claim(db, id, {
        now,
        staleBefore: new Date(now.getTime() - leaseMs),
        lateAfterMs,
        by: 'bench',
      })
      if (mine === undefined) throw new Error('not claimed')
    }
  } finally {
    await boss.stop({ graceful: false })
    await jobs.stop(1_000)
    await app.close()
  }
}

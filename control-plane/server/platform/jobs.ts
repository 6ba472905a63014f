import { sql } from 'drizzle-orm'
import { fromDrizzle, fromPglite, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import type { OpenDatabase, Tx } from './database.ts'
import { wordsOf } from './plain-error.ts'
import { connection } from './postgres-connection.ts'

// pg-boss types `execute` by its rows; drizzle's type for "either driver" leaves them unknown.
type DrizzleTransactionLike = Parameters<typeof fromDrizzle>[0]

/** One kind of background work. The handler may be run twice with the same data and must not mind (design rule 4.3). */
export interface JobHandler {
  queue: string
  /** How many run at the same time in this process. */
  concurrency: number
  /** Ends a run that takes longer, in seconds; it is then tried again. */
  expireSeconds: number
  retries?: number
  run(data: Record<string, unknown>, signal: AbortSignal): Promise<void>
}

export interface Jobs {
  /** Sends a job inside the transaction that makes it due. With a key, a job with the same key that still waits is not doubled. */
  enqueue(tx: Tx, queue: string, data: Record<string, unknown>, options?: { key?: string }): Promise<void>
  /** The same for many at once, in one statement. */
  enqueueMany(tx: Tx, queue: string, jobs: { data: Record<string, unknown>; key: string }[]): Promise<void>
  /** Starts the queue and the workers of these handlers. */
  start(handlers: JobHandler[]): Promise<void>
  /** Waits for running handlers, at most `graceMs`. May be called twice. */
  stop(graceMs: number): Promise<void>
}

/**
 * The durable queue (pg-boss) on the control plane's own database. It is the only place where jobs are sent, and it demands `tx`:
 * without it PGlite waits for itself for ever, and PostgreSQL would keep the job of a rolled-back change.
 */
export function createJobs(database: OpenDatabase, log: Logger): Jobs {
  const common = { schema: 'jobs', supervise: true, schedule: false } as const
  const boss = database.pglite
    ? new PgBoss({ ...common, db: fromPglite(database.pglite), backend: 'pglite' })
    : new PgBoss({ ...common, ...connection(database.url ?? ''), max: 4 })
  boss.on('error', (error) => log.error({ err: error }, 'job queue error'))
  let state: 'new' | 'started' | 'stopped' = 'new'

  return {
    async enqueue(tx, queue, data, options = {}) {
      await boss.send(queue, data, {
        db: fromDrizzle(tx as unknown as DrizzleTransactionLike, sql),
        ...(options.key === undefined ? {} : { singletonKey: options.key }),
      })
    },
    async enqueueMany(tx, queue, jobs) {
      await boss.insert(
        queue,
        jobs.map(({ data, key }) => ({ data, singletonKey: key })),
        { db: fromDrizzle(tx as unknown as DrizzleTransactionLike, sql) },
      )
    },
    async start(handlers) {
      await boss.start()
      state = 'started'
      for (const handler of handlers) await startQueue(boss, handler, log)
    },
    async stop(graceMs) {
      if (state !== 'started') return
      state = 'stopped'
      await boss.stop({ graceful: true, timeout: graceMs })
    },
  }
}

async function startQueue(boss: PgBoss, handler: JobHandler, log: Logger): Promise<void> {
  // policy 'short': at most one waiting job per key, so that a reconciler's repeated word adds nothing.
  await boss.createQueue(handler.queue, {
    policy: 'short',
    retryLimit: handler.retries ?? 3,
    retryDelay: 1,
    retryBackoff: true,
    expireInSeconds: handler.expireSeconds,
  })
  for (let worker = 0; worker < handler.concurrency; worker++) {
    await boss.work<Record<string, unknown>>(
      handler.queue,
      { batchSize: 1, pollingIntervalSeconds: 0.5 },
      async ([job]) => {
        if (!job) return
        try {
          await handler.run(job.data, job.signal)
        } catch (error) {
          log.warn({ err: error, queue: handler.queue, jobId: job.id }, 'job failed')
          // pg-boss keeps the whole error in the job's row, with every parameter of a failed statement.
          throw new Error(wordsOf(error))
        }
      },
    )
  }
}

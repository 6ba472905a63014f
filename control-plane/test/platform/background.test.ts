import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'drizzle-orm'
import { pino } from 'pino'
import { createChanges } from '../../server/platform/changes.ts'
import { openDatabase } from '../../server/platform/database.ts'
import { createJobs, type Jobs } from '../../server/platform/jobs.ts'
import { createReconciler } from '../../server/platform/reconciler.ts'
import { freshDatabase, type TestDatabase } from '../support/databases.ts'

const log = pino({ level: 'silent' })
let database: TestDatabase
let jobs: Jobs
const ran: { queue: string; n: unknown }[] = []
let failures = 1

before(async () => {
  database = await freshDatabase()
  await database.db.execute(sql`create table done (n integer primary key)`)
  jobs = createJobs(database, log)
  const handler = (queue: string, concurrency: number) => ({
    queue,
    concurrency,
    expireSeconds: 30,
    async run(data: Record<string, unknown>) {
      if (queue === 'flaky' && failures-- > 0) throw new Error('first run fails')
      ran.push({ queue, n: data.n })
      await database.db.transaction((tx) =>
        tx.execute(sql`insert into done values (${Number(data.n)}) on conflict do nothing`),
      )
    },
  })
  await jobs.start([handler('steady', 2), handler('flaky', 1), handler('keyed', 1)])
})
after(async () => {
  await jobs.stop(5_000)
  await database.close()
})

async function until(met: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await met())) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise((resume) => setTimeout(resume, 50))
  }
}
const runsOf = (queue: string, n: number) => ran.filter((run) => run.queue === queue && run.n === n).length

test('a job runs after its transaction committed; one of a rolled-back transaction never does', async () => {
  const undone = database.db.transaction(async (tx) => {
    await jobs.enqueue(tx, 'steady', { n: 1 })
    throw new Error('undo')
  })
  await assert.rejects(undone, /undo/)
  await database.db.transaction((tx) => jobs.enqueue(tx, 'steady', { n: 2 }))
  await until(() => runsOf('steady', 2) === 1, 'job 2')
  const left = await database.db.execute(sql`select count(*)::int as jobs from jobs.job where data->>'n' = '1'`)
  assert.equal(JSON.stringify(left).includes('"jobs":0'), true)
  assert.equal(runsOf('steady', 1), 0)
})

test('a job that fails is tried again, and running twice leaves one result', async () => {
  await database.db.transaction((tx) => jobs.enqueue(tx, 'flaky', { n: 3 }))
  await until(() => runsOf('flaky', 3) === 1, 'the second try')
  await database.db.transaction((tx) => jobs.enqueue(tx, 'steady', { n: 3 }))
  await until(() => runsOf('steady', 3) === 1, 'the same work again')
  const rows = await database.db.execute(sql`select count(*)::int as times from done where n = 3`)
  assert.equal(JSON.stringify(rows).includes('"times":1'), true)
})

test('a word repeated while the job still waits adds none', async () => {
  await database.db.transaction(async (tx) => {
    for (let n = 0; n < 5; n++) await jobs.enqueue(tx, 'keyed', { n: 4 }, { key: 'same' })
    await jobs.enqueue(tx, 'keyed', { n: 5 }, { key: 'other' })
  })
  await until(() => runsOf('keyed', 4) >= 1 && runsOf('keyed', 5) === 1, 'both keys')
  assert.equal(runsOf('keyed', 4), 1)
})

test('a change is heard when its transaction commits, by every instance, and not when it rolls back', async () => {
  // PGlite has one owner, so there the second instance shares the database; on PostgreSQL it is another connection.
  const other = database.kind === 'postgres' ? await openDatabase({ url: database.connection, folder: '' }) : undefined
  const instances = [createChanges(database), createChanges(other ?? database)]
  const heard: string[][] = [[], []]
  for (const [at, changes] of instances.entries()) changes.subscribe((topic) => heard[at]?.push(topic))
  for (const changes of instances) await changes.start()
  try {
    const rolledBack = database.db.transaction(async (tx) => {
      await instances[0]?.announce(tx, 'hearing:undone')
      throw new Error('undo')
    })
    await assert.rejects(rolledBack)
    await database.db.transaction(async (tx) => {
      await instances[0]?.announce(tx, 'hearing:1', 'hearings')
    })
    await until(() => heard.every((topics) => topics.length >= 2), 'both instances hear')
    assert.deepEqual(heard, [
      ['hearing:1', 'hearings'],
      ['hearing:1', 'hearings'],
    ])
  } finally {
    for (const changes of instances) await changes.stop()
    await other?.close()
  }
})

test('the reconciler keeps each turn, does not overlap itself, and goes on past a failure', async () => {
  let now = 0
  const runs = { slow: 0, broken: 0, quick: 0 }
  const faults: string[] = []
  let release: () => void = () => undefined
  const reconciler = createReconciler(
    () => [
      {
        name: 'slow',
        everyMs: 1_000,
        run: () => {
          runs.slow++
          return new Promise<void>((done) => {
            release = done
          })
        },
      },
      {
        name: 'broken',
        everyMs: 1_000,
        run: async () => {
          runs.broken++
          throw new Error('broken')
        },
      },
      {
        name: 'quick',
        everyMs: 5_000,
        run: async () => {
          runs.quick++
        },
      },
    ],
    log,
    () => now,
    (name) => faults.push(name),
  )
  now = 10_000
  reconciler.start()
  now += 1_000
  await until(() => runs.broken >= 2, 'the cron ticks')
  assert.deepEqual([runs.slow, runs.quick], [1, 1])
  assert.ok(faults.length >= 1 && faults.every((name) => name === 'broken'))
  release()
  const stopped = reconciler.stop()
  release()
  await stopped
  const all = reconciler.runAll()
  release()
  await assert.rejects(all, AggregateError)
  assert.equal(runs.quick, 2)
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'drizzle-orm'
import { createJobs } from '../../server/platform/jobs.ts'
import { grants } from '../../server/rooms/tables.ts'
import { aCase } from '../hearings/world.ts'
import { aRoomWorld, type RoomWorld } from '../rooms/world.ts'
import { demandNobodyIn } from '../support/logs.ts'

let world: RoomWorld
before(async () => {
  world = await aRoomWorld()
})
// Closing reads the whole log once more, as at the end of every test file.
after(() => world.close())

/** From now on the database refuses every row of the table, and says which, as for any broken rule. */
const refuse = (table: string): Promise<unknown> =>
  world.db.execute(sql.raw(`alter table ${table} add constraint ${table}_probe check (false) not valid`))

test('statements that fail with people among their parameters leave no one in the log', async () => {
  const hearing = await world.aHearing()
  const names = hearing.grants.map((grant) => grant.displayName)
  const renew = (): Promise<{ status: number }> =>
    world.as('office', 'POST', `/api/grants/${hearing.guest.id}/renew`, { reason: `Theo đề nghị của ${names[0]}` })
  await refuse('cases')
  await refuse('grants')
  const cases = await world.as(
    'reception-board',
    'POST',
    '/api/cases?despiteTwin=true',
    aCase({ title: 'Nguyễn Văn An khiếu nại' }),
  )
  assert.deepEqual([cases.status, (await renew()).status], [500, 500])
  const log = world.app.logged.join('')
  assert.match(log, /request failed/)
  assert.match(log, /"code":"23514"/)
  assert.match(log, /"constraint":"cases_probe"/)
  assert.match(log, /"statement":"insert into/)
  for (const name of names) assert.ok(!log.includes(name), `${name} stands in the log`)
  demandNobodyIn(log, 'the application')
})

test('a job that fails keeps no one in its row', async () => {
  const { database, platform } = world.app
  const jobs = createJobs(database, platform.log)
  const [{ displayName = '' } = {}] = await database.db.select().from(grants)
  await jobs.start([
    {
      queue: 'fails-with-people',
      concurrency: 1,
      expireSeconds: 30,
      run: () => database.db.execute(sql`select ${displayName}::integer`).then(() => undefined),
    },
  ])
  await database.db.transaction((tx) => jobs.enqueue(tx, 'fails-with-people', {}))
  let kept = ''
  for (const end = performance.now() + 20_000; !kept.includes('22P02'); ) {
    assert.ok(performance.now() < end, `the job has not failed: ${kept}`)
    await new Promise((done) => setTimeout(done, 100))
    kept = JSON.stringify(
      await database.db.execute(
        sql`select output from jobs.job where name = 'fails-with-people' and output is not null`,
      ),
    )
  }
  await jobs.stop(1_000)
  assert.ok(displayName.length > 5 && !kept.includes(displayName), kept)
  const log = world.app.logged.join('')
  assert.match(log, /job failed/)
  assert.ok(!log.includes(displayName))
})

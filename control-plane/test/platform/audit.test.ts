import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemActor } from '../../server/platform/actor.ts'
import { createAudit, verifyAuditTrail } from '../../server/platform/audit.ts'
import { manualClock } from '../../server/platform/clock.ts'
import { freshDatabase, type TestDatabase } from '../support/databases.ts'

let database: TestDatabase
before(async () => {
  database = await freshDatabase()
})
after(() => database.close())

test('twenty writers at once make one chain without a gap', async () => {
  const audit = createAudit(manualClock(1_000))
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      database.db.transaction((tx) =>
        audit.write(tx, systemActor, 'case.edited', `thing:${n}`, { n, nested: { b: 1, a: [2] } }),
      ),
    ),
  )
  const verdict = await verifyAuditTrail(database.db)
  assert.equal(verdict.is, 'whole')
  assert.equal(verdict.is === 'whole' && verdict.rows, 20)
})

test('a rolled-back change leaves no row', async () => {
  const audit = createAudit(manualClock(2_000))
  await assert.rejects(
    database.db.transaction(async (tx) => {
      await audit.write(tx, systemActor, 'case.created', 'thing:x')
      throw new Error('undo')
    }),
  )
  const verdict = await verifyAuditTrail(database.db)
  assert.deepEqual(verdict.is === 'whole' && verdict.rows, 20)
})

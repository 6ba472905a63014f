import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemActor } from '../../server/platform/actor.ts'
import { createAudit } from '../../server/platform/audit.ts'
import { createAuditKeys } from '../../server/platform/audit-keys.ts'
import { manualClock } from '../../server/platform/clock.ts'
import { createSecrets } from '../../server/platform/secrets.ts'
import { freshDatabase, type TestDatabase } from '../support/databases.ts'

const keys = createAuditKeys('', createSecrets(Buffer.alloc(32, 7)))
let database: TestDatabase
before(async () => {
  database = await freshDatabase()
})
after(() => database.close())

test('twenty writers at once make one chain without a gap', async () => {
  const audit = createAudit(manualClock(1_000), keys)
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      database.db.transaction((tx) =>
        audit.write(tx, systemActor, 'case.edited', `thing:${n}`, { n, nested: { b: 1, a: [2] } }),
      ),
    ),
  )
  const verdict = await audit.verify(database.db)
  assert.equal(verdict.is, 'whole')
  assert.equal(verdict.is === 'whole' && verdict.rows, 20)
})

test('a rolled-back change leaves no row', async () => {
  const audit = createAudit(manualClock(2_000), keys)
  await assert.rejects(
    database.db.transaction(async (tx) => {
      await audit.write(tx, systemActor, 'case.created', 'thing:x')
      throw new Error('undo')
    }),
  )
  const verdict = await audit.verify(database.db)
  assert.deepEqual(verdict.is === 'whole' && verdict.rows, 20)
})

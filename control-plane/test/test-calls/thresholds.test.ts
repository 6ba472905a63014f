import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { auditTrail } from '../../server/platform/tables.ts'
import { defaultThresholds } from '../../server/test-calls/thresholds.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

let app: TestApplication
before(async () => {
  app = await testApplication()
})
after(() => app.close())

const url = '/api/test-calls/thresholds'
const read = async () => (await app.http.inject({ url, headers: await signedIn(app, 'administrator') })).json()
const set = async (payload: object, role: 'administrator' | 'inspector' = 'administrator') =>
  app.http.inject({ method: 'PUT', url, payload, headers: await signedIn(app, role) })
const changes = () =>
  app.platform.db.select().from(auditTrail).where(eq(auditTrail.action, 'test-call.thresholds-changed'))

test('limits have defaults, an administrator sets them, and the change is on record', async () => {
  assert.deepEqual(await read(), defaultThresholds)
  const wanted = { ...defaultThresholds, rttWarnMs: 150, toneRequired: 1 }
  assert.equal((await set(wanted)).statusCode, 200)
  assert.deepEqual(await read(), wanted)
  const [row] = await changes()
  assert.deepEqual([row?.actorName, row?.detail.rttWarnMs], ['Người thử administrator', 150])
})

test('limits that make no sense are refused at their field, and by others altogether', async () => {
  const before = await read()
  const crossed = await set({ ...defaultThresholds, lossFailPercent: 1 })
  assert.deepEqual([crossed.statusCode, crossed.json().faults[0].field], [422, 'lossFailPercent'])
  const beyond = await set({ ...defaultThresholds, lossWarnPercent: 101 })
  assert.deepEqual([beyond.statusCode, beyond.json().faults[0].field], [400, 'body.lossWarnPercent'])
  const { rttWarnMs: _, ...lacking } = defaultThresholds
  assert.equal((await set(lacking)).statusCode, 400)
  assert.equal((await set({ ...defaultThresholds, rttWarnMs: null })).statusCode, 400)
  assert.equal((await set(defaultThresholds, 'inspector')).statusCode, 403)
  assert.deepEqual(await read(), before)
})

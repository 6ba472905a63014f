import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createHttp } from '../../server/platform/http.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

let app: TestApplication
before(async () => {
  app = await testApplication()
})
after(() => app.close())

const problem = (answer: { headers: Record<string, unknown>; json(): { type: string } }) => {
  assert.match(String(answer.headers['content-type']), /application\/problem\+json/)
  return answer.json().type.replace('urn:tiepdan:problem:', '')
}

test('what does not exist, is not JSON or misses a field is a problem document in Vietnamese', async () => {
  assert.equal(problem(await app.http.inject('/api/nothing')), 'no-such-route')
  const headers = { 'content-type': 'application/json' }
  const broken = await app.http.inject({ method: 'POST', url: '/api/sign-in', headers, payload: '{"username":' })
  assert.equal(broken.statusCode, 400)
  problem(broken)
  const missing = await app.http.inject({ method: 'POST', url: '/api/sign-in', headers, payload: '{"extra":1}' })
  assert.equal(problem(missing), 'invalid-input')
  const fields = missing.json().faults.map((fault: { field: string }) => fault.field)
  assert.deepEqual(fields.sort(), ['body.extra', 'body.password', 'body.username'])
})

test('a surprise is a 500 without its text or stack, a lost database a 503 to try again', async () => {
  const http = await createHttp(app.platform.config, app.platform.log)
  http.get('/surprise', async () => {
    throw new Error('password of the database is x')
  })
  http.get('/lost', async () => {
    throw new Error('query failed', { cause: Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }) })
  })
  const surprise = await http.inject('/surprise')
  assert.equal(surprise.statusCode, 500)
  assert.equal(problem(surprise), 'internal')
  assert.ok(!/password|stack|Error/.test(surprise.body))
  const lost = await http.inject('/lost')
  assert.deepEqual([lost.statusCode, problem(lost), lost.json().retryable], [503, 'database-unavailable', true])
  await http.close()
})

test('pages may only be what they are: headers against framing, sniffing and foreign scripts', async () => {
  const { headers } = await app.http.inject('/healthz')
  assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
  assert.match(String(headers['content-security-policy']), /script-src 'self' http:\/\/127\.0\.0\.1:9/)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.match(String(headers['permissions-policy']), /camera=\(self/)
})

test('alerts are shown to the office, closed by it on record, and kept for a week', async () => {
  const office = await signedIn(app, 'office')
  const { db, alerts } = app.platform
  await db.transaction((tx) =>
    alerts.raise(tx, { kind: 'mail-refused', subject: 'mail:1', severity: 'warning', message: 'Thư bị từ chối' }),
  )
  const read = async () => (await app.http.inject({ url: '/api/alerts', headers: office })).json()
  const mine = (list: { kind: string; id: string }[]) => list.filter((alert) => alert.kind === 'mail-refused')
  const [open] = mine((await read()).open)
  const close = () => app.http.inject({ method: 'POST', url: `/api/alerts/${open?.id}/close`, headers: office })
  assert.equal((await close()).statusCode, 204)
  assert.equal((await close()).statusCode, 404)
  const after = await read()
  assert.deepEqual([mine(after.open).length, mine(after.recent).length], [0, 1])
  app.clock.advance(8 * 24 * 3_600_000)
  const later = await app.http.inject({ url: '/api/alerts', headers: await signedIn(app, 'office') })
  assert.equal(mine(later.json().recent).length, 0)
  const commune = await signedIn(app, 'commune-officer')
  assert.equal((await app.http.inject({ url: '/api/alerts', headers: commune })).statusCode, 403)
})

test('liveness, readiness and the OpenAPI document need no sign-in', async () => {
  assert.deepEqual((await app.http.inject('/healthz')).json(), { alive: true })
  assert.deepEqual((await app.http.inject('/readyz')).json(), { ready: true, database: app.database.kind })
  const { openapi, paths } = (await app.http.inject('/api/openapi.json')).json()
  assert.equal(openapi, '3.1.0')
  assert.ok(Object.keys(paths).length > 30)
})

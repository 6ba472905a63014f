import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { after, before, test } from 'node:test'
import { type TestApplication, testApplication } from '../support/application.ts'
import { anAccount, testPassword } from '../support/staff.ts'

let app: TestApplication
let port: number
before(async () => {
  app = await testApplication({ environment: { TIEPDAN_TRUST_PROXY: 'true' } })
  await app.http.listen({ host: '127.0.0.1', port: 0 })
  port = (app.http.server.address() as AddressInfo).port
})
after(() => app.close())

/** Sends the head of a request that announces a body, and none of the body; the status that comes all the same. */
async function statusBeforeBody(method: string, path: string, bytes: number): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(
    `${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\nx-forwarded-for: 10.9.9.9\r\n\r\n`,
  )
  const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })
  socket.destroy()
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(String(answer))?.[1])
}

// The body itself says who one is: it is read, and must be small.
const bodyIsTheCredential = [
  '/api/sign-in',
  '/api/join',
  '/api/join/enter',
  '/api/join/seat',
  '/api/kiosk/enrol',
  '/api/kiosk/session',
  '/api/service-tokens',
  '/api/sign-out',
]

test('who you are comes before what you sent: every route refuses a stranger, or too large a body, before any of it is read', async () => {
  const { paths } = (await app.http.inject('/api/openapi.json')).json() as { paths: Record<string, object> }
  const seen: string[] = []
  for (const [path, operations] of Object.entries(paths))
    for (const method of Object.keys(operations)) {
      const url = path.replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000001')
      if (method === 'get') continue
      const isPublic = bodyIsTheCredential.includes(path)
      const status = await statusBeforeBody(method.toUpperCase(), url, isPublic ? 4_097 : 100)
      if (status !== (isPublic ? 413 : 401)) seen.push(`${method} ${path}: ${status}`)
    }
  assert.deepEqual(seen, [])
  assert.equal(await statusBeforeBody('POST', '/api/uploads', 100), 401)
  assert.equal(await statusBeforeBody('POST', '/api/nothing', 100), 404)
})

test('a wrong secret of Prosody is told before anything that was sent is wrong', async () => {
  for (const url of ['/api/edge/events', '/api/reservations/conference']) {
    for (const authorization of [undefined, '', 'Bearer', 'Bearer wrong', `Basic ${app.platform.config.edgeSecret}`]) {
      const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) }
      const answer = await app.http.inject({ method: 'POST', url, headers, payload: '{"not": JSON' })
      assert.deepEqual([answer.statusCode, answer.json().type], [401, 'urn:tiepdan:problem:edge-unauthorised'])
    }
  }
})

test('at most 50 faults are told, and how many more there are; a name without end is cut', async () => {
  const payload = Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`n${at}`, 1]))
  const answer = await app.http.inject({ method: 'POST', url: '/api/sign-in', payload })
  assert.equal(answer.json().faults.length, 50)
  assert.match(answer.json().detail, /còn 32 mục/)
  const long = await app.http.inject({ method: 'POST', url: '/api/sign-in', payload: { ['a'.repeat(3_000)]: 1 } })
  assert.ok(long.body.length < 1_000, `${long.body.length}`)
})

test('forms are taken from Prosody alone', async () => {
  const answer = await app.http.inject({
    method: 'POST',
    url: '/api/sign-in',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'username=a&password=b',
  })
  assert.equal(answer.statusCode, 415)
})

test('of three hundred who sign in at once some are told to come again; nobody waits for ever, and the next comes in', async () => {
  await anAccount(app, 'chairman')
  const attempt = (username: string, password: string, address: string) =>
    app.http.inject({
      method: 'POST',
      url: '/api/sign-in',
      headers: { 'x-forwarded-for': address },
      payload: { username, password },
    })
  const begunAt = performance.now()
  const answers = Array.from({ length: 300 }, (_, at) =>
    attempt(`nobody-${at}`, 'wrong', `10.1.${at >> 8}.${at & 255}`),
  )
  const statuses = (await Promise.all(answers)).map((answer) => answer.statusCode)
  const count = (status: number) => statuses.filter((seen) => seen === status).length
  assert.equal(count(401) + count(503), 300, `${[...new Set(statuses)]}`)
  assert.ok(count(503) > 50 && count(401) >= 100, `${count(503)} busy, ${count(401)} refused`)
  assert.ok(performance.now() - begunAt < 60_000)
  assert.equal((await attempt('chairman', testPassword, '10.2.0.1')).statusCode, 200)
})

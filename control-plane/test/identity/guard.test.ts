import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import WebSocket from 'ws'
import { createIdentity, type Identity } from '../../server/identity/index.ts'
import { minuteMs } from '../../server/platform/clock.ts'
import { createHttp } from '../../server/platform/http.ts'
import { createPlatform } from '../../server/platform/platform.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

let app: TestApplication
/** A bare server with identity alone, to which tests add routes. */
let bare: { http: Awaited<ReturnType<typeof createHttp>>; identity: Identity; revoked: Set<string> }

before(async () => {
  app = await testApplication()
  bare = await bareServer()
  for (const may of ['device', 'service', 'hearing.decide'] as const) {
    bare.http.post(`/try/${may}/:id`, { config: { may } }, async (request) => request.actor)
  }
  await bare.http.ready()
})
after(async () => {
  await bare.http.close()
  await app.close()
})

async function bareServer() {
  const platform = await createPlatform(app.platform.config, { clock: app.clock, database: app.database })
  const identity = createIdentity(platform)
  const revoked = new Set<string>()
  identity.registerResolver('device', async ({ id }) =>
    revoked.has(id) ? null : { kind: 'device', id, name: 'Máy phòng họp', endpointId: 'e' },
  )
  const http = await createHttp(platform.config, platform.log)
  await identity.module.routes?.(http)
  return { http, identity, revoked }
}

const id = '00000000-0000-4000-8000-000000000001'
const attempt = (may: string, headers: Record<string, string>) =>
  bare.http.inject({ method: 'POST', url: `/try/${may}/${id}`, headers })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('a route without a permission, or with an unknown one, keeps the server from starting and is named', async () => {
  for (const config of [undefined, { may: 'hearing.dream' }]) {
    const other = await bareServer()
    other.http.get('/forgotten', config ? { config } : {}, async () => 'open to all')
    await assert.rejects(async () => other.http.ready(), /GET \/forgotten \((none|hearing\.dream)\)/)
  }
})

test('every route of the application names its permission', async () => {
  await app.http.ready()
  const answer = await app.http.inject({ url: '/api/openapi.json' })
  assert.equal(answer.statusCode, 200)
  assert.ok(Object.keys(answer.json().paths).includes('/api/sign-in'))
})

test('without a session: 401 in Vietnamese; with another role: 403 and an audit row naming the thing', async () => {
  const nobody = await attempt('hearing.decide', {})
  assert.equal(nobody.statusCode, 401)
  assert.match(nobody.json().title, /đăng nhập/)
  const office = await signedIn(app, 'office')
  const refused = await attempt('hearing.decide', office)
  assert.equal(refused.statusCode, 403)
  const [row] = await app.platform.db.select().from(auditTrail).where(eq(auditTrail.action, 'permission.denied'))
  assert.equal(row?.subject, `hearing:${id}`)
  assert.equal(row?.detail.permission, 'hearing.decide')
  const chairman = await signedIn(app, 'chairman')
  assert.equal((await attempt('hearing.decide', chairman)).statusCode, 200)
})

test('a changing request from another page is refused, from ours or from a program it is not', async () => {
  const { cookie } = await signedIn(app, 'chairman')
  const status = async (headers: Record<string, string>) =>
    (await attempt('hearing.decide', { cookie, ...headers })).statusCode
  assert.equal(await status({ 'sec-fetch-site': 'same-origin' }), 200)
  assert.equal(await status({ origin: app.platform.config.publicUrl }), 200)
  assert.equal(await status({ origin: 'http://10.0.0.5:8080', host: '10.0.0.5:8080' }), 200)
  assert.equal(await status({}), 200)
  assert.equal(await status({ 'sec-fetch-site': 'cross-site' }), 403)
  assert.equal(await status({ 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:8081' }), 403)
  assert.equal(await status({ origin: 'https://evil.example' }), 403)
  assert.equal(await status({ origin: 'null' }), 403)
  const login = await app.http.inject({
    method: 'POST',
    url: '/api/sign-in',
    headers: { 'sec-fetch-site': 'cross-site' },
    payload: { username: 'a', password: 'b' },
  })
  assert.equal(login.json().type, 'urn:tiepdan:problem:foreign-origin')
})

test('a device’s token opens device routes only, until it runs out or is revoked', async () => {
  const token = bare.identity.tokens.sign({ kind: 'device', id: 'd1' }, 600)
  const answer = await attempt('device', bearer(token))
  assert.deepEqual(answer.json(), { kind: 'device', id: 'd1', name: 'Máy phòng họp', endpointId: 'e' })
  assert.equal((await attempt('service', bearer(token))).statusCode, 401)
  assert.equal((await attempt('hearing.decide', bearer(token))).statusCode, 401)
  assert.equal((await attempt('hearing.decide', { cookie: `tiepdan=${token}` })).statusCode, 401)
  bare.revoked.add('d1')
  assert.equal((await attempt('device', bearer(token))).statusCode, 401)
  const short = bare.identity.tokens.sign({ kind: 'device', id: 'd2' }, 60)
  app.clock.advance(minuteMs)
  assert.equal((await attempt('device', bearer(short))).statusCode, 401)
})

test('forged tokens are refused: no algorithm, another key, another family, no expiry', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(app.clock.now() / 1000)
  const claims = { kind: 'device', id: 'd9', iss: 'tiepdan', aud: 'device', iat: now, exp: now + 600 }
  const signed = (header: object, payload: object, key: Buffer | string) => {
    const text = `${part(header)}.${part(payload)}`
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
  }
  const header = { alg: 'HS256', typ: 'JWT' }
  const right = app.platform.secrets.key('token:device')
  const forged = [
    `${part({ alg: 'none' })}.${part(claims)}.`,
    signed(header, claims, 'guessed key'),
    signed(header, claims, app.platform.secrets.key('token:service')),
    signed(header, { ...claims, kind: 'session' }, right),
    signed(header, { ...claims, aud: 'service' }, right),
    signed(header, { ...claims, exp: undefined }, right),
    signed(header, { ...claims, exp: now - 1 }, right),
    'not a token',
  ]
  for (const token of forged) assert.equal((await attempt('device', bearer(token))).statusCode, 401, token)
  assert.equal((await attempt('device', bearer(signed(header, claims, right)))).statusCode, 200, 'the genuine one')
})

test('a service exchanges its secret for a token of ten minutes; revoking refuses secret and token at once', async () => {
  const administrator = await signedIn(app, 'administrator')
  const call = (method: 'POST' | 'DELETE' | 'GET', url: string, payload?: object) =>
    app.http.inject({ method, url, headers: administrator, ...(payload ? { payload } : {}) })
  const made = (await call('POST', '/api/service-credentials', { name: 'jibri-1' })).json()
  assert.equal((await call('POST', '/api/service-credentials', { name: 'jibri-1' })).statusCode, 409)
  const exchange = (secret: string) =>
    app.http.inject({ method: 'POST', url: '/api/service-tokens', payload: { name: 'jibri-1', secret } })
  assert.equal((await exchange('wrong')).statusCode, 401)
  const { token, expiresAt } = (await exchange(made.secret)).json()
  assert.equal(Date.parse(expiresAt) - app.clock.now(), 10 * minuteMs)
  assert.equal((await attempt('service', bearer(token))).json().name, 'jibri-1')
  assert.ok(!(await call('GET', '/api/service-credentials')).body.includes(made.secret))
  assert.equal((await call('DELETE', `/api/service-credentials/${made.credential.id}`)).statusCode, 204)
  assert.equal((await attempt('service', bearer(token))).statusCode, 401)
  assert.equal((await exchange(made.secret)).statusCode, 401)
})

test('a service credential given by a script is there once, follows a new secret, and stays revoked', async () => {
  const { ensureServiceCredential } = bare.identity
  assert.equal(await ensureServiceCredential('jibri-2', 'first secret of the host'), true)
  assert.equal(await ensureServiceCredential('jibri-2', 'first secret of the host'), false)
  assert.equal(await ensureServiceCredential('jibri-2', 'second secret of the host'), true)
  const exchange = (secret: string) =>
    app.http.inject({ method: 'POST', url: '/api/service-tokens', payload: { name: 'jibri-2', secret } })
  assert.equal((await exchange('first secret of the host')).statusCode, 401)
  assert.equal((await exchange('second secret of the host')).statusCode, 200)
})

test('a WebSocket needs a session and our own page, and is cut when the session ends', async () => {
  await app.http.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.http.server.address() as AddressInfo
  const { cookie } = await signedIn(app, 'chairman')
  const open = (headers: Record<string, string>) => new WebSocket(`ws://127.0.0.1:${port}/api/changes`, { headers })
  const refused = async (headers: Record<string, string>) => {
    const [error] = await once(open(headers), 'error')
    return String(error)
  }
  assert.match(await refused({}), /401/)
  assert.match(await refused({ cookie, origin: 'https://evil.example' }), /403/)
  const socket = open({ cookie, origin: `http://127.0.0.1:${port}` })
  await once(socket, 'open')
  const cut = once(socket, 'close', { signal: AbortSignal.timeout(5_000) })
  await app.http.inject({ method: 'POST', url: '/api/sign-out', headers: { cookie } })
  await cut
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { after, before, test } from 'node:test'
import { aDelegate, anEnrolledPc } from '../endpoints/room-pc.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { routesOf } from '../support/routes.ts'
import { signedIn } from '../support/staff.ts'

let app: TestApplication
let port: number
/** A credential of each family of callers: a route answers one of them, and refuses the others. */
let callers: Record<string, string>[]
before(async () => {
  app = await testApplication({ environment: { TIEPDAN_TRUST_PROXY: 'true' } })
  await app.http.listen({ host: '127.0.0.1', port: 0 })
  port = (app.http.server.address() as AddressInfo).port
  const staff = []
  for (const role of ['administrator', 'office', 'commune-officer', 'chairman'] as const)
    staff.push(await signedIn(app, role))
  const session = await (await anEnrolledPc(app, (await aDelegate(app, 'Quy Nhơn')).id)).session()
  const bearers = [session.body.token, app.platform.config.edgeSecret]
  callers = [{}, ...staff, ...bearers.map((token) => ({ authorization: `Bearer ${token}` }))]
})
after(() => app.close())

/** What is nobody's: built pages and their parts, and the keys that sign tokens. Nothing may be added here that differs by who asks. */
const kept = ['/', '/*', '/kiosk', '/vao', '/agent', '/api/asap/:file']
const filled = (path: string): string =>
  path
    .replace(':file', `${'0'.repeat(64)}.pem`)
    .replaceAll(/:\w+/g, '00000000-0000-4000-8000-000000000001')
    .replace('*', '/abc')

test('every answer that is not a built page carries no-store, whoever asks and whatever it says', async () => {
  const all = routesOf(app.http)
  assert.ok(all.length > 100 && all.some(({ path }) => path === '/api/recordings/parts/:id/poster'), `${all.length}`)
  const seen: string[] = []
  const statuses = new Set<number>()
  let asked = 0
  for (const { method, path } of all) {
    // Tus answers past the framework and is tried below; these two are WebSockets.
    if (path.startsWith('/api/uploads') || path === '/api/changes' || path === '/api/kiosk/socket') continue
    for (const headers of path === '/api/sign-out' ? [{}] : callers) {
      asked += 1
      const answer = await app.http.inject({
        method: method as 'GET',
        url: filled(path),
        headers: { ...headers, 'x-forwarded-for': `10.3.${asked >> 8}.${asked & 255}` },
        ...(['POST', 'PUT', 'PATCH'].includes(method) ? { payload: {} } : {}),
      })
      statuses.add(answer.statusCode)
      const said = answer.headers['cache-control']
      const mayBeKept = kept.includes(path) && answer.statusCode < 400
      if (mayBeKept ? /max-age=[1-9]/.test(String(said)) : said !== 'no-store')
        seen.push(`${method} ${path} ${answer.statusCode}: ${said}`)
    }
  }
  assert.deepEqual(seen, [])
  const [, part = ''] = /(\/assets\/[^"]+\.js)"/.exec((await app.http.inject('/vao')).body) ?? []
  assert.match(String((await app.http.inject(part)).headers['cache-control']), /immutable/, part)
  for (const status of [200, 400, 401, 403, 404]) assert.ok(statuses.has(status), `${status} was never answered`)
})

test('so do the answers that pass no hook: uploads, addresses and lines that cannot be read', async () => {
  const said = async (lines: string[]): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })
    socket.destroy()
    return String(answer)
  }
  assert.match(await said(['GARBAGE']), /^HTTP\/1\.1 400 [\s\S]*\r\ncache-control: no-store\r\n/i)
  assert.match(await said(['GET /%zz HTTP/1.1', 'host: x']), /^HTTP\/1\.1 400 [\s\S]*\r\ncache-control: no-store\r\n/i)
  const headers = await signedIn(app, 'administrator')
  const name = 'jibri-9'
  const made = await app.http.inject({ method: 'POST', url: '/api/service-credentials', headers, payload: { name } })
  const payload = { name, secret: made.json().secret }
  const { token } = (await app.http.inject({ method: 'POST', url: '/api/service-tokens', payload })).json()
  const tus = { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' }
  const metadata = Object.entries({ sessionId: 's', fileName: 'a.mkv', host: name, sha256: 'a'.repeat(64) })
    .map(([key, text]) => `${key} ${Buffer.from(text).toString('base64')}`)
    .join(',')
  for (const [method, more] of [
    ['POST', { 'upload-length': '10', 'upload-metadata': metadata }],
    ['POST', { 'upload-length': 'x' }],
    ['OPTIONS', {}],
  ] as const) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/uploads`, { method, headers: { ...tus, ...more } })
    assert.equal(answer.headers.get('cache-control'), 'no-store', `${method} ${answer.status}`)
    const place = answer.headers.get('location')
    if (place === null) continue
    const asked = await fetch(new URL(place, `http://127.0.0.1:${port}`).href, { method: 'HEAD', headers: tus })
    assert.deepEqual([asked.status, asked.headers.get('cache-control')], [200, 'no-store'])
  }
})

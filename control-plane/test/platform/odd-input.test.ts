import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { after, before, test } from 'node:test'
import { aDelegate, anEnrolledPc } from '../endpoints/room-pc.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

let app: TestApplication
let port: number
/** A credential of each family of callers; each route is tried with all of them. */
let callers: Record<string, string>[]
let service: { authorization: string }
before(async () => {
  app = await testApplication({ environment: { TIEPDAN_TRUST_PROXY: 'true' } })
  await app.http.listen({ host: '127.0.0.1', port: 0 })
  port = (app.http.server.address() as AddressInfo).port
  const staff = []
  for (const role of ['administrator', 'office', 'reception-board', 'chairman'] as const)
    staff.push(await signedIn(app, role))
  const session = await (await anEnrolledPc(app, (await aDelegate(app, 'Quy Nhơn')).id)).session()
  const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` })
  service = bearer(await serviceToken())
  callers = [{}, ...staff, bearer(session.body.token), service, bearer(app.platform.config.edgeSecret)]
})
after(() => app.close())

async function serviceToken(): Promise<string> {
  const headers = await signedIn(app, 'administrator')
  const made = await app.http.inject({
    method: 'POST',
    url: '/api/service-credentials',
    headers,
    payload: { name: 'jibri-9' },
  })
  const payload = { name: 'jibri-9', secret: made.json().secret }
  return (await app.http.inject({ method: 'POST', url: '/api/service-tokens', payload })).json().token
}

/** Mulberry32: the same odd inputs at each run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
const random = seeded(20_261_127)
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

const texts = [
  '',
  ' ',
  'a\u0000b',
  '\ud800',
  'x\udfff',
  '\u202e\u200b',
  'é'.repeat(5_000),
  '%',
  "'; drop table staff;--",
  '../../etc/passwd',
  'Ế',
  '__proto__',
  '💥'.repeat(100),
  '\u001b[2J',
]
const instants = [
  '2026-12-31T23:59:60Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-14:00',
  '2026-02-30T00:00:00Z',
  '2026-12-01T24:00:00Z',
  '-000001-01-01T00:00:00Z',
  '2026-12-01',
  '2026-12-01T00:00:00+99:99',
  '2026-12-01T02:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '9998-12-31T00:00:00Z',
]
const figures = [
  'Infinity',
  '-Infinity',
  'NaN',
  '1e999',
  '-1',
  '0',
  '1.5',
  '9007199254740993',
  '2147483648',
  '0x10',
  '',
  ' ',
  '١',
]
const ids = [
  '00000000-0000-4000-8000-000000000001',
  'urn:uuid:00000000-0000-4000-8000-000000000001',
  '00000000',
  '%00',
  '%zz',
  '%ff',
  'a'.repeat(5_000),
  '..%2f..',
  '%ed%a0%80',
]
const rawFigures = [
  '1e999',
  '-1e999',
  '1e-999',
  '9007199254740993',
  '-0',
  '1.5',
  '2147483648',
  'null',
  'true',
  '"1"',
  '[]',
  '{}',
]

interface Shape {
  type?: string
  format?: string
  enum?: string[]
  properties?: Record<string, Shape>
  items?: Shape
  anyOf?: Shape[]
}

/** JSON text for this schema, mostly well formed, odd in places; a text, because JSON.stringify knows no 1e999. */
function oddJson(shape: Shape, depth = 0): string {
  const chosen = shape.anyOf === undefined ? shape : pick(shape.anyOf)
  if (random() < 0.06) return pick([...rawFigures, JSON.stringify(pick(texts)), '[[[[]]]]', '{"__proto__":1}'])
  if (chosen.enum !== undefined) return JSON.stringify(random() < 0.9 ? pick(chosen.enum) : pick(texts))
  if (chosen.format === 'uuid') return JSON.stringify(random() < 0.8 ? ids[0] : pick(ids))
  if (chosen.format !== undefined) return JSON.stringify(random() < 0.8 ? pick(instants) : pick(texts))
  if (chosen.type === 'string')
    return JSON.stringify(random() < 0.6 ? pick(['Nguyễn Văn A', 'abc-123', '12:00', 'lý do']) : pick(texts))
  if (chosen.type === 'boolean') return pick(['true', 'false'])
  if (chosen.type === 'null') return 'null'
  if (chosen.type === 'integer' || chosen.type === 'number')
    return random() < 0.6 ? pick(['0', '1', '5']) : pick(rawFigures)
  if (chosen.type === 'array') {
    const items = Array.from({ length: Math.floor(random() * 3) }, () => oddJson(chosen.items ?? {}, depth + 1))
    return `[${items.join(',')}]`
  }
  const members = Object.entries(chosen.properties ?? {}).filter(() => random() < 0.95)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${oddJson(member, depth + 1)}`).join(',')}}`
}

interface Operation {
  parameters?: { name: string; in: string; schema: Shape }[]
  requestBody?: { content: Record<string, { schema: Shape }> }
}

function oddAddress(path: string, operation: Operation): string {
  const filled = path.replaceAll(/\{\w+\}/g, () => (random() < 0.6 ? (ids[0] ?? '') : pick(ids)))
  const query = (operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query' && random() < 0.7)
    .map(({ name, schema }) => {
      const isFigure = schema.type === 'integer' || schema.type === 'number'
      const value = isFigure ? pick(figures) : schema.format === 'date-time' ? pick(instants) : pick(texts)
      return `${name}=${encodeURIComponent(value.toWellFormed())}`
    })
  return `${filled}?${[...query, ...(random() < 0.05 ? ['%zz=%00'] : [])].join('&')}`
}

let asked = 0
/** What is wrong with the answer, if anything. */
async function fault(
  method: string,
  url: string,
  headers: Record<string, string>,
  payload?: string,
): Promise<string | undefined> {
  asked += 1
  const answer = await app.http.inject({
    method: method as 'GET',
    url,
    headers: {
      ...headers,
      'x-forwarded-for': `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`,
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(payload === undefined ? {} : { payload }),
  })
  const said = `${method} ${url.slice(0, 200)} ${payload?.slice(0, 600) ?? ''} → ${answer.statusCode} ${answer.body.slice(0, 200)}`
  // Prosody and the mail server are not there in this test: that is told as such.
  if (answer.statusCode >= 500 && answer.json().type === 'urn:tiepdan:problem:internal') return said
  if (answer.statusCode < 400) return undefined
  const isProblem = /application\/problem\+json/.test(String(answer.headers['content-type']))
  const isEdges = url.startsWith('/api/reservations') || url.startsWith('/api/edge')
  if (!isProblem && !isEdges) return said
  return /select |insert |update |stack|node_modules|\$1/i.test(answer.body) ? said : undefined
}

test('odd inputs at every route: nothing is a surprise, every refusal a problem document', {
  timeout: 280_000,
}, async () => {
  const { paths } = (await app.http.inject('/api/openapi.json')).json() as {
    paths: Record<string, Record<string, Operation>>
  }
  const found: string[] = []
  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      const shape = Object.values(operation.requestBody?.content ?? {})[0]?.schema
      // Signing out and ending a session would leave the rest of the routes to strangers.
      if (path === '/api/sign-out' || path.startsWith('/api/me/sessions') || path.startsWith('/api/staff/{')) continue
      for (const headers of callers)
        for (let time = 0; time < 4; time += 1) {
          const payload = shape === undefined ? undefined : oddJson(shape)
          const seen = await fault(method.toUpperCase(), oddAddress(path, operation), headers, payload)
          if (seen !== undefined) found.push(seen)
        }
    }
  assert.ok(asked > 1_000, `${asked}`)
  assert.deepEqual(found.slice(0, 10), [])
})

test('an address that cannot be read is a problem document too', async () => {
  for (const url of ['/%zz', '/api/cases/%zz', '/assets/%zz', '/%', '/api/%ff%fe', `/api/cases/${'a'.repeat(5_000)}`]) {
    const answer = await app.http.inject(url)
    assert.ok([400, 404, 414, 200].includes(answer.statusCode), `${url.slice(0, 30)} ${answer.statusCode}`)
    if (answer.statusCode !== 200)
      assert.match(String(answer.headers['content-type']), /application\/problem\+json/, url.slice(0, 30))
  }
})

test('so is what is no HTTP at all', async () => {
  for (const [sent, status] of [
    ['GARBAGE\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    ['POST /api/sign-in HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n', 400],
  ] as const) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(sent)
    const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })
    socket.destroy()
    assert.match(
      String(answer),
      new RegExp(`^HTTP/1.1 ${status} [^]*application/problem\\+json[^]*urn:tiepdan:problem:`),
    )
  }
})

test('an upload is refused in the same way, and never in the database’s or the disk’s own words', async () => {
  const tus = { ...service, 'tus-resumable': '1.0.0' }
  const metadata = (changes: object) =>
    Object.entries({ sessionId: 's', fileName: 'a.mkv', host: 'jibri-9', sha256: 'a'.repeat(64), ...changes })
      .map(([name, text]) => `${name} ${Buffer.from(String(text)).toString('base64')}`)
      .join(',')
  const create = (headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${port}/api/uploads`, { method: 'POST', headers: { ...tus, ...headers } })
  for (const changes of [{ fileName: 'a'.repeat(5_000) }, { sha256: 'x' }, { host: '' }, { room: 'r'.repeat(300) }]) {
    const answer = await create({
      'upload-length': '10',
      'upload-metadata': metadata(changes),
    })
    assert.equal(answer.status, 400)
    assert.equal(((await answer.json()) as { type: string }).type, 'urn:tiepdan:problem:upload-refused')
    assert.match(answer.headers.get('content-type') ?? '', /problem\+json/)
  }
  for (const changes of [
    { fileName: 'a\u0000b.mkv' },
    { startedAt: '0000-01-01T00:00:00Z' },
    { startedAt: '2026-12-31T23:59:60Z' },
    { recordingId: '-'.repeat(36) },
  ]) {
    const answer = await create({
      'upload-length': '10',
      'upload-metadata': metadata(changes),
    })
    assert.equal(answer.status, 201, JSON.stringify(changes))
  }
  for (const headers of [
    { 'upload-length': '1e999' },
    { 'upload-length': '99999999999999999999' },
    { 'upload-length': '-1' },
    { 'upload-length': '1', 'upload-metadata': '%%%' },
    {},
  ]) {
    const answer = await create(headers as Record<string, string>)
    const body = await answer.text()
    assert.ok(answer.status >= 400 && answer.status < 500, `${JSON.stringify(headers)} ${answer.status} ${body}`)
    assert.match(body, /^\{"type":"urn:tiepdan:problem:/)
  }
  for (const id of ['%00', 'a'.repeat(3_000), 'f'.repeat(32), '..%2f..%2fsecret']) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/uploads/${id}`, {
      method: 'PATCH',
      headers: { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
      body: 'x',
    })
    assert.ok([404, 414].includes(answer.status), `${id.slice(0, 20)} ${answer.status}`)
    assert.match(await answer.text(), /^\{"type":"urn:tiepdan:problem:/)
  }
})

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { DetailedError } from 'tus-js-client'
import type { Role } from '../../contract/words.ts'
import { minuteMs } from '../../server/platform/clock.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { recordingParts, recordings } from '../../server/recordings/tables.ts'
import { signedIn } from '../support/staff.ts'
import { aFile, aFilm, aStore, receiptOf, type Sent, type Store, until, upload } from './recorder-host.ts'

let house: Store
let film: Buffer
before(async () => {
  house = await aStore()
  film = aFilm(house.app.folder)
})
after(() => house.close())

async function partOf(file: Sent) {
  const rows = await house.app.platform.db
    .select()
    .from(recordingParts)
    .where(eq(recordingParts.sessionId, file.sessionId))
  return rows[0]
}
const stored = (file: Sent) =>
  until(`${file.sessionId} stored`, async () => (await receiptOf(house, file)).state === 'stored')

/** A film that went the whole way into the store. */
async function aStoredFilm() {
  const file = aFile(film)
  await upload(house, file, { token: await house.token() })
  await stored(file)
  await until('ready', async () => (await partOf(file))?.status === 'ready')
  const part = await partOf(file)
  if (part === undefined) throw new Error('no part')
  const playable = readFileSync(join(house.app.platform.config.storeFolder, part.playablePath ?? ''))
  return { file, part, playable, url: `/api/recordings/parts/${part.id}/media` }
}

async function as(role: Role, url: string, headers: Record<string, string> = {}) {
  const options = role === 'commune-officer' ? { endpointId: await anEndpointId() } : {}
  const answer = await house.app.http.inject({
    url,
    headers: { ...(await signedIn(house.app, role, options)), ...headers },
  })
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: answer.rawPayload,
    json: () => answer.json() as { type: string; items: { id: string }[] },
  }
}
async function anEndpointId(): Promise<string> {
  const answer = await house.app.http.inject({ url: '/api/endpoints', headers: await signedIn(house.app, 'office') })
  return answer.json().items[1].id
}
const viewsOf = async (partId: string) =>
  (
    await house.app.platform.db
      .select()
      .from(auditTrail)
      .where(eq(auditTrail.subject, `recording-part:${partId}`))
  ).filter((row) => row.action === 'recording.viewed')

test('a file goes from a recorder into the store by the real client; the receipt names its hash and size', async () => {
  const recordingId = randomUUID()
  await house.app.platform.db.insert(recordings).values({
    id: recordingId,
    hearingId: randomUUID(),
    roomName: 'a'.repeat(32),
    wanted: 'off',
    stateAt: new Date(house.app.clock.now()),
    createdAt: new Date(house.app.clock.now()),
  })
  const file = aFile(film)
  assert.deepEqual(await receiptOf(house, file), { state: 'unknown' })
  const sent = await upload(house, file, { token: await house.token(), metadata: { recordingId } })
  assert.equal(sent.whole, true)
  assert.match((await receiptOf(house, file)).state, /^(verifying|stored)$/)
  await stored(file)
  assert.deepEqual(await receiptOf(house, file), { state: 'stored', sha256: file.sha256, size: film.length })
  assert.equal((await partOf(file))?.recordingId, recordingId)
})

test('after a break it goes on from the byte that the store has', async () => {
  const file = aFile(film)
  const token = await house.token()
  const broken = await upload(house, file, { token, breakAfter: 40_000 })
  assert.equal(broken.whole, false)
  assert.deepEqual((await receiptOf(house, file)).state, 'receiving')
  const resumed = await upload(house, file, { token, uploadUrl: broken.uploadUrl })
  assert.equal(resumed.whole, true)
  assert.ok(resumed.firstOffset >= 40_000, `went on from ${resumed.firstOffset}`)
  await stored(file)
})

test('bytes that are not what was declared are told as a mismatch; the right ones are taken afterwards', async () => {
  const file = aFile(film)
  const spoilt = Buffer.from(film)
  spoilt.writeUInt32BE(0xdeadbeef, 5_000)
  const token = await house.token()
  await upload(house, { ...file, bytes: spoilt }, { token })
  await until('mismatch', async () => (await receiptOf(house, file)).state === 'mismatch')
  assert.equal((await partOf(file))?.originalPath, null)
  house.app.clock.advance(1_000)
  await upload(house, file, { token })
  await stored(file)
})

test('a session that nobody knows is kept without a recording, not lost', async () => {
  const file = aFile(randomBytes(30_000))
  const metadata = { recordingId: randomUUID(), room: 'khong-co-phong-nay' }
  await upload(house, file, { token: await house.token(), metadata })
  await until('kept', async () => (await receiptOf(house, file)).state === 'unmatched')
  const part = await partOf(file)
  assert.deepEqual([part?.recordingId, part?.status], [null, 'broken'])
  const kept = readFileSync(join(house.app.platform.config.storeFolder, part?.originalPath ?? ''))
  assert.ok(kept.equals(file.bytes))
})

test('without a service token, with a person’s session or a revoked credential, nothing is taken', async (t) => {
  const file = aFile(film)
  const refused = async (token: string) => {
    const error = await upload(house, file, { token }).then(
      () => undefined,
      (reason: DetailedError) => reason,
    )
    return error?.originalResponse?.getStatus()
  }
  assert.equal(await refused('x.y.z'), 401)
  const office = await signedIn(house.app, 'office')
  assert.equal(await refused(office.cookie.split('=')[1] ?? ''), 401)
  const answer = await house.app.http.inject({ method: 'POST', url: '/api/uploads', headers: office })
  assert.equal(answer.statusCode, 401)
  assert.equal(await partOf(file), undefined)
  assert.equal((await house.app.http.inject({ url: '/api/uploads/receipt', headers: office })).statusCode, 401)
  const other = await aStore()
  t.after(() => other.close())
  const token = await other.token()
  const broken = await upload(other, file, { token, breakAfter: 20_000 })
  const gone = await other.app.http.inject({
    method: 'DELETE',
    url: `/api/service-credentials/${other.credentialId}`,
    headers: await signedIn(other.app, 'administrator'),
  })
  assert.equal(gone.statusCode, 204, gone.body)
  const further = await upload(other, file, { token, uploadUrl: broken.uploadUrl }).then(
    () => undefined,
    (reason: DetailedError) => reason.originalResponse?.getStatus(),
  )
  assert.equal(further, 401)
})

test('an upload without its facts is refused with their names', async () => {
  const file = aFile(film)
  const lacking = await upload(house, { ...file, sha256: 'none' }, { token: await house.token() }).then(
    () => undefined,
    (reason: DetailedError) => reason.originalResponse,
  )
  assert.equal(lacking?.getStatus(), 400)
  assert.match(lacking?.getBody() ?? '', /sha256/)
  assert.equal(await partOf(file), undefined)
})

test('the film plays by range: whole, a span, from a byte on, the last bytes, beyond the end', async () => {
  const { url, playable } = await aStoredFilm()
  const size = playable.length
  const whole = await as('chairman', url)
  assert.equal(whole.status, 200)
  assert.equal(whole.headers['accept-ranges'], 'bytes')
  assert.equal(whole.headers['content-type'], 'video/mp4')
  assert.ok(whole.bytes.equals(playable))
  const spans: [string, number, number][] = [
    ['bytes=100-299', 100, 299],
    [`bytes=${size - 50}-`, size - 50, size - 1],
    ['bytes=-200', size - 200, size - 1],
    [`bytes=10-${size + 5_000}`, 10, size - 1],
  ]
  for (const [range, from, to] of spans) {
    const part = await as('chairman', url, { range })
    assert.deepEqual([part.status, part.headers['content-range']], [206, `bytes ${from}-${to}/${size}`], range)
    assert.ok(part.bytes.equals(playable.subarray(from, to + 1)), range)
  }
  const beyond = await as('chairman', url, { range: `bytes=${size}-` })
  assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, `bytes */${size}`])
})

test('who may not watch is refused and stands in the audit trail; a part that is not ready says so', async () => {
  const { url, part } = await aStoredFilm()
  for (const role of ['commune-officer', 'administrator'] as const) assert.equal((await as(role, url)).status, 403)
  assert.equal((await house.app.http.inject({ url })).statusCode, 401)
  const denied = await house.app.platform.db.select().from(auditTrail).where(eq(auditTrail.action, 'permission.denied'))
  assert.equal(denied.filter((row) => row.subject === `recording:${part.id}`).length, 2)
  assert.deepEqual(await viewsOf(part.id), [])
  assert.equal((await as('commune-officer', '/api/recordings')).status, 403)
  const waiting = aFile(film)
  await upload(house, waiting, { token: await house.token(), breakAfter: 20_000 })
  const early = await as('office', `/api/recordings/parts/${(await partOf(waiting))?.id}/media`)
  assert.deepEqual([early.status, early.json().type], [409, 'urn:tiepdan:problem:recording-not-ready'])
})

test('a view stands in the audit trail once per sitting, whichever bytes it asked for; a download each time', async () => {
  const { url, part } = await aStoredFilm()
  const headers = await signedIn(house.app, 'inspector')
  const watch = (more: Record<string, string> = {}, query = '') =>
    house.app.http.inject({ url: `${url}${query}`, headers: { ...headers, ...more } })
  for (const range of ['bytes=0-99', 'bytes=5000-', 'bytes=-100']) await watch({ range })
  const views = await viewsOf(part.id)
  assert.equal(views.length, 1)
  assert.match(JSON.stringify(views[0]), /Người thử inspector/)
  const download = await watch({}, '?download=true')
  assert.match(String(download.headers['content-disposition']), /attachment/)
  house.app.clock.advance(29 * minuteMs)
  await watch()
  assert.equal((await viewsOf(part.id)).length, 1)
  house.app.clock.advance(minuteMs)
  await watch()
  assert.equal((await viewsOf(part.id)).length, 2)
})

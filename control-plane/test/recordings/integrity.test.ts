import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { dayMs, minuteMs } from '../../server/platform/clock.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { afterLook, lastNight } from '../../server/recordings/condition.ts'
import { createIntegrity } from '../../server/recordings/integrity.ts'
import { recordingParts, recordings } from '../../server/recordings/tables.ts'
import { signedIn } from '../support/staff.ts'
import { aFile, aFilm, aStore, receiptOf, type Sent, type Store, until, upload } from './recorder-host.ts'

let house: Store
let film: Buffer
const signal = new AbortController().signal
before(async () => {
  house = await aStore()
  film = aFilm(house.app.folder)
})
after(() => house.close())

const db = () => house.app.platform.db
const inStore = (path: string | null): string => join(house.app.platform.config.storeFolder, path ?? 'nowhere')
const integrity = () => createIntegrity(house.app.platform)
const partRow = async (id: string) => (await db().select().from(recordingParts).where(eq(recordingParts.id, id)))[0]
const damaged = async () =>
  (await house.app.platform.alerts.open(db())).filter((alert) => /recording-damaged|store-missing/.test(alert.kind))
const ask = async (url: string) => house.app.http.inject({ url, headers: await signedIn(house.app, 'chairman') })

/** A film of a hearing's recording that went the whole way into the store. */
async function aStoredFilm() {
  const [recording] = await db()
    .insert(recordings)
    .values({
      ...{ hearingId: randomUUID(), roomName: randomUUID(), wanted: 'off', state: 'off' },
      ...{ stateAt: new Date(house.app.clock.now()), createdAt: new Date(house.app.clock.now()) },
    })
    .returning()
  const file: Sent = aFile(film)
  await upload(house, file, { token: await house.token(), metadata: { recordingId: recording?.id ?? '' } })
  await until('stored', async () => (await receiptOf(house, file)).state === 'stored')
  const [part] = await db().select().from(recordingParts).where(eq(recordingParts.sessionId, file.sessionId))
  if (part === undefined) throw new Error('no part')
  const url = `/api/recordings/parts/${part.id}/media`
  const shown = async () => (await ask(`/api/recordings/${recording?.id}`)).json()
  return { file, part, url, shown, original: inStore(part.originalPath), playable: inStore(part.playablePath) }
}

function changeBytes(path: string): void {
  const bytes = readFileSync(path)
  bytes.writeBigUInt64BE(0xdeadbeefdeadbeefn, Math.floor(bytes.length / 2))
  writeFileSync(path, bytes)
}

test('a film that was deleted is told when it is opened, in words that say so, and its recovery too', async () => {
  const { part, url, shown, playable, original } = await aStoredFilm()
  renameSync(playable, `${playable}.away`)
  const refused = await ask(url)
  assert.equal(refused.statusCode, 409)
  assert.match(refused.json().title, /Bản xem \(MP4\) không còn trong kho/)
  assert.deepEqual(
    (await damaged()).map((alert) => alert.subject),
    [`recording-part:${part.id}`],
  )
  const seen = await shown()
  assert.deepEqual([seen.status, seen.parts[0].status, seen.parts[0].mediaUrl], ['damaged', 'missing', null])
  assert.match(seen.parts[0].fault, /không còn trong kho/)
  renameSync(`${playable}.away`, playable)
  assert.equal((await ask(url)).statusCode, 200)
  assert.deepEqual(await damaged(), [])
  assert.equal((await shown()).status, 'ready')
  // Back is not proven: its bytes are read next.
  assert.equal((await partRow(part.id))?.hashedAt, null)
  renameSync(original, `${original}.away`)
  assert.match((await shown()).parts[0].fault, /Bản gốc không còn trong kho/)
  assert.equal((await ask(url)).statusCode, 200, 'the playable copy is whole')
  renameSync(`${original}.away`, original)
  await shown()
  const actions = (await db().select().from(auditTrail)).filter((row) => row.subject === `recording-part:${part.id}`)
  assert.equal(actions.filter((row) => row.action === 'recording.part-damaged').length, 2)
  assert.equal(actions.filter((row) => row.action === 'recording.part-found-again').length, 2)
})

test('nobody opens it: the night’s round finds a missing and a cut file, once', async () => {
  const first = await aStoredFilm()
  const second = await aStoredFilm()
  rmSync(first.original)
  truncateSync(second.playable, 1_000)
  await integrity().watch()
  assert.deepEqual(await damaged(), [], 'looked at today already')
  house.app.clock.advance(dayMs)
  await Promise.all([integrity().watch(), integrity().watch()])
  assert.equal((await partRow(first.part.id))?.originalCondition, 'missing')
  assert.equal((await partRow(second.part.id))?.playableCondition, 'changed')
  assert.equal((await damaged()).length, 2)
  const rows = (await db().select().from(auditTrail)).filter((row) => row.subject === `recording-part:${first.part.id}`)
  assert.equal(rows.filter((row) => row.action === 'recording.part-damaged').length, 1)
})

test('eight changed bytes of the same size are found by the hash within the days of the setting', async () => {
  const { part, shown, url, playable, original } = await aStoredFilm()
  copyFileSync(playable, `${playable}.kept`)
  changeBytes(playable)
  await integrity().verify(part.id, signal)
  assert.equal((await partRow(part.id))?.playableCondition, 'whole', 'not due: its hash was read when it came')
  house.app.clock.advance(30 * dayMs + minuteMs)
  await integrity().watch()
  await until('the queue’s job read it', async () => (await partRow(part.id))?.playableCondition === 'changed')
  assert.equal((await shown()).parts[0].status, 'changed')
  const refused = await ask(url)
  assert.equal(refused.statusCode, 409)
  assert.match(refused.json().title, /đã thay đổi so với lúc vào kho/)
  // The right size alone does not make it right.
  house.app.clock.advance(dayMs)
  await integrity().watch()
  assert.equal((await partRow(part.id))?.playableCondition, 'changed')
  renameSync(`${playable}.kept`, playable)
  house.app.clock.advance(dayMs)
  await integrity().watch()
  await until('found right', async () => (await partRow(part.id))?.playableCondition === 'whole')
  changeBytes(original)
  house.app.clock.advance(31 * dayMs)
  await Promise.all([integrity().verify(part.id, signal), integrity().verify(part.id, signal)])
  assert.equal((await partRow(part.id))?.originalCondition, 'changed')
})

test('a sender is not told to delete a file that the store has lost since', async () => {
  const { file, original } = await aStoredFilm()
  renameSync(original, `${original}.away`)
  assert.equal((await receiptOf(house, file)).state, 'unknown')
  renameSync(`${original}.away`, original)
  assert.equal((await receiptOf(house, file)).state, 'stored')
})

test('a store that is not mounted is one alert and no loss; nothing is written beside it, and it recovers by itself', async () => {
  const films = [await aStoredFilm(), await aStoredFilm()]
  const { storeFolder } = house.app.platform.config
  const before = await damaged()
  renameSync(storeFolder, `${storeFolder}.unmounted`)
  // What a mount point looks like without its disk.
  mkdirSync(join(storeFolder, '.staging/uploads'), { recursive: true })
  house.app.clock.advance(dayMs)
  for (const round of [1, 2]) {
    await integrity().watch()
    assert.equal((await damaged()).length, before.length + 1, `round ${round}`)
  }
  for (const { part, url, file } of films) {
    const refused = await ask(url)
    assert.equal(refused.statusCode, 503)
    assert.match(refused.json().title, /Kho lưu trữ trung tâm chưa sẵn sàng/)
    assert.equal((await partRow(part.id))?.playableCondition, 'whole')
    assert.equal((await receiptOf(house, file)).state, 'verifying')
  }
  const refused = await upload(house, aFile(film), { token: await house.token() }).catch((error) => error)
  assert.equal(refused.originalResponse?.getStatus(), 503)
  rmSync(storeFolder, { recursive: true })
  renameSync(`${storeFolder}.unmounted`, storeFolder)
  await integrity().watch()
  assert.deepEqual(await damaged(), before)
  assert.equal((await ask(films[0]?.url ?? '')).statusCode, 200)
})

test('a store from before the marker, or moved to another disk, is known by its films', async () => {
  const { storeFolder } = house.app.platform.config
  await aStoredFilm()
  rmSync(join(storeFolder, '.tiepdan-store'))
  await integrity().watch()
  assert.equal((await damaged()).filter((alert) => alert.kind === 'store-missing').length, 0)
  assert.ok(readFileSync(join(storeFolder, '.tiepdan-store'), 'utf8').length > 30)
})

test('many lost at once are one alert, with their number', async () => {
  const { part } = await aStoredFilm()
  const { id, ...rest } = part
  for (let index = 0; index < 14; index++)
    await db()
      .insert(recordingParts)
      .values({ ...rest, uploadId: randomUUID(), originalPath: `2026/gone/${index}/original.mkv` })
  house.app.clock.advance(dayMs)
  await integrity().watch()
  const told = await damaged()
  assert.ok(told.length <= 11, `${told.length} alerts`)
  assert.match(told.find((alert) => alert.subject === 'store')?.message ?? '', /1\d tệp ghi hình trong kho/)
  assert.ok(id)
})

test('rules: a night begins at 01:00 in Việt Nam; a size never clears changed bytes', () => {
  const at = (text: string) => Date.parse(`${text}+07:00`)
  assert.equal(lastNight(at('2026-12-02T01:00:00')), at('2026-12-02T01:00:00'))
  assert.equal(lastNight(at('2026-12-02T00:59:59')), at('2026-12-01T01:00:00'))
  assert.equal(afterLook('changed', 'whole'), 'changed')
  assert.equal(afterLook('missing', 'whole'), 'whole')
  assert.equal(afterLook('whole', 'missing'), 'missing')
})

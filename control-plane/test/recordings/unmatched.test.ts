import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { Role } from '../../contract/words.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { recordingParts, recordingSessions, recordings } from '../../server/recordings/tables.ts'
import { signedIn } from '../support/staff.ts'
import { aFile, aFilm, aStore, receiptOf, type Store, until, upload } from './recorder-host.ts'

let house: Store
let film: Buffer
before(async () => {
  house = await aStore()
  film = aFilm(house.app.folder)
})
after(() => house.close())

const db = () => house.app.platform.db
const url = '/api/recordings/unmatched'
const list = async (role: Role = 'office') =>
  (await house.app.http.inject({ url, headers: await signedIn(house.app, role) })).json()
const post = async (role: Role, path: string, payload: object) =>
  (
    await house.app.http.inject({
      method: 'POST',
      url: `${url}/${path}`,
      headers: await signedIn(house.app, role),
      payload,
    })
  ).statusCode
const told = async () =>
  (await house.app.platform.alerts.open(db())).find((alert) => alert.kind === 'recording-unmatched')
const watch = () =>
  house.app.modules
    .flatMap((module) => module.reconciliations ?? [])
    .find((one) => one.name === 'recordings.unmatched')
    ?.run()

async function anUnknownFile() {
  const file = aFile(film)
  await upload(house, file, { token: await house.token(), metadata: { room: 'khong-co-phong-nay' } })
  await until('kept', async () => (await receiptOf(house, file)).state === 'unmatched')
  const [part] = await db().select().from(recordingParts).where(eq(recordingParts.sessionId, file.sessionId))
  if (part === undefined) throw new Error('no part')
  return { file, part }
}
async function aRecording() {
  const at = new Date(house.app.clock.now())
  const [row] = await db()
    .insert(recordings)
    .values({
      hearingId: randomUUID(),
      roomName: randomUUID(),
      wanted: 'off',
      state: 'off',
      stateAt: at,
      createdAt: at,
    })
    .returning()
  if (row === undefined) throw new Error('no recording')
  return row
}

test('a file of no known hearing is listed and told; its sender keeps it until the office says whose it is', async () => {
  const { file, part } = await anUnknownFile()
  const recording = await aRecording()
  assert.deepEqual(
    (await list()).items.map((item: { id: string }) => item.id),
    [part.id],
  )
  assert.deepEqual([(await list()).may, (await list('chairman')).may], [['watch', 'decide'], ['watch']])
  assert.match((await told())?.message ?? '', /^1 tệp ghi hình/)
  for (const role of ['chairman', 'inspector', 'administrator'] as const)
    assert.equal(await post(role, `${part.id}/match`, { hearingId: recording.hearingId }), 403, role)
  assert.equal(await post('office', `${part.id}/match`, { hearingId: randomUUID() }), 404)
  assert.equal((await receiptOf(house, file)).state, 'unmatched')
  assert.equal(await post('office', `${part.id}/match`, { hearingId: recording.hearingId }), 204)
  assert.equal((await receiptOf(house, file)).state, 'stored')
  assert.deepEqual((await list()).items, [])
  assert.equal(await told(), undefined)
  const shown = await house.app.http.inject({
    ...{ url: `/api/recordings/${recording.id}`, headers: await signedIn(house.app, 'office') },
  })
  assert.deepEqual(
    shown.json().parts.map((item: { id: string }) => item.id),
    [part.id],
  )
  const described = join(house.app.platform.config.storeFolder, dirname(part.originalPath ?? ''), 'part.json')
  assert.equal(JSON.parse(readFileSync(described, 'utf8')).recordingId, recording.id)
  const [row] = (await db().select().from(auditTrail)).filter((one) => one.action === 'recording.part-matched')
  assert.equal(row?.actorName, 'Người thử office')
  assert.equal(await post('office', `${part.id}/match`, { hearingId: recording.hearingId }), 404, 'decided once')
})

test('a file of no hearing is dismissed with a reason: it stays in the store, and its sender may let it go', async () => {
  const { file, part } = await anUnknownFile()
  assert.equal(await post('office', `${part.id}/dismiss`, {}), 400)
  assert.equal(await post('office', `${part.id}/dismiss`, { reason: 'bản ghi thử của kỹ thuật' }), 204)
  assert.equal((await receiptOf(house, file)).state, 'stored')
  assert.equal(await told(), undefined)
  const kept = readFileSync(join(house.app.platform.config.storeFolder, part.originalPath ?? ''))
  assert.ok(kept.equals(file.bytes))
})

test('a session that becomes known after its file needs nobody; several files are one alert', async () => {
  const [first, second] = [await anUnknownFile(), await anUnknownFile()]
  assert.match((await told())?.message ?? '', /^2 tệp ghi hình/)
  const recording = await aRecording()
  await db()
    .insert(recordingSessions)
    .values({ recordingId: recording.id, sessionId: first.file.sessionId, startedAt: new Date(house.app.clock.now()) })
  await Promise.all([watch(), watch()])
  assert.equal((await receiptOf(house, first.file)).state, 'stored')
  assert.equal((await receiptOf(house, second.file)).state, 'unmatched')
  assert.match((await told())?.message ?? '', /^1 tệp ghi hình/)
})

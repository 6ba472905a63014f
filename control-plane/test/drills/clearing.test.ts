import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { eq, isNotNull } from 'drizzle-orm'
import type { Drill } from '../../contract/drills.ts'
import { listEndpoints } from '../../contract/endpoints.ts'
import { drillSettings } from '../../server/drills/drill.ts'
import { drills } from '../../server/drills/tables.ts'
import { createDrillPlaces } from '../../server/endpoints/drill-places.ts'
import { activeDevices, allEndpoints, endpointsByIds } from '../../server/endpoints/store.ts'
import { devices, endpoints } from '../../server/endpoints/tables.ts'
import { hearingRecordingById } from '../../server/recordings/store.ts'
import { recordingParts, recordings } from '../../server/recordings/tables.ts'
import { createGrants } from '../../server/rooms/grants.ts'
import { attendance, grants, rooms } from '../../server/rooms/tables.ts'
import { testCalls } from '../../server/test-calls/tables.ts'
import { aFile, aFilm, aStore, receiptOf, type Store, upload } from '../recordings/recorder-host.ts'
import { signedIn } from '../support/staff.ts'

let store: Store
before(async () => {
  store = await aStore()
})
after(() => store.close())

const db = () => store.app.platform.db
const now = () => new Date(store.app.clock.now())

async function command(
  name: string,
  given: Record<string, string> = {},
): Promise<{ ok: boolean | undefined; said: string[] }> {
  const said: string[] = []
  const module = store.app.modules.find((one) => one.name === 'drills')
  const ok = await module?.commands?.[name]?.(given, (line) => said.push(line))
  return { ok, said }
}
async function tick(times = 1): Promise<void> {
  const { reconciliations = [] } = store.app.modules.find((one) => one.name === 'drills') ?? {}
  for (let turn = 0; turn < times; turn++) for (const one of reconciliations) await one.run()
}
async function lastDrill(): Promise<Drill> {
  const headers = await signedIn(store.app, 'office')
  const answer = await store.app.http.inject({ method: 'GET', url: '/api/drills/last', headers })
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json().last as Drill
}

/** A drill as it stands in the middle: room, grants, room PCs, somebody who was there, and a recording. */
async function inTheMiddle(): Promise<{ id: string; roomName: string; recordingId: string; endpointIds: string[] }> {
  const { platform } = store.app
  const roomName = randomUUID().replaceAll('-', '')
  return db().transaction(async (tx) => {
    const [row] = await tx
      .insert(drills)
      .values({
        ...{ requestedBy: 'thử', state: 'running', openKey: 'open', requestedAt: now(), startedAt: now(), roomName },
        ...{ claimedBy: 'dead', claimedUntil: now() },
        steps: [{ key: 'enter', is: 'running', at: now().toISOString(), ms: null, figures: [], fault: null }],
      })
      .returning()
    assert.ok(row)
    const places = await createDrillPlaces(platform).make(tx, row.id, 2)
    const window = { opensAt: now(), closesAt: new Date(now().getTime() + 600_000), createdAt: now() }
    const [room] = await tx
      .insert(rooms)
      .values({ name: roomName, purpose: 'drill', drillId: row.id, ...window })
      .returning()
    assert.ok(room)
    await createGrants(platform).createForDrill(tx, room.id, places)
    const stay = { occupantId: 'a', processId: 'prosody-1', joinedAt: now(), leftAt: now(), leftBy: 'left' as const }
    await tx.insert(attendance).values({ roomName, ...stay })
    const recording = { drillId: row.id, roomName, wanted: 'on' as const, stateAt: now(), createdAt: now() }
    const [film] = await tx.insert(recordings).values(recording).returning()
    assert.ok(film)
    await tx.update(drills).set({ recordingId: film.id }).where(eq(drills.id, row.id))
    return { id: row.id, roomName, recordingId: film.id, endpointIds: places.map((one) => one.endpointId) }
  })
}

async function nothingIsLeft(made: { id: string; roomName: string; endpointIds: string[] }): Promise<void> {
  assert.deepEqual(await db().select().from(rooms).where(eq(rooms.drillId, made.id)), [])
  assert.deepEqual(await db().select().from(endpoints).where(isNotNull(endpoints.drillId)), [])
  for (const endpointId of made.endpointIds) {
    assert.equal(await db().$count(devices, eq(devices.endpointId, endpointId)), 0)
    assert.equal(await db().$count(grants, eq(grants.endpointId, endpointId)), 0)
  }
  assert.equal(await db().$count(attendance, eq(attendance.roomName, made.roomName)), 0)
  assert.equal(await db().$count(recordings, eq(recordings.drillId, made.id)), 0)
}

test('a drill whose process died is cut off and cleared away; meanwhile none of it stands in a list', async () => {
  const made = await inTheMiddle()
  const real = (await allEndpoints(db())).length
  const headers = await signedIn(store.app, 'office')
  const listed = await store.app.http.inject({ method: 'GET', url: listEndpoints.url, headers })
  assert.equal(listed.json().items.length, real)
  assert.doesNotMatch(listed.body, /Diễn tập/)
  assert.deepEqual(await endpointsByIds(db(), made.endpointIds), [])
  assert.deepEqual(
    (await activeDevices(db())).filter(({ endpointId }) => made.endpointIds.includes(endpointId)),
    [],
  )
  for (const id of made.endpointIds) {
    const shown = await store.app.http.inject({ method: 'GET', url: `/api/endpoints/${id}`, headers })
    assert.equal(shown.statusCode, 404)
  }
  assert.equal(await hearingRecordingById(db(), made.recordingId), undefined)

  store.app.clock.advance(1_000)
  await tick(2)
  // Prosody is away here: the room is not seen closed, and the drill is not over yet.
  assert.equal((await lastDrill()).state, 'clearing')
  await db().update(rooms).set({ closedAt: now() }).where(eq(rooms.drillId, made.id))
  await tick()
  const drill = await lastDrill()
  assert.deepEqual([drill.state, drill.verdict], ['ended', 'cut-off'])
  assert.deepEqual(
    drill.steps.map(({ key, is }) => [key, is]),
    [
      ['enter', 'failed'],
      ['cleared', 'passed'],
    ],
  )
  await nothingIsLeft(made)
  assert.deepEqual(await store.app.platform.alerts.open(db()), [])
})

test('the file of a drill that comes after its end is taken in, receipted and removed; nobody is asked whose it is', async () => {
  const [ended] = await db().select().from(drills).limit(1)
  assert.ok(ended?.recordingId)
  const file = aFile(aFilm(store.app.folder), { fileName: 'muon.mkv' })
  await upload(store, file, {
    token: await store.token(),
    metadata: { recordingId: ended.recordingId, room: ended.roomName ?? '' },
  })
  const partNow = async () =>
    (await db().select().from(recordingParts).where(eq(recordingParts.sessionId, file.sessionId)))[0]
  for (let turn = 0; (await partNow())?.status !== 'ready' && turn < 600; turn++)
    await new Promise((done) => setTimeout(done, 100))
  const part = await partNow()
  assert.equal(part?.recordingId, ended.recordingId)
  assert.ok(part?.originalPath)
  assert.equal(part.status, 'ready')
  const folder = join(store.app.platform.config.storeFolder, dirname(part.originalPath))
  assert.ok(existsSync(folder))
  // Its sender has not been told yet: were it removed now, it would be sent again for ever.
  await tick()
  assert.ok(existsSync(folder))
  assert.equal((await receiptOf(store, file)).state, 'stored')
  await tick()
  assert.equal(existsSync(folder), false)
  assert.equal(await db().$count(recordingParts, eq(recordingParts.id, part.id)), 0)
  assert.equal(await db().$count(recordings, eq(recordings.drillId, ended.id)), 0)
  assert.deepEqual(await store.app.platform.alerts.open(db()), [])
})

test('refused while a test call is due, and while another is on; of a refused one nothing stays', async () => {
  const before = await db().$count(drills)
  const [test] = await db()
    .insert(testCalls)
    .values({ endpointId: randomUUID(), kind: 'on-demand', dueAt: now(), createdAt: now() })
    .returning()
  assert.ok(test)
  const { ok, said } = await command('drill')
  assert.deepEqual([ok, /Chưa diễn tập được:[\s\S]*kiểm thử/.test(said.join('\n'))], [false, true], said.join('\n'))
  const json = await command('drill', { json: 'true' })
  assert.equal(JSON.parse(json.said[0] ?? '').verdict, 'refused')
  assert.equal(await db().$count(drills), before)
  await db().update(testCalls).set({ status: 'cancelled' }).where(eq(testCalls.id, test.id))
})

test('where no process has a room agent the drill says so and has failed; a second one meanwhile is refused', async () => {
  const playing = command('drill', { by: 'cán bộ trực' })
  for (let turn = 0; (await db().$count(drills, eq(drills.state, 'due'))) === 0 && turn < 100; turn++)
    await new Promise((done) => setTimeout(done, 50))
  assert.match((await command('drill')).said.join(), /diễn tập khác/)
  await tick()
  assert.equal((await lastDrill()).state, 'due')
  store.app.clock.advance(drillSettings.unclaimedMs + 1_000)
  await tick(3)
  const { ok, said } = await playing
  assert.equal(ok, false)
  assert.match(said.at(-1) ?? '', /^Diễn tập: Không đạt.*máy tham dự tự động/)
  const drill = await lastDrill()
  assert.deepEqual([drill.requestedBy, drill.verdict, drill.byTimer], ['cán bộ trực', 'failed', false])
})

test('a nightly one that fails is an alarm with a mail; a later one that passes ends it', async () => {
  await db()
    .insert(drills)
    .values({
      ...{ requestedBy: 'lịch hằng đêm', byTimer: true, state: 'clearing', openKey: 'open', requestedAt: now() },
      ...{ startedAt: now(), clearingAt: now(), verdict: 'failed' as const },
      steps: [{ key: 'media', is: 'failed', at: now().toISOString(), ms: 1, figures: [], fault: 'Không thấy hình.' }],
    })
  await tick()
  const [alert] = await store.app.platform.alerts.open(db())
  assert.equal(alert?.kind, 'drill-failed')
  assert.match(alert?.message ?? '', /Không thấy hình/)
  await db()
    .insert(drills)
    .values({
      ...{ requestedBy: 'cán bộ', state: 'clearing', openKey: 'open', requestedAt: now(), startedAt: now() },
      ...{ clearingAt: now(), verdict: 'passed' as const, steps: [] },
    })
  await tick()
  assert.deepEqual(await store.app.platform.alerts.open(db()), [])
})

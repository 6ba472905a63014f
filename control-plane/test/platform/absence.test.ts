import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { devices } from '../../server/endpoints/tables.ts'
import { minuteMs } from '../../server/platform/clock.ts'
import { createIntake, listeningOf, silentFor } from '../../server/platform/intake.ts'
import { watchMissing } from '../../server/recordings/missing.ts'
import { handOverMs } from '../../server/recordings/recording.ts'
import { alertsOf, checkReports, silentMs, takeReport, watchRecorders } from '../../server/recordings/reports.ts'
import type { Sender } from '../../server/recordings/sender.ts'
import * as store from '../../server/recordings/store.ts'
import { aReport } from '../recordings/recorder-host.ts'
import { aRoomWorld, type RoomWorld, startsAt } from '../rooms/world.ts'
import { signedIn } from '../support/staff.ts'

const t0 = 1_000_000_000

test('silence is counted only over time in which a word could have come', () => {
  assert.equal(silentFor(t0, { since: t0 - 1, before: null }, t0 + 90_000), 90_000)
  const away = { since: t0 + 200_000, before: t0 + 10_000 }
  assert.equal(silentFor(t0, away, t0 + 205_000), 15_000, 'ten seconds before we went away, five since')
  assert.equal(silentFor(t0 - 900_000, away, t0 + 205_000), 915_000, 'who was silent before is so still')
  assert.equal(silentFor(t0, { since: null, before: t0 + 10_000 }, t0 + 900_000), 10_000, 'nobody listens')
  assert.equal(silentFor(0, { since: t0, before: null }, t0 + 5_000), 5_000, 'never heard, by a house that is new')
  assert.equal(silentFor(t0, { since: t0 + 5_000, before: null }, t0), 0, 'a clock that was set back')
})

test('of several that listen the one that has for longest knows most; with none the last word counts', () => {
  const first = { since: t0, before: null }
  assert.deepEqual(listeningOf([{ since: t0 + 5, before: 1 }, first], null), first)
  assert.deepEqual(listeningOf([], t0), { since: null, before: t0 })
})

let world: RoomWorld
before(async () => {
  world = await aRoomWorld()
})
after(() => world.close())

const reconciliation = (name: string) =>
  world.app.modules
    .flatMap((module) => module.reconciliations ?? [])
    .find((one) => one.name === name)
    ?.run()
const watches = async () => {
  for (const name of ['recordings.silence', 'hearings.kiosks']) await reconciliation(name)
  await watchRecorders(world.app.platform, async () => 1)
  await watchMissing(world.app.platform)
}
const absenceKinds = ['recorder-silent', 'recorder-missing', 'kiosk-offline', 'recording-missing']
const told = async () =>
  (await world.app.platform.alerts.open(world.db))
    .map((alert) => alert.kind)
    .filter((kind) => absenceKinds.includes(kind))
    .sort()

/** As a stop and a new start, or a hang: for so long nothing could come in. */
async function awayFor(ms: number): Promise<void> {
  await world.app.platform.intake.beat(world.db)
  world.clock.advance(ms)
  await world.app.platform.intake.beat(world.db)
}

test('our own absence makes nobody silent: no rule alarms on our return, and each does once a word could have come', async (t) => {
  const { platform } = world.app
  world.clock.set(startsAt - 3 * 60 * minuteMs)
  await platform.intake.beat(world.db)
  const hearing = await world.aHearing()
  const sender: Sender = { kind: 'service', id: randomUUID(), name: 'jibri-1', hosts: ['jibri-1'] }
  await takeReport(platform, sender, aReport())
  const ids = [hearing.central.endpointId, hearing.delegate.endpointId].filter((id) => id !== null)
  for (const endpointId of ids) {
    await world.db.insert(devices).values({
      endpointId,
      label: 'Máy phòng họp',
      credentialHash: randomUUID(),
      enrolledBy: randomUUID(),
      enrolledAt: new Date(world.clock.now()),
      lastSeenAt: new Date(world.clock.now()),
    })
  }
  const ended = await world.db.transaction(async (tx) => {
    const now = new Date(world.clock.now())
    const row = await store.expectRecording(tx, { hearingId: randomUUID(), roomName: randomUUID(), now })
    await store.noteSession(tx, row?.id ?? '', 's1', now, 'on')
    await store.endRecording(tx, row?.hearingId ?? '')
    await store.setState(tx, row?.id ?? '', { state: 'off', stateAt: now })
    return row
  })
  await watches()
  assert.deepEqual(await told(), [])

  await awayFor(40 * minuteMs)
  await watches()
  assert.deepEqual(await told(), [], 'on our return nobody is silent')
  const headers = await signedIn(world.app, 'office')
  const seen = async () => ({
    recorders: (await world.app.http.inject({ url: '/api/recorders', headers })).json().items,
    endpoint: (await world.app.http.inject({ url: `/api/endpoints/${ids[0]}`, headers })).json(),
    recording: (await world.app.http.inject({ url: `/api/recordings/${ended?.id}`, headers })).json(),
  })
  let shown = await seen()
  assert.equal(shown.recorders[0].silent, false)
  assert.equal(shown.endpoint.endpoint.connected, true)
  assert.equal(shown.recording.status, 'uploading')

  // Another process on this database that takes no reports itself knows it from this one.
  const agent = createIntake(platform.clock, false)
  await agent.beat(world.db)
  assert.deepEqual(await agent.listening(world.db), await platform.intake.listening(world.db))

  const lines: string[] = []
  assert.equal(await checkReports(platform, 'jibri-1', (line) => lines.push(line)), false)
  assert.match(lines[0] ?? '', /^Chưa kết luận được về jibri-1/)

  for (let passed = 0; passed < silentMs; passed += 10_000) {
    world.clock.advance(10_000)
    await platform.intake.beat(world.db)
  }
  await watches()
  assert.deepEqual(await told(), ['recorder-missing', 'recorder-silent'])
  shown = await seen()
  assert.equal(shown.recorders[0].silent, true)
  assert.equal(shown.endpoint.endpoint.connected, false)
  world.clock.advance(minuteMs)
  await watches()
  assert.deepEqual(await told(), ['kiosk-offline', 'kiosk-offline', 'recorder-missing', 'recorder-silent'])
  world.clock.advance(handOverMs)
  await watches()
  assert.ok((await told()).includes('recording-missing'))
  t.diagnostic(`${ids.length} endpoints`)
})

test('while nobody listens a process that does not either waits: it has no word of anybody, and neither has another', async () => {
  const { platform } = world.app
  await platform.intake.beat(world.db)
  const agent = createIntake(platform.clock, false)
  const at = world.clock.now()
  world.clock.advance(10 * minuteMs)
  assert.deepEqual(await agent.listening(world.db), { since: null, before: at })
})

test('files that wait are told by how long we could have taken them, by the host’s own clock', () => {
  const spool = (oldestForMs: number, wrongBy = 0) => ({
    ...{ waiting: 1, bytes: 1e9, oldestForMs, oldest: new Date(t0 - oldestForMs + wrongBy).toISOString() },
  })
  const kinds = (report: ReturnType<typeof spool>, since: number) =>
    alertsOf(aReport({ spool: report }), { since, before: t0 - 7_200_000 }, t0).map((alert) => alert.kind)
  assert.deepEqual(kinds(spool(handOverMs), t0 - 86_400_000), ['recorder-spool-waiting'])
  assert.deepEqual(kinds(spool(1_000, -86_400_000), t0 - 86_400_000), [], 'its clock is a day behind')
  assert.deepEqual(kinds(spool(handOverMs, 86_400_000), t0 - 86_400_000), ['recorder-spool-waiting'], 'a day ahead')
  assert.deepEqual(kinds(spool(2 * handOverMs), t0 - 5_000), [], 'it could not send: we were away')
})

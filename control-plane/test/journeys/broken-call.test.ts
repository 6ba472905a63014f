import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { listAlerts } from '../../contract/audit.ts'
import { endHearing, startHearing } from '../../contract/hearings.ts'
import { showRoom } from '../../contract/rooms.ts'
import { listTestCalls, runTestCall } from '../../contract/test-calls.ts'
import { type Desk, launchBrowser } from './browser.ts'
import { conductorsIn, lineIsTold, pictureAtAll } from './hearing-room.ts'
import { until } from './people.ts'
import { aCast, anApprovedHearing, type Cast, enrolledKiosk, recordingOf } from './quick-hearing.ts'
import { type StoodTrial, standTrial, unlessOn } from './stand.ts'

suite('a call that breaks comes back by itself', { skip: unlessOn('postgres') }, () => {
  // One hearing: its tests are real calls, broken once; then it is live, and broken twice.
  let trial: StoodTrial
  let browser: Browser
  let cast: Cast
  let hearingId: string
  let kiosks: Desk[]
  before(async () => {
    trial = await standTrial()
    browser = await launchBrowser()
    cast = await aCast(trial)
    kiosks = [
      await enrolledKiosk(trial, browser, cast, cast.central),
      await enrolledKiosk(trial, browser, cast, cast.delegate),
    ]
    hearingId = await anApprovedHearing(cast)
  })
  after(async () => {
    await browser.close()
    await trial.stop()
  })

  const room = () => cast.office.does(showRoom, { params: { id: hearingId } })
  const tests = async () => (await cast.office.does(listTestCalls, { querystring: { hearingId } })).items

  test('Prosody killed under running test calls: they are called anew by themselves and pass', async (t) => {
    await until('a test call measures', 40_000, tests, (seen) =>
      seen.some((row) => row.status === 'running' && (row.progress?.percent ?? 0) >= 30),
    )
    const begun = Date.now()
    await trial.stage.prosody.kill()
    await pause(1_500)
    await trial.stage.prosody.start()
    const done = await until('all tests have a verdict', 150_000, tests, (seen) =>
      seen.every((row) => row.status === 'done'),
    )
    assert.deepEqual(
      done.map((row) => [row.verdict === 'passed' || row.verdict === 'warned', row.verdict, row.agent?.errors]),
      done.map((row) => [true, row.verdict, row.agent?.errors]),
    )
    t.diagnostic(
      `${done.map((row) => `${row.verdict} in attempt ${row.attempt}`).join(', ')} after ${Date.now() - begun} ms`,
    )
  })

  test('Prosody killed in a live hearing: both rooms and the conductor come back, the picture too, it is recorded on', async (t) => {
    for (const { page } of kiosks) await page.getByRole('button', { name: 'Vào buổi tiếp' }).click({ timeout: 30_000 })
    await until('the quorum is in the room', 40_000, room, (seen) => seen.quorum.met)
    await cast.office.does(startHearing, { params: { id: hearingId } })
    const recording = recordingOf(cast, hearingId)
    await until('the recording runs', 60_000, recording, (seen) => seen?.status === 'recording')
    const first = await pictureAtAll(kiosks, trial.stage.jitsiUrl, 20_000)
    for (const desk of kiosks) await lineIsTold(desk, trial.stage.jitsiUrl)
    const sessions = (await recording())?.sessions.length ?? 0
    const begun = Date.now()
    await trial.stage.prosody.kill()
    await pause(1_500)
    await trial.stage.prosody.start()
    const again = await pictureAtAll(
      kiosks,
      trial.stage.jitsiUrl,
      60_000,
      first.map((one) => one.opening),
    )
    const pictureMs = Date.now() - begun
    await attendanceIsRight(2)
    const conductors = await until(
      'one conductor is in the room',
      40_000,
      () => conductorsIn(trial),
      (seen) => seen.length === 1,
    )
    assert.equal(conductors.length, 1)
    // As the real Jibri, the stage's ends its recording when Prosody goes.
    const after = await until(
      'it is recorded again',
      60_000,
      recording,
      (seen) => seen?.status === 'recording' && seen.sessions.length > sessions,
    )
    t.diagnostic(
      `moving picture in both rooms ${pictureMs} ms after the kill (first frame ${again.map((one) => one.firstFrameMs)} ms after the page opened), recorded ${Date.now() - begun} ms after; sessions ${after?.sessions.length}`,
    )
  })

  test('20 s without an answer from Prosody in a live hearing: an alert while it lasts, then everything goes on', async (t) => {
    const pid = trial.stage.prosody.pid() ?? 0
    const recording = recordingOf(cast, hearingId)
    process.kill(pid, 'SIGSTOP')
    const begun = Date.now()
    const isDown = async () =>
      (await cast.office.does(listAlerts, {})).open.some((alert) => alert.kind === 'prosody-down')
    await until('the alert is up', 19_000, isDown, (down) => down)
    const told = Date.now() - begun
    await pause(20_000 - (Date.now() - begun))
    process.kill(pid, 'SIGCONT')
    await until('the alert is over', 30_000, isDown, (down) => !down)
    await pictureAtAll(kiosks, trial.stage.jitsiUrl, 60_000)
    const pictureMs = Date.now() - begun - 20_000
    await attendanceIsRight(2)
    await until(
      'one conductor is in the room',
      40_000,
      () => conductorsIn(trial),
      (seen) => seen.length === 1,
    )
    await until('it is recorded', 60_000, recording, (seen) => seen?.status === 'recording')
    t.diagnostic(`alert after ${told} ms; moving picture in both rooms ${pictureMs} ms after the line was back`)
  })

  test('after it all there is one recording with all its parts', async (t) => {
    await pause(6_000)
    await cast.office.does(endHearing, { params: { id: hearingId } })
    const stored = await until(
      'all parts are in the store',
      120_000,
      recordingOf(cast, hearingId),
      (seen) => seen?.status === 'ready',
    )
    t.diagnostic(
      `${stored?.parts.length} parts of ${stored?.sessions.length} sessions, ${stored?.faults} faults counted`,
    )
  })

  test('a room that was in the ended hearing is free again: it answers the next test call by itself', async () => {
    const asked = await cast.office.does(runTestCall, { body: { endpointId: cast.delegate.id } })
    const done = await until(
      'the test call has its verdict',
      90_000,
      async () => (await cast.office.does(listTestCalls, { querystring: {} })).items.find((row) => row.id === asked.id),
      (row) => row?.status === 'done',
    )
    assert.match(String(done?.verdict), /^(passed|warned)$/)
    // Both ends have measured the whole of their time: neither left the other behind.
    for (const end of [done?.agent, done?.kiosk]) {
      assert.deepEqual(end?.errors, [])
      for (const { bitrateKbps, framesPerSecond } of [end.send, end.receive])
        assert.ok((bitrateKbps ?? -1) > 0 && (framesPerSecond ?? -1) > 0, `${bitrateKbps} kbit/s, ${framesPerSecond}`)
    }
  })

  /** Each of these rooms is in once, and every earlier stay has its end, no later than the next one's beginning. */
  async function attendanceIsRight(rooms: number): Promise<void> {
    const seen = await until(
      'attendance is right again',
      60_000,
      async () => (await room()).attendance.filter((row) => row.grantId !== null),
      (rows) => rows.filter((row) => row.leftAt === null).length === rooms,
    )
    const grants = new Set(seen.map((row) => row.grantId))
    assert.equal(grants.size, rooms)
    for (const grantId of grants) {
      const stays = seen.filter((row) => row.grantId === grantId).sort((a, b) => a.joinedAt.localeCompare(b.joinedAt))
      assert.equal(stays.filter((row) => row.leftAt === null).length, 1)
      assert.equal(stays.at(-1)?.leftAt, null)
    }
  }
})

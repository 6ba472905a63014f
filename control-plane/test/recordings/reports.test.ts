import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import type { LiveContent } from '../../contract/recording-content.ts'
import type { RecorderReport, Recording } from '../../contract/recordings.ts'
import { hourMs, minuteMs } from '../../server/platform/clock.ts'
import { alerts, outboxMails } from '../../server/platform/tables.ts'
import { liveAlertsOf } from '../../server/recordings/live-content.ts'
import { alertsOf, silentMs, watchRecorders } from '../../server/recordings/reports.ts'
import { recordings } from '../../server/recordings/tables.ts'
import { testNow } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'
import { aReport, aStore, type Store } from './recorder-host.ts'

let house: Store
let token: string
before(async () => {
  house = await aStore()
})
after(() => house.close())
beforeEach(async () => {
  token = await house.token()
  await report()
})

async function report(changes: Partial<RecorderReport> = {}, authorization = `Bearer ${token}`): Promise<number> {
  const answer = await house.app.http.inject({
    method: 'POST',
    url: '/api/recorder-reports',
    headers: { authorization },
    payload: aReport(changes),
  })
  return answer.statusCode
}
const open = async () =>
  (await house.app.platform.alerts.open(house.app.platform.db)).filter((alert) => alert.kind.startsWith('recorder-'))
const kinds = async () => (await open()).map((alert) => alert.kind).sort()
const reconcile = (name: string) =>
  house.app.modules
    .flatMap((module) => module.reconciliations ?? [])
    .find((one) => one.name === name)
    ?.run()

test('each fault that the watch names is an alert of its own; a healthy report closes it', async () => {
  for (const kind of ['not-growing', 'disk-full', 'unhealthy', 'stuck-busy'] as const) {
    assert.equal(await report({ fault: { kind, sessionId: 's1', detail: 'chi tiết của máy' } }), 200)
    // The one before is over, though this host was never healthy in between.
    assert.deepEqual(await kinds(), [`recorder-${kind}`])
    const [alert] = await open()
    assert.equal(alert?.severity, 'critical')
    assert.match(alert?.message ?? '', /jibri-1.*chi tiết của máy/)
  }
  await report()
  assert.deepEqual(await kinds(), [])
})

test('a file of 0 bytes is told to the office, on the screen and by mail, until people cleared it away', async () => {
  await report({ spool: { waiting: 0, bytes: 0, setAside: 1 } })
  await report({ spool: { waiting: 0, bytes: 0, setAside: 1 } })
  assert.deepEqual(await kinds(), ['recorder-empty-file'])
  const seen = await house.app.http.inject({ url: '/api/alerts', headers: await signedIn(house.app, 'office') })
  assert.match(JSON.stringify(seen.json().open), /rỗng \(0 byte\)/)
  const mails = await house.app.platform.db.select().from(outboxMails)
  assert.equal(mails.filter((mail) => mail.subject.includes('rỗng')).length, 1)
  await report({ spool: { waiting: 0, bytes: 0, setAside: 0 } })
  assert.deepEqual(await kinds(), [])
})

test('files that wait for longer than half an hour are told; fresh ones are not', () => {
  const waiting = (ageMs: number) =>
    alertsOf(
      aReport({ spool: { waiting: 2, bytes: 3e9, oldest: new Date(testNow - ageMs).toISOString() } }),
      { since: testNow - hourMs, before: null },
      testNow,
    ).map((alert) => alert.kind)
  assert.deepEqual(waiting(30 * minuteMs - 1), [])
  assert.deepEqual(waiting(30 * minuteMs), ['recorder-spool-waiting'])
})

test('a recorder’s disk that is nearly full is a warning before it is a fault', async () => {
  await report({ freeBytes: 99e9 })
  assert.deepEqual(await kinds(), ['recorder-disk-low'])
  assert.match((await open())[0]?.message ?? '', /99\.0 GB/)
  await report({ freeBytes: 100e9 })
  assert.deepEqual(await kinds(), [])
})

test('a host that falls silent is told after a minute, once, and cleared by its next word', async () => {
  house.app.clock.advance(silentMs - 1)
  await reconcile('recordings.silence')
  assert.deepEqual(await kinds(), [])
  house.app.clock.advance(1)
  await reconcile('recordings.silence')
  await reconcile('recordings.silence')
  assert.deepEqual(await kinds(), ['recorder-silent'])
  token = await house.token()
  await report()
  assert.deepEqual(await kinds(), [])
  const all = await house.app.platform.db.select().from(alerts)
  assert.equal(all.filter((alert) => alert.kind === 'recorder-silent').length, 1)
})

test('nobody but a service reports; nonsense is named', async () => {
  const { cookie } = await signedIn(house.app, 'office')
  assert.equal(await report({}, 'Bearer x.y.z'), 401)
  assert.equal(await report({}, `Bearer ${cookie.split('=')[1]}`), 401)
  assert.equal(await report({ freeBytes: -1 }), 400)
  house.app.clock.advance(hourMs)
  assert.equal(await report(), 401)
})

test('the office sees each host with what it said last', async () => {
  await report({ jibri: 'busy', sessions: [] })
  const answer = await house.app.http.inject({ url: '/api/recorders', headers: await signedIn(house.app, 'office') })
  const [host] = answer.json().items
  assert.deepEqual([host.host, host.report.jibri, host.silent], ['jibri-1', 'busy', false])
})

test('hearings of the next two hours need as many free recorders: fewer is an alert, enough is none', async () => {
  const { platform } = house.app
  const lacking = async (hearings: number) => {
    await watchRecorders(platform, async () => hearings)
    return (await kinds()).includes('recorder-missing')
  }
  await report({ jibri: 'idle' })
  assert.deepEqual([await lacking(0), await lacking(1), await lacking(2)], [false, false, true])
  await report({ jibri: 'idle', host: 'jibri-2' })
  assert.equal(await lacking(2), false)
  for (const jibri of ['busy', 'unhealthy', 'down'] as const) {
    await report({ jibri })
    assert.equal(await lacking(2), true, jibri)
  }
  assert.equal(await lacking(1), false)
  house.app.clock.advance(silentMs)
  assert.equal(await lacking(1), true)
})

const running = (content?: LiveContent): Partial<RecorderReport> => ({
  jibri: 'busy',
  sessions: [
    { sessionId: 's1', room: 'x', fileName: 'x.mkv', bytes: 1_000, stillForMs: 0, ...(content ? { content } : {}) },
  ],
})
const contentKinds = async () =>
  (await house.app.platform.alerts.open(house.app.platform.db))
    .filter(({ kind }) => kind === 'recording-no-sound' || kind === 'recording-no-picture')
    .map(({ kind }) => kind)
    .sort()

test('a hearing that is recorded without sound or picture is told with what to do, until it is back', async () => {
  const good = { sound: 'heard', picture: 'moving' } as const
  for (const [content, kinds] of [
    [{ ...good, sound: 'silent' }, ['recording-no-sound']],
    [{ ...good, sound: 'none' }, ['recording-no-sound']],
    [{ ...good, picture: 'black' }, ['recording-no-picture']],
    [{ ...good, picture: 'frozen' }, ['recording-no-picture']],
    [{ ...good, picture: 'none' }, ['recording-no-picture']],
    [{ sound: 'silent', picture: 'black' }, ['recording-no-picture', 'recording-no-sound']],
    [good, []],
    [{ sound: 'unmeasured', picture: 'unmeasured' }, []],
  ] as [LiveContent, string[]][]) {
    assert.equal(await report(running(content)), 200)
    assert.deepEqual(await contentKinds(), kinds, JSON.stringify(content))
    await report(running(good))
  }
  await report(running({ ...good, sound: 'silent' }))
  const alert = (await house.app.platform.alerts.open(house.app.platform.db)).find(
    ({ kind }) => kind === 'recording-no-sound',
  )
  assert.equal(alert?.severity, 'critical')
  assert.match(alert?.message ?? '', /jibri-1.*không có tiếng.*Hỏi ngay.*Ghi lại bằng máy khác.*tự hết/)
  // A look that measured nothing, or a daemon that said nothing, brings no sound back.
  await report(running({ ...good, sound: 'unmeasured' }))
  await report(running())
  assert.deepEqual(await contentKinds(), ['recording-no-sound'])
  await report(running(good))
  assert.deepEqual(await contentKinds(), [])
  await report(running({ ...good, sound: 'silent' }))
  await report()
  assert.deepEqual(await contentKinds(), [], 'nothing is written any more')
})

test('the alert names the hearing, and the screen of the running hearing shows the same', async () => {
  const { db } = house.app.platform
  const at = new Date(house.app.clock.now())
  const hearingId = randomUUID()
  const [row] = await db
    .insert(recordings)
    .values({
      hearingId,
      roomName: randomUUID(),
      wanted: 'on',
      state: 'on',
      currentSessionId: 's1',
      stateAt: at,
      createdAt: at,
    })
    .returning()
  const silent = { sound: 'silent', picture: 'moving' } as const
  await report(running(silent))
  const shown = async () => {
    const headers = await signedIn(house.app, 'office')
    const answer = await house.app.http.inject({ url: `/api/recordings/${row?.id}`, headers })
    return (answer.json() as Recording).now
  }
  assert.deepEqual(await shown(), silent)
  house.app.clock.advance(2 * minuteMs)
  assert.equal(await shown(), null, 'an old report says nothing of now')
  const codes = new Map([['s1', 'BT-2026-007']])
  assert.match(liveAlertsOf(aReport(running(silent)), codes).wanted[0]?.message ?? '', /buổi tiếp BT-2026-007/)
})

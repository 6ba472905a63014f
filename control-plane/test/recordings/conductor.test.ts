import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { RecorderReport } from '../../contract/recordings.ts'
import { createRecordingConductor } from '../../server/recordings/conductor.ts'
import { watchMissing } from '../../server/recordings/missing.ts'
import { takeReport } from '../../server/recordings/reports.ts'
import type { Sender } from '../../server/recordings/sender.ts'
import * as store from '../../server/recordings/store.ts'
import type { Conductor, ConductorEvent, RoomAgent } from '../../server/room-agent/index.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { aReport, until } from './recorder-host.ts'

let app: TestApplication
before(async () => {
  app = await testApplication({ environment: { TIEPDAN_ROOM_AGENT: 'true' } })
})
after(() => app.close())

type Conduct = RoomAgent['conduct']

/** Conducts with a page of our making (the browser is the only part that is not there) and a room that is open or over. */
function conducting(options: { conduct: Conduct; isOver(): boolean }) {
  return createRecordingConductor({
    platform: app.platform,
    rooms: {
      mintToken: async () => 'token',
      callSettings: () => ({}) as ReturnType<Parameters<typeof createRecordingConductor>[0]['rooms']['callSettings']>,
      isOver: async () => options.isOver(),
    },
    roomAgent: { conduct: options.conduct },
    hearingPlan: async () => undefined,
  })
}

const aSender: Sender = { kind: 'service', id: randomUUID(), name: 'jibri-1', hosts: ['jibri-1'] }
const nobodyGetsIn: Conduct = () => Promise.reject(new Error('conference.reservationError'))
const silentPage: Conductor = {
  startRecording: async () => undefined,
  stopRecording: async () => undefined,
  close: async () => undefined,
}

async function aRecording(): Promise<store.HearingRecordingRow> {
  const now = new Date(app.clock.now())
  const row = await app.platform.db.transaction((tx) =>
    store.expectRecording(tx, { hearingId: randomUUID(), roomName: randomUUID().replaceAll('-', ''), now }),
  )
  assert.ok(row)
  return row
}
const rowOf = (id: string) => store.recordingById(app.platform.db, id)
const alarmOf = async (id: string) =>
  (await app.platform.alerts.open(app.platform.db)).find((alert) => alert.subject === `recording:${id}`)?.kind

test('the room is gone before the recorder confirmed its end: conducting ends, and the alarm with the file’s arrival', async () => {
  const { id, hearingId } = await aRecording()
  const now = new Date(app.clock.now())
  await app.platform.db.transaction(async (tx) => {
    await store.setState(tx, id, { state: 'on', currentSessionId: `session-${id}` })
    await store.noteSession(tx, id, `session-${id}`, now, 'on')
    await store.endRecording(tx, hearingId)
  })
  let over = false
  let tries = 0
  const conduct: Conduct = (order) => {
    tries++
    over = true
    return nobodyGetsIn(order)
  }
  const conductor = conducting({ conduct, isOver: () => over })
  await conductor.reconcile()
  await until('conducting has ended', async () => (await rowOf(id))?.state === 'off')
  assert.equal(tries, 1)
  assert.equal((await rowOf(id))?.lastFault, 'stop-unconfirmed')
  assert.equal(await alarmOf(id), 'recording-fault')
  await conductor.reconcile()
  await conductor.stop()
  assert.equal(tries, 1)
  await watchMissing(app.platform)
  assert.equal(await alarmOf(id), 'recording-fault')
  await app.platform.db.transaction((tx) =>
    store.insertPart(tx, {
      recordingId: id,
      sessionId: `session-${id}`,
      fileName: 'film.mkv',
      host: 'jibri-1',
      uploadId: randomUUID(),
      declaredSha256: 'ab'.repeat(32),
      declaredSize: 1,
      orderly: false,
      status: 'ready',
      createdAt: now,
    }),
  )
  await watchMissing(app.platform)
  assert.equal(await alarmOf(id), undefined)
})

test('the alarm of a lost page ends when the file is seen to grow after it, and is not touched again', async () => {
  const { id, hearingId } = await aRecording()
  const pages: ((event: ConductorEvent) => void)[] = []
  const conductor = conducting({
    conduct: async ({ onEvent }) => {
      pages.push(onEvent)
      onEvent({ is: 'recorder', status: 'on', sessionId: 'session-1', error: null })
      return silentPage
    },
    isOver: () => false,
  })
  const grew = async () => {
    app.clock.advance(1_000)
    const session = { sessionId: 'session-1', fileName: 'film.mkv', bytes: 1, stillForMs: 0 }
    await takeReport(app.platform, aSender, aReport({ jibri: 'busy', sessions: [session] }))
  }
  const topics: string[] = []
  const unsubscribe = app.platform.changes.subscribe((topic) => topics.push(topic))
  await conductor.reconcile()
  await until('it records', async () => (await rowOf(id))?.state === 'on')
  await grew()
  pages[0]?.({ is: 'lost', why: 'crashed' })
  await until('the alarm stands', async () => (await alarmOf(id)) === 'recording-fault')
  await until('another page', async () => pages.length === 2)
  await grew()
  await until('the alarm is over', async () => (await alarmOf(id)) === undefined)
  topics.length = 0
  for (let turn = 0; turn < 2; turn++) {
    await grew()
    pages[1]?.({ is: 'recorder', status: 'on', sessionId: 'session-1', error: null })
    await until('the report is told', async () => topics.filter((topic) => topic === 'recorders').length > turn)
  }
  assert.deepEqual([...new Set(topics)], ['recorders'])
  unsubscribe()
  await app.platform.db.transaction((tx) => store.endRecording(tx, hearingId))
  pages[1]?.({ is: 'recorder', status: 'off', sessionId: 'session-1', error: null })
  await until('it has ended', async () => (await rowOf(id))?.state === 'off')
  await conductor.stop()
})

test('a new start that was asked for survives a lost page, and is made once', async () => {
  const { id, hearingId } = await aRecording()
  const pages: ((event: ConductorEvent) => void)[] = []
  const stopped: string[] = []
  let started = 0
  const conductor = conducting({
    conduct: async ({ onEvent }) => {
      pages.push(onEvent)
      onEvent({ is: 'recorder', status: 'on', sessionId: 'first', error: null })
      return {
        ...silentPage,
        startRecording: async () => {
          started++
        },
        stopRecording: async (sessionId) => {
          stopped.push(sessionId)
        },
      }
    },
    isOver: () => false,
  })
  await conductor.reconcile()
  await until('it records', async () => (await rowOf(id))?.state === 'on')
  app.clock.advance(1_000)
  // The page is gone in the very moment.
  pages[0]?.({ is: 'lost', why: 'crashed' })
  await app.platform.db.transaction((tx) => store.setState(tx, id, { restartRequestedAt: new Date(app.clock.now()) }))
  await until('the running session is stopped', async () => stopped.length === 1)
  app.clock.advance(1_000)
  pages.at(-1)?.({ is: 'recorder', status: 'off', sessionId: 'first', error: null })
  await until('another is asked for', async () => started === 1)
  pages.at(-1)?.({ is: 'recorder', status: 'on', sessionId: 'second', error: null })
  await until('it records', async () => (await rowOf(id))?.currentSessionId === 'second')
  for (let turn = 0; turn < 3; turn++) {
    pages.at(-1)?.({ is: 'recorder', status: 'on', sessionId: 'second', error: null })
    await pause(50)
  }
  assert.deepEqual(stopped, ['first'])
  await app.platform.db.transaction((tx) => store.endRecording(tx, hearingId))
  pages.at(-1)?.({ is: 'recorder', status: 'off', sessionId: 'second', error: null })
  await until('it has ended', async () => (await rowOf(id))?.state === 'off')
  await conductor.stop()
})

test('a page that takes longer to open than the lease lasts is waited for; no other instance comes between', async () => {
  const { id, hearingId } = await aRecording()
  const opened = Promise.withResolvers<Conductor>()
  const slow = conducting({ conduct: () => opened.promise, isOver: () => false })
  await slow.reconcile()
  let intruded = 0
  const other = conducting({
    conduct: async (order) => {
      intruded++
      return nobodyGetsIn(order)
    },
    isOver: () => false,
  })
  for (let turn = 0; turn < 3; turn++) {
    const before = (await rowOf(id))?.conductorUntil
    app.clock.advance(6_000)
    await until('the lease is renewed', async () => Number((await rowOf(id))?.conductorUntil) > Number(before))
    await other.reconcile()
  }
  assert.equal(intruded, 0)
  await app.platform.db.transaction((tx) => store.endRecording(tx, hearingId))
  opened.resolve(silentPage)
  await until('it has ended', async () => {
    app.clock.advance(1_000)
    return (await rowOf(id))?.state === 'off'
  })
  await Promise.all([slow.stop(), other.stop()])
})

test('a control plane that was away for minutes cuts no healthy recording, whoever of the hosts reports first on its return', async () => {
  const { id, hearingId } = await aRecording()
  const sessionId = `session-${id}`
  let page: ((event: ConductorEvent) => void) | undefined
  const stopped: string[] = []
  const conductor = conducting({
    conduct: async ({ onEvent }) => {
      page = onEvent
      onEvent({ is: 'recorder', status: 'on', sessionId, error: null })
      return { ...silentPage, stopRecording: async (session) => void stopped.push(session) }
    },
    isOver: () => false,
  })
  const two: Sender = { ...aSender, hosts: ['jibri-1', 'jibri-2'] }
  const says = (host: string, sessions: { stillForMs: number }[]) =>
    takeReport(app.platform, two, {
      ...aReport({ host, jibri: sessions.length === 0 ? 'idle' : 'busy' }),
      sessions: sessions.map((one) => ({ ...one, sessionId, fileName: 'film.mkv', bytes: 1 })),
    })
  const looks = async () => {
    const before = await rowOf(id)
    app.clock.advance(1_000)
    await until('it looked', async () => Number((await rowOf(id))?.conductorUntil) > Number(before?.conductorUntil))
    await pause(100)
  }
  await conductor.reconcile()
  await until('it records', async () => (await rowOf(id))?.state === 'on')
  await says('jibri-1', [{ stillForMs: 0 }])
  await says('jibri-2', [])
  for (let turn = 0; turn < 6; turn++) {
    app.clock.advance(30_000)
    await looks()
  }
  assert.deepEqual(stopped, [], 'nobody could report for three minutes')
  // The one that does not record speaks first.
  await says('jibri-2', [])
  await looks()
  await says('jibri-1', [{ stillForMs: 2_000 }])
  await looks()
  assert.deepEqual(stopped, [])
  assert.notEqual((await rowOf(id))?.lastFault, 'not-growing')
  // A file that stands still by a fresh report is another matter.
  await says('jibri-1', [{ stillForMs: 101_000 }])
  await looks()
  await until('it is stopped', async () => stopped.length === 1)
  assert.equal((await rowOf(id))?.lastFault, 'not-growing')
  await app.platform.db.transaction((tx) => store.endRecording(tx, hearingId))
  page?.({ is: 'recorder', status: 'off', sessionId, error: null })
  await until('it has ended', async () => (await rowOf(id))?.state === 'off')
  await conductor.stop()
})

const twoHosts: Sender = { ...aSender, hosts: ['jibri-1', 'jibri-2'] }

/** A report of a host: busy with the session, or in a state without one. */
const hostSays = (host: string, said: RecorderReport['jibri'] | { records: string }, stillForMs = 0) =>
  takeReport(app.platform, twoHosts, {
    ...aReport({ host, jibri: typeof said === 'string' ? said : 'busy' }),
    sessions: typeof said === 'string' ? [] : [{ sessionId: said.records, fileName: 'film.mkv', bytes: 1, stillForMs }],
  })

/** A conducted recording in a room of ours: what was asked of the focus, and its answers by hand. */
async function conducted() {
  const { id, hearingId } = await aRecording()
  const pages: ((event: ConductorEvent) => void)[] = []
  const asked: string[] = []
  const play = { refuseStart: null as string | null, refuseStop: null as string | null }
  const conductor = conducting({
    conduct: async ({ onEvent }) => {
      pages.push(onEvent)
      return {
        ...silentPage,
        startRecording: async () => {
          asked.push('start')
          if (play.refuseStart !== null) throw new Error(play.refuseStart)
        },
        stopRecording: async (session) => {
          asked.push(`stop ${session}`)
          if (play.refuseStop !== null) throw new Error(play.refuseStop)
        },
      }
    },
    isOver: () => false,
  })
  await conductor.reconcile()
  await until('a page', async () => pages.length === 1)
  const tells = (status: 'pending' | 'on' | 'off', sessionId: string | null, error: string | null = null) =>
    pages.at(-1)?.({ is: 'recorder', status, sessionId, error })
  /** The hearing ends, and the recorder in order with that session; so does the conducting. */
  async function end(sessionId: string): Promise<void> {
    await app.platform.db.transaction((tx) => store.endRecording(tx, hearingId))
    tells('off', sessionId)
    await until('it has ended', async () => (await rowOf(id))?.state === 'off')
    await conductor.stop()
  }
  return { id, hearingId, conductor, pages, asked, play, tells, end }
}
const gapsIn = async (id: string) => store.gapsOf(app.platform.db, [id])

test('a Jicofo that lost its memory: the session that its Jibri goes on with is adopted, and stopped there once another runs', async () => {
  const { id, hearingId, conductor, pages, asked, play, tells } = await conducted()
  const first = `orphan-${id}`
  tells('on', first)
  await until('it records', async () => (await rowOf(id))?.state === 'on')
  await hostSays('jibri-2', 'down')
  await hostSays('jibri-1', { records: first })
  // Every meeting ends with its focus; the new one knows of nothing, and has no recorder to give.
  play.refuseStart = 'resource-constraint'
  pages[0]?.({ is: 'lost', why: 'focusLeft' })
  await until('another page', async () => pages.length === 2)
  app.clock.advance(3_000)
  assert.deepEqual(await hostSays('jibri-1', { records: first }), { stop: [] })
  await until('another start was tried', async () => asked.includes('start'))
  const adopted = await rowOf(id)
  assert.deepEqual([adopted?.state, adopted?.currentSessionId], ['on', first])
  const [session] = await store.sessionsOf(app.platform.db, [id])
  assert.ok(session?.orphanedAt)
  assert.equal(session.endedAt, null)
  assert.equal(await alarmOf(id), 'recording-fault')
  assert.equal(asked.filter((what) => what === 'start').length, 1, 'nothing hurries')
  assert.deepEqual(await gapsIn(id), [])

  // Another recorder is there: the start that is tried next succeeds.
  play.refuseStart = null
  for (let turn = 0; turn < 4; turn++) {
    app.clock.advance(9_000)
    await hostSays('jibri-2', 'idle')
    await hostSays('jibri-1', { records: first })
    await pause(50)
  }
  await until('asked again', async () => asked.filter((what) => what === 'start').length === 2)
  tells('pending', `second-${id}`)
  assert.deepEqual(await hostSays('jibri-1', { records: first }), { stop: [] })
  tells('on', `second-${id}`)
  await until('the other runs', async () => (await rowOf(id))?.currentSessionId === `second-${id}`)
  assert.deepEqual(
    await hostSays('jibri-1', { records: first }),
    { stop: [] },
    'nobody is seen to record the other yet',
  )
  assert.deepEqual(await hostSays('jibri-2', { records: `second-${id}` }), { stop: [] })
  assert.deepEqual(await hostSays('jibri-1', { records: first }), { stop: [first] })
  const ended = (await store.sessionsOf(app.platform.db, [id])).find((one) => one.sessionId === first)
  assert.equal(ended?.endedBy, 'superseded')
  await app.platform.db.transaction((tx) => store.endRecording(tx, hearingId))
  await until('the focus is asked to end it', async () => asked.includes(`stop second-${id}`))
  assert.deepEqual(await hostSays('jibri-2', { records: `second-${id}` }), { stop: [] }, 'it ends in order')
  tells('off', `second-${id}`)
  await until('it has ended', async () => (await rowOf(id))?.state === 'off')
  await conductor.stop()
})

test('a session that ended while no page looked has an end once another runs', async () => {
  const { id, pages, asked, tells, end } = await conducted()
  const first = `unseen-${id}`
  tells('on', first)
  await until('it records', async () => (await rowOf(id))?.state === 'on')
  // The focus was lost and with it the call; the recorder ended in order meanwhile.
  pages[0]?.({ is: 'lost', why: 'focusLeft' })
  await until('another page', async () => pages.length === 2)
  app.clock.advance(3_000)
  await until('a new start', async () => asked.includes('start'))
  tells('pending', `next-${id}`)
  await until('it is told', async () => (await rowOf(id))?.currentSessionId === `next-${id}`)
  tells('on', `next-${id}`)
  await until('the other runs', async () => (await rowOf(id))?.state === 'on')
  const ends = (await store.sessionsOf(app.platform.db, [id])).map(({ sessionId, endedBy }) => [sessionId, endedBy])
  assert.deepEqual(ends, [
    [first, 'superseded'],
    [`next-${id}`, null],
  ])
  await end(`next-${id}`)
})

test('the hearing ends while an orphan records: conducting ends at once, and its host is told to stop it', async () => {
  const { id, hearingId, conductor, asked, play, tells } = await conducted()
  const orphan = `orphan-${id}`
  // Its browser is still in the room, so the library calls it on; the focus knows it not.
  tells('on', orphan)
  await until('it records', async () => (await rowOf(id))?.state === 'on')
  await hostSays('jibri-1', { records: orphan })
  play.refuseStop = 'item-not-found'
  await app.platform.db.transaction((tx) => store.endRecording(tx, hearingId))
  await until('conducting has ended', async () => {
    app.clock.advance(1_000)
    return (await rowOf(id))?.state === 'off'
  })
  assert.deepEqual(asked, [`stop ${orphan}`])
  assert.deepEqual(await hostSays('jibri-1', { records: orphan }), { stop: [orphan] })
  assert.deepEqual(await hostSays('jibri-1', { records: 'of-nobody' }), { stop: [] })
  await conductor.stop()
})

test('a Jibri killed and back at once: its host’s word starts another session within seconds, and the gap stands in the record', async (t) => {
  const { id, asked, play, tells, end } = await conducted()
  const first = `killed-${id}`
  await hostSays('jibri-2', 'down')
  tells('on', first)
  await until('it records', async () => (await rowOf(id))?.state === 'on')
  await hostSays('jibri-1', { records: first })
  await pause(100)
  const killedAt = app.clock.now()
  app.clock.advance(2_000)
  await hostSays('jibri-1', 'idle')
  await pause(100)
  app.clock.advance(2_500)
  await hostSays('jibri-1', 'idle')
  const begun = performance.now()
  await until('the focus is asked to end what is gone', async () => asked.includes(`stop ${first}`))
  assert.ok(performance.now() - begun < 5_000)
  assert.equal((await rowOf(id))?.lastFault, 'recorder-gone')
  play.refuseStart = 'resource-constraint'
  // Nobody tells of an end: the killed one's browser stands in the room until Prosody gives it up, a minute later.
  tells('on', first)
  app.clock.advance(1_000)
  await until('a new start', async () => asked.includes('start'))
  assert.equal((await rowOf(id))?.state, 'fault', 'the room does not count as recorded')
  // It is back under its old name, and looks busy to Jicofo for some seconds; its host's next word is answered at once.
  play.refuseStart = null
  app.clock.advance(1_500)
  await hostSays('jibri-1', 'idle')
  await until('another start', async () => asked.filter((what) => what === 'start').length === 2)
  tells('pending', 'next')
  tells('on', 'next')
  app.clock.advance(4_000)
  await hostSays('jibri-1', { records: 'next' })
  await until('the gap is closed', async () => (await gapsIn(id))[0]?.endedAt != null)
  const [gap] = await gapsIn(id)
  assert.deepEqual([gap?.beganAt.getTime(), gap?.endedAt?.getTime()], [killedAt, app.clock.now()])
  t.diagnostic(`gap of ${(Number(gap?.endedAt) - Number(gap?.beganAt)) / 1000} s by the clock of the test`)
  const alarms = await app.platform.alerts.open(app.platform.db)
  assert.match(
    alarms.find(({ kind }) => kind === 'recording-gap')?.message ?? '',
    /1 quãng không ghi hình được.*\(11 giây\)/,
  )
  await end('next')
})

test('a session that Jicofo moves to another recorder is let move, and its gap is told all the same', async () => {
  const { id, asked, tells, end } = await conducted()
  const moved = `moved-${id}`
  await hostSays('jibri-2', 'idle')
  tells('on', moved)
  await until('it records', async () => (await rowOf(id))?.state === 'on')
  await hostSays('jibri-1', { records: moved })
  await pause(100)
  app.clock.advance(2_000)
  await hostSays('jibri-2', 'busy')
  await hostSays('jibri-1', 'down')
  await pause(1_200)
  app.clock.advance(10_000)
  await hostSays('jibri-2', 'busy')
  await hostSays('jibri-1', 'idle')
  await pause(1_200)
  assert.deepEqual(asked, [])
  app.clock.advance(3_000)
  await hostSays('jibri-2', { records: moved })
  await until('the gap is closed', async () => (await gapsIn(id))[0]?.endedAt != null)
  const [gap] = await gapsIn(id)
  assert.equal(Number(gap?.endedAt) - Number(gap?.beganAt), 15_000)
  await end(moved)
})

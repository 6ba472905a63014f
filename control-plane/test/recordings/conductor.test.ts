import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
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

async function aRecording(): Promise<store.RecordingRow> {
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

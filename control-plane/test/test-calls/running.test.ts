import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { Measurement } from '../../contract/test-calls.ts'
import type { Endpoints, RoomPc } from '../../server/endpoints/index.ts'
import { devices, endpoints } from '../../server/endpoints/tables.ts'
import type { Hearings } from '../../server/hearings/index.ts'
import { hourMs, minuteMs } from '../../server/platform/clock.ts'
import type { Database } from '../../server/platform/database.ts'
import { outboxMails } from '../../server/platform/tables.ts'
import { createRooms } from '../../server/rooms/index.ts'
import { rooms as roomRows } from '../../server/rooms/tables.ts'
import { createTestRunner } from '../../server/test-calls/run.ts'
import { lateAfterMs, leaseMs } from '../../server/test-calls/schedule.ts'
import * as store from '../../server/test-calls/store.ts'
import { testCalls } from '../../server/test-calls/tables.ts'
import { defaultThresholds } from '../../server/test-calls/thresholds.ts'
import { until } from '../endpoints/room-pc.ts'
import { type TestApplication, testApplication } from '../support/application.ts'

let app: TestApplication
let endpointId: string
const contactEmail = 'quynhon@gialai.example'
before(async () => {
  app = await testApplication({ environment: { TIEPDAN_ROOM_AGENT: 'true' } })
  const [row] = await app.platform.db.select().from(endpoints).where(eq(endpoints.slug, 'quy-nhon'))
  endpointId = row?.id ?? ''
  await app.platform.db.update(endpoints).set({ contactEmail }).where(eq(endpoints.id, endpointId))
})
after(() => app.close())
beforeEach(async () => {
  await app.platform.db.delete(testCalls)
  await app.platform.db.delete(outboxMails)
  await app.platform.db.delete(devices)
})

const flow = { bitrateKbps: 900, lossPercent: 0, jitterMs: 4, width: 1280, height: 720, framesPerSecond: 20 }
const measured = (side: 'agent' | 'kiosk'): Measurement => ({
  side,
  signalMs: 100,
  connectedMs: 500,
  firstFrameMs: 700,
  candidate: null,
  send: flow,
  receive: flow,
  rttMs: 10,
  microphoneLevel: side === 'kiosk' ? 0.1 : null,
  picture: 'moving',
  tone: side === 'agent' ? { heard: true, levelDb: -30, delayMs: 200 } : null,
  clockOffsetMs: null,
  errors: [],
})

/** Jitsi's edge (the browser), the room PC and the hearing that the test belongs to; a test may change them on the way. */
interface Around {
  roomPc: RoomPc
  agent(): Promise<Measurement>
  startsAt?: number
}

let prosodyStarts = 1

/** The runner on the real store. */
function runnerIn(around: Around) {
  const hearings = {
    plan: async () => undefined,
    planForChange: async () => undefined,
    brief: async () => (around.startsAt === undefined ? undefined : { startsAt: around.startsAt }),
    onMove: () => undefined,
  } as unknown as Hearings
  const rooms = createRooms(app.platform, { hearings, endpoints: { onBoard: () => undefined } as unknown as Endpoints })
  const known = {
    find: (reader: Database) => reader.select().from(endpoints).where(eq(endpoints.id, endpointId)),
    roomPc: async () => around.roomPc,
  } as unknown as Endpoints
  return createTestRunner({
    platform: app.platform,
    hearings,
    rooms: { ...rooms, signallingProcess: async () => `prosody-${prosodyStarts}` },
    endpoints: known,
    roomAgent: { measure: () => around.agent() },
  })
}
const good = (): Around => ({ roomPc: 'free', agent: async () => measured('agent') })

async function aTest(change: Partial<typeof testCalls.$inferInsert> = {}) {
  const now = new Date(app.clock.now())
  return app.platform.db.transaction((tx) =>
    store.insertOne(tx, { endpointId, kind: 'on-demand', dueAt: now, createdAt: now, ...change }),
  )
}

/** The room PC answers as soon as the test runs. */
async function playKiosk(id: string): Promise<void> {
  const [device] = await app.platform.db
    .insert(devices)
    .values({
      endpointId,
      label: 'thử',
      credentialHash: `${id}-${Math.floor(performance.now() * 1000)}`,
      enrolledAt: new Date(app.clock.now()),
      enrolledBy: endpointId,
    })
    .returning()
  for (let turn = 0; turn < 200; turn++) {
    const row = await store.testById(app.platform.db, id)
    if (row?.status === 'running') {
      await app.platform.db.transaction((tx) =>
        store.updateRunning(tx, id, row.attempt, { deviceId: device?.id ?? null, kioskMeasurement: measured('kiosk') }),
      )
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const noSignal = new AbortController().signal

const rowOf = (id: string) => store.testById(app.platform.db, id)
const recipients = async () => (await app.platform.db.select().from(outboxMails)).map((mail) => mail.recipient).sort()
const moment = () => ({ now: new Date(app.clock.now()), staleBefore: new Date(app.clock.now() - leaseMs) })
const claim = (id: string) => store.claim(app.platform.db, id, { ...moment(), lateAfterMs, by: 'w' })

test('a call measured at both ends gets its verdict, and a second run of the same job changes nothing', async () => {
  const runner = runnerIn(good())
  const made = await aTest()
  await Promise.all([runner.run(made.id, noSignal), playKiosk(made.id)])
  const row = await rowOf(made.id)
  assert.deepEqual([row?.status, row?.verdict, row?.attempt, row?.late], ['done', 'passed', 1, false])
  await runner.run(made.id, noSignal)
  assert.deepEqual(await rowOf(made.id), row)
})

test('a room PC is ordered into the room of the running attempt alone: never into an earlier one, nor before it is made', async () => {
  const around: Around = { ...good(), agent: () => Promise.reject(new Error('browser-ended')) }
  const runner = runnerIn(around)
  const made = await aTest()
  await Promise.all([runner.run(made.id, noSignal), playKiosk(made.id)])
  assert.deepEqual([(await rowOf(made.id))?.status, await runner.ordersFor(endpointId)], ['due', []])
  // A worker that claimed and has made no room yet: the board that a room PC reads in between orders nothing.
  app.clock.advance(10_000)
  assert.equal((await claim(made.id))?.attempt, 2)
  assert.deepEqual(await runner.ordersFor(endpointId), [])
  // It was killed there; the next one's room is a new one.
  app.clock.advance(leaseMs + 1_000)
  around.agent = good().agent
  let ordered: [number, string][] = []
  const kiosk = async () => {
    await until('the room PC is ordered', async () => {
      ordered = (await runner.ordersFor(endpointId)).map(({ attempt, room }) => [attempt, room])
      return ordered.length > 0
    })
    await playKiosk(made.id)
  }
  await Promise.all([runner.run(made.id, noSignal), kiosk()])
  const rooms = (await app.platform.db.select().from(roomRows).where(eq(roomRows.testCallId, made.id))).sort(
    (a, b) => a.createdAt.getTime() - b.createdAt.getTime(),
  )
  assert.deepEqual([rooms.length, ordered], [2, [[3, rooms[1]?.name]]])
})

test('it is judged by the limits that are set, and keeps them', async () => {
  const strict = { ...defaultThresholds, bitrateWarnKbps: 901, bitrateFailKbps: 901 }
  await app.platform.db.transaction((tx) => store.writeThresholds(tx, strict, new Date(app.clock.now())))
  const made = await aTest()
  await Promise.all([runnerIn(good()).run(made.id, noSignal), playKiosk(made.id)])
  const row = await rowOf(made.id)
  assert.deepEqual([row?.verdict, row?.thresholds], ['failed', strict])
  await app.platform.db.transaction((tx) => store.writeThresholds(tx, defaultThresholds, new Date(app.clock.now())))
})

test('without an enrolled room PC the endpoint is absent, and the office and its contact are told once', async () => {
  const runner = runnerIn({ ...good(), roomPc: 'none' })
  const made = await aTest()
  await runner.run(made.id, noSignal)
  await runner.run(made.id, noSignal)
  assert.equal((await rowOf(made.id))?.verdict, 'absent')
  assert.deepEqual(await recipients(), [contactEmail, app.platform.config.officeMail].sort())
  const [mail] = await app.platform.db.select().from(outboxMails)
  assert.match(mail?.body ?? '', /Bật máy phòng họp/)
})

test('twenty workers at one test: one works', async () => {
  const made = await aTest()
  const claims = await Promise.all(Array.from({ length: 20 }, () => claim(made.id)))
  assert.equal(claims.filter((one) => one !== undefined).length, 1)
})

test('two tests of one endpoint run one after the other', async () => {
  const [first, second] = [await aTest(), await aTest()]
  const claims = await Promise.all([claim(first.id), claim(second.id)])
  assert.equal(claims.filter((one) => one !== undefined).length, 1)
})

const broken: [string, Around['agent']][] = [
  ['the agent’s browser cannot be started', () => Promise.reject(new Error('launch: no such file'))],
  [
    'Prosody is away',
    async () => ({ ...measured('agent'), signalMs: null, connectedMs: null, errors: ['connection.droppedError'] }),
  ],
  [
    'the videobridge is away',
    async () => ({ ...measured('agent'), connectedMs: null, errors: ['conference.videobridgeNotAvailable'] }),
  ],
  [
    'Prosody is restarted between the two ends’ coming',
    async () => {
      prosodyStarts++
      return { ...measured('agent'), connectedMs: null, errors: ['not-connected'] }
    },
  ],
]
for (const [what, agent] of broken) {
  test(`${what}: the test waits, however often, and passes once it is back`, async () => {
    const around = { ...good(), agent }
    const runner = runnerIn(around)
    const made = await aTest({ kind: 'day-before' })
    await app.platform.db.transaction((tx) => store.notice(tx, [made.id], made.dueAt))
    for (const [n, pause] of [10_000, 20_000, 40_000, 80_000].entries()) {
      await Promise.all([runner.run(made.id, noSignal), playKiosk(made.id)])
      const row = await rowOf(made.id)
      assert.deepEqual([row?.status, row?.attempt, row?.waitingFor, row?.verdict], ['due', n + 1, 'servers', null])
      assert.equal(row?.notBefore?.getTime(), app.clock.now() + pause)
      await runner.run(made.id, noSignal)
      assert.equal((await rowOf(made.id))?.attempt, n + 1, 'not before its pause is over')
      app.clock.advance(pause)
    }
    around.agent = good().agent
    await Promise.all([runner.run(made.id, noSignal), playKiosk(made.id)])
    const row = await rowOf(made.id)
    assert.deepEqual([row?.status, row?.verdict, row?.late, row?.waitingFor], ['done', 'passed', true, null])
    assert.deepEqual(await recipients(), [])
  })
}

test('our servers away until the hearing begins: the verdict names them, and the commune is left alone', async () => {
  const runner = runnerIn({ ...good(), agent: broken[0]?.[1] ?? good().agent, startsAt: app.clock.now() + minuteMs })
  const made = await aTest({ kind: 'two-hours-before', hearingId: randomUUID() })
  await Promise.all([runner.run(made.id, noSignal), playKiosk(made.id)])
  assert.equal((await rowOf(made.id))?.status, 'due')
  app.clock.advance(minuteMs)
  await Promise.all([runner.run(made.id, noSignal), playKiosk(made.id)])
  const row = await rowOf(made.id)
  assert.deepEqual([row?.verdict, row?.reasons?.map((reason) => reason.code)], ['failed', ['servers']])
  assert.deepEqual(await recipients(), [app.platform.config.officeMail])
})

test('a room that sits in another hearing is tested once it is free, and is absent only when it never was', async () => {
  const around: Around = { ...good(), roomPc: 'in-hearing', startsAt: app.clock.now() + 2 * hourMs }
  const runner = runnerIn(around)
  const [made, never] = [await aTest({ hearingId: randomUUID() }), await aTest({ hearingId: randomUUID() })]
  for (const { id } of [made, never]) await runner.run(id, noSignal)
  const row = await rowOf(made.id)
  assert.deepEqual([row?.status, row?.waitingFor, row?.attempt], ['due', 'hearing', 0])
  app.clock.advance(hourMs)
  around.roomPc = 'free'
  await Promise.all([runner.run(made.id, noSignal), playKiosk(made.id)])
  assert.equal((await rowOf(made.id))?.verdict, 'passed')
  assert.deepEqual(await recipients(), [])
  app.clock.advance(hourMs)
  around.roomPc = 'in-hearing'
  await runner.run(never.id, noSignal)
  const seen = await rowOf(never.id)
  assert.deepEqual([seen?.verdict, seen?.reasons?.map((reason) => reason.code)], ['absent', ['room-busy']])
})

test('a worker that was killed is replaced once its claim has run out, not before', async () => {
  const made = await aTest({
    status: 'running',
    attempt: 1,
    claimedBy: 'dead',
    claimedAt: new Date(app.clock.now()),
    startedAt: new Date(app.clock.now()),
  })
  const due = async () => (await store.dueTests(app.platform.db, moment())).filter((row) => row.id === made.id).length
  assert.equal(await due(), 0)
  app.clock.advance(leaseMs + 1_000)
  assert.equal(await due(), 1)
})

test('what came due while everything was off waits for its room PC to come back, is called, and marked late', async () => {
  const around: Around = { ...good(), roomPc: 'silent' }
  const runner = runnerIn(around)
  const made = await aTest({ kind: 'day-before', dueAt: new Date(app.clock.now() - 10 * minuteMs) })
  await app.platform.db.transaction((tx) => store.notice(tx, [made.id], new Date(app.clock.now())))
  await runner.run(made.id, noSignal)
  const waits = await rowOf(made.id)
  assert.deepEqual([waits?.status, waits?.waitingFor, waits?.attempt], ['due', 'room-pc', 0])
  app.clock.advance(15_000)
  around.roomPc = 'free'
  await Promise.all([runner.run(made.id, noSignal), playKiosk(made.id)])
  const row = await rowOf(made.id)
  assert.deepEqual([row?.status, row?.verdict, row?.late], ['done', 'passed', true])
  assert.deepEqual(await recipients(), [])
})

test('a room PC that does not come back within its time is absent', async () => {
  const runner = runnerIn({ ...good(), roomPc: 'silent' })
  const made = await aTest({ kind: 'day-before', noticedAt: new Date(app.clock.now()) })
  for (const ms of [0, 20_000, 19_000]) {
    app.clock.advance(ms)
    await runner.run(made.id, noSignal)
    assert.equal((await rowOf(made.id))?.status, 'due')
  }
  app.clock.advance(6_000)
  await runner.run(made.id, noSignal)
  assert.equal((await rowOf(made.id))?.verdict, 'absent')
})

test('late is what nobody noticed in time, however short; waiting in the queue is not', async () => {
  const dueAt = new Date(app.clock.now())
  const queued = await aTest({ kind: 'day-before', dueAt, noticedAt: new Date(dueAt.getTime() + 2_000) })
  app.clock.advance(lateAfterMs + 1_000)
  const unnoticed = await aTest({ kind: 'two-hours-before', dueAt, noticedAt: new Date(app.clock.now()) })
  app.clock.advance(20 * minuteMs)
  assert.equal((await claim(queued.id))?.late, false)
  await app.platform.db.delete(testCalls).where(eq(testCalls.id, queued.id))
  assert.equal((await claim(unnoticed.id))?.late, true)
})

test('after a restart the reconciler notes when it saw what is due, and the job lets it wait for the room PC', async () => {
  const now = new Date(app.clock.now())
  await app.platform.db.insert(devices).values({
    endpointId,
    label: 'thử',
    credentialHash: 'restart',
    enrolledAt: now,
    enrolledBy: endpointId,
    lastSeenAt: new Date(now.getTime() - 2 * minuteMs),
  })
  const made = await aTest({ kind: 'day-before', dueAt: new Date(now.getTime() - minuteMs) })
  for (const { run } of app.modules.find(({ name }) => name === 'test-calls')?.reconciliations ?? []) await run()
  await until('the job has looked at it', async () => (await rowOf(made.id))?.waitingFor != null)
  const row = await rowOf(made.id)
  assert.deepEqual([row?.noticedAt, row?.status, row?.waitingFor, row?.attempt], [now, 'due', 'room-pc', 0])
})

test('a clock that is set back while a test runs gives it no negative length, and marks it', async () => {
  const row = await aTest()
  const runner = runnerIn({
    roomPc: 'free',
    agent: async () => {
      app.clock.advance(-hourMs)
      return measured('agent')
    },
  })
  await Promise.all([runner.run(row.id, noSignal), playKiosk(row.id)])
  const done = await store.testById(app.platform.db, row.id)
  assert.equal(done?.status, 'done')
  assert.equal(done?.finishedAt?.getTime(), done?.startedAt?.getTime())
  assert.equal(done?.clockStepped, true)
})

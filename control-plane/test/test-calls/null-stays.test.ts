import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { Measurement } from '../../contract/test-calls.ts'
import { testCalls } from '../../server/test-calls/tables.ts'
import { aConnectedPc, aDelegate, healthyState, listening, until } from '../endpoints/room-pc.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

let app: TestApplication
let pc: Awaited<ReturnType<typeof aConnectedPc>>
let endpointId: string
let testCallId: string
before(async () => {
  app = await testApplication()
  endpointId = (await aDelegate(app, 'Quy Nhơn')).id
  pc = await aConnectedPc(await listening(app), endpointId)
  const now = new Date(app.clock.now())
  const values = {
    endpointId,
    kind: 'on-demand' as const,
    dueAt: now,
    createdAt: now,
    status: 'running' as const,
    attempt: 1,
  }
  const [row] = await app.platform.db.insert(testCalls).values(values).returning()
  testCallId = row?.id ?? ''
})
after(async () => {
  pc.close()
  await app.close()
})

const nothing = {
  bitrateKbps: null,
  lossPercent: null,
  jitterMs: null,
  width: null,
  height: null,
  framesPerSecond: null,
}
const unmeasured: Measurement = {
  side: 'kiosk',
  signalMs: null,
  connectedMs: null,
  firstFrameMs: null,
  candidate: null,
  send: nothing,
  receive: nothing,
  rttMs: null,
  microphoneLevel: null,
  picture: 'none',
  tone: null,
  clockOffsetMs: null,
  errors: [],
}
const tell = (body: object) =>
  app.http.inject({
    method: 'POST',
    url: `/api/kiosk/test-calls/${testCallId}/measurement`,
    headers: { authorization: `Bearer ${pc.token}` },
    payload: body,
  })

test('what a room PC did not measure stays null: kept, and told so to the screens', async () => {
  assert.equal((await tell({ attempt: 1, measurement: unmeasured })).statusCode, 204)
  const [row] = await app.platform.db.select().from(testCalls).where(eq(testCalls.id, testCallId))
  assert.deepEqual(row?.kioskMeasurement, unmeasured)
  const shown = await app.http.inject({ url: `/api/test-calls/${testCallId}`, headers: await signedIn(app, 'office') })
  assert.deepEqual(shown.json().kiosk, unmeasured)
})

test('a body says itself what each value is: nothing is made of a text, a list, an empty word or a null', async () => {
  const measurement = { ...unmeasured, rttMs: 12 }
  const odd: [object, string][] = [
    [{ attempt: '1', measurement }, 'body.attempt'],
    [{ attempt: null, measurement }, 'body.attempt'],
    [{ attempt: [1], measurement }, 'body.attempt'],
    [{ attempt: 1, measurement: { ...measurement, rttMs: '12' } }, 'body.measurement.rttMs'],
    [{ attempt: 1, measurement: { ...measurement, rttMs: '' } }, 'body.measurement.rttMs'],
    [{ attempt: 1, measurement: { ...measurement, rttMs: false } }, 'body.measurement.rttMs'],
    [{ attempt: 1, measurement: { ...measurement, errors: 'stalled' } }, 'body.measurement.errors'],
    [{ attempt: 1, measurement: { ...measurement, side: null } }, 'body.measurement.side'],
  ]
  for (const [body, field] of odd) {
    const answer = await tell(body)
    assert.equal(answer.statusCode, 400, JSON.stringify(body))
    const fields = answer.json().faults.map((fault: { field: string }) => fault.field)
    assert.ok(fields.includes(field), `${fields} for ${field}`)
  }
})

test('on the socket too: a round trip that nobody measured is none', async () => {
  pc.say({ type: 'state', state: { ...healthyState, rttMs: null, clockOffsetMs: null } })
  const office = await signedIn(app, 'office')
  const state = async () =>
    (await app.http.inject({ url: `/api/endpoints/${endpointId}`, headers: office })).json().devices[0].state
  await until('the state is kept', async () => (await state()) !== null)
  const { rttMs, clockOffsetMs } = await state()
  assert.deepEqual([rttMs, clockOffsetMs], [null, null])
})

test('addresses are texts: figures in them are read, and only whole ones', async () => {
  const office = await signedIn(app, 'reception-board')
  const status = async (query: string) =>
    (await app.http.inject({ url: `/api/cases?${query}`, headers: office })).statusCode
  assert.equal(await status('limit=2&offset=1'), 200)
  for (const query of [
    'limit=Infinity',
    'limit=1e999',
    'limit=-Infinity',
    'limit=NaN',
    'limit=',
    'limit=1.5',
    'limit=2&limit=3',
  ])
    assert.equal(await status(query), 400, query)
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { minuteMs } from '../../server/platform/clock.ts'
import { orderBounds, orderRefusal } from '../../server/test-calls/orders.ts'
import { testCalls } from '../../server/test-calls/tables.ts'
import { aDelegate } from '../endpoints/room-pc.ts'
import { aRoomWorld, type RoomWorld, type TestHearing } from '../rooms/world.ts'
import { signedIn } from '../support/staff.ts'

let world: RoomWorld
let hearing: TestHearing
let endpointId: string
let officer: { cookie: string; origin: string }
before(async () => {
  world = await aRoomWorld()
  hearing = await world.aHearing()
  endpointId = (await aDelegate(world.app, 'Quy Nhơn Bắc')).id
  officer = await signedIn(world.app, 'commune-officer', { endpointId })
})
after(() => world.close())

const order = (about: object = {}, headers: object = officer) =>
  world.ask('POST', '/api/test-calls', { endpointId, ...about }, headers)
const rows = () => world.db.select().from(testCalls).where(eq(testCalls.endpointId, endpointId))
const finishAll = () => world.db.update(testCalls).set({ status: 'done' }).where(eq(testCalls.endpointId, endpointId))

test('however often it is pressed, also at once and by two people, one test waits; each is told which', async () => {
  const office = await signedIn(world.app, 'office')
  const presses = Array.from({ length: 30 }, (_, press) => order({}, press % 2 === 0 ? officer : office))
  const answers = await Promise.all(presses)
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array.from({ length: 29 }, () => 200), 201])
  assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
  assert.deepEqual(answers.map(({ status, body }) => body.already === (status === 200)).includes(false), false)
  assert.equal((await rows()).length, 1)
  // While it runs the same holds.
  await world.db.update(testCalls).set({ status: 'running' }).where(eq(testCalls.endpointId, endpointId))
  assert.deepEqual([(await order()).status, (await rows()).length], [200, 1])
  await finishAll()
})

test('one that was ordered for a hearing is not the one of another hearing or of none', async () => {
  const at = hearing.delegate.endpointId
  const office = await signedIn(world.app, 'office')
  const first = await order({ endpointId: at, hearingId: hearing.id }, office)
  const second = await order({ endpointId: at }, office)
  assert.deepEqual([first.status, second.status], [201, 201])
  const again = await order({ endpointId: at, hearingId: hearing.id }, office)
  assert.deepEqual([again.status, again.body.id], [200, first.body.id])
})

test('finished tests may be repeated a few times, then the office and the officer are asked to wait', async () => {
  const statuses: number[] = []
  for (let time = 0; time < orderBounds.ofEndpoint + 2; time += 1) {
    const answer = await order()
    statuses.push(answer.status)
    await finishAll()
    if (answer.status !== 429) continue
    assert.match(String(answer.body.title), /nhiều lần liên tiếp.*sau \d+ phút/)
    assert.equal(answer.body.type, 'urn:tiepdan:problem:too-many-tests')
  }
  // One of them was made by the test above.
  assert.deepEqual(
    statuses.slice(0, orderBounds.ofEndpoint - 1),
    Array.from({ length: orderBounds.ofEndpoint - 1 }, () => 201),
  )
  assert.deepEqual(statuses.slice(orderBounds.ofEndpoint - 1), [429, 429, 429])
  assert.equal((await order({}, await signedIn(world.app, 'office'))).status, 429)
  world.clock.advance(10 * minuteMs + 1)
  officer = await signedIn(world.app, 'commune-officer', { endpointId })
  assert.equal((await order()).status, 201)
})

test('one person is bounded over all endpoints, others are not held up by him', () => {
  const at = new Date('2026-12-01T02:00:00Z')
  const recent = Array.from({ length: orderBounds.ofPerson }, (_, each) => ({
    endpointId: `e${each}`,
    requestedById: 'p',
    createdAt: new Date(at.getTime() + each),
  }))
  assert.deepEqual(orderRefusal(recent, { endpointId: 'new', personId: 'p' }), {
    of: 'person',
    until: at.getTime() + orderBounds.windowMs,
  })
  assert.equal(orderRefusal(recent.slice(1), { endpointId: 'new', personId: 'p' }), undefined)
  assert.equal(orderRefusal(recent, { endpointId: 'new', personId: 'q' }), undefined)
})

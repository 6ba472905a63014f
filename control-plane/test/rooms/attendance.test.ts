import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { minuteMs } from '../../server/platform/clock.ts'
import { quorumOf } from '../../server/rooms/index.ts'
import { attendance, edgeEvents } from '../../server/rooms/tables.ts'
import { aRoomWorld, edgeHeaders, prosodyReports, type RoomWorld, startsAt, type TestHearing } from './world.ts'

let world: RoomWorld
let hearing: TestHearing
let room: string
let number = 0
let prosody: ReturnType<typeof prosodyReports>
before(async () => {
  world = await aRoomWorld()
  hearing = await world.aHearing()
  room = hearing.room.name
})
after(() => world.close())
beforeEach(async () => {
  world.clock.set(startsAt + number++ * minuteMs)
  await world.db.delete(attendance)
  prosody = prosodyReports(world, `process-${number}`)
})

const intervals = () => world.db.select().from(attendance).orderBy(attendance.joinedAt)
const missing = async () => (await quorumOf(world.db, hearing.id)).missing.map(({ name }) => name)

test('only who has the shared secret may report', async () => {
  const body = { processId: 'process-x', events: [prosody.event('room-created', { room })] }
  assert.equal((await world.ask('POST', '/api/edge/events', body)).status, 401)
  const wrong = { authorization: `${edgeHeaders.authorization}x` }
  assert.equal((await world.ask('POST', '/api/edge/events', body, wrong)).status, 401)
})

test('coming and going make intervals with the times that Prosody saw', async () => {
  const came = prosody.joined(room, hearing.guest.id)
  world.clock.advance(40_000)
  const went = prosody.left(room, hearing.guest.id)
  const answer = await prosody.send(came, went)
  assert.deepEqual([answer.status, answer.body.acknowledged], [200, 2])
  const [interval] = await intervals()
  assert.equal(interval?.leftAt?.getTime(), world.clock.now())
  assert.equal(interval?.joinedAt.getTime(), world.clock.now() - 40_000)
  assert.equal(interval?.leftBy, 'left')
})

test('a batch that is sent again, and one overlapping it, changes nothing', async () => {
  const came = prosody.joined(room, hearing.guest.id)
  for (let times = 0; times < 3; times++) assert.equal((await prosody.send(came)).body.acknowledged, 1)
  const went = prosody.left(room, hearing.guest.id)
  assert.equal((await prosody.send(came, went)).body.acknowledged, 2)
  assert.equal((await prosody.send(came)).body.acknowledged, 2)
  assert.equal((await intervals()).length, 1)
  assert.equal(
    (
      await world.db
        .select()
        .from(edgeEvents)
        .where(eq(edgeEvents.processId, `process-${number}`))
    ).length,
    2,
  )
})

test('the same batch twice at once is taken once', async () => {
  const events = [prosody.joined(room, hearing.guest.id), prosody.joined(room, hearing.central.id)]
  const answers = await Promise.all([prosody.send(...events), prosody.send(...events)])
  for (const answer of answers) assert.equal(answer.body.acknowledged, 2)
  assert.equal((await intervals()).length, 2)
})

test('events of a batch in the wrong order are put in order', async () => {
  const came = prosody.joined(room, hearing.guest.id)
  const went = prosody.left(room, hearing.guest.id)
  const back = prosody.joined(room, hearing.guest.id)
  await prosody.send(back, went, came)
  assert.deepEqual((await intervals()).map((row) => row.leftAt === null).sort(), [false, true])
})

test('a room destroyed before the last leave is told of ends every stay, once', async () => {
  await prosody.send(prosody.joined(room, hearing.guest.id), prosody.joined(room, hearing.central.id))
  await prosody.send(prosody.event('room-destroyed', { room }), prosody.left(room, hearing.guest.id))
  assert.deepEqual(
    (await intervals()).map((row) => row.leftBy),
    ['room-destroyed', 'room-destroyed'],
  )
})

test('a gap is answered by asking for a snapshot, which makes up for what was lost', async () => {
  await prosody.send(prosody.joined(room, hearing.guest.id))
  prosody.skip(3)
  const lost = await prosody.send(prosody.joined(room, hearing.citizen.id))
  assert.deepEqual([lost.status, lost.body.needs], [409, 'snapshot'])
  const occupants = [{ occupantId: 'o-1', userId: hearing.central.id, joinedAt: world.clock.now() - 5_000 }]
  const taken = await prosody.send(prosody.event('snapshot', { rooms: [{ room, occupants }] }))
  assert.equal(taken.status, 200, JSON.stringify(taken.body))
  const rows = await intervals()
  const of = (id: string) => rows.filter((row) => row.userId === id)
  assert.deepEqual(
    of(hearing.guest.id).map((row) => row.leftBy),
    ['snapshot'],
  )
  assert.deepEqual(
    of(hearing.central.id).map((row) => row.leftAt),
    [null],
  )
  assert.equal(of(hearing.central.id)[0]?.joinedAt.getTime(), world.clock.now() - 5_000)
  assert.equal((await prosody.send(prosody.joined(room, hearing.citizen.id))).status, 200)
})

test('an event that was refused for its form leaves no gap and is an alert', async () => {
  await prosody.send(prosody.joined(room, hearing.guest.id))
  const bad = await prosody.send(prosody.joined(room, hearing.citizen.id, { name: 'x'.repeat(301) }))
  assert.equal(bad.status, 400)
  prosody.skip(-1)
  const taken = await prosody.send(prosody.event('event-refused'), prosody.joined(room, hearing.central.id))
  assert.deepEqual([taken.status, taken.body.acknowledged], [200, 3])
  const open = await world.app.platform.alerts.open(world.db)
  assert.deepEqual(
    open.filter((alert) => alert.subject === `prosody:process-${number}`).map((alert) => alert.kind),
    ['attendance-refused'],
  )
})

test('after a restart of Prosody its snapshot ends the stays of the old process', async () => {
  await prosody.send(prosody.joined(room, hearing.guest.id), prosody.joined(room, hearing.central.id))
  world.clock.advance(5_000)
  const restarted = prosodyReports(world, `process-${number}-restarted`)
  await restarted.send(restarted.event('snapshot', { rooms: [] }))
  assert.deepEqual(
    (await intervals()).map((row) => row.leftBy),
    ['snapshot', 'snapshot'],
  )
  await restarted.send(restarted.joined(room, hearing.guest.id))
  assert.equal((await intervals()).filter((row) => row.leftAt === null).length, 1)
})

test('the quorum is what the server sees, all at the same time, the hidden conductor left out', async () => {
  const { central, delegate, citizen, guest } = hearing
  assert.equal((await missing()).length, 3)
  await prosody.send(prosody.joined(room, central.id), prosody.joined(room, delegate.id))
  assert.deepEqual(await missing(), ['Phạm Thị Dung'])
  await prosody.send(prosody.joined(room, citizen.id, { hidden: true }), prosody.joined(room, guest.id))
  assert.deepEqual(await missing(), ['Phạm Thị Dung'])
  await prosody.send(prosody.left(room, delegate.id), prosody.joined(room, citizen.id, { occupantId: 'second' }))
  assert.deepEqual(await missing(), [delegate.displayName])
  await prosody.send(prosody.joined(room, delegate.id))
  assert.equal((await quorumOf(world.db, hearing.id)).met, true)
})

test('somebody in two windows is present until both are closed', async () => {
  const { central } = hearing
  const present = async () => (await quorumOf(world.db, hearing.id)).present.map(({ grantId }) => grantId)
  await prosody.send(prosody.joined(room, central.id), prosody.joined(room, central.id, { occupantId: 'second' }))
  await prosody.send(prosody.left(room, central.id))
  assert.deepEqual(await present(), [central.id])
  await prosody.send(prosody.event('occupant-left', { room, occupantId: 'second', userId: central.id }))
  assert.deepEqual(await present(), [])
})

test('being in another room is not being in the hearing', async () => {
  await prosody.send(prosody.joined('f'.repeat(32), hearing.central.id))
  assert.ok((await missing()).includes(hearing.central.displayName))
})

test('the board shows who was there from when to when, to those who may watch', async () => {
  await prosody.send(
    prosody.joined(room, hearing.guest.id),
    prosody.joined(room, 'agent:conductor', { hidden: true, occupantId: 'conductor' }),
  )
  const url = `/api/hearings/${hearing.id}/room`
  const seen = await world.as('inspector', 'GET', url)
  assert.equal(seen.status, 200, JSON.stringify(seen.body))
  assert.deepEqual(
    (seen.body.attendance as { grantId: string }[]).map((row) => row.grantId),
    [hearing.guest.id],
  )
  assert.equal((await world.as('commune-officer', 'GET', url)).status, 403)
})

test('who comes in with the token of a revoked grant is put out again', async () => {
  await world.as('office', 'POST', `/api/grants/${hearing.guest.id}/revoke`, { reason: 'Không còn dự' })
  const kicks = () => world.edge.told.filter((word) => word.path === '/kick').length
  const until = async (count: number) => {
    for (let wait = 0; wait < 100 && kicks() < count; wait++) await new Promise((go) => setTimeout(go, 100))
    // The watch that looks every 3 s may have been first, or beside.
    assert.ok(kicks() >= count, `${kicks()}`)
  }
  await until(1)
  await prosody.send(prosody.joined(room, hearing.guest.id))
  await until(2)
})

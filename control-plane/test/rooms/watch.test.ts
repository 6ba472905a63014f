import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { hourMs, minuteMs } from '../../server/platform/clock.ts'
import { attendance, rooms } from '../../server/rooms/tables.ts'
import { aRoomWorld, endsAt, prosodyReports, type RoomWorld, startsAt, type TestHearing } from './world.ts'

let world: RoomWorld
let hearing: TestHearing
let prosody: ReturnType<typeof prosodyReports>
before(async () => {
  world = await aRoomWorld()
  hearing = await world.aHearing()
  world.clock.set(startsAt)
  prosody = prosodyReports(world, world.edge.processId)
})
after(() => world.close())

const run = (name: 'rooms.compare' | 'rooms.close') =>
  world.app.modules
    .flatMap((module) => module.reconciliations ?? [])
    .find((one) => one.name === name)
    ?.run()
const openAlerts = async () => (await world.app.platform.alerts.open(world.db)).map((alert) => alert.kind)
const present = async () =>
  (await world.db.select().from(attendance)).filter((row) => row.leftAt === null).map((row) => row.userId)

test('a Prosody that does not answer raises an alert, once, and its answer clears it', async () => {
  world.edge.up = false
  await run('rooms.compare')
  await run('rooms.compare')
  assert.deepEqual(
    (await openAlerts()).filter((kind) => kind === 'prosody-down'),
    ['prosody-down'],
  )
  world.edge.up = true
  await run('rooms.compare')
  assert.ok(!(await openAlerts()).includes('prosody-down'))
})

test('attendance that Prosody no longer knows is ended, but not what came in just now or is still under way', async () => {
  await prosody.send(prosody.joined(hearing.room.name, hearing.guest.id))
  await run('rooms.compare')
  assert.deepEqual(await present(), [hearing.guest.id])
  const compared = world.clock.now()
  world.clock.advance(minuteMs)
  world.edge.waiting = 1
  await run('rooms.compare')
  assert.deepEqual(await present(), [hearing.guest.id])
  world.edge.waiting = 0
  await run('rooms.compare')
  assert.deepEqual(await present(), [])
  const [ended] = await world.db.select().from(attendance).where(eq(attendance.userId, hearing.guest.id))
  assert.equal(ended?.certainUntil?.getTime(), compared)
})

test('who is in the room without ever having been told of is noted; who went in the meantime stays gone', async () => {
  const came = prosody.joined(hearing.room.name, hearing.guest.id, { occupantId: 'came-and-went' })
  const went = prosody.event('occupant-left', { room: hearing.room.name, occupantId: 'came-and-went' })
  await prosody.send(came, went)
  const joinedAt = world.clock.now() - minuteMs
  world.edge.rooms = [
    {
      room: hearing.room.name,
      occupants: [
        { occupantId: 'unreported', userId: hearing.central.id, joinedAt },
        { occupantId: 'came-and-went', userId: hearing.guest.id, joinedAt },
      ],
    },
  ]
  await run('rooms.compare')
  await run('rooms.compare')
  assert.deepEqual(await present(), [hearing.central.id])
})

test('a hearing is not started on attendance that nobody confirms any more', async () => {
  const { central, delegate, citizen } = hearing
  await world.makeReady(hearing.id)
  await prosody.send(...[central, delegate, citizen].map(({ id }) => prosody.joined(hearing.room.name, id)))
  const joinedAt = world.clock.now()
  const occupants = [central, delegate, citizen].map(({ id }) => ({
    occupantId: `o-${id.slice(0, 8)}`,
    userId: id,
    joinedAt,
  }))
  world.edge.rooms = [{ room: hearing.room.name, occupants }]
  const quorum = async () => {
    const { body } = await world.as('office', 'GET', `/api/hearings/${hearing.id}/room`)
    const { met, isCurrent } = body.quorum as { met: boolean; isCurrent: boolean }
    return { met, isCurrent }
  }
  const start = () => world.as('office', 'POST', `/api/hearings/${hearing.id}/start`)
  const refused = { status: 409, type: 'urn:tiepdan:problem:presence-unknown', retryable: true }
  const wordOf = ({ status, body }: Awaited<ReturnType<typeof start>>) => ({
    status,
    type: body.type,
    retryable: body.retryable,
  })
  await run('rooms.compare')
  assert.deepEqual(await quorum(), { met: true, isCurrent: true })
  world.edge.up = false
  await run('rooms.compare')
  assert.deepEqual(await quorum(), { met: false, isCurrent: false })
  assert.deepEqual(wordOf(await start()), refused)
  world.edge.up = true
  await run('rooms.compare')
  world.clock.advance(minuteMs)
  assert.deepEqual(wordOf(await start()), refused, 'compared too long ago')
  await run('rooms.compare')
  assert.equal((await start()).status, 200)
})

test('a room is closed at its end, but never under a live hearing', async () => {
  world.edge.told = []
  const closed = () => world.edge.told.filter((word) => word.path === '/close').map((word) => word.body.room)
  world.clock.set(endsAt + 5 * hourMs)
  await world.setStatus(hearing.id, 'live')
  await run('rooms.close')
  assert.deepEqual(closed(), [])
  await world.setStatus(hearing.id, 'ended')
  await run('rooms.close')
  await run('rooms.close')
  assert.deepEqual(closed(), [hearing.room.name])
  const [room] = await world.db.select().from(rooms).where(eq(rooms.id, hearing.room.id))
  assert.equal(room?.closedAt?.getTime(), world.clock.now())
})

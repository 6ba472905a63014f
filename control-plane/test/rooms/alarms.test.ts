import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { minuteMs } from '../../server/platform/clock.ts'
import { attendance, edgeEvents, grants, rooms } from '../../server/rooms/tables.ts'
import { aRoomWorld, edgeHeaders, prosodyReports, type RoomWorld, startsAt, type TestHearing } from './world.ts'

// What the module lists and what attendance says are compared every ten seconds; a difference is told to people and closes by itself.
let world: RoomWorld
let hearing: TestHearing
/** A grant of another room. */
let foreign: string
let prosody: ReturnType<typeof prosodyReports>
let number = 0
before(async () => {
  world = await aRoomWorld()
  hearing = await world.aHearing()
  const { id: _, name: __, ...like } = hearing.room
  const [room] = await world.db
    .insert(rooms)
    .values({ ...like, name: 'e'.repeat(32) })
    .returning()
  const { id: ___, ...grant } = hearing.guest
  const [made] = await world.db
    .insert(grants)
    .values({ ...grant, roomId: room?.id ?? '', tokenHash: 'another', codeHash: 'another' })
    .returning()
  foreign = made?.id ?? ''
})
after(() => world.close())
beforeEach(async () => {
  world.clock.set(startsAt + number++ * 10 * minuteMs)
  await world.db.delete(attendance)
  world.edge.processId = `process-${number}`
  world.edge.waiting = 0
  prosody = prosodyReports(world, world.edge.processId)
  await lists()
  await compare()
  world.edge.told = []
})

const compare = async () => {
  await world.app.modules
    .flatMap((module) => module.reconciliations ?? [])
    .find((one) => one.name === 'rooms.compare')
    ?.run()
}
interface Said {
  userId?: string | undefined
  occupantId?: string
  joinedAt?: number
  room?: string
}
/** What the module lists from now on. */
async function lists(...occupants: Said[]) {
  const names = [...new Set(occupants.map((one) => one.room ?? hearing.room.name))]
  world.edge.rooms = names.map((room) => ({
    room,
    occupants: occupants
      .filter((one) => (one.room ?? hearing.room.name) === room)
      .map(({ userId, occupantId, joinedAt }) => ({
        occupantId: occupantId ?? `o-${userId?.slice(0, 8)}`,
        ...(userId === undefined ? {} : { userId }),
        joinedAt: joinedAt ?? world.clock.now(),
        hidden: false,
      })),
  }))
}
const alarms = async (kind: string) =>
  (await world.app.platform.alerts.open(world.db)).filter((one) => one.kind === kind)
const present = async () =>
  (await world.db.select().from(attendance)).filter((row) => row.leftAt === null).map((row) => row.userId)
const kicked = () => world.edge.told.filter(({ path }) => path === '/kick').map(({ body }) => body)
const code = async () => {
  const { body } = await world.as('office', 'GET', `/api/hearings/${hearing.id}`)
  return String(body.code)
}

test('nothing is alarming while both agree, nor while something is under way', async () => {
  await prosody.send(prosody.joined(hearing.room.name, hearing.guest.id))
  await lists({ userId: hearing.guest.id })
  world.clock.advance(5 * minuteMs)
  await compare()
  // One whose coming is in the queue, one who has just come and one who has just gone.
  await lists({ userId: hearing.guest.id }, { userId: hearing.central.id, joinedAt: world.clock.now() - minuteMs })
  world.edge.waiting = 1
  await compare()
  world.edge.waiting = 0
  await lists({ userId: hearing.guest.id }, { userId: hearing.delegate.id, joinedAt: world.clock.now() - 1_000 })
  await prosody.send(prosody.joined(hearing.room.name, hearing.citizen.id))
  await compare()
  assert.deepEqual(await alarms('attendance-differs'), [])
  assert.deepEqual(await alarms('occupant-not-allowed'), [])
  assert.deepEqual(kicked(), [])
})

test('somebody who is in the room and was recorded as gone is present again, and the difference is told and closes', async () => {
  const joinedAt = world.clock.now()
  await prosody.send(
    prosody.joined(hearing.room.name, hearing.guest.id),
    prosody.left(hearing.room.name, hearing.guest.id),
  )
  world.clock.advance(minuteMs)
  await lists({ userId: hearing.guest.id, joinedAt })
  await compare()
  assert.deepEqual(await present(), [hearing.guest.id])
  const [alarm] = await alarms('attendance-differs')
  assert.equal(alarm?.subject, `hearing:${hearing.id}`)
  assert.equal(alarm?.severity, 'critical')
  assert.match(alarm?.message ?? '', new RegExp(`${await code()}.*mã ${hearing.guest.id.slice(0, 8)}.*chưa được ghi`))
  // Mailed and kept: nobody's name.
  assert.ok(!alarm?.message.includes(hearing.guest.displayName))
  world.clock.advance(10_000)
  await compare()
  assert.deepEqual(await alarms('attendance-differs'), [])
  const intervals = (await world.db.select().from(attendance)).sort(
    (a, b) => a.joinedAt.getTime() - b.joinedAt.getTime(),
  )
  assert.deepEqual(
    intervals.map((row) => [row.joinedAt.getTime(), row.leftAt?.getTime()]),
    [
      [joinedAt, joinedAt],
      [joinedAt, undefined],
    ],
  )
})

test('somebody recorded as present whom nobody lists is told of by his office, and is not present any more', async () => {
  await prosody.send(prosody.joined(hearing.room.name, hearing.delegate.id))
  world.clock.advance(minuteMs)
  await compare()
  assert.deepEqual(await present(), [])
  const [alarm] = await alarms('attendance-differs')
  assert.match(alarm?.message ?? '', new RegExp(`điểm cầu ${hearing.delegate.displayName}.*không có trong phòng`))
  await compare()
  assert.deepEqual(await alarms('attendance-differs'), [])
})

test('another person at the same place is another person', async () => {
  const at = { occupantId: 'one-place' }
  await prosody.send(prosody.joined(hearing.room.name, hearing.guest.id, at))
  const came = world.clock.now()
  world.clock.advance(minuteMs)
  await lists({ userId: hearing.citizen.id, joinedAt: came, ...at })
  await compare()
  assert.deepEqual(await present(), [hearing.citizen.id])
  assert.match((await alarms('attendance-differs'))[0]?.message ?? '', /không có trong phòng; .*chưa được ghi/)
})

test('a coming at a place that still stands for somebody else ends that one’s stay, in events and in snapshots', async () => {
  const at = { occupantId: 'one-place' }
  const room = hearing.room.name
  await prosody.send(prosody.joined(room, hearing.guest.id, at), prosody.joined(room, hearing.citizen.id, at))
  assert.deepEqual(await present(), [hearing.citizen.id])
  const occupants = [{ ...at, userId: hearing.central.id, joinedAt: world.clock.now() }]
  await prosody.send(prosody.event('snapshot', { rooms: [{ room, occupants }] }))
  assert.deepEqual(await present(), [hearing.central.id])
})

test('whoever may not be in the room is put out and told of, until he is gone', async () => {
  const old = world.clock.now() - minuteMs
  await world.db
    .update(grants)
    .set({ revokedAt: new Date(old), revokedReason: 'x' })
    .where(eq(grants.id, hearing.citizen.id))
  const nobody = '00000000-0000-4000-8000-000000000000'
  const intruders: [Said, RegExp][] = [
    [{ userId: hearing.citizen.id }, /đã bị thu hồi/],
    [{ userId: foreign }, /của phòng khác/],
    [{ userId: nobody }, /không có thông tin đăng nhập/],
    [{ userId: 'device:test:1' }, /không có thông tin đăng nhập/],
    [{ occupantId: 'without-id' }, /một người không rõ/],
    [{ userId: hearing.guest.id, room: 'f'.repeat(32) }, /hệ thống không biết/],
  ]
  for (const [intruder, words] of intruders) {
    world.edge.told = []
    await lists({ userId: hearing.central.id }, intruder)
    await compare()
    const [alarm, ...more] = await alarms('occupant-not-allowed')
    assert.match(alarm?.message ?? '', words)
    assert.deepEqual(more, [])
    const { userId, occupantId } = intruder
    assert.deepEqual(
      kicked().map((body) => [body.userId, body.occupantId]),
      [userId === undefined ? [undefined, occupantId] : [userId, undefined]],
    )
    await lists({ userId: hearing.central.id })
    await compare()
    assert.deepEqual(await alarms('occupant-not-allowed'), [])
  }
  await world.db.update(grants).set({ revokedAt: null }).where(eq(grants.id, hearing.citizen.id))
})

test('who was revoked a moment ago is put out without an alarm; our own conductor is no intruder', async () => {
  await world.db
    .update(grants)
    .set({ revokedAt: new Date(world.clock.now()) })
    .where(eq(grants.id, hearing.citizen.id))
  await lists({ userId: hearing.citizen.id }, { userId: 'agent:recording:1' })
  await compare()
  assert.deepEqual(await alarms('occupant-not-allowed'), [])
  assert.deepEqual(
    kicked().map((body) => body.userId),
    [hearing.citizen.id],
  )
  await world.db.update(grants).set({ revokedAt: null }).where(eq(grants.id, hearing.citizen.id))
})

test('an intruder is seen even while events are under way', async () => {
  world.edge.waiting = 3
  await lists({ userId: foreign })
  await compare()
  assert.equal((await alarms('occupant-not-allowed')).length, 1)
})

test('asking for rooms that nobody planned writes nothing', async () => {
  const rows = async () => [
    (await world.db.select().from(edgeEvents)).length,
    (await world.db.select().from(attendance)).length,
    (await world.app.platform.alerts.open(world.db)).length,
  ]
  const before = await rows()
  for (let at = 0; at < 30; at++) {
    const answer = await world.app.http.inject({
      method: 'POST',
      url: '/api/reservations/conference',
      headers: { ...edgeHeaders, 'content-type': 'application/x-www-form-urlencoded' },
      payload: `name=unknown-${at}`,
    })
    assert.equal(answer.statusCode, 403)
    // What the module takes for our word, and not for a proxy's.
    assert.equal(typeof answer.json(), 'object')
  }
  assert.deepEqual(await rows(), before)
})

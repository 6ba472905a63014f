import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { hourMs, minuteMs } from '../../server/platform/clock.ts'
import { rooms } from '../../server/rooms/tables.ts'
import { aRoomWorld, edgeHeaders, endsAt, type RoomWorld, startsAt, type TestHearing } from './world.ts'

let world: RoomWorld
let hearing: TestHearing
before(async () => {
  world = await aRoomWorld()
  hearing = await world.aHearing()
})
after(() => world.close())

/** As Prosody asks: form-encoded. */
async function reserve(name: string, headers: Record<string, string> = edgeHeaders) {
  const answer = await world.app.http.inject({
    method: 'POST',
    url: '/api/reservations/conference',
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ name, start_time: '2026-12-01T05:00:00.000Z', mail_owner: '' }).toString(),
  })
  return { status: answer.statusCode, body: answer.json() as Record<string, unknown> }
}

test('only who has the shared secret may ask', async () => {
  for (const authorization of ['', 'Bearer wrong', edgeHeaders.authorization.slice(0, -1)])
    assert.equal((await reserve(hearing.room.name, { authorization })).status, 401)
})

test('an unknown room and a room outside its window may not exist', async () => {
  for (const [name, at] of [
    ['f'.repeat(32), startsAt],
    [hearing.room.name, startsAt - hourMs - 3 * minuteMs],
    [hearing.room.name, endsAt + 4 * hourMs],
  ] as const) {
    world.clock.set(at)
    const refused = await reserve(name)
    assert.equal(refused.status, 403)
    assert.equal(typeof refused.body.message, 'string')
  }
})

test('within the window the room may exist, for at least a day, with its id as a string, however often it is asked for', async () => {
  world.clock.set(startsAt)
  for (const name of [hearing.room.name, hearing.room.name.toUpperCase()]) {
    const granted = await reserve(name)
    assert.equal(granted.status, 200, JSON.stringify(granted.body))
    assert.equal(granted.body.id, hearing.room.id)
    assert.equal(String(granted.body.name).toLowerCase(), hearing.room.name)
    assert.ok(Number(granted.body.duration) >= 24 * 60 * 60)
    assert.match(String(granted.body.start_time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  }
  const again = await world.ask('GET', `/api/reservations/conference/${hearing.room.id}`, undefined, edgeHeaders)
  assert.equal(again.body.name, hearing.room.name)
})

test('when the room is empty it may be asked for again', async () => {
  const url = `/api/reservations/conference/${hearing.room.id}`
  assert.equal((await world.ask('DELETE', url, undefined, edgeHeaders)).status, 200)
  assert.equal((await reserve(hearing.room.name)).status, 200)
})

test('a live hearing is always granted again, long after its planned end', async () => {
  world.clock.set(endsAt + 30 * hourMs)
  await world.setStatus(hearing.id, 'live')
  await world.db
    .update(rooms)
    .set({ closedAt: new Date(endsAt) })
    .where(eq(rooms.id, hearing.room.id))
  const granted = await reserve(hearing.room.name)
  assert.equal(granted.status, 200)
  assert.ok(Number(granted.body.duration) >= 24 * 60 * 60)
  await world.setStatus(hearing.id, 'ended')
  assert.equal((await reserve(hearing.room.name)).status, 403)
})

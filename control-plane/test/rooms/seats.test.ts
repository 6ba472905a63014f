import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Board } from '../../contract/kiosk.ts'
import { hourMs, secondMs } from '../../server/platform/clock.ts'
import { isElsewhere, seatHeldMs } from '../../server/rooms/seat.ts'
import { aConnectedPc, listening, until } from '../endpoints/room-pc.ts'
import { aRoomWorld, prosodyReports, type RoomWorld, startsAt, type TestHearing } from './world.ts'

let world: RoomWorld
let hearing: TestHearing
let prosody: ReturnType<typeof prosodyReports>
before(async () => {
  world = await aRoomWorld()
  hearing = await world.aHearing()
  prosody = prosodyReports(world, 'prosody-1')
  world.clock.set(startsAt - hourMs)
})
after(() => world.close())
beforeEach(() => {
  world.edge.told.length = 0
})

const [one, other] = ['1'.repeat(32), '2'.repeat(32)]
const key = (grant = hearing.guest) => ({ token: hearing.token(grant) })
const enter = (more: object, grant = hearing.guest) =>
  world.ask('POST', '/api/join/enter', { ...key(grant), acceptsRecording: true, ...more })
const look = (more: object = {}, grant = hearing.guest) => world.ask('POST', '/api/join', { ...key(grant), ...more })
const keep = (seat: string, grant = hearing.guest) => world.ask('POST', '/api/join/seat', { ...key(grant), seat })
const kind = (answer: { body: { type?: string } }) => answer.body.type?.replace('urn:tiepdan:problem:', '')
const putOuts = () => world.edge.told.filter(({ path }) => path === '/kick').map(({ body }) => body.occupantId)

test('a second device by the same link is told, the first is told too, and only a press replaces it', async () => {
  assert.equal((await enter({ seat: one })).status, 200)
  await prosody.send(prosody.joined(hearing.room.name, hearing.guest.id))
  assert.deepEqual((await keep(one)).body, { held: true, askedAt: null })
  // A mail scanner looks without a seat: it alarms nobody.
  assert.equal((await look()).body.elsewhere, true)
  assert.equal((await keep(one)).body.askedAt, null)
  assert.equal((await look({ seat: other })).body.elsewhere, true)
  assert.equal((await keep(one)).body.askedAt, new Date(world.clock.now()).toISOString())
  const second = await enter({ seat: other })
  assert.deepEqual([second.status, kind(second)], [409, 'grant-in-use'])
  assert.match(String(second.body.title), /đang dùng trên thiết bị khác/)
  assert.deepEqual([(await keep(one)).body.held, (await keep(other)).body.held, putOuts()], [true, false, []])
  const taken = await enter({ seat: other, takesOver: true })
  assert.equal(taken.status, 200)
  await until('the first is put out', () => putOuts().length === 1)
  assert.deepEqual(putOuts(), [`o-${hearing.guest.id.slice(0, 8)}`])
  assert.deepEqual([(await keep(one)).body.held, (await keep(other)).body.held], [false, true])
  // The first does not come back by itself, and may ask in its turn.
  await prosody.send(prosody.left(hearing.room.name, hearing.guest.id))
  assert.equal((await enter({ seat: one })).status, 409)
})

test('the same tab comes back as often as it likes; a device that went leaves its place free', async () => {
  const { citizen } = hearing
  for (let time = 0; time < 3; time += 1) assert.equal((await enter({ seat: one }, citizen)).status, 200)
  await prosody.send(prosody.joined(hearing.room.name, citizen.id))
  assert.equal((await enter({ seat: one }, citizen)).status, 200)
  await prosody.send(prosody.left(hearing.room.name, citizen.id))
  world.clock.advance(seatHeldMs)
  assert.equal((await look({ seat: other }, citizen)).body.elsewhere, false)
  assert.equal((await enter({ seat: other }, citizen)).status, 200)
})

test('of many devices that come in at once by one link one is let in', async () => {
  world.clock.advance(seatHeldMs)
  const seats = Array.from({ length: 12 }, (_, each) => `${each}`.padStart(32, 'a'))
  const answers = await Promise.all(seats.map((seat) => enter({ seat }, hearing.citizen)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 11 }, () => 409)])
})

test('who names no seat does not come in beside somebody who is in the room', async () => {
  await prosody.send(prosody.joined(hearing.room.name, hearing.guest.id))
  const plain = await enter({})
  assert.deepEqual([plain.status, kind(plain)], [409, 'grant-in-use'])
  assert.equal((await enter({ takesOver: true })).status, 200)
  await prosody.send(prosody.left(hearing.room.name, hearing.guest.id))
  assert.equal((await enter({})).status, 200)
})

test('a token that was handed on brings no second one into the room: the older occupant is put out', async () => {
  const { name } = hearing.room
  await prosody.send(prosody.joined(name, hearing.guest.id))
  await prosody.send(prosody.joined(name, hearing.guest.id, { occupantId: 'o-second' }))
  await until('the older is put out', () => putOuts().length === 1)
  assert.deepEqual(putOuts(), [`o-${hearing.guest.id.slice(0, 8)}`])
  // Two people by two grants are two people.
  await prosody.send(prosody.joined(name, hearing.citizen.id))
  await new Promise((done) => setTimeout(done, 300))
  assert.equal(putOuts().length, 1)
})

test('two room PCs of one endpoint: the second is told on both screens, and takes the place by a press', async () => {
  const house = await listening(world.app)
  const endpointId = hearing.delegate.endpointId ?? ''
  const old = await aConnectedPc(house, endpointId, 'Máy cũ')
  const fresh = await aConnectedPc(house, endpointId, 'Máy mới')
  const enterAs = (pc: { token: string }, query = '') =>
    world.ask('POST', `/api/kiosk/hearings/${hearing.id}/enter${query}`, undefined, {
      authorization: `Bearer ${pc.token}`,
    })
  assert.equal((await enterAs(old)).status, 200)
  await prosody.send(prosody.joined(hearing.room.name, hearing.delegate.id))
  await fresh.board('the other PC', (board) => board.hearing?.elsewhere?.label === 'Máy cũ')
  const refused = await enterAs(fresh)
  assert.deepEqual([refused.status, kind(refused)], [409, 'grant-in-use'])
  await old.board('that it was asked for', (board) => board.hearing?.asked === true)
  assert.equal((await enterAs(old)).status, 200)
  assert.equal((await enterAs(fresh, '?takesOver=true')).status, 200)
  await until('the old one is put out', () => putOuts().length === 1)
  const last = (pc: { boards(): Board[] }) => pc.boards().at(-1)?.hearing
  await until('told', () => last(old)?.elsewhere?.label === 'Máy mới' && last(fresh)?.elsewhere === null)
  old.close()
  fresh.close()
})

test('a seat is held while its page speaks, and by nobody who is not there', () => {
  const now = 1_000 * secondMs
  const grant = { seat: 'a', seatSeenAt: new Date(now - seatHeldMs) }
  assert.equal(isElsewhere(grant, 'b', false, now), false)
  assert.equal(isElsewhere(grant, 'b', false, now - 1), true)
  assert.equal(isElsewhere(grant, 'b', true, now), true)
  assert.equal(isElsewhere(grant, 'a', true, now), false)
  assert.equal(isElsewhere({ seat: null, seatSeenAt: null }, 'b', false, now), false)
  assert.equal(isElsewhere({ seat: null, seatSeenAt: null }, undefined, true, now), true)
})

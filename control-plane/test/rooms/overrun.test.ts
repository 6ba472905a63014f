import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import jwt from 'jsonwebtoken'
import type { Entry } from '../../contract/call.ts'
import { dayMs, hourMs, minuteMs } from '../../server/platform/clock.ts'
import { hearingsShown, isRoomOver } from '../../server/rooms/room.ts'
import { aConnectedPc, listening, until } from '../endpoints/room-pc.ts'
import { aRoomWorld, edgeHeaders, endsAt, prosodyReports, type RoomWorld, startsAt, type TestHearing } from './world.ts'

// A hearing that is live is a room's hearing until it has ended, whatever end was planned.
let world: RoomWorld
let house: Awaited<ReturnType<typeof listening>>
let hearing: TestHearing
before(async () => {
  world = await aRoomWorld()
  house = await listening(world.app)
  hearing = await world.aHearing()
  await world.setStatus(hearing.id, 'live')
})
after(() => world.close())

const pastTheEnd = [1, 4 * hourMs + 1, 5 * hourMs, 30 * hourMs, 6 * dayMs]

test('a room PC that connects anew is shown the live hearing long after its planned end, and nothing once it has ended', async () => {
  for (const late of pastTheEnd) {
    world.clock.set(endsAt + late)
    const pc = await aConnectedPc(house, hearing.delegate.endpointId ?? '')
    const board = await pc.board(`the hearing ${late / hourMs} h after its end`, (one) => one.hearing !== null)
    assert.equal(board.hearing?.id, hearing.id)
    assert.equal(board.hearing?.status, 'live')
    pc.close()
  }
  await world.setStatus(hearing.id, 'ended')
  const pc = await aConnectedPc(house, hearing.delegate.endpointId ?? '')
  assert.equal((await pc.board('a board', () => true)).hearing, null)
  pc.close()
  await world.setStatus(hearing.id, 'live')
})

test('its people are let in by their links, with tokens that hold for hours, and its room may be made anew without a near end', async () => {
  for (const late of pastTheEnd) {
    world.clock.set(endsAt + late)
    const entered = await world.ask('POST', '/api/join/enter', {
      token: hearing.token(hearing.guest),
      acceptsRecording: true,
    })
    assert.equal(entered.status, 200, JSON.stringify(entered.body))
    const claims = jwt.decode((entered.body as unknown as Entry).token) as { exp: number }
    assert.ok(claims.exp * 1000 >= world.clock.now() + 4 * hourMs)
    const made = await world.app.http.inject({
      method: 'POST',
      url: '/api/reservations/conference',
      headers: { ...edgeHeaders, 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ name: hearing.room.name }).toString(),
    })
    assert.equal(made.statusCode, 200, made.body)
    assert.ok(made.json().duration >= 7 * 24 * 3600)
  }
})

test('a room PC that goes silent in it is told of as at any time before', async () => {
  const offline = async () => {
    await world.app.modules
      .flatMap((module) => module.reconciliations ?? [])
      .find((one) => one.name === 'hearings.kiosks')
      ?.run()
    const open = await world.app.platform.alerts.open(world.db)
    return open.filter((alert) => alert.kind === 'kiosk-offline').map((alert) => alert.subject)
  }
  world.clock.set(endsAt + 7 * dayMs)
  const pc = await aConnectedPc(house, hearing.delegate.endpointId ?? '')
  pc.close()
  world.clock.advance(3 * minuteMs)
  await until('both endpoints', async () => (await offline()).length === 2)
})

test('of two that are live a room PC shows the one its room is in, else the later; one that waits comes after both', async () => {
  const plan = (id: string, status: 'live' | 'ready', hoursOn: number) => ({
    id,
    status,
    startsAt: startsAt + hoursOn * hourMs,
    endsAt: endsAt + hoursOn * hourMs,
  })
  const plans = [plan('forgotten', 'live', 0), plan('held', 'live', 6), plan('next', 'ready', 8)]
  const now = startsAt + 8 * hourMs
  assert.equal(hearingsShown(plans, new Set(), now)[0]?.id, 'held')
  assert.equal(hearingsShown(plans, new Set(['forgotten']), now)[0]?.id, 'forgotten')
  assert.equal(hearingsShown(plans, new Set(['forgotten', 'held']), now)[0]?.id, 'held')
  assert.equal(hearingsShown([plan('next', 'ready', 8)], new Set(), now)[0]?.id, 'next')
  assert.deepEqual(hearingsShown([plan('missed', 'ready', 0)], new Set(), endsAt + 4 * hourMs), [])
})

test('its room is not over, closed by mistake or not; any other is at its end', () => {
  const room = { closesAt: endsAt, closed: false }
  assert.equal(isRoomOver(room, { status: 'live' }, endsAt + dayMs), false)
  assert.equal(isRoomOver({ ...room, closed: true }, { status: 'live' }, startsAt), false)
  assert.equal(isRoomOver(room, { status: 'ready' }, endsAt), true)
  assert.equal(isRoomOver(room, null, endsAt - 1), false)
  assert.equal(isRoomOver({ ...room, closed: true }, null, startsAt), true)
})

test('who watches attendance sees who is in it', async () => {
  const prosody = prosodyReports(world, world.edge.processId)
  world.clock.set(endsAt + 8 * dayMs)
  await prosody.send(prosody.joined(hearing.room.name, hearing.delegate.id))
  const pc = await aConnectedPc(house, hearing.delegate.endpointId ?? '')
  assert.equal((await pc.board('a board', () => true)).hearing?.present, true)
  pc.close()
})

test('a hearing that nobody came to blocks no screen: the one that may be entered comes first, the others stand beside it', () => {
  const plan = (id: string, hoursOn: number, status: 'approved' | 'ready' | 'live' = 'ready') => ({
    id,
    status,
    startsAt: startsAt + hoursOn * hourMs,
    endsAt: endsAt + hoursOn * hourMs,
  })
  const lasts = (endsAt - startsAt) / hourMs
  const order = (plans: ReturnType<typeof plan>[], now: number, present: string[] = []) =>
    hearingsShown(plans, new Set(present), now).map(({ id }) => id)
  const missed = plan('missed', 0)
  const second = plan('second', lasts + 1)
  const afternoon = plan('afternoon', lasts + 2.5)
  const all = [missed, second, afternoon]
  assert.deepEqual(order(all, startsAt), ['missed', 'second', 'afternoon'], 'its time has come')
  assert.deepEqual(
    order(all, endsAt),
    ['second', 'missed', 'afternoon'],
    'the next one opens as the first one’s time is over',
  )
  assert.deepEqual(order([missed, afternoon], endsAt + 60_000), ['missed', 'afternoon'], 'nothing else may be entered')
  assert.deepEqual(order(all, endsAt, ['missed']), ['missed', 'second', 'afternoon'], 'the room is in it')
  assert.deepEqual(order([missed, plan('on', lasts + 1, 'live'), afternoon], endsAt)[0], 'on')
  assert.deepEqual(order(all, endsAt + 4 * hourMs).includes('missed'), false, 'its room has closed')
  assert.equal(
    order(
      [0, 1, 2, 3, 4, 5].map((at) => plan(`p${at}`, at)),
      startsAt,
    ).length,
    4,
  )
})

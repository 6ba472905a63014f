import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { Device } from '../../contract/endpoints.ts'
import { endpoints } from '../../server/endpoints/tables.ts'
import { secondMs } from '../../server/platform/clock.ts'
import { aRoomWorld, type RoomWorld } from '../rooms/world.ts'
import { aConnectedPc, anEnrolledPc, fromAnywhere, healthyState, listening, openSocket, until } from './room-pc.ts'

let world: RoomWorld
let house: Awaited<ReturnType<typeof listening>>
/** The delegate endpoint that `world.aHearing` invites: the first by slug. */
let invited: string
before(async () => {
  world = await aRoomWorld()
  house = await listening(world.app)
  const rows = await world.db.select().from(endpoints).where(eq(endpoints.kind, 'delegate')).orderBy(endpoints.slug)
  invited = rows[0]?.id ?? ''
})
after(() => world.close())

async function shown(endpointId: string): Promise<{ connected: boolean; devices: Device[] }> {
  const { body } = await world.as('office', 'GET', `/api/endpoints/${endpointId}`)
  return { connected: (body.endpoint as { connected: boolean }).connected, devices: body.devices as Device[] }
}
const revoke = (id: string) => world.as('office', 'POST', `/api/devices/${id}/revoke`, { reason: 'Thay máy' })

test('on connecting the room PC is sent its whole board, with the server’s time', async () => {
  const pc = await aConnectedPc(house, invited, 'Máy phòng họp 1')
  const board = await pc.board('the board', () => true)
  assert.deepEqual(board.device, { id: pc.deviceId, label: 'Máy phòng họp 1' })
  assert.equal(board.endpoint.id, invited)
  assert.equal(board.serverTime, new Date(world.clock.now()).toISOString())
  assert.deepEqual([board.hearing, board.tests], [null, []])
  pc.say({ type: 'ping', at: 77 })
  await until('pong', () => pc.heard.some((said) => said.type === 'pong' && said.at === 77))
  pc.close()
})

test('a wrong token is refused by name and the socket closed; so is an expired one', async () => {
  const pc = await anEnrolledPc(world.app, invited)
  const { token = '' } = (await pc.session()).body
  world.clock.advance(11 * 60_000)
  for (const wrong of ['x.y.z', token]) {
    const socket = await openSocket(house.port, wrong)
    await until('closed', socket.isClosed)
    assert.deepEqual([socket.refusals(), socket.boards()], [['token'], []])
  }
})

test('an approved hearing appears on the board by itself, and disappears when it is postponed', async () => {
  const pc = await aConnectedPc(house, invited)
  const hearing = await world.aHearing()
  const board = await pc.board('the hearing', (one) => one.hearing?.id === hearing.id)
  assert.equal(board.hearing?.status, 'approved')
  assert.equal(board.hearing?.opensAt, hearing.room.opensAt.toISOString())
  const { body } = await world.as('reception-board', 'GET', `/api/hearings/${hearing.id}`)
  const told = await world.as('chairman', 'POST', `/api/hearings/${hearing.id}/postpone`, {
    version: body.version,
    reason: 'Mưa bão',
  })
  assert.equal(told.status, 200, JSON.stringify(told.body))
  await until('no hearing', () => pc.boards().at(-1)?.hearing === null)
  pc.close()
})

test('connected is true while the PC speaks and false half a minute after its last word', async () => {
  const pc = await aConnectedPc(house, invited)
  assert.equal((await shown(invited)).connected, true)
  pc.close()
  world.clock.advance(29 * secondMs)
  assert.equal((await shown(invited)).connected, true)
  world.clock.advance(secondMs)
  assert.equal((await shown(invited)).connected, false)
})

test('what the room PC tells of itself is shown to the office: a missing camera, a refused microphone', async () => {
  const pc = await aConnectedPc(house, invited)
  pc.say({ type: 'state', state: { ...healthyState, camera: 'none', microphone: 'refused' } })
  await until('the state', async () => {
    const device = (await shown(invited)).devices.find((one) => one.id === pc.deviceId)
    return device?.state?.camera === 'none' && device.state.microphone === 'refused'
  })
  // Nonsense changes nothing and does not end the line.
  pc.say({ type: 'state', state: { ...healthyState, camera: 'broken' as 'none' } })
  pc.say({ type: 'state', state: { ...healthyState, camera: 'ok' } })
  await until('the camera again', async () => {
    const device = (await shown(invited)).devices.find((one) => one.id === pc.deviceId)
    return device?.state?.camera === 'ok'
  })
  pc.close()
})

test('of many reports in a burst the last one stays', async () => {
  const pc = await aConnectedPc(house, invited)
  for (let rttMs = 1; rttMs <= 60; rttMs++)
    pc.say({ type: 'state', state: { ...healthyState, rttMs, camera: rttMs % 2 === 0 ? 'none' : 'ok' } })
  const told = async () => (await shown(invited)).devices.find((one) => one.id === pc.deviceId)?.state?.rttMs
  await until('the last one', async () => (await told()) === 60)
  await new Promise((done) => setTimeout(done, 300))
  assert.equal(await told(), 60)
  pc.close()
})

test('revoking closes the socket with the reason, and the PC does not come back in', async () => {
  const pc = await aConnectedPc(house, invited)
  assert.equal((await revoke(pc.deviceId)).status, 204)
  await until('closed', pc.isClosed)
  assert.deepEqual(pc.refusals(), ['revoked'])
  const back = await openSocket(house.port, pc.token)
  await until('refused', back.isClosed)
  assert.deepEqual([back.refusals(), back.boards()], [['token'], []])
  assert.equal((await shown(invited)).devices.find((one) => one.id === pc.deviceId)?.connected, false)
})

test('a new PC of the endpoint leaves the old one connected until the office revokes it alone', async () => {
  const old = await aConnectedPc(house, invited, 'Máy cũ')
  const fresh = await aConnectedPc(house, invited, 'Máy mới')
  assert.deepEqual([old.isClosed(), old.refusals()], [false, []])
  await revoke(old.deviceId)
  await until('the old one closed', old.isClosed)
  fresh.say({ type: 'state', state: healthyState })
  await until('the new one told', async () =>
    (await shown(invited)).devices.some((one) => one.id === fresh.deviceId && one.connected && one.state !== null),
  )
  assert.equal(fresh.isClosed(), false)
  fresh.close()
})

test('two pages of one PC: the newer is the room’s, the older is told', async () => {
  const first = await aConnectedPc(house, invited)
  const second = await openSocket(house.port, first.token)
  await second.board('its board', () => true)
  await until('the first closed', first.isClosed)
  assert.deepEqual([first.refusals(), second.refusals()], [['replaced'], []])
  second.close()
})

test('an unknown credential gets no token', async () => {
  const unknown = await fromAnywhere(world.app, '/api/kiosk/session', { credential: 'x'.repeat(43) })
  assert.deepEqual([unknown.status, unknown.body.type], [401, 'urn:tiepdan:problem:device-revoked'])
})

test('an endpoint whose last PC fell silent is told to the screens, once', async () => {
  const pc = await aConnectedPc(house, invited)
  const told: string[] = []
  const unsubscribe = world.app.platform.changes.subscribe((topic) => told.push(topic))
  const mine = () => told.filter((topic) => topic === `endpoint:${invited}`).length
  const reconcile = () =>
    world.app.modules
      .flatMap((module) => module.reconciliations ?? [])
      .find((one) => one.name === 'endpoints.connected')
      ?.run()
  await reconcile()
  pc.close()
  world.clock.advance(31 * secondMs)
  const before = mine()
  await reconcile()
  await until('told', () => mine() === before + 1)
  await reconcile()
  assert.equal(mine(), before + 1)
  unsubscribe()
})

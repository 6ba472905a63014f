import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { offlineEndpoints } from '../../server/hearings/offline.ts'
import { hourMs, minuteMs } from '../../server/platform/clock.ts'
import { aRoomWorld, endsAt, type RoomWorld, startsAt, type TestHearing } from '../rooms/world.ts'
import { aConnectedPc, listening, until } from './room-pc.ts'

let world: RoomWorld
let house: Awaited<ReturnType<typeof listening>>
let hearing: TestHearing
before(async () => {
  world = await aRoomWorld()
  house = await listening(world.app)
  hearing = await world.aHearing()
})
after(() => world.close())

async function offline(): Promise<string[]> {
  await world.app.modules
    .flatMap((module) => module.reconciliations ?? [])
    .find((one) => one.name === 'hearings.kiosks')
    ?.run()
  const open = await world.app.platform.alerts.open(world.db)
  return open
    .filter((alert) => alert.kind === 'kiosk-offline')
    .map((alert) => alert.subject)
    .sort()
}
const subject = (grant: { endpointId: string | null }) => `endpoint:${grant.endpointId}`

test('an endpoint is named once, with its next hearing, after two minutes of silence', () => {
  const endpoint = { endpointId: 'e1', kind: 'delegate', name: 'Xã', shortName: 'Xã', slug: 'xa' } as const
  const plans = ['BT-1', 'BT-2'].map((code) => ({ code, endpoints: [endpoint] }))
  const listening = { since: 0, before: null }
  const at = (silentMs: number) =>
    offlineEndpoints(plans, new Map([['e1', hourMs]]), { listening, now: hourMs + silentMs })
  assert.deepEqual(at(2 * minuteMs - 1), [])
  assert.deepEqual(at(2 * minuteMs), [{ endpointId: 'e1', name: 'Xã', code: 'BT-1' }])
  assert.equal(offlineEndpoints(plans, new Map(), { listening, now: hourMs }).length, 1)
})

test('no room PC a day before the hearing is an alert for each endpoint; earlier it is none', async () => {
  // The house must have listened for two minutes before anybody can be missed.
  world.clock.set(startsAt - 24 * hourMs - 2 * minuteMs)
  await world.app.platform.intake.beat(world.db)
  world.clock.advance(2 * minuteMs)
  assert.deepEqual(await offline(), [])
  world.clock.advance(1)
  const both = [subject(hearing.central), subject(hearing.delegate)].sort()
  assert.deepEqual(await offline(), both)
  assert.deepEqual(await offline(), both)
})

test('it is over once the room PC is connected, comes back when that falls silent, and ends with the hearing', async () => {
  const pc = await aConnectedPc(house, hearing.delegate.endpointId ?? '')
  await until('only the centre', async () => (await offline()).join() === subject(hearing.central))
  pc.close()
  world.clock.advance(2 * minuteMs)
  assert.equal((await offline()).length, 2)
  world.clock.set(endsAt)
  assert.deepEqual(await offline(), [])
})

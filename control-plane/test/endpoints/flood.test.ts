import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { devices } from '../../server/endpoints/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { aConnectedPc, aDelegate, anEnrolledPc, healthyState, listening, openSocket, until } from './room-pc.ts'

let app: TestApplication
let house: Awaited<ReturnType<typeof listening>>
let endpointId: string
before(async () => {
  app = await testApplication()
  house = await listening(app)
  endpointId = (await aDelegate(app, 'Quy Nhơn Bắc')).id
})
after(() => app.close())

/** How often something of this endpoint is announced while the work is done and until it has settled. */
async function announced(work: () => Promise<void>): Promise<number> {
  let told = 0
  const unsubscribe = app.platform.changes.subscribe((topic) => {
    if (topic === `endpoint:${endpointId}`) told += 1
  })
  await work()
  await new Promise((done) => setTimeout(done, 1_500))
  unsubscribe()
  return told
}
test('of three hundred pages that greet with one credential the newest is connected, and the room PC works', async () => {
  const pc = await anEnrolledPc(app, endpointId)
  const { token = '' } = (await pc.session()).body
  const begunAt = performance.now()
  const pages = await Promise.all(Array.from({ length: 300 }, () => openSocket(house.port, token)))
  const last = await openSocket(house.port, token)
  await last.board('its board', () => true)
  await until('the others closed', () => pages.every((page) => page.isClosed()))
  assert.ok(performance.now() - begunAt < 30_000)
  for (const page of pages) assert.deepEqual(page.refusals(), ['replaced'])
  assert.deepEqual([last.isClosed(), last.refusals()], [false, []])
  // One is let in, then one a second at most: of the crowd hardly any was read a board for.
  assert.ok(pages.filter((page) => page.boards().length > 0).length < 40)
  last.say({ type: 'ping', at: 5 })
  await until('pong', () => last.heard.some((said) => said.type === 'pong' && said.at === 5))
  last.close()
  await until('closed', last.isClosed)
  const back = await openSocket(house.port, token)
  await back.board('its board', () => true)
  back.close()
})

test('a page that closes while it waits for its turn takes nothing with it', async () => {
  const pc = await aConnectedPc(house, endpointId)
  const hasty = await openSocket(house.port, pc.token)
  hasty.close()
  await until('hasty closed', hasty.isClosed)
  await new Promise((done) => setTimeout(done, 1_300))
  const patient = await openSocket(house.port, pc.token)
  await patient.board('its board', () => true)
  patient.close()
  pc.close()
})

test('the same state told twenty thousand times is announced once, whatever order its members come back in', async () => {
  const pc = await aConnectedPc(house, endpointId)
  const told = await announced(async () => {
    for (let time = 0; time < 20_000; time += 1)
      pc.say({ type: 'state', state: { ...healthyState, rttMs: time, clockOffsetMs: -time } })
    pc.say({ type: 'ping', at: 9 })
    for (let tries = 0; tries < 300 && !pc.heard.some((said) => said.type === 'pong'); tries += 1)
      await new Promise((done) => setTimeout(done, 100))
  })
  assert.equal(told, 1)
  // What was told before is what the next page finds.
  assert.equal(await announced(async () => pc.say({ type: 'state', state: healthyState })), 0)
  pc.close()
})

test('a state that changes twenty thousand times is announced once a second at most, and the last one stays', async () => {
  const pc = await aConnectedPc(house, endpointId)
  const begunAt = performance.now()
  const told = await announced(async () => {
    for (let time = 0; time < 20_000; time += 1)
      pc.say({ type: 'state', state: { ...healthyState, camera: time % 2 === 0 ? 'none' : 'ok', rttMs: time } })
    pc.say({ type: 'ping', at: 9 })
    for (let tries = 0; tries < 300 && !pc.heard.some((said) => said.type === 'pong'); tries += 1)
      await new Promise((done) => setTimeout(done, 100))
  })
  const seconds = (performance.now() - begunAt) / 1000
  assert.ok(told >= 1 && told <= seconds + 1, `${told} in ${seconds} s`)
  const [row] = await app.platform.db.select().from(devices).where(eq(devices.id, pc.deviceId))
  assert.deepEqual([row?.state?.camera, row?.state?.rttMs], ['ok', 19_999])
  pc.close()
})

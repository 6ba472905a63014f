import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { aRoomWorld, prosodyReports, type RoomWorld, startsAt, type TestHearing } from './world.ts'

let world: RoomWorld
let hearing: TestHearing
const lines: string[] = []
before(async () => {
  world = await aRoomWorld({ environment: { TIEPDAN_LOG_LEVEL: 'debug' } })
  // Every logger of the process writes through this stream.
  const log = world.app.platform.log as unknown as Record<symbol, { write(line: string): void }>
  const stream = log[pino.symbols.streamSym]
  if (stream) stream.write = (line) => void lines.push(line)
  hearing = await world.aHearing()
})
after(() => world.close())

test('no link, code, token or name stands in the log, whatever goes right or wrong', async () => {
  world.clock.set(startsAt)
  const token = hearing.token(hearing.guest)
  const revealed = await world.as('office', 'POST', `/api/grants/${hearing.guest.id}/reveal`)
  const code = String(revealed.body.code)
  await world.ask('POST', '/api/join', { token })
  const entered = await world.ask('POST', '/api/join/enter', { code, acceptsRecording: true })
  assert.equal(entered.status, 200)
  for (const url of [`/vao/${token}`, `/vao?token=${token}`, `/api/join/${code}`, `/api/join?code=${code}`])
    await world.ask('GET', url)
  await world.ask('POST', '/api/join', { token, more: 1 })
  const prosody = prosodyReports(world, 'prosody-1')
  await prosody.send(prosody.joined(hearing.room.name, hearing.guest.id, { name: hearing.guest.displayName }))
  world.edge.up = false
  await world.as('office', 'POST', `/api/grants/${hearing.guest.id}/revoke`, { reason: 'Không còn dự' })
  for (let wait = 0; wait < 100 && !lines.some((line) => line.includes('job failed')); wait++)
    await new Promise((go) => setTimeout(go, 100))
  const logged = lines.join('')
  assert.ok(logged.includes('/api/join/enter') && logged.includes('job failed'), 'the log was captured')
  const secrets = { token, code, 'code without hyphen': code.replace('-', ''), jwt: String(entered.body.token) }
  for (const [name, secret] of Object.entries({ ...secrets, name: hearing.guest.displayName }))
    assert.ok(!logged.includes(secret), `${name} stands in the log`)
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'drizzle-orm'
import WebSocket from 'ws'
import type { Role } from '../../contract/words.ts'
import { createAudience } from '../../server/identity/index.ts'
import type { Actor } from '../../server/platform/actor.ts'
import { aDelegate, listening, until } from '../endpoints/room-pc.ts'
import { aRoomWorld, type RoomWorld, type TestHearing } from '../rooms/world.ts'
import { signedIn } from '../support/staff.ts'

let world: RoomWorld
let hearing: TestHearing
let port: number
/** An endpoint that has nothing to do with the hearing. */
let stranger: string
before(async () => {
  world = await aRoomWorld()
  hearing = await world.aHearing()
  port = (await listening(world.app)).port
  stranger = (await aDelegate(world.app, 'Quy Nhơn Bắc')).id
  assert.notEqual(stranger, hearing.delegate.endpointId)
})
after(() => world.close())

async function aScreen(role: Role, options: { endpointId?: string; username?: string } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/changes`, {
    headers: await signedIn(world.app, role, options),
  })
  const topics: string[] = []
  let closedWith: number | undefined
  socket.on('message', (data) => topics.push((JSON.parse(String(data)) as { topic: string }).topic))
  socket.on('close', (code) => {
    closedWith = code
  })
  await once(socket, 'open')
  return { topics, closedWith: () => closedWith, close: () => socket.close() }
}

const announce = (...topics: string[]) =>
  world.db.transaction((tx) => world.app.platform.changes.announce(tx, ...topics))

/** Everything that is announced anywhere, as `noun` or `noun:`, read from the sources. */
function announcedNouns(): string[] {
  const folder = join(import.meta.dirname, '../../server')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const texts = files.map((name) => readFileSync(join(folder, name), 'utf8'))
  const calls = texts.flatMap((text) => [...text.matchAll(/announce\(([^;]*?)\)\n|const topics = [^;]*?\]/g)])
  const nouns = calls.flatMap(([call]) =>
    [...call.matchAll(/[`']([a-z-]+)(?::\$|['`])/g)].map(([, noun]) => noun ?? ''),
  )
  return [...new Set(nouns)]
}

test('of everything that is announced, each role hears what it may read and nothing of the servers’ own affairs', async () => {
  const nouns = announcedNouns()
  for (const known of ['hearing', 'case', 'kiosk', 'session', 'recording', 'test-calls'])
    assert.ok(nouns.includes(known), `${known} of ${nouns}`)
  const anyEndpoint = new Proxy({}, { get: () => async () => ['own'] })
  const audience = createAudience(anyEndpoint)
  const as = (role: Role): Actor => ({ kind: 'staff', id: role, name: role, role, endpointId: 'own', sessionId: 's' })
  const heardBy = async (role: Role): Promise<string[]> => {
    const heard: string[] = []
    for (const noun of nouns) if ((await audience(`${noun}:1`, [as(role)])).size > 0) heard.push(noun)
    return heard.sort()
  }
  const officer = ['endpoint', 'endpoints', 'hearing', 'hearings', 'test-call', 'test-calls']
  assert.deepEqual(await heardBy('commune-officer'), officer)
  const office = await heardBy('office')
  assert.deepEqual(nouns.filter((noun) => !office.includes(noun)).sort(), ['kiosk', 'session'])
  assert.ok(!(await heardBy('administrator')).includes('case'))
})

test('a commune officer’s stream carries the own endpoint’s things alone; the office’s carries all', async () => {
  const own = await aScreen('commune-officer', { endpointId: hearing.delegate.endpointId ?? '', username: 'own' })
  const foreign = await aScreen('commune-officer', { endpointId: stranger, username: 'foreign' })
  const nowhere = await aScreen('commune-officer', { username: 'nowhere' })
  const office = await aScreen('office')
  const ordered = await world.as('office', 'POST', '/api/test-calls', { endpointId: hearing.delegate.endpointId })
  const testCall = `test-call:${ordered.body.id}`
  const about = `hearing:${hearing.id}`
  const foreignTopics = [
    `room:${hearing.id}`,
    'case:00000000-0000-4000-8000-000000000001',
    'session:00000000-0000-4000-8000-000000000001',
    `kiosk:${hearing.delegate.endpointId}`,
    'alerts',
  ]
  await announce(about, testCall, `endpoint:${hearing.delegate.endpointId}`, ...foreignTopics)
  await announce(`endpoint:${stranger}`, 'hearings')
  for (const screen of [own, foreign, nowhere, office])
    await until('the last topic', () => screen.topics.includes('hearings'))
  for (const topic of [about, testCall, `endpoint:${hearing.delegate.endpointId}`])
    assert.ok(own.topics.includes(topic), `${topic} of ${own.topics}`)
  const withIds = (topics: string[]) => [...new Set(topics.filter((topic) => topic.includes(':')))]
  assert.deepEqual(
    withIds(own.topics).filter((topic) => topic.includes(stranger) || foreignTopics.includes(topic)),
    [],
  )
  assert.deepEqual(withIds(foreign.topics), [`endpoint:${stranger}`])
  assert.deepEqual(withIds(nowhere.topics), [])
  for (const topic of [about, `room:${hearing.id}`, `endpoint:${stranger}`]) assert.ok(office.topics.includes(topic))
  assert.ok(!office.topics.some((topic) => /^(session|kiosk):/.test(topic)), `${office.topics}`)
  for (const screen of [own, foreign, nowhere, office]) screen.close()
})

test('before its approval a plan is announced to no commune', async () => {
  const own = await aScreen('commune-officer', { endpointId: hearing.delegate.endpointId ?? '', username: 'own-2' })
  await world.db.execute(sql`update hearings set decision_number = null where id = ${hearing.id}::uuid`)
  await announce(`hearing:${hearing.id}`, 'hearings')
  await until('the plain topic', () => own.topics.includes('hearings'))
  assert.ok(!own.topics.includes(`hearing:${hearing.id}`))
  own.close()
})

test('what changes a thousand times in a moment is told few times, and a screen whose share is unknown reads all again', async () => {
  const own = await aScreen('commune-officer', { endpointId: hearing.delegate.endpointId ?? '', username: 'own-3' })
  await announce(...Array.from({ length: 1_000 }, () => `endpoint:${hearing.delegate.endpointId}`), 'hearings')
  await until('the last', () => own.topics.includes('hearings'))
  assert.ok(own.topics.length < 1_000, `${own.topics.length}`)
  // No uuid: the look-up fails as it does when the database is away.
  await announce('hearing:x')
  await until('closed', () => own.closedWith() === 1012)
})

import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { end, filesBelow, until } from './host.ts'
import { aWorld, settled, sha256 } from './world.ts'

/** A small generator with a printed seed (mulberry32), so that a failing run can be repeated. */
function randomsOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test('a recording reaches the store whole although the uploader is killed at random bytes', async (t) => {
  const { host, receiver, storedBytes } = await aWorld(t)
  const seed = Number(process.env.TIEPDAN_TEST_SEED ?? Date.now() % 1_000_000)
  t.diagnostic(`seed ${seed} (TIEPDAN_TEST_SEED)`)
  const random = randomsOf(seed)
  const content = host.aSession('phien-1', { bytes: 40_000_000, recordingId: 'ban-ghi-1' })
  for (let kill = 0; kill < 10; kill++) {
    const daemon = await host.startUp()
    await pause(random() * 700)
    await end(daemon, 'SIGKILL')
    const copies = [...filesBelow(host.recordings), ...host.waiting()].filter((name) => name.endsWith('.mkv'))
    assert.ok(copies.length === 1 || receiver.stored().length === 1, `kill ${kill}: here or confirmed`)
  }
  host.start()
  await until('stored', () => receiver.stored().length === 1)
  await until('the copy here is gone', settled(host))
  const [arrival] = receiver.stored()
  assert.equal(sha256(storedBytes(arrival?.id ?? '')), sha256(content))
  assert.equal(arrival?.metadata.recordingId, 'ban-ghi-1')
  assert.equal(arrival?.metadata.orderly, 'true')
  assert.equal(arrival?.metadata.room, 'phong')
  t.diagnostic(`uploads begun: ${receiver.arrivals.length}, parts sent: ${receiver.play.patches}`)
  assert.ok(receiver.arrivals.length <= 3, 'a kill costs a resume, not a new upload')
})

test('many recordings and a daemon that is killed again and again: each is here or confirmed at every moment', async (t) => {
  const { host, receiver, storedBytes } = await aWorld(t)
  const seed = Number(process.env.TIEPDAN_TEST_SEED ?? Date.now() % 1_000_000)
  t.diagnostic(`seed ${seed} (TIEPDAN_TEST_SEED)`)
  const random = randomsOf(seed)
  const wanted = new Map<string, string>()
  for (let number = 0; number < 30; number++) {
    const content = host.aSession(`phien-${number}`, { bytes: 1_000 + Math.floor(random() * 500_000) })
    wanted.set(`phien-${number}`, sha256(content))
  }
  await pause(400)
  for (let kill = 0; kill < 10; kill++) {
    const daemon = await host.startUp()
    await pause(random() * 350)
    await end(daemon, 'SIGKILL')
    const confirmed = new Set(receiver.stored().map((one) => one.metadata.sessionId))
    const here = [...readdirSync(host.recordings), ...waitingSessions(host.spool)]
    const lost = [...wanted.keys()].filter((id) => !confirmed.has(id) && !here.includes(id))
    assert.deepEqual(lost, [], `after kill ${kill}`)
  }
  await host.startUp()
  await until('all stored', () => receiver.stored().length >= wanted.size)
  await until('no copy is left here', settled(host))
  const stored = new Map(
    receiver.stored().map((one) => [one.metadata.sessionId ?? '', sha256(storedBytes(one.id))] as const),
  )
  assert.deepEqual(new Map([...stored].sort()), new Map([...wanted].sort()))
  await until('no folder left behind', () => readdirSync(join(host.spool, 'waiting')).length === 0)
  t.diagnostic(`uploads begun: ${receiver.arrivals.length} for ${wanted.size} files`)
})

/** Sessions whose media still lie in the spool. */
const waitingSessions = (spool: string): string[] => {
  const waiting = join(spool, 'waiting')
  if (!existsSync(waiting)) return []
  return readdirSync(waiting)
    .filter((name) => filesBelow(join(waiting, name)).some((file) => file.endsWith('.mkv')))
    .map((name) => name.replace(/^\d+-/, ''))
}

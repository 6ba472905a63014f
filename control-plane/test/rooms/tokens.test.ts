import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { isNull } from 'drizzle-orm'
import jwt from 'jsonwebtoken'
import { hourMs } from '../../server/platform/clock.ts'
import { signingKeys } from '../../server/rooms/tables.ts'
import { aRoomWorld, type RoomWorld, startsAt, type TestHearing } from './world.ts'

let world: RoomWorld
let hearing: TestHearing
before(async () => {
  world = await aRoomWorld()
  hearing = await world.aHearing()
  world.clock.set(startsAt - hourMs / 2)
})
after(() => world.close())

async function aToken(): Promise<string> {
  const key = { token: hearing.token(hearing.central) }
  const entered = await world.ask('POST', '/api/join/enter', { ...key, acceptsRecording: true })
  assert.equal(entered.status, 200, JSON.stringify(entered.body))
  return String(entered.body.token)
}

const kidOf = (token: string): string => String(jwt.decode(token, { complete: true })?.header.kid)

/** As Prosody does: the key by the SHA-256 of its `kid`, then the signature and the claims. */
async function verified(token: string): Promise<jwt.JwtPayload> {
  const file = `${createHash('sha256').update(kidOf(token)).digest('hex')}.pem`
  const answer = await world.ask('GET', `/api/asap/${file}`)
  assert.equal(answer.status, 200)
  return jwt.verify(token, String(answer.body.text), {
    algorithms: ['RS256'],
    audience: 'jitsi',
    issuer: 'tiepdan',
    subject: 'meet.jitsi',
    clockTimestamp: Math.floor(world.clock.now() / 1000),
  }) as jwt.JwtPayload
}

async function typed(name: string): Promise<void> {
  const command = world.app.modules.find((module) => module.name === 'rooms')?.commands?.[name]
  assert.equal(await command?.({}, () => undefined), true)
}
const rotate = (): Promise<void> => typed('rotate-signing-key')

test('a token is verified with the public key that Prosody is served', async () => {
  const claims = await verified(await aToken())
  assert.equal(claims.room, hearing.room.name)
  assert.equal((claims.context as { user: { moderator: boolean } }).user.moderator, true)
})

test('a changed payload, another algorithm and another key are refused by that public key', async () => {
  const [header = '', payload = '', signature = ''] = (await aToken()).split('.')
  const changed = Buffer.from(
    Buffer.from(payload, 'base64url').toString().replace(hearing.room.name, 'f'.repeat(32)),
  ).toString('base64url')
  await assert.rejects(verified(`${header}.${changed}.${signature}`), /invalid signature/)
  const none = Buffer.from(JSON.stringify({ alg: 'none', kid: kidOf(`${header}.${payload}.${signature}`) }))
  await assert.rejects(verified(`${none.toString('base64url')}.${payload}.`), /jwt signature is required/)
})

test('after a rotation new tokens have a new kid, and tokens in use are still verified', async () => {
  const inUse = await aToken()
  await rotate()
  const fresh = await aToken()
  assert.notEqual(kidOf(fresh), kidOf(inUse))
  await verified(inUse)
  await verified(fresh)
})

test('rotations at once leave one key in use, and every token made meanwhile holds', async () => {
  const tokens = await Promise.all([rotate().then(aToken), aToken(), rotate().then(aToken), aToken()])
  for (const token of tokens) await verified(token)
  const inUse = await world.db.select().from(signingKeys).where(isNull(signingKeys.retiredAt))
  assert.equal(inUse.length, 1)
})

test('a leaked key is served no more, and the one in use still is', async () => {
  const leaked = await aToken()
  await rotate()
  await typed('forget-old-signing-keys')
  const file = `${createHash('sha256').update(kidOf(leaked)).digest('hex')}.pem`
  assert.equal((await world.ask('GET', `/api/asap/${file}`)).status, 404)
  await verified(await aToken())
})

test('private keys lie encrypted in the database', async () => {
  for (const key of await world.db.select().from(signingKeys)) {
    assert.ok(!key.privateKey.includes('PRIVATE KEY'))
    assert.ok(world.app.platform.secrets.decrypt('signing-key', key.privateKey).includes('PRIVATE KEY'))
  }
})

test('an unknown key is 404 and a file that is no hash is refused', async () => {
  assert.equal((await world.ask('GET', `/api/asap/${'0'.repeat(64)}.pem`)).status, 404)
  assert.equal((await world.ask('GET', '/api/asap/..%2fsecret.pem')).status, 400)
})

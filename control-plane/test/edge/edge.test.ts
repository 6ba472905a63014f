import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { xml } from '@xmpp/client'
import jwt from 'jsonwebtoken'
import { type Stage, startStage } from '../stage/stage.ts'
import { freePort } from '../support/databases.ts'
import { edgeSecret, type PlayedControlPlane, playControlPlane } from './control-plane.ts'
import { enter } from './xmpp.ts'

let folder: string
let plane: PlayedControlPlane
let stage: Stage
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tde-'))
  plane = await playControlPlane(await freePort())
  stage = await startStage({ folder, controlPlaneUrl: plane.url, edgeSecret })
})
after(async () => {
  await stage.stop()
  await plane.stop()
  rmSync(folder, { recursive: true, force: true })
})

const prosody = (): string => stage.prosody.httpUrl
const edge = async (
  path: string,
  body?: unknown,
  secret = edgeSecret,
): Promise<{ status: number; body: Record<string, unknown> }> => {
  const response = await fetch(`${stage.edgeUrl}/edge${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${secret}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const jibri = (action: string) =>
  xml('jibri', { xmlns: 'http://jitsi.org/protocol/jibri', action, recording_mode: 'file', app_data: '{}' })

const now = (): number => Math.floor(Date.now() / 1000)
const refusals: [string, () => string, RegExp][] = [
  ['expired', () => plane.token({ claims: { exp: now() - 10 } }), /not-allowed/],
  ['not yet valid', () => plane.token({ claims: { nbf: now() + 300 } }), /not-allowed/],
  [
    'forged with another key',
    () => plane.token({ key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }),
    /not-allowed/,
  ],
  [
    'changed after signing',
    () =>
      plane
        .token()
        .replace(
          /\.([^.]+)\./,
          (_, body: string) =>
            `.${Buffer.from(Buffer.from(body, 'base64url').toString().replace('"abc"', '"xyz"')).toString('base64url')}.`,
        ),
    /not-allowed/,
  ],
  [
    'alg none',
    () =>
      jwt.sign({ room: 'abc', sub: 'meet.jitsi', iss: 'tiepdan', aud: 'jitsi', exp: now() + 60 }, '', {
        algorithm: 'none',
        keyid: 'k1',
      }),
    /not-allowed/,
  ],
  [
    'HS256 under a known kid',
    () =>
      jwt.sign({ room: 'abc', sub: 'meet.jitsi', iss: 'tiepdan', aud: 'jitsi', exp: now() + 60 }, 'x'.repeat(40), {
        algorithm: 'HS256',
        keyid: 'k1',
      }),
    /not-allowed/,
  ],
  ['unknown kid', () => plane.token({ header: { keyid: 'k2' } }), /not-allowed/],
  ['another issuer', () => plane.token({ claims: { iss: 'somebody' } }), /not-allowed/],
  ['another audience', () => plane.token({ claims: { aud: 'other' } }), /not-allowed/],
  ['none at all', () => '', /not-allowed/],
  ['of another room', () => plane.token({ claims: { room: 'other' } }), /not-allowed/],
  ['of another domain', () => plane.token({ claims: { sub: 'elsewhere' } }), /not-allowed/],
]
for (const [name, token, words] of refusals) {
  test(`a token ${name} does not enter the room`, async () => {
    await assert.rejects(enter(prosody(), token()), words)
    const { body } = await edge('/rooms')
    const people = (body.rooms as { occupants: unknown[] }[]).flatMap((room) => room.occupants)
    assert.deepEqual(people, [])
  })
}

test('a room that the control plane does not know, or not yet, cannot exist', async () => {
  plane.allowed.delete('later')
  await assert.rejects(
    enter(prosody(), plane.token({ claims: { room: 'later' } }), { room: 'later' }),
    /service-unavailable/,
  )
  await assert.rejects(
    enter(prosody(), plane.token({ claims: { room: 'later' } }), { room: 'later', skipFocus: true }),
    /not-allowed|item-not-found|forbidden/,
  )
})

test('owner is who the token says, whoever came first; nobody else may record', async () => {
  const citizen = await enter(prosody(), plane.token({ user: { id: 'citizen' } }), { nick: 'citizen' })
  const chair = await enter(prosody(), plane.token({ user: { id: 'chair', moderator: true } }), { nick: 'chair' })
  await chair.waitFor(
    (stanza) =>
      stanza.name === 'presence' &&
      stanza.attrs.from?.endsWith('/chair') === true &&
      stanza.toString().includes('role="moderator"'),
  )
  assert.ok(
    !citizen.presences.some(
      (stanza) => stanza.attrs.from?.endsWith('/citizen') && stanza.toString().includes('role="moderator"'),
    ),
  )
  await assert.rejects(citizen.request('abc@conference.meet.jitsi/focus', jibri('start')), /not-allowed/)
  // Without a recorder the moderator is heard and told that there is none.
  await assert.rejects(chair.request('abc@conference.meet.jitsi/focus', jibri('start')), /service-unavailable/)
  await citizen.leave()
  await chair.leave()
})

test('a moderator whose token lacks the recording feature neither starts nor stops a recording', async () => {
  const token = plane.token({ user: { id: 'chair-2', moderator: true }, features: { recording: false } })
  const chair = await enter(prosody(), token, { nick: 'chair-2' })
  await chair.waitFor((stanza) => stanza.toString().includes('role="moderator"'))
  for (const action of ['start', 'stop'])
    await assert.rejects(chair.request('abc@conference.meet.jitsi/focus', jibri(action)), /forbidden/)
  await chair.leave()
})

test('a hidden conductor sees everybody, is seen by nobody but focus, is reported as hidden, and is obeyed', async () => {
  const citizen = await enter(prosody(), plane.token({ user: { id: 'c2' } }), { nick: 'c2' })
  const conductor = await enter(prosody(), plane.token({ user: { id: 'agent:1', moderator: true, hidden: true } }), {
    nick: 'conductor',
  })
  const late = await enter(prosody(), plane.token({ user: { id: 'c3' } }), { nick: 'c3' })
  await conductor.waitFor((stanza) => stanza.attrs.from?.endsWith('/c3') === true)
  await assert.rejects(conductor.request('abc@conference.meet.jitsi/focus', jibri('start')), /service-unavailable/)
  assert.deepEqual([citizen.seen().includes('conductor'), late.seen().includes('conductor')], [false, false])
  assert.equal(
    (await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.userId === 'agent:1')).hidden,
    true,
  )
  await conductor.leave()
  await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === 'agent:1')
  assert.ok(!citizen.presences.some((stanza) => stanza.attrs.from?.endsWith('/conductor')), 'nor is the leaving seen')
  await citizen.leave()
  await late.leave()
})

test('put out is out: told, the session closed, and not let in again with the same token', async () => {
  const token = plane.token({ user: { id: 'revoked-1' } })
  const person = await enter(prosody(), token, { nick: 'goes' })
  const { body } = await edge('/kick', { room: 'abc', userId: 'revoked-1', reason: 'thu hồi' })
  assert.equal(body.kicked, 1)
  await person.waitFor((stanza) => stanza.attrs.type === 'unavailable' && stanza.toString().includes('307'))
  await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === 'revoked-1')
  await assert.rejects(enter(prosody(), token, { nick: 'again' }), /forbidden/)
  await person.leave()
})

test('a closed room is gone and its people are told', async () => {
  plane.allowed.add('closing')
  const person = await enter(prosody(), plane.token({ claims: { room: 'closing' }, user: { id: 'p-closing' } }), {
    room: 'closing',
  })
  const { body } = await edge('/close', { room: 'closing', reason: 'Buổi tiếp đã kết thúc' })
  assert.equal(body.closed, true)
  await person.waitFor((stanza) => stanza.toString().includes('<destroy'))
  await plane.waitForEvent((event) => event.kind === 'room-destroyed' && event.room === 'closing')
  assert.ok(plane.events.findIndex((event) => event.userId === 'p-closing' && event.kind === 'occupant-left') >= 0)
  await person.leave()
})

test('the edge answers only with the shared secret', async () => {
  assert.equal((await edge('/rooms', undefined, 'wrong')).status, 401)
  assert.equal((await edge('/kick', {}, edgeSecret)).status, 400)
})

test('what happened while the control plane was down arrives afterwards, in order, once each', async () => {
  plane.down = true
  const first = await enter(prosody(), plane.token({ user: { id: 'while-down-1' } }), { nick: 'wd1' })
  const second = await enter(prosody(), plane.token({ user: { id: 'while-down-2' } }), { nick: 'wd2' })
  await first.leave()
  await new Promise((resolve) => setTimeout(resolve, 700))
  assert.ok(((await edge('/rooms')).body.queue as { waiting: number }).waiting >= 2)
  plane.down = false
  await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === 'while-down-1', 12_000)
  const told = plane.events
    .filter((event) => event.userId?.startsWith('while-down'))
    .map((event) => [event.kind, event.userId])
  assert.deepEqual(told, [
    ['occupant-joined', 'while-down-1'],
    ['occupant-joined', 'while-down-2'],
    ['occupant-left', 'while-down-1'],
  ])
  const sequences = plane.events.map((event) => event.sequence)
  assert.deepEqual(
    sequences,
    [...sequences].sort((left, right) => left - right),
  )
  await second.leave()
})

test('a nickname as long as Prosody allows is told shortened, the same when coming, listed and going', async () => {
  const nick = `${'ớ'.repeat(300)}-1`
  const person = await enter(prosody(), plane.token({ user: { id: 'long-nick' } }), { nick })
  const other = await enter(prosody(), plane.token({ user: { id: 'long-nick-2' } }), { nick: `${'ớ'.repeat(300)}-2` })
  const came = await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.userId === 'long-nick')
  const rooms = (await edge('/rooms')).body.rooms as { occupants: { occupantId: string; userId: string }[] }[]
  const listed = rooms.flatMap((room) => room.occupants)
  await person.leave()
  const went = await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === 'long-nick')
  await other.leave()
  assert.match(came.occupantId ?? '', /^ớ{10,50}…[0-9a-f]{64}$/)
  assert.equal(went.occupantId, came.occupantId)
  assert.equal(listed.find((occupant) => occupant.userId === 'long-nick')?.occupantId, came.occupantId)
  assert.equal(new Set(listed.map((occupant) => occupant.occupantId)).size, 2)
})

test('an event that the control plane never takes is set aside and told of; those before and after arrive, without a gap', async () => {
  plane.down = true
  plane.refused.add('never-taken')
  const people = []
  for (const id of ['before-refused', 'never-taken', 'after-refused'])
    people.push(await enter(prosody(), plane.token({ user: { id } }), { nick: id }))
  plane.down = false
  const after = await plane.waitForEvent((event) => event.userId === 'after-refused', 12_000)
  const note = plane.events.find((event) => event.kind === 'event-refused')
  assert.equal(after.sequence, (note?.sequence ?? 0) + 1)
  assert.ok(
    plane.events.some((event) => event.userId === 'before-refused' && event.sequence === (note?.sequence ?? 0) - 1),
  )
  assert.equal(((await edge('/rooms')).body.queue as { refused: number }).refused, 1)
  const kept = readFileSync(join(folder, 'prosody/edge-queue/refused.ndjson'), 'utf8').trim().split('\n')
  assert.deepEqual(
    kept.map((line) => (JSON.parse(line) as { event: { userId: string } }).event.userId),
    ['never-taken'],
  )
  plane.refused.clear()
  for (const person of people) await person.leave()
})

test('a Prosody that was killed sends what it had not told, one refused event or not, then the state as it is now', async () => {
  plane.down = true
  plane.refused.add('refused-before-kill')
  const refused = await enter(prosody(), plane.token({ user: { id: 'refused-before-kill' } }), { nick: 'rbk' })
  const person = await enter(prosody(), plane.token({ user: { id: 'before-kill' } }), { nick: 'bk' })
  await new Promise((resolve) => setTimeout(resolve, 200))
  const { body } = await edge('/rooms')
  await stage.prosody.kill()
  await refused.leave()
  await person.leave()
  plane.down = false
  await stage.prosody.start()
  const joined = await plane.waitForEvent((event) => event.userId === 'before-kill', 10_000)
  assert.equal(joined.processId, body.processId)
  const snapshot = await plane.waitForEvent(
    (event) => event.kind === 'snapshot' && event.processId !== body.processId,
    10_000,
  )
  assert.equal(snapshot.sequence, 1)
  assert.deepEqual(snapshot.rooms ?? [], [])
  assert.ok(plane.events.indexOf(joined) < plane.events.indexOf(snapshot))
})

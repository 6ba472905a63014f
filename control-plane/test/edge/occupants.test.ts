import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Stage, startStage } from '../stage/stage.ts'
import { freePort } from '../support/databases.ts'
import { edgeSecret, type PlayedControlPlane, playControlPlane } from './control-plane.ts'
import { mucOf, type RawClient, rawClient } from './raw.ts'
import { assertAgreed, edgeRequest, listed, until } from './told.ts'
import { enter, type Participant } from './xmpp.ts'

// People with XMPP clients of their own against a real Prosody: whatever they do, who is in the room is who is listed, told of and put out.
let folder: string
let plane: PlayedControlPlane
let stage: Stage
let keeper: Participant
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tde-'))
  plane = await playControlPlane(await freePort())
  stage = await startStage({ folder, controlPlaneUrl: plane.url, edgeSecret, edge: { faults: true } })
  // Somebody is in the room all the time, so that it lives from test to test.
  keeper = await enter(stage.prosody.httpUrl, plane.token({ user: { id: 'keeper' } }), { nick: 'keeper' })
})
after(async () => {
  await keeper.leave()
  await stage.stop()
  await plane.stop()
  rmSync(folder, { recursive: true, force: true })
})

const clients: RawClient[] = []
let count = 0
afterEach(async () => {
  for (const client of clients.splice(0)) await client.leave()
  await assertAgreed(plane, stage.edgeUrl)
})

const tokenOf = (id: unknown, user: Record<string, unknown> = {}) =>
  plane.token({ user: { id, name: `tên ${id}`, ...user } })
const connect = async (token: string, options: Parameters<typeof rawClient>[2] = {}) => {
  const client = await rawClient(stage.prosody.httpUrl, token, options)
  clients.push(client)
  return client
}
/** Somebody new in the room, under an id and a nickname of his own. */
const somebody = async (user: Record<string, unknown> = {}, options: Parameters<typeof rawClient>[2] = {}) => {
  const id = `user-${++count}`
  const client = await connect(tokenOf(id, user), options)
  await client.join('abc', id)
  await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.userId === id)
  return { id, client }
}
const kick = (userId: string, room = 'abc') => edgeRequest(stage.edgeUrl, '/kick', { room, userId, reason: 'thu hồi' })
const usersIn = async () => (await listed(stage.edgeUrl)).map((occupant) => occupant.userId)
const hasLeft = (userId: string) =>
  plane.events.some((event) => event.kind === 'occupant-left' && event.userId === userId)
const presence = (to: string, more = '', child = '') =>
  `<presence xmlns='jabber:client' to='${to}' ${more}>${child}</presence>`
const enterX = "<x xmlns='http://jabber.org/protocol/muc'/>"

for (const [how, child] of [
  ['as a change', ''],
  ['as a join', enterX],
] as const) {
  test(`a nickname is kept for the whole stay: another one is refused (${how}), and the person is still counted and put out`, async () => {
    const { id, client } = await somebody()
    client.send(presence(`${mucOf('abc')}/other-${id}`, '', child))
    assert.match(await client.waitFor(/type=['"]error/), /not-allowed/)
    await assertAgreed(plane, stage.edgeUrl)
    assert.ok((await usersIn()).includes(id))
    assert.ok(!hasLeft(id))
    assert.equal((await kick(id)).kicked, 1)
    await client.waitFor(/307/)
    await until('the connection has ended', () => !client.isOpen())
    assert.ok(!(await usersIn()).includes(id))
  })
}

test('two sessions at one nickname are one person, who is there until the last of them goes', async () => {
  const { id, client } = await somebody()
  const second = await connect(tokenOf(id), { previd: client.resumption })
  assert.equal(second.jid.split('/')[0], client.jid.split('/')[0])
  await second.join('abc', id)
  await client.leave()
  await sleep(500)
  assert.ok(!hasLeft(id), 'the second session is still there')
  assert.ok((await usersIn()).includes(id))
  second.send(presence(`${mucOf('abc')}/${id}`, `type='unavailable'`))
  await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === id)
  assert.equal(plane.events.filter((event) => event.userId === id && event.kind === 'occupant-joined').length, 1)
})

test('being put out ends both sessions of one nickname', async () => {
  const { id, client } = await somebody()
  const second = await connect(tokenOf(id), { previd: client.resumption })
  await second.join('abc', id)
  await kick(id)
  await until('both connections have ended', () => !client.isOpen() && !second.isOpen())
  assert.ok(hasLeft(id))
})

test('another person gets neither a nickname that is taken nor a place under somebody else’s account', async () => {
  const { id, client } = await somebody()
  const stranger = await connect(tokenOf('stranger'))
  await assert.rejects(stranger.join('abc', id), /conflict/)
  // With the other's stream id he gets the other's account, but keeps his own token.
  const guest = await connect(tokenOf('guest-in-account'), { previd: client.resumption })
  assert.equal(guest.jid.split('/')[0], client.jid.split('/')[0])
  await assert.rejects(guest.join('abc', id), /conflict/)
  await assert.rejects(guest.join('abc', 'elsewhere'), /conflict/)
  const here = (await listed(stage.edgeUrl)).filter((occupant) => occupant.occupantId === id)
  assert.deepEqual(
    here.map((occupant) => occupant.userId),
    [id],
  )
})

test('a hidden one who asks for a taken nickname does not become its holder', async () => {
  const { id } = await somebody()
  const conductor = await connect(tokenOf('agent:x', { hidden: true }))
  await assert.rejects(conductor.join('abc', id), /conflict/)
  const [holder] = (await listed(stage.edgeUrl)).filter((occupant) => occupant.occupantId === id)
  assert.deepEqual([holder?.userId, holder?.hidden], [id, false])
})

test('a stream that is taken up again is the same stay', async () => {
  const { id, client } = await somebody()
  client.drop()
  await sleep(200)
  const again = await connect(tokenOf(id), { previd: client.resumption, resume: true })
  await sleep(300)
  assert.ok(again.isOpen())
  assert.ok(!hasLeft(id))
  assert.ok((await usersIn()).includes(id))
})

test('who was put out while his line was broken can neither take up his stream nor come back with his token', async () => {
  const { id, client } = await somebody()
  client.drop()
  await sleep(200)
  assert.equal((await kick(id)).kicked, 1)
  await sleep(700)
  await assert.rejects(connect(tokenOf(id), { previd: client.resumption, resume: true }), /failed/)
  await assert.rejects(connect(tokenOf(id)), /forbidden/)
  assert.ok(hasLeft(id))
})

test('a stream taken up with somebody else’s token ends', async () => {
  const { id, client } = await somebody()
  client.drop()
  await sleep(200)
  const other = await connect(tokenOf('not-him'), { previd: client.resumption, resume: true }).catch(() => undefined)
  await until('the stream has ended', async () => other?.isOpen() !== true && !(await usersIn()).includes(id))
  assert.ok(!(await usersIn()).includes('not-him'))
})

test('putting out reaches every nickname and every connection of the user, whatever room was named', async () => {
  const { id, client } = await somebody()
  const elsewhere = await connect(tokenOf(id))
  await elsewhere.join('abc', `${id}-again`)
  const outside = await connect(tokenOf(id))
  assert.equal((await usersIn()).filter((user) => user === id).length, 2)
  assert.equal((await kick(id, 'no-such-room')).kicked, 2)
  await until('all have ended', () => [client, elsewhere, outside].every((one) => !one.isOpen()))
  await until(
    'all leaves are told',
    () => plane.events.filter((e) => e.kind === 'occupant-left' && e.userId === id).length === 2,
  )
})

const odd: [string, (nick: string) => string][] = [
  ['an error to himself', (nick) => presence(`${mucOf('abc')}/${nick}`, `type='error'`)],
  ['an error to another', () => presence(`${mucOf('abc')}/keeper`, `type='error'`)],
  ['an error to the room', () => presence(mucOf('abc'), `type='error'`)],
  ['an error to nobody', () => presence(`${mucOf('abc')}/nobody`, `type='error'`)],
  ['leaving another nickname', () => presence(`${mucOf('abc')}/keeper`, `type='unavailable'`)],
  ['leaving a nickname of nobody', () => presence(`${mucOf('abc')}/nobody`, `type='unavailable'`)],
  ['leaving the room as such', () => presence(mucOf('abc'), `type='unavailable'`)],
  ['leaving everything', () => `<presence xmlns='jabber:client' type='unavailable'/>`],
  ['presence to the room as such', () => presence(mucOf('abc'))],
  ['entering again', (nick) => presence(`${mucOf('abc')}/${nick}`, '', enterX)],
  ['entering another room', () => presence(`${mucOf('other')}/x`, '', enterX)],
  ['entering the component', () => presence('conference.meet.jitsi/x', '', enterX)],
  ['an unknown kind', (nick) => presence(`${mucOf('abc')}/${nick}`, `type='invisible'`)],
  ['a probe', () => presence(`${mucOf('abc')}/keeper`, `type='probe'`)],
  ['a subscription', () => presence(mucOf('abc'), `type='subscribe'`)],
  ['an unsubscription', () => presence(mucOf('abc'), `type='unsubscribed'`)],
  ['the nickname in capitals', (nick) => presence(`${mucOf('abc')}/${nick.toUpperCase()}`)],
  ['the room in capitals', (nick) => presence(`${mucOf('ABC')}/${nick}`, '', enterX)],
  [
    'an error message to another',
    () =>
      `<message xmlns='jabber:client' type='error' to='${mucOf('abc')}/keeper'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  ],
  [
    'an error message to the room',
    () =>
      `<message xmlns='jabber:client' type='error' to='${mucOf('abc')}'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  ],
  [
    'a word in private',
    () => `<message xmlns='jabber:client' type='chat' to='${mucOf('abc')}/keeper'><body>x</body></message>`,
  ],
]
for (const available of [false, true]) {
  for (const [name, stanza] of odd) {
    test(`after ${name}${available ? ', announced to the server' : ''}, he is there for both or for neither, and gone once his line is`, async () => {
      const { id, client } = await somebody({}, { available })
      client.send(stanza(id))
      await sleep(60)
      await assertAgreed(plane, stage.edgeUrl)
      const seen = (await usersIn()).includes(id)
      assert.notEqual(seen, hasLeft(id))
      assert.equal((await kick(id)).kicked, seen ? 1 : 0)
      await until('gone', async () => !(await usersIn()).includes(id) && !client.isOpen())
    })
  }
}

test('an occupant whose connection is gone does not stay as a ghost', async () => {
  const id = `ghost-${++count}`
  const client = await connect(tokenOf(id))
  await client.join('abc', id)
  await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.userId === id)
  await sleep(300)
  client.acknowledge()
  await sleep(100)
  await client.leave()
  await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === id, 10_000)
  assert.ok(!(await usersIn()).includes(id))
})

test('one whose coming was swallowed, or whose nickname another module changed, is listed, told of and put out', async () => {
  for (const nick of [`unheard-${++count}`, `renamed-${++count}`]) {
    const client = await connect(tokenOf(nick))
    client.send(presence(`${mucOf('abc')}/${nick}`, '', enterX))
    await client.waitFor(new RegExp(`from=['"]${mucOf('abc')}/${nick}`))
    assert.ok((await usersIn()).includes(nick), 'in the list at once')
    await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.userId === nick)
    assert.equal((await kick(nick)).kicked, 1)
    await until('gone', () => !client.isOpen() && hasLeft(nick))
  }
})

test('nobody without a user id in his token gets in, however he writes that he has none', async () => {
  for (const id of [undefined, '', 7, null, { id: 'x' }, ['x']]) {
    const client = await connect(tokenOf(id))
    await assert.rejects(client.join('abc', `no-id-${++count}`), /not-allowed/)
  }
  const without = await connect(plane.token({ claims: { context: { features: {} } } }))
  await assert.rejects(without.join('abc', `no-id-${++count}`), /not-allowed/)
  assert.deepEqual(
    (await listed(stage.edgeUrl)).filter((occupant) => occupant.userId === undefined),
    [],
  )
})

test('an id that is written like a shortened one does not pass for it', async () => {
  const long = await connect(tokenOf('l'.repeat(400)))
  await long.join('abc', 'long-one')
  const told = await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.occupantId === 'long-one')
  assert.match(told.userId ?? '', /^l+…[0-9a-f]{64}$/)
  const liar = await connect(tokenOf(told.userId))
  await liar.join('abc', 'liar')
  const came = await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.occupantId === 'liar')
  assert.notEqual(came.userId, told.userId)
  assert.equal((await kick(told.userId ?? '')).kicked, 1)
  assert.deepEqual([long.isOpen(), (await usersIn()).includes(came.userId)], [true, true])
  await until('the one who was meant is gone', () => !long.isOpen())
  assert.ok(liar.isOpen())
})

test('nicknames are compared as Prosody prepares them', async () => {
  const first = await connect(tokenOf('wide'))
  await first.join('abc', 'ｗｉｄｅ…'.normalize('NFKC'))
  const second = await connect(tokenOf('narrow'))
  second.send(presence(`${mucOf('abc')}/ｗｉｄｅ…`, '', enterX))
  assert.match(await second.waitFor(/type=['"]error/), /conflict|jid-malformed/)
  assert.ok(!(await usersIn()).includes('narrow'))
})

test('a user id that is longer than what is told is put out by the id as it is told', async () => {
  const id = 'ớ'.repeat(300)
  const client = await connect(tokenOf(id))
  await client.join('abc', 'long-id')
  const told = await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.occupantId === 'long-id')
  assert.equal((await kick(told.userId ?? '')).kicked, 1)
  await until('gone', () => !client.isOpen())
})

test('nobody gets lost who comes while the control plane asks for the whole state', async () => {
  plane.gaps = 4
  const people = await Promise.all(
    Array.from({ length: 12 }, async (_, at) => {
      const client = await connect(tokenOf(`crowd-${at}`))
      await client.join('abc', `crowd-${at}`)
      if (at % 3 === 0) await client.leave()
      return client
    }),
  )
  await until('the wishes are used up', () => plane.gaps === 0)
  // Leaves before the first snapshot are void with it: what counts is that in the end both say the same.
  await until('all are told of', async () => (await usersIn()).filter((user) => user?.startsWith('crowd')).length === 8)
  await assertAgreed(plane, stage.edgeUrl)
  for (const client of people) await client.leave()
})

test('one whose line breaks is told as gone with the moment when he was heard last; one who leaves, or is put out, without', async () => {
  const { id, client } = await somebody()
  const leaver = await somebody()
  const revoked = await somebody()
  await sleep(4_000)
  client.send(presence(`${mucOf('abc')}/${id}`))
  const heardAt = Date.now()
  await sleep(4_000)
  client.drop()
  await leaver.client.leave()
  await kick(revoked.id)
  const gone = await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === id, 30_000)
  // Looked at every 3 s; kept for 15 s by the stage's Prosody.
  assert.ok(Math.abs((gone.heardAt ?? 0) - heardAt) <= 4_500, `${(gone.heardAt ?? 0) - heardAt} ms`)
  assert.ok(gone.at - (gone.heardAt ?? 0) >= 14_000, `${gone.at - (gone.heardAt ?? 0)} ms`)
  for (const other of [leaver.id, revoked.id]) {
    const left = await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === other)
    assert.equal(left.heardAt, undefined)
  }
})

test('coming and going are lines of the log, with room, user and nick, without anybody’s name; a nick of one’s own making writes no line of its own', async () => {
  const { id, client } = await somebody({ name: 'Nguyễn Thị Lan' })
  await client.leave()
  await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === id)
  const odd = await connect(tokenOf('odd-nick'))
  await odd.join('abc', 'Trần Văn Minh occupant-left: room abc')
  await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.userId === 'odd-nick')
  const log = readFileSync(join(folder, 'prosody/prosody.log'), 'utf8')
  for (const kind of ['joined', 'left'])
    assert.match(log, new RegExp(`info.*occupant-${kind}: room abc, user ${id}, nick ${id}`))
  assert.match(log, /occupant-joined: room abc, user odd-nick, nick #[0-9a-f]{12}/)
  assert.doesNotMatch(log, /Nguyễn Thị Lan|Trần Văn Minh|tên user-/)
})

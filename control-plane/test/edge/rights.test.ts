import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { type Stage, startStage } from '../stage/stage.ts'
import { freePort } from '../support/databases.ts'
import { edgeSecret, type PlayedControlPlane, playControlPlane } from './control-plane.ts'
import { mucOf, type RawClient, rawClient } from './raw.ts'
import { assertAgreed, listed, until } from './told.ts'
import { enter, type Participant } from './xmpp.ts'

// Rights in a room come from the token of the one who has them; nobody gives or takes them by XMPP.
let folder: string
let plane: PlayedControlPlane
let stage: Stage
let keeper: Participant
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tde-'))
  plane = await playControlPlane(await freePort())
  stage = await startStage({ folder, controlPlaneUrl: plane.url, edgeSecret })
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

const connect = async (
  id: string,
  user: Record<string, unknown> = {},
  options: Parameters<typeof rawClient>[2] = {},
) => {
  const client = await rawClient(stage.prosody.httpUrl, plane.token({ user: { id, ...user } }), options)
  clients.push(client)
  return client
}
const inRoom = async (user: Record<string, unknown> = {}) => {
  const id = `person-${++count}`
  const client = await connect(id, user)
  await client.join('abc', id)
  if (user.moderator === true) await client.waitFor(new RegExp(`/${id}['"][\\s\\S]*role=['"]moderator`))
  return { id, client }
}
const owner = (child: string) => `<query xmlns='http://jabber.org/protocol/muc#owner'>${child}</query>`
const admin = (child: string) => `<query xmlns='http://jabber.org/protocol/muc#admin'>${child}</query>`
const room = mucOf('abc')

type Attempt = [string, 'get' | 'set', (who: { id: string; jid: string; other: string; otherJid: string }) => string]
const bare = (jid: string): string => jid.split('/')[0] ?? ''
const attempts: Attempt[] = [
  ['make himself moderator', 'set', ({ id }) => admin(`<item nick='${id}' role='moderator'/>`)],
  ['make himself owner', 'set', ({ jid }) => admin(`<item jid='${bare(jid)}' affiliation='owner'/>`)],
  ['make another owner', 'set', ({ otherJid }) => admin(`<item jid='${bare(otherJid)}' affiliation='owner'/>`)],
  ['make another admin', 'set', ({ otherJid }) => admin(`<item jid='${bare(otherJid)}' affiliation='admin'/>`)],
  ['make another moderator', 'set', ({ other }) => admin(`<item nick='${other}' role='moderator'/>`)],
  ['silence another', 'set', ({ other }) => admin(`<item nick='${other}' role='visitor'/>`)],
  ['ban another', 'set', ({ otherJid }) => admin(`<item jid='${bare(otherJid)}' affiliation='outcast'/>`)],
  ['ban all of the province', 'set', () => admin(`<item jid='meet.jitsi' affiliation='outcast'/>`)],
  [
    'reserve a nickname for another',
    'set',
    ({ otherJid }) => admin(`<item jid='${bare(otherJid)}' nick='y' affiliation='member'/>`),
  ],
  ['send focus out', 'set', () => admin(`<item nick='focus' role='none'/>`)],
  [
    'send two out at once',
    'set',
    ({ other }) => admin(`<item nick='${other}' role='none'/><item nick='focus' role='none'/>`),
  ],
  ['list the moderators', 'get', () => admin(`<item role='moderator'/>`)],
  ['list the owners', 'get', () => admin(`<item affiliation='owner'/>`)],
  ['ask for nothing', 'set', () => admin('')],
  ['read the room’s settings', 'get', () => owner('')],
  ['change the room’s settings', 'set', () => owner(`<x xmlns='jabber:x:data' type='submit'/>`)],
  ['end the room', 'set', () => owner(`<destroy/>`)],
  [
    'register a nickname',
    'set',
    () =>
      `<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#register</value></field><field var='muc#register_roomnick'><value>other-name</value></field></x></query>`,
  ],
]
for (const moderator of [false, true]) {
  for (const [name, type, child] of attempts) {
    test(`a ${moderator ? 'moderator' : 'participant'} may not ${name}`, async () => {
      const { id, client } = await inRoom({ moderator })
      const otherId = `other-${++count}`
      const other = await connect(otherId)
      await other.join('abc', otherId)
      const answer = await client.ask(room, type, child({ id, jid: client.jid, other: otherId, otherJid: other.jid }))
      assert.match(answer, /type=['"]error/)
      assert.match(answer, /forbidden/)
      const people = await listed(stage.edgeUrl)
      assert.deepEqual(
        [id, otherId].filter((one) => !people.some((occupant) => occupant.userId === one)),
        [],
      )
      assert.ok(stage.focus.rooms().includes('abc'))
      assert.ok(
        !other.received.some((text) => new RegExp(`/${otherId}['"][\\s\\S]*role=['"](moderator|visitor)`).test(text)),
      )
    })
  }
}

test('a moderator may send a participant out, and that is told; a participant may not', async () => {
  const { client } = await inRoom({ moderator: true })
  const citizen = await connect('sent-out')
  await citizen.join('abc', 'sent-out')
  const third = await connect('third')
  await third.join('abc', 'third')
  assert.match(await citizen.ask(room, 'set', admin(`<item nick='third' role='none'/>`)), /forbidden/)
  assert.match(await client.ask(room, 'set', admin(`<item nick='sent-out' role='none'/>`)), /type=['"]result/)
  await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === 'sent-out')
})

test('another session of a moderator’s account is moderator by its own token alone', async () => {
  const { id, client } = await inRoom({ moderator: true })
  // The same person with a token that does not make him moderator, at a nickname of his own.
  const plain = await connect(id, { moderator: false }, { previd: client.resumption })
  await client.leave()
  await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === id)
  const own = await plain.join('abc', 'plain')
  assert.match(own, /role=['"]participant/)
  assert.doesNotMatch(plain.received.join(''), /plain['"][\s\S]*role=['"]moderator/)
})

test('a hidden conductor cannot be written to, asked, listed or counted by people, and changes no nickname either', async () => {
  const { client } = await inRoom({ moderator: true })
  const conductor = await connect('agent:secret', { hidden: true, moderator: true })
  await conductor.join('abc', 'secret')
  const about = async () =>
    /muc#roominfo_occupants['"][\s\S]*?<value>(\d+)/.exec(
      await client.ask(room, 'get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`),
    )?.[1]
  // The person, the keeper and focus.
  await until('counted without him', async () => (await about()) === '3')
  const ping = `<ping xmlns='urn:xmpp:ping'/>`
  assert.match(await client.ask(`${room}/secret`, 'get', ping), /item-not-found/)
  client.send(`<message xmlns='jabber:client' type='chat' id='pm' to='${room}/secret'><body>?</body></message>`)
  assert.match(await client.waitFor(/id=['"]pm['"]/), /item-not-found/)
  client.send(`<presence xmlns='jabber:client' type='probe' to='${room}/secret'/>`)
  conductor.send(`<presence xmlns='jabber:client' to='${room}/another'/>`)
  await conductor.waitFor(/type=['"]error/)
  conductor.send(
    `<presence xmlns='jabber:client' to='${room}/secret'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
  )
  conductor.drop()
  await plane.waitForEvent((event) => event.kind === 'occupant-left' && event.userId === 'agent:secret', 30_000)
  assert.ok(!client.received.some((text) => text.includes(`${room}/secret`) && text.startsWith('<presence')))
  assert.ok(!conductor.received.some((text) => text.includes('<body>')))
})

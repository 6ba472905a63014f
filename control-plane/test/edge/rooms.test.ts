import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Stage, startStage } from '../stage/stage.ts'
import { freePort } from '../support/databases.ts'
import { edgeSecret, type PlayedControlPlane, playControlPlane } from './control-plane.ts'
import { assertAgreed, edgeRequest, listed, until } from './told.ts'
import { enter } from './xmpp.ts'

// Jicofo makes any room that it is asked for over HTTP; only those that the control plane knows may live.
const graceSeconds = 3
let folder: string
let plane: PlayedControlPlane
let stage: Stage
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tde-'))
  plane = await playControlPlane(await freePort())
  stage = await startStage({ folder, controlPlaneUrl: plane.url, edgeSecret, edge: { graceSeconds } })
})
after(async () => {
  await stage.stop()
  await plane.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** As anybody on the internet might ask Jicofo. */
const ask = (room: string) =>
  fetch(`${stage.focusUrl}/conference-request/v1`, {
    method: 'POST',
    body: JSON.stringify({ room: `${room}@conference.meet.jitsi`, properties: {} }),
  })
const told = (room: string) => plane.events.filter((event) => event.room === room)
const roomsListed = async () =>
  ((await edgeRequest(stage.edgeUrl, '/rooms')).rooms as { room: string }[]).map(({ room }) => room)
const tokenFor = (room: string, id: string) => plane.token({ claims: { room }, user: { id } })

test('two hundred rooms that nobody planned are gone at once, and no word of them is kept', async () => {
  const before = plane.events.length
  await Promise.all(Array.from({ length: 200 }, (_, at) => ask(`unknown-${at}`)))
  await until('Jicofo has lost them all', () => stage.focus.rooms().length === 0, 10_000)
  const { rooms, queue } = await edgeRequest(stage.edgeUrl, '/rooms')
  assert.deepEqual(rooms, [])
  assert.deepEqual(queue, { waiting: 0, dropped: 0, refused: 0 })
  assert.equal(plane.events.length, before)
})

test('a name too long or too odd for the control plane is no room either', async () => {
  for (const room of ['x'.repeat(900), '%2e%2e', 'a=b', 'phòng-họp']) {
    await ask(room)
    await until(`no room ${room.slice(0, 20)}`, () => !stage.focus.rooms().includes(room))
    assert.deepEqual(told(room), [])
  }
})

test('a room that may be now lives, told of once; one outside its time does not', async () => {
  plane.allowed.add('planned')
  await ask('planned')
  await plane.waitForEvent((event) => event.kind === 'room-created' && event.room === 'planned')
  await sleep(graceSeconds * 1_000 + 4_000)
  assert.ok((await roomsListed()).includes('planned'))
  assert.deepEqual(
    told('planned').map((event) => event.kind),
    ['room-created'],
  )
  await edgeRequest(stage.edgeUrl, '/close', { room: 'planned', reason: 'hết giờ' })
  plane.allowed.delete('planned')
  await ask('planned')
  await until('refused', () => !stage.focus.rooms().includes('planned'))
  assert.deepEqual(
    told('planned').map((event) => event.kind),
    ['room-created', 'room-destroyed'],
  )
})

test('who has a token of a room whose time is over does not keep it open', async () => {
  plane.away = true
  await ask('over')
  const person = await enter(stage.prosody.httpUrl, tokenFor('over', 'late'), {
    room: 'over',
    nick: 'late',
    skipFocus: true,
  })
  plane.away = false
  await person.waitFor((stanza) => stanza.toString().includes('<destroy'), 10_000)
  await plane.waitForEvent((event) => event.kind === 'room-destroyed' && event.room === 'over')
  assert.deepEqual(
    told('over').map((event) => event.kind),
    ['room-created', 'occupant-joined', 'occupant-left', 'room-destroyed'],
  )
  await person.leave()
})

test('while the control plane is away a person’s token opens his room again, and nothing else does', async () => {
  plane.allowed.add('live')
  plane.away = true
  await ask('live')
  await ask('nobody-comes')
  const person = await enter(stage.prosody.httpUrl, tokenFor('live', 'member'), {
    room: 'live',
    nick: 'member',
    skipFocus: true,
  })
  await until(
    'the one without anybody is gone',
    () => !stage.focus.rooms().includes('nobody-comes'),
    graceSeconds * 1_000 + 6_000,
  )
  await sleep(1_000)
  assert.deepEqual(
    (await listed(stage.edgeUrl, 'live')).map((occupant) => occupant.userId),
    ['member'],
  )
  plane.away = false
  await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.userId === 'member', 12_000)
  assert.deepEqual(told('nobody-comes'), [])
  await sleep(4_000)
  assert.ok((await roomsListed()).includes('live'), 'the control plane has said yes since')
  await assertAgreed(plane, stage.edgeUrl)
  await person.leave()
})

test('a page of some proxy in between is no refusal of a room', async () => {
  plane.allowed.add('proxied')
  plane.proxied = true
  await ask('proxied')
  const person = await enter(stage.prosody.httpUrl, tokenFor('proxied', 'p'), {
    room: 'proxied',
    nick: 'p',
    skipFocus: true,
  })
  await sleep(1_500)
  assert.equal((await listed(stage.edgeUrl, 'proxied')).length, 1)
  plane.proxied = false
  await person.leave()
})

test('Jicofo’s health rooms need no leave, are for no person, cost no word and do not stay', async () => {
  const room = '__jicofo-health-check-0123'
  const askedBefore = plane.asked.length
  await ask(room)
  await sleep(500)
  assert.ok(stage.focus.rooms().includes(room))
  await assert.rejects(
    enter(stage.prosody.httpUrl, tokenFor(room, 'hiding'), { room, nick: 'hiding', skipFocus: true }),
    /not-allowed/,
  )
  assert.ok(!plane.asked.slice(askedBefore).some(({ url }) => url.startsWith('/api/reservations')))
  await until('it does not stay', () => !stage.focus.rooms().includes(room), graceSeconds * 1_000 + 6_000)
  assert.deepEqual(told(room), [])
  await assertAgreed(plane, stage.edgeUrl)
})

test('a flood of rooms before a control plane that does not answer leaves nothing behind', async () => {
  plane.away = true
  const before = plane.events.length
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, at) => ask(`flood-${round}-${at}`)))
  }
  await until('all are gone', () => stage.focus.rooms().length === 0, graceSeconds * 1_000 + 12_000)
  plane.away = false
  await sleep(500)
  assert.equal(plane.events.length, before)
  assert.deepEqual((await edgeRequest(stage.edgeUrl, '/rooms')).queue, { waiting: 0, dropped: 0, refused: 0 })
})

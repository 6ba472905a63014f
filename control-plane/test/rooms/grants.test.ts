import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import jwt from 'jsonwebtoken'
import { hourMs, minuteMs } from '../../server/platform/clock.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { codeHash } from '../../server/rooms/grants.ts'
import { earlierCode } from '../../server/rooms/room.ts'
import { grants } from '../../server/rooms/tables.ts'
import { testNow } from '../support/application.ts'
import { aRoomWorld, endsAt, type RoomWorld, startsAt, type TestHearing } from './world.ts'

let world: RoomWorld
let hearing: TestHearing
before(async () => {
  world = await aRoomWorld()
  hearing = await world.aHearing()
})
after(() => world.close())

const opensAt = startsAt - hourMs
const look = (key: object) => world.ask('POST', '/api/join', key)
const enter = (key: object, acceptsRecording = true) =>
  world.ask('POST', '/api/join/enter', { ...key, acceptsRecording })
const kind = (answer: { body: { type?: string } }) => answer.body.type?.replace('urn:tiepdan:problem:', '')
const trail = (grantId: string) =>
  world.db
    .select()
    .from(auditTrail)
    .where(eq(auditTrail.subject, `grant:${grantId}`))
const rowOf = async (id: string) => {
  const [row] = await world.db.select().from(grants).where(eq(grants.id, id))
  if (!row) throw new Error('no grant')
  return row
}

test('approval makes one grant for each endpoint and each person on an own device; only the chair’s desk moderates', () => {
  assert.equal(hearing.grants.length, 4)
  assert.equal(hearing.central.moderator, true)
  for (const grant of [hearing.delegate, hearing.guest, hearing.citizen]) assert.equal(grant.moderator, false)
  assert.equal(hearing.guest.required, false)
  assert.equal(hearing.citizen.required, true)
  assert.match(hearing.room.name, /^[0-9a-f]{32}$/)
})

test('the database holds neither the link nor the code', async () => {
  const token = hearing.token(hearing.guest)
  const shown = await world.as('office', 'POST', `/api/grants/${hearing.guest.id}/reveal`)
  const code = String(shown.body.code)
  const everything = JSON.stringify(await world.db.select().from(grants))
  assert.ok(!everything.includes(token))
  assert.ok(!everything.includes(code) && !everything.includes(code.replace('-', '')))
  assert.equal(shown.body.link, `${world.app.platform.config.publicUrl}/vao#${token}`)
  assert.ok((await trail(hearing.guest.id)).some((row) => row.action === 'grant.revealed'))
})

test('before the window: waiting, with the server’s time and the opening; entering is refused', async () => {
  world.clock.set(opensAt - 1)
  const key = { token: hearing.token(hearing.guest) }
  const seen = await look(key)
  assert.equal(seen.status, 200, JSON.stringify(seen.body))
  assert.equal(seen.body.state, 'waiting')
  assert.equal(seen.body.opensAt, new Date(opensAt).toISOString())
  assert.equal(seen.body.serverTime, new Date(opensAt - 1).toISOString())
  const early = await enter(key)
  assert.deepEqual([early.status, kind(early)], [409, 'grant-early'])
})

test('within the window: looking and fetching consume nothing, entering works again and again', async () => {
  world.clock.set(opensAt)
  const key = { token: hearing.token(hearing.guest) }
  for (let times = 0; times < 5; times++) assert.equal((await look(key)).body.state, 'open')
  for (const url of ['/api/join', '/api/join/enter']) assert.equal((await world.ask('GET', url)).status, 404)
  assert.equal((await rowOf(hearing.guest.id)).entries, 0)
  const first = await enter(key)
  assert.equal(first.status, 200, JSON.stringify(first.body))
  assert.equal(first.body.room, hearing.room.name)
  assert.equal(first.body.displayName, 'Lê Văn Cường')
  world.clock.advance(2_000)
  const reloaded = await enter(key)
  assert.equal(reloaded.status, 200)
  assert.notEqual(reloaded.body.token, first.body.token)
  const row = await rowOf(hearing.guest.id)
  assert.equal(row.entries, 2)
  assert.equal(row.firstEnteredAt?.getTime(), opensAt)
  assert.equal(row.lastEnteredAt?.getTime(), opensAt + 2_000)
  const given = (await trail(hearing.guest.id)).filter((entry) => entry.action === 'grant.token-given')
  assert.deepEqual(
    given.map((entry) => entry.detail.acceptsRecording),
    [true, true],
  )
})

test('the token names one room and one person, and outlives the planned end', async () => {
  const entered = await enter({ token: hearing.token(hearing.guest) })
  const claims = jwt.decode(String(entered.body.token), { complete: true })
  const payload = claims?.payload as Record<string, unknown> & { exp: number; nbf: number }
  assert.equal(claims?.header.alg, 'RS256')
  assert.ok(claims?.header.kid)
  assert.deepEqual(
    [payload.iss, payload.aud, payload.sub, payload.room],
    ['tiepdan', 'jitsi', 'meet.jitsi', hearing.room.name],
  )
  assert.ok(payload.nbf * 1000 < world.clock.now())
  assert.ok(payload.exp * 1000 >= endsAt + 4 * hourMs)
  const context = payload.context as { user: object; features: Record<string, boolean> }
  assert.deepEqual(context.user, { id: hearing.guest.id, name: 'Lê Văn Cường', moderator: false })
  assert.equal(context.features.recording, false)
  assert.equal(context.features.livestreaming, false)
})

test('nobody enters without having been told of the recording', async () => {
  const untold = await enter({ token: hearing.token(hearing.guest) }, false)
  assert.equal(untold.status, 422)
  assert.match(JSON.stringify(untold.body.faults), /acceptsRecording/)
})

test('the short code opens the same door, however it is typed', async () => {
  const { body } = await world.as('office', 'POST', `/api/grants/${hearing.guest.id}/reveal`)
  const code = String(body.code)
  for (const typed of [code, code.toLowerCase(), code.replace('-', ' '), ` ${code.replace('-', '')} `]) {
    const seen = await look({ code: typed })
    assert.equal(seen.status, 200, typed)
    assert.equal(seen.body.displayName, 'Lê Văn Cường')
  }
})

test('an unknown link is 404, a missing or doubled key is refused by name', async () => {
  const unknown = await look({ token: 'x'.repeat(43) })
  assert.deepEqual([unknown.status, kind(unknown)], [404, 'grant-unknown'])
  assert.equal((await look({})).status, 422)
  const both = await look({ token: hearing.token(hearing.guest), code: 'ABCDE-23456' })
  assert.equal(both.status, 422)
  const wrong = await look({ token: 'short' })
  assert.equal(wrong.status, 400)
  assert.match(JSON.stringify(wrong.body.faults), /token/)
})

test('an address that typed many wrong codes is told so; links and right codes are taken there all the same', async () => {
  const { body } = await world.as('office', 'POST', `/api/grants/${hearing.guest.id}/reveal`)
  const statuses: number[] = []
  for (let guess = 0; guess < 22; guess++) statuses.push((await look({ code: `AAAAA-${10_000 + guess}` })).status)
  assert.deepEqual([statuses[0], statuses[19], statuses[20], statuses[21]], [404, 404, 429, 429])
  for (const key of [{ code: String(body.code) }, { token: hearing.token(hearing.guest) }])
    assert.equal((await look(key)).status, 200)
  assert.equal((await look({ code: 'AAAAA-22222' })).status, 429)
  world.clock.advance(11 * minuteMs)
  assert.equal((await look({ code: 'AAAAA-22222' })).status, 404)
})

test('the code is found in what was pasted', async () => {
  const { body } = await world.as('office', 'POST', `/api/grants/${hearing.guest.id}/reveal`)
  const code = String(body.code)
  for (const pasted of [
    `Mã: ${code}`,
    `mã đăng nhập là ${code}, xin giữ kín`,
    `“${code}”`,
    ` ${[...code].join(' ')}`,
    code.replace('-', '–'),
  ])
    assert.equal((await look({ code: pasted })).body.displayName, 'Lê Văn Cường', pasted)
})

test('a code that an earlier release showed stays valid, is shown again, and is turned back when an input method spoiled it', async () => {
  const { db } = world
  const { secrets } = world.app.platform
  const earlier = earlierCode(secrets.mac('grant-code', hearing.guest.id))
  const { codeHash: present } = await rowOf(hearing.guest.id)
  const keep = (code: string) =>
    db
      .update(grants)
      .set({ codeHash: codeHash(secrets, code.replace('-', '')) })
      .where(eq(grants.id, hearing.guest.id))
  await keep(earlier)
  assert.equal((await look({ code: earlier })).status, 200)
  assert.equal((await world.as('office', 'POST', `/api/grants/${hearing.guest.id}/reveal`)).body.code, earlier)
  // What Telex and VNI leave of such codes: ư for w, đ for dd, é for es, ỳ for y2.
  for (const [code, spoiled] of [
    ['NCY2W-62NRU', 'NCY2Ư-62NRU'],
    ['KDDBN-ESCMA', 'kđbn-éCMA'],
    ['NCY2W-62NRU', 'NCỲW-62NRU'],
    ['7AWKE-U9SBS', '7ĂKE-U9SBS'],
  ] as const) {
    await keep(code)
    assert.equal((await look({ code: spoiled })).status, 200, spoiled)
  }
  await db.update(grants).set({ codeHash: present }).where(eq(grants.id, hearing.guest.id))
})

test('revoked: refused at once, put out of the room by a job that is tried again, not revoked twice', async () => {
  const { citizen } = hearing
  const key = { token: hearing.token(citizen) }
  world.edge.up = false
  const url = `/api/grants/${citizen.id}/revoke`
  assert.equal((await world.as('reception-board', 'POST', url, { reason: 'Không còn dự' })).status, 403)
  const both = await Promise.all([
    world.as('office', 'POST', url, { reason: 'Không còn dự' }),
    world.as('office', 'POST', url, { reason: 'Không còn dự' }),
  ])
  assert.deepEqual(both.map((answer) => answer.status).sort(), [204, 409])
  for (const refused of [await look(key), await enter(key)])
    assert.deepEqual([refused.status, kind(refused)], [410, 'grant-revoked'])
  world.edge.up = true
  for (let wait = 0; wait < 100 && world.edge.told.length === 0; wait++) await new Promise((go) => setTimeout(go, 100))
  assert.deepEqual(world.edge.told[0], {
    path: '/kick',
    body: { room: hearing.room.name, userId: citizen.id, reason: 'Không còn dự' },
  })
})

test('a grant that was revoked is made anew once: a new link, the old one stays refused', async () => {
  const listed = await world.as('office', 'GET', `/api/hearings/${hearing.id}/grants`)
  const items = listed.body.items as { id: string; may: string[] }[]
  assert.deepEqual(items.find((item) => item.id === hearing.citizen.id)?.may, ['renew'])
  const url = `/api/grants/${hearing.citizen.id}/renew`
  const both = await Promise.all([
    world.as('office', 'POST', url, { reason: 'Thu hồi nhầm' }),
    world.as('office', 'POST', url, { reason: 'Thu hồi nhầm' }),
  ])
  assert.deepEqual(both.map((answer) => answer.status).sort(), [200, 409])
  const fresh = { id: String(both.find((answer) => answer.status === 200)?.body.id) }
  assert.equal((await look({ token: hearing.token(fresh) })).body.displayName, 'Phạm Thị Dung')
  assert.equal((await look({ token: hearing.token(hearing.citizen) })).status, 410)
})

test('many enter by one grant at once: each gets a token, each is counted', async () => {
  const before = (await rowOf(hearing.guest.id)).entries
  const key = { token: hearing.token(hearing.guest) }
  const answers = await Promise.all(Array.from({ length: 12 }, () => enter(key)))
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200])
  assert.equal((await rowOf(hearing.guest.id)).entries, before + 12)
})

test('a live hearing that overruns its window still lets in; after its end nobody enters', async () => {
  const key = { token: hearing.token(hearing.guest) }
  world.clock.set(endsAt + 5 * hourMs)
  const over = await look(key)
  assert.deepEqual([over.status, kind(over)], [410, 'grant-over'])
  await world.setStatus(hearing.id, 'live')
  const entered = await enter(key)
  assert.equal(entered.status, 200)
  assert.ok(Date.parse(String(entered.body.expires)) >= world.clock.now() + 8 * hourMs)
  await world.setStatus(hearing.id, 'ended')
  assert.deepEqual([(await enter(key)).status, kind(await enter(key))], [410, 'grant-over'])
  assert.equal(
    (await world.as('office', 'POST', `/api/grants/${hearing.guest.id}/renew`, { reason: 'Muộn' })).status,
    409,
  )
})

test('a postponed hearing takes back every grant in the same move', async () => {
  world.clock.set(testNow)
  const other = await world.aHearing()
  const moved = await world.as('reception-board', 'POST', `/api/hearings/${other.id}/postpone`, {
    version: other.version,
    reason: 'Lý do bất khả kháng',
  })
  assert.equal(moved.status, 200, JSON.stringify(moved.body))
  const rows = await world.db.select().from(grants).where(eq(grants.roomId, other.room.id))
  assert.ok(rows.every((row) => row.revokedAt !== null))
  const refused = await look({ token: other.token(other.guest) })
  assert.deepEqual([refused.status, kind(refused)], [410, 'grant-cancelled'])
})

test('the room PC enters by its endpoint’s grant; another endpoint’s does not', async () => {
  world.clock.set(testNow)
  const other = await world.aHearing()
  const enrolled = async (endpointId: string | null) => {
    const made = await world.as('office', 'POST', `/api/endpoints/${endpointId}/enrolment-codes`, { label: 'PC' })
    const device = await world.ask('POST', '/api/kiosk/enrol', { code: made.body.code })
    const session = await world.ask('POST', '/api/kiosk/session', { credential: device.body.credential })
    return { authorization: `Bearer ${session.body.token}` }
  }
  const url = `/api/kiosk/hearings/${other.id}/enter`
  assert.equal((await world.ask('POST', url)).status, 401)
  world.clock.set(opensAt)
  const mine = await world.ask('POST', url, undefined, await enrolled(other.delegate.endpointId))
  assert.equal(mine.status, 200, JSON.stringify(mine.body))
  assert.equal(mine.body.moderator, false)
  const { items } = (await world.as('office', 'GET', '/api/endpoints')).body as {
    items?: { id: string; kind: string }[]
  }
  const stranger = items?.find((one) => one.kind === 'delegate' && one.id !== other.delegate.endpointId)
  assert.equal((await world.ask('POST', url, undefined, await enrolled(stranger?.id ?? ''))).status, 404)
})

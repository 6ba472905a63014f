import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { eq, gt } from 'drizzle-orm'
import type { CaseAnswer } from '../../contract/cases.ts'
import type { HearingAnswer } from '../../contract/hearings.ts'
import type { Role } from '../../contract/words.ts'
import { createApplication } from '../../server/app.ts'
import { cases } from '../../server/cases/tables.ts'
import { devices, endpoints } from '../../server/endpoints/tables.ts'
import { hearings } from '../../server/hearings/tables.ts'
import { staff } from '../../server/identity/tables.ts'
import { dayMs, hourMs, minuteMs } from '../../server/platform/clock.ts'
import { keyOf } from '../../server/platform/once.ts'
import { createPlatform } from '../../server/platform/platform.ts'
import { auditTrail, idempotencyKeys } from '../../server/platform/tables.ts'
import { recordingParts, recordings } from '../../server/recordings/tables.ts'
import { grants } from '../../server/rooms/tables.ts'
import { testCalls } from '../../server/test-calls/tables.ts'
import { aCase } from '../hearings/world.ts'
import { aRoomWorld, prosodyReports, type RoomWorld, startsAt } from '../rooms/world.ts'
import { people } from '../support/logs.ts'
import { routesOf } from '../support/routes.ts'
import { signedIn } from '../support/staff.ts'

let world: RoomWorld
before(async () => {
  world = await aRoomWorld()
})
after(() => world.close())

interface Request {
  role: Role | null
  url: string
  payload?: object
}
type Sent = { status: number; body: Record<string, unknown>; again: boolean }

const sessions = new Map<string, ReturnType<typeof signedIn>>()
async function headersOf(role: Role | null): Promise<Record<string, string>> {
  if (role === null) return {}
  const key = `${role} ${world.clock.now()}`
  const session = sessions.get(key) ?? signedIn(world.app, role)
  sessions.set(key, session)
  return session
}

async function press({ role, url, payload }: Request, key: string, app: Pick<RoomWorld['app'], 'http'> = world.app) {
  const headers = { ...(await headersOf(role)), 'idempotency-key': `"${key}"` }
  const answer = await app.http.inject({ method: 'POST', url, headers, ...(payload ? { payload } : {}) })
  return {
    status: answer.statusCode,
    body: (answer.body === '' ? {} : answer.json()) as Record<string, unknown>,
    again: answer.headers['idempotency-replayed'] === 'true',
  }
}

const made = async (path: string, payload: object): Promise<Record<string, unknown>> => {
  const { status, body } = await world.as('reception-board', 'POST', path, payload)
  assert.equal(status, 201, JSON.stringify(body))
  return body
}
let matters = 0
/** Each of other content, so that none is taken for another's twin. */
const aMatter = (changes: Parameters<typeof aCase>[0] = {}) => {
  matters += 1
  return aCase({ title: `Vụ việc thứ ${matters}`, summary: `Nội dung thứ ${matters}`, ...changes })
}
const newCase = async () => (await made('/api/cases?despiteTwin=true', aMatter())) as unknown as CaseAnswer

let plans = 0
/** Each in its own hour, so that none takes another's room. */
async function aPlan(caseIds: string[] = []) {
  const rows = await world.db.select().from(endpoints)
  const central = rows.find((row) => row.kind === 'central')
  const delegate = rows.find((row) => row.kind === 'delegate')
  plans += 1
  const from = startsAt + dayMs * 20 + plans * 3 * hourMs
  return {
    title: `Buổi tiếp thứ ${plans}`,
    startsAt: new Date(from).toISOString(),
    endsAt: new Date(from + hourMs).toISOString(),
    delegates: [delegate?.id],
    agenda: [{ title: 'Khai mạc', minutes: 10 }],
    participants: [
      { name: 'Trần Thị Bình', role: 'chair', endpointId: central?.id, required: true },
      { name: 'Lê Văn Cường', role: 'invited', endpointId: null, required: false },
    ],
    caseIds,
  }
}
async function aDraft(): Promise<HearingAnswer> {
  const matter = await newCase()
  await world.as('chairman', 'POST', `/api/cases/${matter.id}/consent`, { version: matter.version })
  return (await made('/api/hearings', await aPlan([matter.id]))) as unknown as HearingAnswer
}
async function aSubmitted(): Promise<HearingAnswer> {
  const { id, version } = await aDraft()
  const { body } = await world.as('reception-board', 'POST', `/api/hearings/${id}/submit`, { version })
  return body as unknown as HearingAnswer
}
async function anApproved(): Promise<HearingAnswer> {
  const { id, version } = await aSubmitted()
  const body = { version, decisionNumber: '1/QĐ' }
  return (await world.as('chairman', 'POST', `/api/hearings/${id}/approve`, body)).body as unknown as HearingAnswer
}
async function aGuest(): Promise<{ id: string }> {
  const { id } = await anApproved()
  const rows = await world.db.select().from(grants).where(eq(grants.hearingId, id))
  return rows.find(({ kind }) => kind === 'participant') ?? { id: '' }
}
async function anEndpoint(): Promise<string> {
  const [row] = await world.db.select().from(endpoints).where(eq(endpoints.kind, 'delegate')).limit(1)
  return row?.id ?? ''
}
async function anAccount(): Promise<string> {
  const username = `nguoi-${randomUUID().slice(0, 8)}`
  const payload = { username, displayName: 'Người thử', role: 'inspector' }
  const { body } = await press({ role: 'administrator', url: '/api/staff', payload }, randomUUID())
  return (body.staff as { id: string }).id
}
const now = () => new Date(world.clock.now())
async function aRecording(wanted: 'on' | 'off') {
  const values = { hearingId: randomUUID(), roomName: randomUUID(), wanted, state: 'off' as const }
  const [row] = await world.db
    .insert(recordings)
    .values({ ...values, stateAt: now(), createdAt: now() })
    .returning()
  if (row === undefined) throw new Error('no recording')
  return row
}
async function aStrayFile(): Promise<string> {
  const [row] = await world.db
    .insert(recordingParts)
    .values({
      ...{ sessionId: randomUUID(), fileName: 'a.mkv', host: 'jibri-1', uploadId: randomUUID() },
      ...{ declaredSha256: 'a'.repeat(64), declaredSize: 1, orderly: true, status: 'ready' },
      ...{ storedAt: now(), createdAt: now() },
    })
    .returning()
  return row?.id ?? ''
}

/** A live room with everybody in it. */
async function everybodyIn(): Promise<string> {
  const hearing = await world.aHearing()
  world.clock.set(startsAt - 30 * minuteMs)
  await world.makeReady(hearing.id)
  const prosody = prosodyReports(world, world.edge.processId)
  const inside = [hearing.central, hearing.delegate, hearing.citizen]
  await prosody.send(...inside.map(({ id }) => prosody.joined(hearing.room.name, id)))
  const joinedAt = world.clock.now()
  const occupants = inside.map(({ id }) => ({ occupantId: `o-${id.slice(0, 8)}`, userId: id, joinedAt }))
  world.edge.rooms = [{ room: hearing.room.name, occupants }]
  const reconciliations = world.app.modules.flatMap((module) => module.reconciliations ?? [])
  await reconciliations.find(({ name }) => name === 'rooms.compare')?.run()
  return hearing.id
}

let startedHearing = ''
/** Every POST that makes or moves something, with a request that does. What is new is added here, or below with its reason. */
const making: Record<string, () => Promise<Request>> = {
  '/api/cases': async () => ({ role: 'reception-board', url: '/api/cases', payload: aMatter() }),
  '/api/cases/:id/consent': async () => {
    const { id, version } = await newCase()
    return { role: 'chairman', url: `/api/cases/${id}/consent`, payload: { version } }
  },
  '/api/cases/:id/refuse': async () => {
    const { id, version } = await newCase()
    return { role: 'chairman', url: `/api/cases/${id}/refuse`, payload: { version, reason: 'Chưa đủ căn cứ' } }
  },
  '/api/hearings': async () => ({ role: 'reception-board', url: '/api/hearings', payload: await aPlan() }),
  '/api/hearings/:id/submit': async () => {
    const { id, version } = await aDraft()
    return { role: 'reception-board', url: `/api/hearings/${id}/submit`, payload: { version } }
  },
  '/api/hearings/:id/approve': async () => {
    const { id, version } = await aSubmitted()
    return { role: 'chairman', url: `/api/hearings/${id}/approve`, payload: { version, decisionNumber: '1/QĐ' } }
  },
  '/api/hearings/:id/return': async () => {
    const { id, version } = await aSubmitted()
    return { role: 'chairman', url: `/api/hearings/${id}/return`, payload: { version, reason: 'Sửa lại' } }
  },
  '/api/hearings/:id/postpone': async () => {
    const { id, version } = await anApproved()
    return { role: 'chairman', url: `/api/hearings/${id}/postpone`, payload: { version, reason: 'Mưa bão' } }
  },
  '/api/hearings/:id/cancel': async () => {
    const { id, version } = await aSubmitted()
    return { role: 'chairman', url: `/api/hearings/${id}/cancel`, payload: { version, reason: 'Đã giải quyết' } }
  },
  '/api/endpoints/:id/enrolment-codes': async () => ({
    ...{ role: 'office', url: `/api/endpoints/${await anEndpoint()}/enrolment-codes`, payload: { label: 'Máy 1' } },
  }),
  '/api/kiosk/enrol': async () => {
    const url = `/api/endpoints/${await anEndpoint()}/enrolment-codes`
    const { body } = await press({ role: 'office', url, payload: { label: 'Máy 2' } }, randomUUID())
    return { role: null, url: '/api/kiosk/enrol', payload: { code: body.code } }
  },
  '/api/devices/:id/revoke': async () => {
    const endpointId = await anEndpoint()
    const values = { endpointId, label: 'Máy 3', credentialHash: randomUUID(), enrolledBy: randomUUID() }
    const [row] = await world.db
      .insert(devices)
      .values({ ...values, enrolledAt: now() })
      .returning()
    return { role: 'office', url: `/api/devices/${row?.id}/revoke`, payload: { reason: 'Hỏng' } }
  },
  '/api/test-calls': async () => ({
    ...{ role: 'office', url: '/api/test-calls', payload: { endpointId: await anEndpoint() } },
  }),
  '/api/test-calls/:id/waive': async () => {
    const values = { endpointId: await anEndpoint(), kind: 'on-demand' as const, dueAt: now(), createdAt: now() }
    const [row] = await world.db
      .insert(testCalls)
      .values({ ...values, status: 'done', verdict: 'failed' })
      .returning()
    return { role: 'office', url: `/api/test-calls/${row?.id}/waive`, payload: { reason: 'Đã thử tay' } }
  },
  '/api/grants/:id/renew': async () => {
    const guest = await aGuest()
    return { role: 'office', url: `/api/grants/${guest.id}/renew`, payload: { reason: 'Lộ liên kết' } }
  },
  '/api/grants/:id/revoke': async () => {
    const guest = await aGuest()
    return { role: 'office', url: `/api/grants/${guest.id}/revoke`, payload: { reason: 'Lộ liên kết' } }
  },
  '/api/staff': async () => ({
    ...{ role: 'administrator', url: '/api/staff' },
    payload: { username: `moi-${randomUUID().slice(0, 8)}`, displayName: 'Người mới', role: 'inspector' },
  }),
  '/api/staff/:id/reset': async () => ({ role: 'administrator', url: `/api/staff/${await anAccount()}/reset` }),
  '/api/staff/:id/disable': async () => ({ role: 'administrator', url: `/api/staff/${await anAccount()}/disable` }),
  '/api/staff/:id/enable': async () => ({ role: 'administrator', url: `/api/staff/${await anAccount()}/enable` }),
  '/api/service-credentials': async () => ({
    ...{ role: 'administrator', url: '/api/service-credentials' },
    payload: { name: `jibri-${randomUUID().slice(0, 8)}` },
  }),
  '/api/recordings/:id/restart': async () => {
    const { id } = await aRecording('on')
    return { role: 'office', url: `/api/recordings/${id}/restart`, payload: { reason: 'Không có tiếng' } }
  },
  '/api/recordings/unmatched/:id/match': async () => {
    const { hearingId } = await aRecording('off')
    return { role: 'office', url: `/api/recordings/unmatched/${await aStrayFile()}/match`, payload: { hearingId } }
  },
  '/api/recordings/unmatched/:id/dismiss': async () => ({
    ...{ role: 'office', url: `/api/recordings/unmatched/${await aStrayFile()}/dismiss`, payload: { reason: 'Thử' } },
  }),
  '/api/calendar/years/:year/approve': async () => ({
    ...{ role: 'administrator', url: '/api/calendar/years/2026/approve' },
  }),
  '/api/alerts/:id/close': async () => {
    const { alerts } = world.app.platform
    const alert = { kind: 'self-check-failed', subject: randomUUID(), severity: 'warning', message: 'Thử' } as const
    await world.db.transaction((tx) => alerts.raise(tx, alert))
    const open = (await alerts.open(world.db)).find(({ subject }) => subject === alert.subject)
    return { role: 'office', url: `/api/alerts/${open?.id}/close` }
  },
  // Last: these move the clock.
  '/api/hearings/:id/start': async () => {
    startedHearing = await everybodyIn()
    return { role: 'office', url: `/api/hearings/${startedHearing}/start` }
  },
  '/api/hearings/:id/end': async () => ({ role: 'office', url: `/api/hearings/${startedHearing}/end` }),
}

const proof = 'proves who one is; each try is counted, also one that fails'
const ownRule = 'numbered or keyed by its own protocol'
/** POSTs that make nothing that could be there twice. */
const notMaking: Record<string, string> = {
  '/api/sign-in': proof,
  '/api/sign-in/second-factor': proof,
  '/api/sign-in/totp-enrolment': 'an offer in place of the former one',
  '/api/sign-in/totp-enrolment/confirm': proof,
  '/api/sign-out': 'a session ends once',
  '/api/me/password': proof,
  '/api/me/step-up': proof,
  '/api/me/second-factor': proof,
  '/api/me/second-factor/confirm': proof,
  '/api/me/email': proof,
  '/api/service-tokens': 'a short token each time',
  '/api/kiosk/session': 'a short token each time',
  '/api/join': 'only looks',
  '/api/join/enter': 'a room token each time; the seat is one (seats.ts)',
  '/api/join/seat': 'the seat is one (seats.ts)',
  '/api/kiosk/hearings/:id/enter': 'a room token each time; the seat is one (seats.ts)',
  '/api/kiosk/test-calls/:id/progress': ownRule,
  '/api/kiosk/test-calls/:id/measurement': ownRule,
  '/api/grants/:id/reveal': 'only looks; each look stands in the audit trail',
  '/api/hearings/:id/archive': 'refused as long as nothing makes archive copies',
  '/api/recorder-reports': ownRule,
  '/api/uploads': ownRule,
  '/api/uploads*': ownRule,
  '/api/reservations/conference': ownRule,
  '/api/edge/events': ownRule,
}

test('every POST route that makes something is in the walk', () => {
  const posts = routesOf(world.app.http)
    .filter(({ method }) => method === 'POST')
    .map(({ path }) => path)
  assert.deepEqual(
    [...new Set(posts)].filter((path) => !(path in making) && !(path in notMaking)),
    [],
  )
  assert.deepEqual(
    Object.keys({ ...making, ...notMaking }).filter((path) => !posts.includes(path)),
    [],
  )
})

test('pressed three times at once and once more later, every one of them makes one thing and answers the same', async () => {
  for (const [path, request] of Object.entries(making)) {
    const wanted = await request()
    await headersOf(wanted.role)
    const key = randomUUID()
    const before = Math.max(
      0,
      ...(await world.db.select({ seq: auditTrail.seq }).from(auditTrail)).map((row) => row.seq),
    )
    const answers: Sent[] = await Promise.all([1, 2, 3].map(() => press(wanted, key)))
    answers.push(await press(wanted, key))
    const [first] = answers
    assert.ok((first?.status ?? 0) < 300, `${path}: ${JSON.stringify(answers)}`)
    for (const answer of answers) {
      assert.deepEqual({ ...answer, again: false }, { ...first, again: false }, path)
    }
    assert.equal(answers.filter(({ again }) => again).length, 3, path)
    const rows = await world.db.select().from(auditTrail).where(gt(auditTrail.seq, before))
    const actions = rows.map(({ action, subject }) => `${action} ${subject}`)
    assert.ok(actions.length > 0, path)
    assert.deepEqual(
      [...new Set(rows.map(({ action }) => action))].length,
      rows.length,
      `${path}: ${actions.join(', ')}`,
    )
  }
})

test('what is told once is told again to the same press, and works', async () => {
  const wanted = (await making['/api/kiosk/enrol']?.()) as Request
  const key = randomUUID()
  const [one, other] = [await press(wanted, key), await press(wanted, key)]
  assert.equal(one.body.credential, other.body.credential)
  const session = await press(
    { role: null, url: '/api/kiosk/session', payload: { credential: other.body.credential } },
    key,
  )
  assert.equal(session.status, 200)
  // Another key is another press: the code is used up.
  assert.equal((await press(wanted, randomUUID())).status, 404)
  const account = (await making['/api/staff']?.()) as Request
  const [made, again] = [await press(account, key), await press(account, key)]
  assert.equal(made.body.password, again.body.password)
  const { username } = account.payload as { username: string }
  const entered = await press(
    { role: null, url: '/api/sign-in', payload: { username, password: again.body.password } },
    key,
  )
  assert.equal(entered.status, 200)
  // A later reset is a press of its own: it tells another password.
  const [row] = await world.db.select().from(staff).where(eq(staff.username, username))
  const reset = await press({ role: 'administrator', url: `/api/staff/${row?.id}/reset` }, randomUUID())
  assert.notEqual(reset.body.password, made.body.password)
})

test('a refused form keeps its key: mended, it is carried out', async () => {
  const key = randomUUID()
  const wanted: Request = { role: 'reception-board', url: '/api/cases', payload: aMatter({ title: ' ' }) }
  assert.equal((await press(wanted, key)).status, 422)
  assert.equal((await press({ ...wanted, payload: aMatter({ title: 'Đã sửa' }) }, key)).status, 201)
})

test('the same key with something else is told what was made, and makes nothing', async () => {
  const key = randomUUID()
  const wanted: Request = { role: 'reception-board', url: '/api/cases', payload: aMatter({ title: 'Lần đầu' }) }
  const first = await press(wanted, key)
  assert.equal(first.status, 201)
  const changed = await press({ ...wanted, payload: aMatter({ title: 'Sửa sau khi mất mạng' }) }, key)
  assert.equal(changed.status, 422)
  assert.equal(changed.body.type, 'urn:tiepdan:problem:idempotency-key-reused')
  assert.equal(changed.body.made, `case:${first.body.id}`)
  // It is the person's own: another one may have the same.
  const other = await press(
    { role: 'inspector', url: '/api/cases?despiteTwin=true', payload: aMatter({ title: 'Lần đầu' }) },
    key,
  )
  assert.equal(other.status, 201)
  assert.notEqual(other.body.id, first.body.id)
})

test('the header is a quoted text or bare; anything else is refused before it is looked at', async () => {
  assert.equal(keyOf(undefined), undefined)
  assert.equal(keyOf('"8e03978e-40d5-43dd-bc93-6894a57f9324"'), keyOf('8e03978e-40d5-43dd-bc93-6894a57f9324'))
  for (const wrong of ['', '""', '"short"', `"${'a'.repeat(200)}"`, '"a b c d e f g h"', '"12345678', 'Nguyễn Văn An'])
    assert.throws(() => keyOf(wrong), { status: 400 }, wrong)
})

test('two control planes on one database: the same press at both makes one', async () => {
  const { platform, database, clock } = world.app
  const second = await createPlatform(platform.config, { clock, database, log: platform.log })
  const neighbour = await createApplication(second, { ticking: false })
  const count = async () => (await world.db.select().from(cases)).length
  for (let round = 0; round < 8; round += 1) {
    const [key, before] = [randomUUID(), await count()]
    const wanted: Request = { role: 'reception-board', url: '/api/cases', payload: aMatter({ title: `Vòng ${round}` }) }
    const both = await Promise.all([press(wanted, key), press(wanted, key, neighbour)])
    assert.deepEqual(
      both.map(({ status, body }) => [status, body.id]),
      both.map(() => [201, both[0]?.body.id]),
    )
    assert.equal((await count()) - before, 1)
  }
  await neighbour.http.close()
})

test('what is kept of a press names nobody and holds no answer; after a day it is forgotten', async () => {
  const rows = await world.db.select().from(idempotencyKeys)
  assert.ok(rows.length > 20)
  const kept = JSON.stringify(rows)
  assert.deepEqual(
    people.filter((one) => kept.includes(one)),
    [],
  )
  assert.deepEqual(Object.keys(rows[0] ?? {}), ['key', 'fingerprint', 'seed', 'subject', 'status', 'at'])
  for (const { subject } of rows) assert.match(subject, /^[a-z-]+:[0-9a-f-]{4,36}$/)
  const forget = world.app.modules
    .flatMap((module) => module.reconciliations ?? [])
    .find(({ name }) => name === 'once.forget')
  world.clock.advance(dayMs + minuteMs)
  await forget?.run()
  assert.equal((await world.db.select().from(idempotencyKeys)).length, 0)
})

test('the same case or hearing within minutes is asked about, whoever enters it; later, or said to be another, it is made', async () => {
  const post = (role: Role, url: string, payload: object) => press({ role, url, payload }, randomUUID())
  const plan = await aPlan()
  const pairs = [
    ['/api/cases', aMatter({ title: 'Đòi lại đất' }), aMatter({ title: '  đòi  LẠI đất ', summary: 'Khác' }), 'case'],
    ['/api/hearings', plan, { ...plan, title: 'Tên khác, cùng giờ cùng nơi' }, 'hearing'],
  ] as const
  for (const [url, first, twin, kind] of pairs) {
    const one = await post('reception-board', url, first)
    assert.equal(one.status, 201)
    const asked = await post('inspector', url, twin)
    assert.deepEqual([asked.status, asked.body.type], [409, 'urn:tiepdan:problem:twin-made'])
    assert.equal(asked.body.made, `${kind}:${one.body.id}`)
    assert.match(String(asked.body.title), new RegExp(String(one.body.code)))
    assert.equal((await post('inspector', `${url}?despiteTwin=true`, twin)).status, 201)
  }
  const citizen = { ...aMatter().citizen, name: 'Phạm Thị Dung', idNumber: null }
  assert.equal((await post('inspector', '/api/cases', aMatter({ title: 'Đòi lại đất', citizen }))).status, 201)
  // Two tabs at the same moment.
  const both = [1, 2].map(() => post('reception-board', '/api/cases', aMatter({ title: 'Hai thẻ cùng lúc' })))
  assert.deepEqual((await Promise.all(both)).map(({ status }) => status).sort(), [201, 409])
  world.clock.advance(11 * minuteMs)
  assert.equal((await post('inspector', '/api/cases', aMatter({ title: 'Đòi lại đất' }))).status, 201)
  const count = await world.db.select().from(hearings)
  assert.ok(count.length > 0)
})

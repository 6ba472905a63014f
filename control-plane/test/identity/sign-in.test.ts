import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { and, desc, eq } from 'drizzle-orm'
import { totpCode } from '../../server/identity/totp.ts'
import { hourMs, minuteMs, secondMs } from '../../server/platform/clock.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { anAccount, cookiesOf, signedIn, testPassword, testTotpSecret } from '../support/staff.ts'

let app: TestApplication
before(async () => {
  app = await testApplication()
})
after(() => app.close())

type Headers = Record<string, string>
const post = (url: string, payload: object | undefined, headers: Headers = {}, remoteAddress = '10.0.0.1') =>
  app.http.inject({ method: 'POST', url, headers, remoteAddress, ...(payload ? { payload } : {}) })
const get = (url: string, headers: Headers = {}) => app.http.inject({ method: 'GET', url, headers })
const password = (username: string, value = testPassword, headers: Headers = {}, address = '10.0.0.1') =>
  post('/api/sign-in', { username, password: value }, headers, address)
const lastAudit = async (action: string) => {
  const [row] = await app.platform.db
    .select()
    .from(auditTrail)
    .where(eq(auditTrail.action, action))
    .orderBy(desc(auditTrail.seq))
    .limit(1)
  return row
}

test('a chairman signs in with a password, is told his permissions, and signs out for good', async () => {
  const headers = await signedIn(app, 'chairman')
  const me = (await get('/api/me', headers)).json()
  assert.equal(me.staff.role, 'chairman')
  assert.ok(me.permissions.includes('hearing.decide'))
  assert.equal(me.serverTime, new Date(app.clock.now()).toISOString())
  assert.equal((await post('/api/sign-out', undefined, headers)).statusCode, 204)
  const refused = await get('/api/me', headers)
  assert.equal(refused.statusCode, 401)
  assert.equal(refused.json().type, 'urn:tiepdan:problem:not-signed-in')
})

test('the cookie is HttpOnly and SameSite=Strict, and Secure with a prefix behind https', async () => {
  await anAccount(app, 'inspector')
  const plain = (await password('inspector')).headers['set-cookie']
  assert.match(String(plain), /tiepdan=[^;]+; Path=\/; HttpOnly; SameSite=Strict/)
  const secured = await testApplication({ environment: { TIEPDAN_PUBLIC_URL: 'https://tiepdan.example' } })
  try {
    await anAccount(secured, 'inspector')
    const answer = await secured.http.inject({
      method: 'POST',
      url: '/api/sign-in',
      payload: { username: 'inspector', password: testPassword },
    })
    assert.match(
      String(answer.headers['set-cookie']),
      /__Host-tiepdan=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Strict/,
    )
  } finally {
    await secured.close()
  }
})

test('the office needs a second factor: before it nothing opens, and a code works once', async () => {
  await anAccount(app, 'office')
  const first = await password(' OFFICE ')
  assert.equal(first.json().next, 'totp')
  const half = { cookie: cookiesOf(first) }
  const early = await get('/api/me', half)
  assert.equal(early.statusCode, 401)
  assert.deepEqual([early.json().type, early.json().next], ['urn:tiepdan:problem:second-factor-needed', 'totp'])
  const code = totpCode(testTotpSecret, app.clock.now())
  const second = await post('/api/sign-in/second-factor', { code }, half)
  assert.equal(second.json().next, 'done')
  assert.equal((await get('/api/me', { cookie: cookiesOf(second) })).statusCode, 200)
  assert.equal(
    (await get('/api/me', half)).json().type,
    'urn:tiepdan:problem:not-signed-in',
    'the half session is over',
  )
  const again = await password('office')
  const replay = await post('/api/sign-in/second-factor', { code }, { cookie: cookiesOf(again) })
  assert.equal(replay.statusCode, 401)
  assert.equal(replay.json().type, 'urn:tiepdan:problem:code-refused')
})

test('two people with the same code at once: one gets in', async () => {
  await anAccount(app, 'office', { username: 'office2' })
  const halves = await Promise.all([password('office2'), password('office2')])
  const code = totpCode(testTotpSecret, app.clock.now())
  const answers = await Promise.all(
    halves.map((half) => post('/api/sign-in/second-factor', { code }, { cookie: cookiesOf(half) })),
  )
  assert.deepEqual(answers.map((answer) => answer.statusCode).sort(), [200, 401])
})

test('a code of one step before or after is taken, two steps are not', async () => {
  await anAccount(app, 'administrator', { username: 'steps' })
  const at = app.clock.now()
  const results: number[] = []
  for (const offset of [-60, -30, 30, 60]) {
    const half = { cookie: cookiesOf(await password('steps')) }
    const code = totpCode(testTotpSecret, at + offset * secondMs)
    results.push((await post('/api/sign-in/second-factor', { code }, half)).statusCode)
  }
  assert.deepEqual(results, [401, 200, 200, 401])
})

test('an administrator without a second factor enrols one and is in', async () => {
  const account = await anAccount(app, 'reception-board', { username: 'admin-new' })
  await app.http.inject({ method: 'GET', url: '/healthz' })
  const { staff } = await import('../../server/identity/tables.ts')
  await app.platform.db.update(staff).set({ role: 'administrator' }).where(eq(staff.username, account.username))
  const first = await password('admin-new')
  assert.equal(first.json().next, 'enrol-totp')
  const half = { cookie: cookiesOf(first) }
  const enrolment = (await post('/api/sign-in/totp-enrolment', undefined, half)).json()
  assert.match(enrolment.uri, /^otpauth:\/\/totp\//)
  const wrong = await post('/api/sign-in/totp-enrolment/confirm', { code: '000000' }, half)
  assert.equal(wrong.statusCode, 401)
  const code = totpCode(enrolment.secret, app.clock.now())
  const done = await post('/api/sign-in/totp-enrolment/confirm', { code }, half)
  assert.equal(done.json().next, 'done')
  const full = { cookie: cookiesOf(done) }
  assert.equal((await get('/api/me', full)).json().staff.secondFactor, true)
  assert.equal((await post('/api/sign-in/totp-enrolment', undefined, full)).statusCode, 409)
  const stored = await app.platform.db.select().from(staff).where(eq(staff.username, 'admin-new'))
  assert.ok(!String(stored[0]?.totpSecret).includes(enrolment.secret), 'the secret is encrypted at rest')
})

test('a wrong password and an unknown name get the same answer in about the same time, and go on record', async () => {
  await anAccount(app, 'chairman', { username: 'timed' })
  await password('timed')
  const time = async (username: string) => {
    const started = performance.now()
    const answer = await password(username, 'wrong password', {}, `10.9.0.${Math.ceil(started) % 250}`)
    assert.equal(answer.json().type, 'urn:tiepdan:problem:sign-in-refused')
    return performance.now() - started
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  const known: number[] = []
  const unknown: number[] = []
  for (let n = 0; n < 7; n++) {
    known.push(await time('timed'))
    unknown.push(await time(`nobody-${n}`))
  }
  const ratio = median(known) / median(unknown)
  assert.ok(ratio > 0.5 && ratio < 2, `known/unknown = ${ratio.toFixed(2)}`)
  assert.equal((await lastAudit('sign-in.failed'))?.subject, 'staff:unknown')
})

test('a session ends after the idle time, and after twelve hours however busy', async () => {
  const headers = await signedIn(app, 'chairman', { username: 'busy' })
  app.clock.advance(29 * minuteMs)
  assert.equal((await get('/api/me', headers)).statusCode, 200)
  app.clock.advance(29 * minuteMs)
  assert.equal((await get('/api/me', headers)).statusCode, 200)
  app.clock.advance(31 * minuteMs)
  assert.equal((await get('/api/me', headers)).statusCode, 401, 'idle')
  const unattended = await signedIn(app, 'chairman', { username: 'busy' })
  for (const [minutes, status] of [
    [29, 200],
    [2, 401],
  ] as const) {
    app.clock.advance(minutes * minuteMs)
    const answer = await get('/api/me', { ...unattended, 'x-tiepdan-unattended': '1' })
    assert.equal(answer.statusCode, status, 'a screen that reads again by itself')
  }
  const busy = await signedIn(app, 'chairman', { username: 'busy' })
  for (let n = 0; n < 35; n++) {
    app.clock.advance(20 * minuteMs)
    assert.equal((await get('/api/me', busy)).statusCode, 200)
  }
  app.clock.advance(21 * minuteMs)
  assert.equal((await get('/api/me', busy)).statusCode, 401, '12 h')
})

test('guesses slow the guesser, double their wait, and leave the colleague alone', async () => {
  const trusted = await signedIn(app, 'chairman', { username: 'colleague' })
  for (let n = 0; n < 5; n++) assert.equal((await password('colleague', 'no', {}, '10.1.1.1')).statusCode, 401)
  const slowed = await password('colleague', testPassword, {}, '10.1.1.1')
  assert.equal(slowed.statusCode, 429)
  assert.equal(slowed.json().retryAfterSeconds, 15)
  assert.match(slowed.json().title, /15 giây/)
  assert.equal((await password('colleague', testPassword, {}, '10.1.1.2')).statusCode, 200, 'another address')
  assert.equal((await password('colleague', testPassword, trusted, '10.1.1.1')).statusCode, 200, 'his own browser')
  app.clock.advance(16 * secondMs)
  assert.equal((await password('colleague', 'no', {}, '10.1.1.1')).statusCode, 401)
  assert.equal((await password('colleague', 'no', {}, '10.1.1.1')).json().retryAfterSeconds, 30)
})

test('a guesser with many addresses is slowed by all of them together, and never blocks the proven browser', async () => {
  const trusted = await signedIn(app, 'chairman', { username: 'target' })
  let answers: number[] = []
  for (let n = 0; n < 21; n++) answers.push((await password('target', 'no', {}, `10.2.0.${n}`)).statusCode)
  assert.deepEqual([...new Set(answers.slice(0, 20))], [401])
  assert.equal(answers[20], 429)
  answers = []
  for (let n = 0; n < 60; n++) {
    app.clock.advance(61 * secondMs)
    answers.push((await password('target', 'no', {}, `10.3.0.${n}`)).statusCode)
  }
  assert.deepEqual([...new Set(answers)], [401], 'the shared wait never exceeds a minute')
  assert.equal((await password('target', testPassword, trusted, '10.3.0.1')).statusCode, 200)
  app.clock.advance(61 * secondMs)
  assert.equal((await password('target', testPassword, {}, '10.4.0.1')).statusCode, 200, 'a new browser waits a minute')
})

test('parallel guesses are all counted', async () => {
  await anAccount(app, 'chairman', { username: 'parallel' })
  const answers = await Promise.all(Array.from({ length: 12 }, () => password('parallel', 'no', {}, '10.5.0.1')))
  assert.equal(answers.filter((answer) => answer.statusCode === 401).length, 5)
  assert.equal(answers.filter((answer) => answer.statusCode === 429).length, 7)
})

test('wrong codes are slowed like wrong passwords', async () => {
  await anAccount(app, 'office', { username: 'coded' })
  const half = { cookie: cookiesOf(await password('coded')) }
  for (let n = 0; n < 5; n++) await post('/api/sign-in/second-factor', { code: '000000' }, half)
  const code = totpCode(testTotpSecret, app.clock.now())
  assert.equal((await post('/api/sign-in/second-factor', { code }, half)).statusCode, 429)
})

test('changing the password ends the other sessions and names every fault at once', async () => {
  const one = await signedIn(app, 'inspector', { username: 'changer' })
  const two = await signedIn(app, 'inspector', { username: 'changer' })
  const wrong = await post('/api/me/password', { current: 'no', fresh: 'a long enough phrase' }, one)
  assert.deepEqual(
    wrong.json().faults.map((fault: { field: string }) => fault.field),
    ['current'],
  )
  const weak = await post('/api/me/password', { current: testPassword, fresh: 'changer' }, one)
  assert.equal(weak.statusCode, 422)
  assert.equal(weak.json().faults.length, 2)
  const done = await post('/api/me/password', { current: testPassword, fresh: 'một câu đủ dài để nhớ' }, one)
  assert.equal(done.statusCode, 204)
  assert.equal((await get('/api/me', one)).statusCode, 200)
  assert.equal((await get('/api/me', two)).statusCode, 401)
  assert.equal((await password('changer')).statusCode, 401)
  assert.equal((await password('changer', 'một câu đủ dài để nhớ')).statusCode, 200)
})

test('a person sees and ends the own sessions, never a stranger’s', async () => {
  const one = await signedIn(app, 'inspector', { username: 'lister' })
  const two = await signedIn(app, 'inspector', { username: 'lister' })
  const other = await signedIn(app, 'chairman')
  const { items } = (await get('/api/me/sessions', one)).json()
  assert.equal(items.length, 2)
  const second = items.find((item: { current: boolean }) => !item.current)
  const end = (headers: Headers) => app.http.inject({ method: 'DELETE', url: `/api/me/sessions/${second.id}`, headers })
  assert.equal((await end(other)).statusCode, 404)
  assert.equal((await end(one)).statusCode, 204)
  assert.equal((await get('/api/me', two)).statusCode, 401)
})

test('two administrators cannot disable each other at the same moment', async () => {
  const { staff } = await import('../../server/identity/tables.ts')
  await app.platform.db.update(staff).set({ disabledAt: new Date() }).where(eq(staff.role, 'administrator'))
  const left = await signedIn(app, 'administrator', { username: 'left' })
  const right = await signedIn(app, 'administrator', { username: 'right' })
  const rows = await app.platform.db
    .select()
    .from(staff)
    .where(and(eq(staff.role, 'administrator')))
  const idOf = (name: string) => rows.find((row) => row.username === name)?.id
  const answers = await Promise.all([
    post(`/api/staff/${idOf('right')}/disable`, undefined, left),
    post(`/api/staff/${idOf('left')}/disable`, undefined, right),
  ])
  const enabled = await app.platform.db.select().from(staff).where(eq(staff.role, 'administrator'))
  assert.equal(enabled.filter((row) => row.disabledAt === null).length, 1)
  assert.equal(answers.filter((answer) => answer.statusCode === 200).length, 1)
})

test('an address of twelve hours ago and failures of yesterday are forgotten by the sweep', async () => {
  app.clock.advance(25 * hourMs)
  await app.reconciler.runAll()
  const { signInFailures } = await import('../../server/identity/tables.ts')
  assert.equal((await app.platform.db.select().from(signInFailures)).length, 0)
})

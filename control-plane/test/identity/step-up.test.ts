import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { desc, eq } from 'drizzle-orm'
import { staff } from '../../server/identity/tables.ts'
import { totpCode } from '../../server/identity/totp.ts'
import { minuteMs, secondMs } from '../../server/platform/clock.ts'
import { auditTrail, outboxMails } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { cookiesOf, signedIn, testPassword, testTotpSecret } from '../support/staff.ts'

let app: TestApplication
before(async () => {
  app = await testApplication()
})
after(() => app.close())

type Headers = Record<string, string>
const post = (url: string, payload: object | undefined, headers: Headers) =>
  app.http.inject({ method: 'POST', url, headers, ...(payload ? { payload } : {}) })
const get = (url: string, headers: Headers) => app.http.inject({ method: 'GET', url, headers })
/** A session whose cookie somebody may have stolen: signed in, nothing typed since. */
const stolen = (role: Parameters<typeof signedIn>[1], username: string) =>
  signedIn(app, role, { username, proven: false })
/** A code that was not used yet, whatever this test used before. */
function freshCode(): string {
  app.clock.advance(30 * secondMs)
  return totpCode(testTotpSecret, app.clock.now())
}
const rowsOf = async (action: string) =>
  app.platform.db.select().from(auditTrail).where(eq(auditTrail.action, action)).orderBy(desc(auditTrail.seq))
const mailsTo = async (recipient: string) =>
  app.platform.db.select().from(outboxMails).where(eq(outboxMails.recipient, recipient))
const setEmail = (username: string, email: string) =>
  app.platform.db.update(staff).set({ email }).where(eq(staff.username, username))
const someId = '00000000-0000-4000-8000-000000000009'

/** Every way by which an open session could let somebody in, or keep a thief in. */
const acts: { by: 'office' | 'administrator'; url: string; payload?: object }[] = [
  { by: 'office', url: `/api/grants/${someId}/reveal` },
  { by: 'office', url: `/api/endpoints/${someId}/enrolment-codes`, payload: { label: 'PC' } },
  { by: 'administrator', url: '/api/staff', payload: { username: 'x.y', displayName: 'X', role: 'inspector' } },
  { by: 'administrator', url: `/api/staff/${someId}/reset` },
  { by: 'administrator', url: `/api/staff/${someId}/enable` },
  { by: 'administrator', url: '/api/service-credentials', payload: { name: 'may-1' } },
]

test('acts that let somebody in want password and code again, for five minutes and this session alone', async () => {
  for (const { by, url, payload } of acts) {
    const username = `act-${url.replaceAll('/', '-')}`.slice(0, 50)
    const session = await stolen(by, username)
    const other = await stolen(by, username)
    const refused = await post(url, payload, session)
    assert.equal(refused.statusCode, 403, url)
    assert.deepEqual(
      [refused.json().type, refused.json().secondFactor],
      ['urn:tiepdan:problem:step-up-needed', true],
      url,
    )
    const proven = await post('/api/me/step-up', { password: testPassword, code: freshCode() }, session)
    assert.deepEqual([proven.statusCode, proven.json().validMs], [200, 5 * minuteMs], proven.body)
    const type = async (headers: Headers) => (await post(url, payload, headers)).json().type
    assert.notEqual(await type(session), 'urn:tiepdan:problem:step-up-needed', url)
    assert.equal(await type(other), 'urn:tiepdan:problem:step-up-needed', `${url}: the other session`)
    app.clock.advance(5 * minuteMs)
    assert.equal(await type(session), 'urn:tiepdan:problem:step-up-needed', `${url}: after five minutes`)
  }
})

test('every route that hands out a secret, a link or a code to enrol with demands the proof, or has its own', async () => {
  await app.http.ready()
  const document = (await app.http.inject({ url: '/api/openapi.json' })).json()
  const handsOut = /"(password|secret|link|uri|credential)":|"code":.*"expiresAt":/
  const found = Object.entries<Record<string, { responses: object }>>(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).flatMap(({ responses }) => (handsOut.test(JSON.stringify(responses)) ? [path] : [])),
  )
  const withOwnProof = ['/api/me/second-factor', '/api/sign-in/totp-enrolment', '/api/kiosk/enrol']
  const tested = acts.map(({ url }) => url.replace(someId, '{id}'))
  assert.deepEqual(
    found.filter((path) => !withOwnProof.includes(path) && !tested.includes(path)),
    [],
  )
  assert.ok(found.length >= 7, 'the search finds them')
})

test('a hundred wrong passwords at an open session: slowed like a sign-in, each try on record, the owner told once', async () => {
  const session = await stolen('inspector', 'robbed')
  await setEmail('robbed', 'robbed@tinh.example')
  const before = (await rowsOf('step-up.failed')).length
  const tries = [
    (password: string) => post('/api/me/password', { current: password, fresh: 'một câu đủ dài để nhớ' }, session),
    (password: string) => post('/api/me/step-up', { password }, session),
    (password: string) => post('/api/me/second-factor', { password }, session),
    (password: string) => post('/api/me/email', { email: 'thief@example.org', password }, session),
  ]
  const answers: number[] = []
  for (let n = 0; n < 100; n++) answers.push((await tries[n % 4]?.(`sai ${n}`))?.statusCode ?? 0)
  assert.deepEqual(answers.slice(0, 5), [422, 422, 422, 422, 422])
  assert.deepEqual([...new Set(answers.slice(5))], [429])
  assert.equal(
    (await post('/api/me/step-up', { password: testPassword }, session)).statusCode,
    429,
    'the right one too',
  )
  const rows = (await rowsOf('step-up.failed')).slice(0, -before || undefined)
  assert.equal(rows.length, 5)
  assert.deepEqual([...new Set(rows.map((row) => row.detail.purpose))].sort(), [
    'email',
    'password',
    'second-factor',
    'work',
  ])
  const mails = await mailsTo('robbed@tinh.example')
  assert.equal(mails.length, 1)
  assert.match(mails[0]?.body ?? '', /nhập sai mật khẩu/)
  app.clock.advance(16 * secondMs)
  assert.equal((await post('/api/me/step-up', { password: testPassword }, session)).statusCode, 200)
  assert.equal((await rowsOf('step-up.passed'))[0]?.detail.purpose, 'work')
})

test('with a second factor the password alone proves nothing, and nobody learns which of the two was wrong', async () => {
  const session = await stolen('office', 'coded')
  const missing = await post('/api/me/step-up', { password: testPassword }, session)
  assert.deepEqual([missing.statusCode, missing.json().faults[0].field], [422, 'code'])
  const wrongCode = await post('/api/me/step-up', { password: testPassword, code: '000000' }, session)
  const wrongPassword = await post('/api/me/step-up', { password: 'sai', code: freshCode() }, session)
  assert.deepEqual(wrongCode.json(), wrongPassword.json())
  const code = freshCode()
  assert.equal((await post('/api/me/step-up', { password: testPassword, code }, session)).statusCode, 200)
  assert.equal(
    (await post('/api/me/step-up', { password: testPassword, code }, session)).statusCode,
    422,
    'a code works once',
  )
})

test('a first second factor wants the password; it ends the other sessions, and the owner is told', async () => {
  const session = await stolen('chairman', 'enroller')
  const other = await stolen('chairman', 'enroller')
  await setEmail('enroller', 'enroller@tinh.example')
  assert.equal((await post('/api/sign-in/totp-enrolment', undefined, session)).statusCode, 403)
  assert.equal((await post('/api/me/second-factor', { password: 'sai' }, session)).statusCode, 422)
  assert.equal(
    (await post('/api/me/second-factor/confirm', { code: '123456' }, session)).statusCode,
    401,
    'nothing offered',
  )
  const { secret } = (await post('/api/me/second-factor', { password: testPassword }, session)).json()
  const code = totpCode(secret, app.clock.now())
  assert.equal(
    (await post('/api/me/second-factor/confirm', { code }, other)).statusCode,
    401,
    'offered to another session',
  )
  const done = await post('/api/me/second-factor/confirm', { code }, session)
  assert.equal(done.json().next, 'done', done.body)
  const now = { cookie: cookiesOf(done) }
  assert.equal((await get('/api/me', now)).json().staff.secondFactor, true)
  assert.deepEqual([(await get('/api/me', other)).statusCode, (await get('/api/me', session)).statusCode], [401, 401])
  assert.match((await mailsTo('enroller@tinh.example'))[0]?.subject ?? '', /xác thực hai bước/)
  assert.equal((await rowsOf('second-factor.enrolled'))[0]?.actorName, 'Người thử enroller')
})

test('another second factor wants the old one; the old one holds until the new one is confirmed', async () => {
  const session = await stolen('office', 'replacer')
  assert.equal((await post('/api/me/second-factor', { password: testPassword }, session)).statusCode, 422)
  const begun = await post('/api/me/second-factor', { password: testPassword, code: freshCode() }, session)
  const { secret } = begun.json()
  assert.equal((await post('/api/me/step-up', { password: testPassword, code: freshCode() }, session)).statusCode, 200)
  app.clock.advance(11 * minuteMs)
  const late = await post('/api/me/second-factor/confirm', { code: totpCode(secret, app.clock.now()) }, session)
  assert.equal(late.statusCode, 401, 'an offer of eleven minutes ago')
  const again = (await post('/api/me/second-factor', { password: testPassword, code: freshCode() }, session)).json()
  const done = await post('/api/me/second-factor/confirm', { code: totpCode(again.secret, app.clock.now()) }, session)
  assert.equal(done.json().next, 'done')
  assert.equal((await rowsOf('second-factor.replaced')).length, 1)
  const half = await post('/api/sign-in', { username: 'replacer', password: testPassword }, {})
  const old = await post('/api/sign-in/second-factor', { code: freshCode() }, { cookie: cookiesOf(half) })
  assert.equal(old.statusCode, 401)
})

test('a changed password wants the code too, ends the other sessions, and is told to the owner, or to the office', async () => {
  const session = await stolen('office', 'changer')
  const other = await stolen('office', 'changer')
  const body = { current: testPassword, fresh: 'một câu đủ dài để nhớ' }
  assert.equal((await post('/api/me/password', body, session)).json().faults[0].field, 'code')
  const weak = await post('/api/me/password', { ...body, fresh: 'ngắn', code: '000000' }, session)
  assert.deepEqual([...new Set(weak.json().faults.map((fault: { field: string }) => fault.field))], ['fresh'])
  const before = (await mailsTo(app.platform.config.officeMail)).length
  assert.equal((await post('/api/me/password', { ...body, code: freshCode() }, session)).statusCode, 204)
  assert.deepEqual([(await get('/api/me', session)).statusCode, (await get('/api/me', other)).statusCode], [200, 401])
  const mails = await mailsTo(app.platform.config.officeMail)
  assert.equal(mails.length, before + 1)
  assert.match(mails.map((mail) => mail.body).join(), /"changer".*Mật khẩu đã được đổi/)
})

test('an address is changed with the password alone; the old and the new one are told', async () => {
  const session = await stolen('inspector', 'mover')
  const change = (email: string | null, password = testPassword) => post('/api/me/email', { email, password }, session)
  assert.equal((await change('không phải thư')).json().faults[0].field, 'email')
  assert.equal((await change('old@tinh.example')).json().email, 'old@tinh.example')
  assert.equal((await change('new@tinh.example', 'sai')).statusCode, 422)
  assert.equal((await change(' new@tinh.example ')).json().email, 'new@tinh.example')
  assert.equal((await mailsTo('old@tinh.example')).length, 2)
  assert.equal((await mailsTo('new@tinh.example')).length, 1)
  assert.equal((await change(null)).json().email, null)
})

test('an administrator at an unlocked desk cannot shed the own second factor; whose account is touched is told', async () => {
  const session = await signedIn(app, 'administrator', { username: 'boss' })
  const { id } = (await get('/api/me', session)).json().staff
  assert.equal((await post(`/api/staff/${id}/reset`, undefined, session)).statusCode, 409)
  const made = await post(
    '/api/staff',
    { username: 'told', displayName: 'Người được báo', role: 'inspector', email: 'told@tinh.example' },
    session,
  )
  const told = made.json().staff.id
  for (const act of ['reset', 'disable', 'enable']) await post(`/api/staff/${told}/${act}`, undefined, session)
  const mails = await mailsTo('told@tinh.example')
  assert.equal(mails.length, 3)
  for (const mail of mails) assert.match(mail.body, /Người thực hiện: Người thử boss/)
})

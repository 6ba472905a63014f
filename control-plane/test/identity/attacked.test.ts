import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { endpoints } from '../../server/endpoints/tables.ts'
import { staff } from '../../server/identity/tables.ts'
import { totpCode } from '../../server/identity/totp.ts'
import { secondMs } from '../../server/platform/clock.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { anAccount, cookiesOf, signedIn, testPassword, testTotpSecret } from '../support/staff.ts'

let app: TestApplication
before(async () => {
  app = await testApplication()
})
after(() => app.close())

let addresses = 0
const signIn = (payload: object, remoteAddress = `10.${Math.floor(++addresses / 200)}.7.${addresses % 200}`) =>
  app.http.inject({ method: 'POST', url: '/api/sign-in', payload, remoteAddress })
function freshCode(): string {
  app.clock.advance(30 * secondMs)
  return totpCode(testTotpSecret, app.clock.now())
}
/** Guesses from ever new addresses until everybody is slowed down. */
async function attack(username: string): Promise<void> {
  for (let n = 0; n < 60; n++) {
    if ((await signIn({ username, password: `sai ${n}` })).statusCode === 429) return
  }
  assert.fail('never slowed down')
}

test('while an account is attacked from many addresses its owner signs in on a new device with password and code', async () => {
  await anAccount(app, 'office', { username: 'besieged' })
  const code = freshCode()
  await attack('besieged')
  const plain = await signIn({ username: 'besieged', password: testPassword })
  assert.deepEqual([plain.statusCode, plain.json().withCode], [429, true])
  assert.match(plain.json().detail, /mã trên ứng dụng xác thực/)
  const entered = await signIn({ username: 'besieged', password: testPassword, code })
  assert.equal(entered.json().next, 'done', entered.body)
  const me = await app.http.inject({ url: '/api/me', headers: { cookie: cookiesOf(entered) } })
  assert.equal(me.json().staff.username, 'besieged')
  const replayed = await signIn({ username: 'besieged', password: testPassword, code })
  assert.equal(replayed.statusCode, 401, 'a code works once')
})

test('an attacker who uses that way in too, from any number of addresses, does not shut it', async () => {
  await anAccount(app, 'office', { username: 'flooded' })
  const code = freshCode()
  await attack('flooded')
  for (let n = 0; n < 60; n++) {
    const tried = await signIn({ username: 'flooded', password: `sai ${n}`, code: '000000' })
    assert.equal(tried.statusCode, 401)
  }
  assert.equal((await signIn({ username: 'flooded', password: testPassword, code })).json().next, 'done')
})

test('whoever knows the password guesses no more codes than at the second step; whoever has the codes, no more passwords', async () => {
  await anAccount(app, 'office', { username: 'known' })
  const code = freshCode()
  for (let n = 0; n < 20; n++) await signIn({ username: 'known', password: testPassword, code: '000000' })
  const right = await signIn({ username: 'known', password: testPassword, code })
  assert.equal(right.statusCode, 401, 'refused like a wrong one, so that nobody learns that he has it')
  app.clock.advance(61 * secondMs)
  const later = totpCode(testTotpSecret, app.clock.now())
  assert.equal((await signIn({ username: 'known', password: testPassword, code: later })).json().next, 'done')
  await anAccount(app, 'office', { username: 'watched' })
  const shown = freshCode()
  for (let n = 0; n < 20; n++) await signIn({ username: 'watched', password: `sai ${n}`, code: shown })
  assert.equal((await signIn({ username: 'watched', password: testPassword, code: shown })).statusCode, 401)
})

test('one address is slowed there as anywhere, and every fault gets one answer', async () => {
  await anAccount(app, 'office', { username: 'single' })
  await anAccount(app, 'chairman', { username: 'factorless' })
  const answers = [
    await signIn({ username: 'single', password: 'sai', code: freshCode() }),
    await signIn({ username: 'single', password: testPassword, code: '000000' }),
    await signIn({ username: 'factorless', password: testPassword, code: '000000' }),
    await signIn({ username: 'nobody', password: testPassword, code: '000000' }),
  ]
  assert.deepEqual([...new Set(answers.map((answer) => answer.body))].length, 1)
  assert.equal(answers[0]?.statusCode, 401)
  for (let n = 0; n < 5; n++) await signIn({ username: 'single', password: 'sai', code: '000000' }, '10.99.0.1')
  const right = { username: 'single', password: testPassword }
  const now = totpCode(testTotpSecret, app.clock.now() + 30 * secondMs)
  assert.equal((await signIn({ ...right, code: now }, '10.99.0.1')).statusCode, 429)
  assert.equal((await signIn({ ...right, code: now }, '10.99.0.2')).json().next, 'done')
})

test('no account is made for an endpoint that does not exist, by the screen or by the file of the first start', async () => {
  const administrator = await signedIn(app, 'administrator')
  const make = (username: string, endpointId: string) =>
    app.http.inject({
      method: 'POST',
      url: '/api/staff',
      headers: administrator,
      payload: { username, displayName: 'Cán bộ xã', role: 'commune-officer', endpointId },
    })
  const refused = await make('xa.la', '00000000-0000-4000-8000-000000000009')
  assert.deepEqual([refused.statusCode, refused.json().faults[0].field], [422, 'endpointId'])
  const [endpoint] = await app.platform.db.select().from(endpoints).where(eq(endpoints.kind, 'delegate')).limit(1)
  assert.equal((await make('xa.that', endpoint?.id ?? '')).statusCode, 201)
  const path = join(app.folder, 'accounts.json')
  const seed = { password: 'mot cau du dai', role: 'commune-officer', displayName: 'Cán bộ xã' }
  const list = [
    { ...seed, username: 'xa-khong-co', endpoint: 'khong-co-xa-nay' },
    { ...seed, username: 'xa-co', endpoint: endpoint?.slug },
  ]
  writeFileSync(path, JSON.stringify(list))
  const seeded = await testApplication({ environment: { TIEPDAN_SEED_ACCOUNTS: path } })
  try {
    const made = await seeded.platform.db.select().from(staff)
    assert.deepEqual(
      made.map((one) => [one.username, one.endpointId !== null]),
      [['xa-co', true]],
    )
  } finally {
    await seeded.close()
  }
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { eq } from 'drizzle-orm'
import { lockAsProven, staffById } from '../../server/identity/store.ts'
import { staff } from '../../server/identity/tables.ts'
import { totpCode } from '../../server/identity/totp.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { cookiesOf, signedIn, testTotpSecret } from '../support/staff.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../..')
let app: TestApplication
let administrator: Record<string, string>
before(async () => {
  app = await testApplication()
  administrator = await signedIn(app, 'administrator')
})
after(() => app.close())

const call = (method: 'GET' | 'POST', url: string, payload?: object, headers = administrator) =>
  app.http.inject({ method, url, headers, ...(payload ? { payload } : {}) })
const signIn = (username: string, password: string) => call('POST', '/api/sign-in', { username, password }, {} as never)

test('an administrator makes an account whose password is told once and works', async () => {
  const made = await call('POST', '/api/staff', {
    username: 'Thanh.Tra',
    displayName: ' Trần Thị B ',
    role: 'inspector',
  })
  assert.equal(made.statusCode, 201)
  const { staff: account, password } = made.json()
  assert.deepEqual([account.username, account.displayName, account.disabled], ['thanh.tra', 'Trần Thị B', false])
  assert.equal((await signIn('thanh.tra', password)).json().next, 'done')
  const trail = await app.platform.db.select().from(auditTrail)
  assert.ok(!JSON.stringify(trail).includes(password), 'no password in the audit trail')
  const rows = await app.platform.db.select().from(staff)
  assert.ok(rows.every((row) => row.passwordHash.startsWith('$argon2id$v=19$m=19456,p=1,t=2$')))
})

test('every fault of a new account is named at once; a taken name too', async () => {
  const refused = await call('POST', '/api/staff', { username: 'có dấu', displayName: 'A', role: 'commune-officer' })
  assert.equal(refused.statusCode, 422)
  assert.deepEqual(
    refused.json().faults.map((fault: { field: string }) => fault.field),
    ['username', 'endpointId'],
  )
  const taken = await call('POST', '/api/staff', { username: 'ADMINISTRATOR', displayName: 'A', role: 'office' })
  assert.deepEqual([taken.statusCode, taken.json().faults[0].field], [422, 'username'])
  const missing = await call('POST', '/api/staff', { username: 'x' })
  assert.deepEqual([missing.statusCode, missing.json().faults.length], [400, 2])
  assert.deepEqual(missing.json().faults[0], { field: 'body.displayName', message: 'Thiếu mục này. Vui lòng bổ sung.' })
})

test('what was proven before a reset, or before the account was shut, is worth nothing after it', async () => {
  const made = (await call('POST', '/api/staff', { username: 'ban.tiep', displayName: 'A', role: 'inspector' })).json()
  const { db } = app.platform
  const rowNow = async () => (await staffById(db, made.staff.id)) ?? assert.fail('no account')
  const holds = (row: Awaited<ReturnType<typeof rowNow>>) => db.transaction((tx) => lockAsProven(tx, row))
  const proven = await rowNow()
  assert.equal(await holds(proven), true)
  await call('POST', `/api/staff/${made.staff.id}/reset`)
  assert.equal(await holds(proven), false)
  const fresh = await rowNow()
  assert.equal(await holds(fresh), true)
  await call('POST', `/api/staff/${made.staff.id}/disable`)
  assert.equal(await holds(fresh), false)
})

test('a reset ends the sessions and the second factor; disabling shuts the account, enabling opens it', async () => {
  const office = await signedIn(app, 'office')
  const { items } = (await call('GET', '/api/staff')).json()
  const account = items.find((item: { username: string }) => item.username === 'office')
  const reset = await call('POST', `/api/staff/${account.id}/reset`)
  assert.equal(reset.json().staff.secondFactor, false)
  assert.equal((await call('GET', '/api/me', undefined, office)).statusCode, 401)
  assert.equal((await signIn('office', reset.json().password)).json().next, 'enrol-totp')
  assert.equal((await call('POST', `/api/staff/${account.id}/disable`)).json().disabled, true)
  assert.equal((await signIn('office', reset.json().password)).statusCode, 401)
  assert.equal((await call('POST', `/api/staff/${account.id}/enable`)).json().disabled, false)
  assert.equal((await signIn('office', reset.json().password)).statusCode, 200)
  const me = items.find((item: { username: string }) => item.username === 'administrator')
  assert.equal((await call('POST', `/api/staff/${me.id}/disable`)).statusCode, 409)
  assert.equal((await call('POST', '/api/staff/00000000-0000-4000-8000-000000000009/reset')).statusCode, 404)
})

test('others than the administrator neither list nor make accounts', async () => {
  const chairman = await signedIn(app, 'chairman')
  assert.equal((await call('GET', '/api/staff', undefined, chairman)).statusCode, 403)
  const tried = await call('POST', '/api/staff', { username: 'x', displayName: 'x', role: 'administrator' }, chairman)
  assert.equal(tried.statusCode, 403)
})

test('the accounts file of the first start makes the missing accounts only, with a second factor that works', async () => {
  const path = join(app.folder, 'accounts.json')
  const accounts = [
    {
      username: 'van-phong',
      password: 'mot cau du dai',
      role: 'office',
      displayName: 'Văn phòng',
      totpSecret: testTotpSecret,
    },
    { username: 'chu-tich', password: 'mot cau du dai', role: 'chairman', displayName: 'Chủ tịch' },
  ]
  writeFileSync(path, JSON.stringify(accounts))
  const seeded = await testApplication({ environment: { TIEPDAN_SEED_ACCOUNTS: path } })
  try {
    const seeding = seeded.modules.find((module) => module.name === 'seed-accounts')
    await seeding?.start?.()
    assert.equal((await seeded.platform.db.select().from(staff)).length, 2)
    const first = await seeded.http.inject({
      method: 'POST',
      url: '/api/sign-in',
      payload: { username: 'van-phong', password: 'mot cau du dai' },
    })
    assert.equal(first.json().next, 'totp')
    const second = await seeded.http.inject({
      method: 'POST',
      url: '/api/sign-in/second-factor',
      headers: { cookie: cookiesOf(first) },
      payload: { code: totpCode(testTotpSecret, seeded.clock.now()) },
    })
    assert.equal(second.json().next, 'done')
  } finally {
    await seeded.close()
  }
  writeFileSync(path, JSON.stringify([{ username: 'x', role: 'king' }]))
  await assert.rejects(testApplication({ environment: { TIEPDAN_SEED_ACCOUNTS: path } }), /entry 0 is incomplete/)
})

test('scripts/reset-password asks the running server; its socket is for the owner alone', async () => {
  const socket = join(app.folder, 'commands.sock')
  assert.equal(statSync(socket).mode & 0o777, 0o600)
  const script = (username: string) =>
    run(join(root, 'scripts/reset-password'), [username], { env: { ...process.env, TIEPDAN_DATA_FOLDER: app.folder } })
  await app.platform.db.update(staff).set({ disabledAt: new Date() }).where(eq(staff.username, 'chairman'))
  const { stdout } = await script('chairman')
  const password = /Mật khẩu mới của chairman: (\S+)/.exec(stdout)?.[1] ?? ''
  assert.equal((await signIn('chairman', password)).statusCode, 200)
  await assert.rejects(script('nobody'), (error: { code: number; stdout: string }) => {
    assert.equal(error.code, 1)
    assert.match(error.stdout, /Không có tài khoản "nobody"/)
    return true
  })
})

test('scripts/sign-in-code prints the code of a trial account', async () => {
  writeFileSync(
    join(app.folder, 'accounts.json'),
    JSON.stringify([{ username: 'van-phong', totpSecret: testTotpSecret }]),
  )
  const script = (username: string) =>
    run(join(root, 'scripts/sign-in-code'), [username], { env: { ...process.env, TIEPDAN_DATA_FOLDER: app.folder } })
  const before = totpCode(testTotpSecret, Date.now())
  const { stdout } = await script('van-phong')
  assert.ok([before, totpCode(testTotpSecret, Date.now())].includes(stdout.trim()))
  await assert.rejects(script('x'), /Các tài khoản: van-phong/)
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { createIdentity } from '../../server/identity/index.ts'
import { staff } from '../../server/identity/tables.ts'
import { totpCode } from '../../server/identity/totp.ts'
import { anAccount, testPassword, testTotpSecret } from '../support/staff.ts'
import { aBrowser, anOffice, type Office, seatOf } from './desk.ts'

let office: Office
before(async () => {
  office = await anOffice({ TIEPDAN_STAGE: 'true' })
})
after(() => office.close())

const open = async () => {
  const page = await (await aBrowser(office)).newPage()
  await page.goto(office.url)
  return page
}

test('the office signs in with password and second factor, and the screens say that this is a trial', async () => {
  await anAccount(office.app, 'office')
  const page = await open()
  await page.getByLabel('Tài khoản').fill('office')
  await page.getByTestId('password').fill(`${testPassword} sai`)
  await page.keyboard.press('Enter')
  await page.getByRole('alert').waitFor()
  await page.getByTestId('password').fill(testPassword)
  await page.keyboard.press('Enter')
  await page.getByLabel('Mã xác thực').fill(totpCode(testTotpSecret, office.app.clock.now()))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: /Kính chào/ }).waitFor()
  assert.equal(await page.getByText('CHẠY THỬ').isVisible(), true)
  await page.context().close()
})

test('who has no second factor yet sets it up by QR code or by hand', async () => {
  await createIdentity(office.app.platform).ensureAccounts([
    { username: 'moi', password: testPassword, role: 'administrator', displayName: 'Người mới' },
  ])
  const page = await open()
  await page.getByLabel('Tài khoản').fill('moi')
  await page.getByTestId('password').fill(testPassword)
  await page.keyboard.press('Enter')
  await page.getByRole('img', { name: /Mã QR/ }).waitFor()
  const secret = (await page.locator('.mono').textContent()) ?? ''
  await page.getByLabel('Mã xác thực').fill(totpCode(secret.replaceAll(' ', ''), office.app.clock.now()))
  await page.getByRole('button', { name: 'Xác nhận' }).click()
  await page.getByRole('heading', { level: 1, name: /Kính chào/ }).waitFor()
  await page.context().close()
})

test('a session that ends asks for a sign-in above the screen and keeps what was typed', async () => {
  const page = await seatOf(office, 'reception-board')
  await page.goto(`${office.url}/vu-viec/moi`)
  await page.getByLabel('Tên vụ việc').fill('Đã gõ dở')
  await page.context().clearCookies()
  await page.getByRole('button', { name: 'Lưu' }).click()
  await page.getByText('nội dung đang nhập vẫn được giữ').waitFor()
  await office.app.platform.db.update(staff).set({ totpLastStep: null }).where(eq(staff.username, 'reception-board'))
  await page.getByTestId('username').fill('reception-board')
  await page.getByTestId('password').fill(testPassword)
  await page.keyboard.press('Enter')
  await page.getByText('nội dung đang nhập vẫn được giữ').waitFor({ state: 'detached' })
  assert.equal(await page.getByLabel('Tên vụ việc').inputValue(), 'Đã gõ dở')
  await page.context().close()
})

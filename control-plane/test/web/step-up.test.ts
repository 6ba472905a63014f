import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { sessions, staff } from '../../server/identity/tables.ts'
import { totpCode } from '../../server/identity/totp.ts'
import { secondMs } from '../../server/platform/clock.ts'
import { testPassword, testTotpSecret } from '../support/staff.ts'
import { anOffice, bigScreen, type Office, phone, seatOf } from './desk.ts'

let office: Office
before(async () => {
  office = await anOffice()
})
after(() => office.close())

/** A desk at which nobody typed a password for a while. */
async function unprovenSeat(role: 'administrator' | 'office' | 'inspector', viewport = bigScreen): Promise<Page> {
  const page = await seatOf(office, role, viewport)
  await office.app.platform.db.update(sessions).set({ provenAt: null })
  return page
}

function freshCode(secret = testTotpSecret): string {
  office.app.clock.advance(30 * secondMs)
  return totpCode(secret, office.app.clock.now())
}

for (const viewport of [bigScreen, phone]) {
  test(`an act that lets somebody in asks for password and code once, then goes on (${viewport.width} px)`, async () => {
    const page = await unprovenSeat('administrator', viewport)
    await page.goto(`${office.url}/nhan-su`)
    await page.getByRole('button', { name: 'Thêm tài khoản' }).click()
    const form = page.getByRole('dialog', { name: 'Thêm tài khoản' })
    await form.getByLabel('Họ tên').fill('Trần Thị Mới')
    await form.getByLabel('Tài khoản').fill(`moi${viewport.width}`)
    await form.getByLabel('Thư điện tử').fill('moi@tinh.example')
    await form.getByRole('button', { name: 'Tạo tài khoản' }).click()
    const asked = page.getByRole('dialog', { name: 'Xác nhận lại là ông/bà' })
    await asked.getByLabel('Mật khẩu hiện tại').fill('sai')
    await asked.getByLabel('Mã xác thực').fill(freshCode())
    await asked.getByRole('button', { name: 'Xác nhận' }).click()
    await asked.getByText(/Mật khẩu hoặc mã xác thực không đúng/).waitFor()
    const box = await asked.boundingBox()
    assert.ok(box !== null && box.x >= 0 && box.x + box.width <= viewport.width, JSON.stringify(box))
    await asked.getByLabel('Mật khẩu hiện tại').fill(testPassword)
    await asked.getByLabel('Mã xác thực').fill(freshCode())
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Mật khẩu mới' }).waitFor()
    const made = await office.app.platform.db
      .select()
      .from(staff)
      .where(eq(staff.username, `moi${viewport.width}`))
    assert.deepEqual(
      made.map((one) => one.email),
      ['moi@tinh.example'],
    )
    await page.context().close()
  })
}

test('put off, nothing happens, and the button works again', async () => {
  const page = await unprovenSeat('office')
  const endpoints = await page.request.get(`${office.url}/api/endpoints`)
  const { items } = (await endpoints.json()) as { items: { id: string }[] }
  await page.goto(`${office.url}/diem-cau/${items[0]?.id}`)
  await page.getByRole('button', { name: 'Cấp mã ghi danh' }).click()
  await page.getByRole('button', { name: 'Tạo mã' }).click()
  const asked = page.getByRole('dialog', { name: 'Xác nhận lại là ông/bà' })
  await asked.getByRole('button', { name: 'Hủy bỏ' }).click()
  await page.getByText(/cần nhập lại mật khẩu/).waitFor()
  await page.getByRole('button', { name: 'Tạo mã' }).click()
  await asked.getByLabel('Mật khẩu hiện tại').fill(testPassword)
  await asked.getByLabel('Mã xác thực').fill(freshCode())
  await asked.getByRole('button', { name: 'Xác nhận' }).click()
  assert.match((await page.getByTestId('enrolment-code').textContent()) ?? '', /\w{3,}/)
  await page.context().close()
})

test('at the own account a first second factor, a changed password and an address are set, each with the proof', async () => {
  const page = await unprovenSeat('inspector')
  await page.goto(`${office.url}/tai-khoan`)
  const card = (title: string) =>
    page.locator('.mantine-Card-root', { has: page.getByRole('heading', { name: title, exact: true }) })
  const factor = card('Xác thực hai bước')
  await factor.getByLabel('Mật khẩu hiện tại').fill(testPassword)
  await factor.getByRole('button', { name: 'Thiết lập xác thực hai bước' }).click()
  const secret = (await factor.locator('.mono').textContent()) ?? ''
  await factor.getByLabel('Mã xác thực').fill(totpCode(secret, office.app.clock.now()))
  await factor.getByRole('button', { name: 'Xác nhận' }).click()
  await factor.getByText('Đã thiết lập. Các phiên khác').waitFor()
  const address = card('Địa chỉ thư')
  await address.getByLabel('Thư điện tử').fill('thanhtra@tinh.example')
  await address.getByLabel('Mật khẩu hiện tại').fill(testPassword)
  await address.getByLabel('Mã xác thực').fill(freshCode(secret))
  await address.getByRole('button', { name: 'Lưu địa chỉ' }).click()
  await page.getByRole('definition').filter({ hasText: 'thanhtra@tinh.example' }).waitFor()
  const password = card('Đổi mật khẩu')
  await password.getByLabel('Mật khẩu hiện tại').fill(testPassword)
  await password.getByLabel('Mã xác thực').fill(freshCode(secret))
  await password.getByLabel('Mật khẩu mới').fill('một câu đủ dài để nhớ')
  await password.getByRole('button', { name: 'Đổi mật khẩu' }).click()
  await password.getByText('Đã đổi mật khẩu').waitFor()
  await page.context().close()
})

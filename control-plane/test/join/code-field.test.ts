import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { codeHash } from '../../server/rooms/grants.ts'
import { grants } from '../../server/rooms/tables.ts'
import { aCode } from '../endpoints/room-pc.ts'
import { aHouse, type House } from '../kiosk/house.ts'
import { startsAt, type TestHearing } from '../rooms/world.ts'

let house: House
let hearing: TestHearing
before(async () => {
  house = await aHouse()
  hearing = await house.world.aHearing()
  house.world.clock.set(startsAt)
})
after(() => house.close())

const door = (page: Page) => page.getByRole('heading', { name: 'Mời ông/bà vào phòng' }).waitFor()
async function opened(path: string): Promise<Page> {
  const page = await (await house.computer()).newPage()
  await page.goto(house.line.url + path)
  return page
}
const said = (page: Page) => page.locator('#understood').textContent()

test('the field keeps what was typed through every refusal, and says what is missing', async () => {
  const page = await opened('/vao')
  const field = page.getByLabel('Mã đăng nhập')
  await field.fill('bcghk 2345')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('trong ô có 9 ký tự').waitFor()
  assert.equal(await field.inputValue(), 'bcghk 2345')
  await field.press('End')
  await field.pressSequentially('6')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('Mã đăng nhập không đúng').waitFor()
  assert.equal(await field.inputValue(), 'bcghk 23456')
  await page.route('**/api/join', (route) => route.abort())
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Không kết nối được máy chủ' }).waitFor()
  assert.equal(await field.inputValue(), 'bcghk 23456')
  await page.context().close()
})

test('a whole letter may be pasted into the field: the code in it is found and said', async () => {
  const { body } = await house.world.as('office', 'POST', `/api/grants/${hearing.guest.id}/reveal`)
  const code = String(body.code)
  const page = await opened('/vao')
  const letter = `Kính gửi ông/bà Lê Văn Cường,\nUBND tỉnh trân trọng mời ông/bà. ${'Nội dung thư. '.repeat(60)}\nMã: ${code}\nTrân trọng`
  await page.getByLabel('Mã đăng nhập').fill(letter)
  assert.equal(await said(page), `Mã tìm thấy: ${code}`)
  await page.keyboard.press('Enter')
  await door(page)
  await page.getByText('Lê Văn Cường').waitFor()
  await page.context().close()
})

test('what an input method made of a code that was shown before is turned back and said', async () => {
  const hash = codeHash(house.world.app.platform.secrets, 'NCY2W62NRU')
  await house.world.db.update(grants).set({ codeHash: hash }).where(eq(grants.id, hearing.citizen.id))
  const page = await opened('/vao')
  await page.getByLabel('Mã đăng nhập').fill('ncy2ư-62nru')
  assert.match((await said(page)) ?? '', /Bộ gõ tiếng Việt đã đổi chữ trong ô; mã được hiểu là NCY2W-62NRU\./)
  assert.equal(await page.getByLabel('Mã đăng nhập').inputValue(), 'ncy2ư-62nru')
  await page.keyboard.press('Enter')
  await door(page)
  await page.context().close()
})

test('the field for a room PC’s code is the same', async () => {
  const page = await opened('/kiosk')
  const field = page.getByLabel('Mã ghi danh')
  await field.fill('bcgh-2345')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('Mã ghi danh không đúng').waitFor()
  assert.equal(await field.inputValue(), 'bcgh-2345')
  const code = await aCode(house.world.app, hearing.delegate.endpointId ?? '')
  await field.fill(`Mã ghi danh: ${code} (15 phút)`)
  assert.equal(await said(page), `Mã tìm thấy: ${code}`)
  await page.keyboard.press('Enter')
  await page.getByText('Đã kết nối máy chủ').waitFor()
  await page.context().close()
})

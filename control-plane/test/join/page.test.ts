import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import type { Page } from 'playwright-core'
import { hourMs } from '../../server/platform/clock.ts'
import { aHouse, type House } from '../kiosk/house.ts'
import { startsAt, type TestHearing } from '../rooms/world.ts'

let house: House
let hearing: TestHearing
before(async () => {
  house = await aHouse()
  hearing = await house.world.aHearing()
})
after(() => house.close())

const opensAt = startsAt - hourMs
beforeEach(() => house.world.clock.set(opensAt + 60_000))

async function openLink(token: string): Promise<Page> {
  const page = await (await house.computer()).newPage()
  await page.goto(`${house.line.url}/vao#${token}`)
  return page
}
const link = () => hearing.token(hearing.guest)
const door = 'Mời ông/bà vào phòng'

test('before the window: whose meeting, when, a countdown; it opens by itself at the moment', async () => {
  house.world.clock.set(opensAt - 3_000)
  const page = await openLink(link())
  await page.getByRole('heading', { name: 'Phòng họp chưa mở' }).waitFor()
  assert.equal(await page.getByText('CHẠY THỬ').isVisible(), true)
  assert.match((await page.getByRole('timer').textContent()) ?? '', /0 phút 0[0-3] giây/)
  await page.getByText('Lê Văn Cường').waitFor()
  // The page's own clock ran out, the server's stands still: it goes on waiting, for the server decides.
  await page.waitForResponse((answer) => answer.url().endsWith('/api/join'), { timeout: 10_000 })
  await page.getByRole('heading', { name: 'Phòng họp chưa mở' }).waitFor()
  house.world.clock.set(opensAt)
  await page.getByRole('heading', { name: door }).waitFor({ timeout: 10_000 })
  await page.context().close()
})

test('a telephone that slept: the countdown goes by the wall clock, the hearing’s time is asked again on waking, a line not yet back changes nothing', async () => {
  house.world.clock.set(opensAt - hourMs)
  const page = await openLink(link())
  await page.getByText('Phòng mở sau 1 giờ 0 phút').waitFor()
  const sleep = (ms: number) =>
    page.evaluate((slept) => {
      // Asleep, the steady clock of a page stands still; only the wall clock goes on.
      const now = Date.now.bind(Date)
      Date.now = () => now() + slept
      document.dispatchEvent(new Event('visibilitychange'))
    }, ms)
  await page.route('**/api/join', (route) => route.abort())
  await sleep(20 * 60_000)
  await page.getByText(/Phòng mở sau (39 phút 5\d|40 phút)/).waitFor({ timeout: 3_000 })
  await page.unroute('**/api/join')
  // Meanwhile an hour has passed for the server.
  house.world.clock.set(opensAt)
  await sleep(1_000)
  await page.getByRole('heading', { name: door }).waitFor()
  await page.context().close()
})

test('a reload before the window, at the door and in the room works each time', async () => {
  house.world.clock.set(opensAt - hourMs)
  const page = await openLink(link())
  await page.getByText('Phòng mở sau 1 giờ').waitFor()
  await page.reload()
  await page.getByText('Phòng mở sau').waitFor()
  house.world.clock.set(opensAt)
  await page.reload()
  await page.getByRole('heading', { name: door }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Vào phòng' }).isDisabled(), true)
  await page.getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Vào phòng' }).click()
  await page.getByText('Đang tự vào lại phòng').waitFor()
  await page.reload()
  // No door, no box to tick a second time: straight back in, as often as it takes.
  await page.getByText('Đang tự vào lại phòng').waitFor()
  await page.getByRole('button', { name: 'Rời phòng' }).click()
  await page.getByRole('heading', { name: door }).waitFor()
  await page.context().close()
})

test('an unknown link is told plainly and leads to the field for the code', async () => {
  const page = await openLink(randomBytes(32).toString('base64url'))
  await page.getByRole('alert').getByText('Liên kết hoặc mã đăng nhập không đúng').waitFor()
  assert.equal(await page.getByText('CHẠY THỬ').isVisible(), true)
  const { body } = await house.world.as('office', 'POST', `/api/grants/${hearing.guest.id}/reveal`)
  await page.getByLabel('Mã đăng nhập').fill(String(body.code).toLowerCase())
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: door }).waitFor()
  await page.context().close()
})

test('with the server away the page says so and can be tried again', async () => {
  const page = await openLink(link())
  await page.getByRole('heading', { name: door }).waitFor()
  await page.route('**/api/join', (route) => route.abort())
  await page.reload()
  await page.getByRole('heading', { name: 'Không kết nối được máy chủ' }).waitFor()
  await page.getByRole('button', { name: 'Thử lại' }).click()
  await page.getByRole('heading', { name: 'Không kết nối được máy chủ' }).waitFor()
  await page.unroute('**/api/join')
  // Without a press.
  await page.getByRole('heading', { name: door }).waitFor()
  await page.context().close()
})

test('revoked and over are refused with what to do; a reload says the same', async () => {
  const revoked = await openLink(hearing.token(hearing.citizen))
  await revoked.getByRole('heading', { name: door }).waitFor()
  await house.world.as('office', 'POST', `/api/grants/${hearing.citizen.id}/revoke`, { reason: 'Gửi nhầm' })
  for (let times = 0; times < 2; times++) {
    await revoked.reload()
    await revoked.getByRole('heading', { name: 'đã bị thu hồi' }).waitFor()
    assert.equal(await revoked.getByText('CHẠY THỬ').isVisible(), true)
    assert.equal(await revoked.getByRole('button').count(), 0)
  }
  house.world.clock.set(hearing.room.closesAt.getTime())
  const late = await openLink(link())
  await late.getByRole('heading', { name: 'Buổi tiếp đã kết thúc' }).waitFor()
  await revoked.context().close()
  await late.context().close()
})

test('nothing of a token stands in any address or header that left the browser, nor in its storage', async () => {
  const page = await openLink(link())
  house.world.clock.set(opensAt)
  await page.getByRole('heading', { name: /./ }).waitFor()
  assert.ok(house.line.asked.some((request) => request.startsWith('POST /api/join')))
  assert.ok(house.line.asked.some((request) => request.startsWith('GET /vao ')))
  const tokens = hearing.grants.map((grant) => hearing.token(grant))
  for (const request of house.line.asked) {
    for (const token of tokens) assert.ok(!request.includes(token.slice(0, 8)), request.split('\r\n')[0])
  }
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
  for (const token of tokens) assert.ok(!kept.includes(token))
  await page.context().close()
})

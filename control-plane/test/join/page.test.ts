import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import type { Page } from 'playwright-core'
import { hourMs } from '../../server/platform/clock.ts'
import { aHouse, type House } from '../kiosk/house.ts'
import { startsAt, type TestHearing } from '../rooms/world.ts'

const phone = '0269 3824 404'
let house: House
let hearing: TestHearing
before(async () => {
  house = await aHouse({ TIEPDAN_OFFICE_PHONE: phone })
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

/** Every refusal says whom to call and has the field for the code. */
async function helps(page: Page): Promise<void> {
  const number = page.getByRole('link', { name: phone })
  assert.equal(await number.getAttribute('href'), `tel:${phone.replaceAll(' ', '')}`)
  assert.equal(await page.getByLabel('Mã đăng nhập').isVisible(), true)
}

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
  await page.getByRole('alert').getByText('Liên kết không đúng').waitFor()
  await helps(page)
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

test('told to wait some seconds, a person sees them pass, and then that it may be tried again', async () => {
  const page = await (await house.computer()).newPage()
  const refused = { type: 'urn:tiepdan:problem:too-many-requests', status: 429, retryable: true }
  const title = 'Quá nhiều yêu cầu. Vui lòng thử lại sau 4 giây.'
  await page.route('**/api/join', (route) =>
    route.fulfill({
      status: 429,
      contentType: 'application/problem+json',
      body: JSON.stringify({ ...refused, title }),
    }),
  )
  await page.goto(`${house.line.url}/vao#${hearing.token(hearing.central)}`)
  await page.getByRole('heading', { name: 'thử lại sau 2 giây' }).waitFor()
  await page.getByRole('heading', { name: 'Bây giờ thử lại được' }).waitFor()
  await page.unroute('**/api/join')
  await page.getByRole('button', { name: 'Thử lại' }).click()
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
    await helps(revoked)
  }
  await house.world.as('office', 'POST', `/api/grants/${hearing.citizen.id}/renew`, { reason: 'Gửi lại' })
  await revoked.reload()
  await revoked.getByRole('heading', { name: 'đã được thay bằng liên kết và mã mới' }).waitFor()
  await helps(revoked)
  house.world.clock.set(hearing.room.closesAt.getTime())
  const late = await openLink(link())
  await late.getByRole('heading', { name: 'Buổi tiếp đã kết thúc' }).waitFor()
  await helps(late)
  await revoked.context().close()
  await late.context().close()
})

test('a link that comes into a tab of another one is the one that counts', async () => {
  const page = await openLink(randomBytes(32).toString('base64url'))
  await page.getByRole('heading', { name: 'Liên kết không đúng' }).waitFor()
  // As a paste into the address bar does: nothing is loaded anew.
  await page.goto(`${house.line.url}/vao#${link()}.`)
  await page.getByRole('heading', { name: door }).waitFor()
  await page.getByText('Lê Văn Cường').waitFor()
  assert.equal(await page.evaluate(() => location.hash), `#${link()}`)
  await page.getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Vào phòng' }).click()
  await page.getByRole('button', { name: 'Rời phòng' }).waitFor()
  await page.goto(`${house.line.url}/vao#${hearing.token(hearing.central)}`)
  await page.getByRole('heading', { name: door }).waitFor()
  assert.equal(await page.getByText('Lê Văn Cường').count(), 0)
  await page.context().close()
})

test('before the window, too, there is somebody to call and a way to another code, or to a link in its field', async () => {
  house.world.clock.set(opensAt - hourMs)
  const page = await openLink(hearing.token(hearing.central))
  await page.getByRole('heading', { name: 'Phòng họp chưa mở' }).waitFor()
  await page.getByRole('link', { name: phone }).waitFor()
  await page.getByRole('button', { name: 'Nhập mã khác' }).click()
  await helps(page)
  await page.getByLabel('Mã đăng nhập').fill(`Liên kết: (${house.line.url}/vao#${link()}).`)
  await page.keyboard.press('Enter')
  await page.getByText('Lê Văn Cường').waitFor()
  assert.equal(await page.evaluate(() => location.hash), `#${link()}`)
  await page.context().close()
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

// The last one: an address that others spoiled carries its key to the server, before ours can take it back into the fragment.
test('tails are cut, half a link is told, wrong paths lead to the page that is meant', async () => {
  // Nobody has been in the room by this one.
  const token = hearing.token(hearing.central)
  const page = await (await house.computer()).newPage()
  const shows = async (address: string, heading: string) => {
    await page.goto('about:blank')
    await page.goto(house.line.url + address)
    await page.getByRole('heading', { name: heading }).waitFor()
  }
  for (const tail of ['.', ')', '?utm_source=zalo', '&fbclid=IwAR0abc', '%E2%80%8B', '”'])
    await shows(`/vao#${token}${tail}`, door)
  for (const path of [
    `/vao/#${token}`,
    `/VAO#${token}`,
    `/vao.#${token}`,
    `/vao%23${token}`,
    `/v%C3%A0o?x=1#${token},`,
  ]) {
    await shows(path, door)
    assert.equal(page.url(), `${house.line.url}/vao#${token}`)
  }
  for (const half of [`/vao#${token.slice(5)}`, `/vao%23${token.slice(5)}`]) {
    await shows(half, 'Liên kết bị thiếu hoặc hỏng')
    await helps(page)
  }
  for (const path of ['/vao/', '/VAO', '/vao,']) await shows(path, 'Nhập mã đăng nhập')
  for (const path of ['/kiosk/', '/Kiosk', '/kiosk.']) await shows(path, 'Ghi danh thiết bị phòng họp')
  await page.getByText(`Gọi Văn phòng UBND tỉnh, số ${phone}`).waitFor()
  await page.context().close()
})

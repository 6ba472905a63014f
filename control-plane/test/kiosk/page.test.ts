import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asc, eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { endpoints } from '../../server/endpoints/tables.ts'
import { aCode, until } from '../endpoints/room-pc.ts'
import { startsAt } from '../rooms/world.ts'
import { aHouse, type House } from './house.ts'

let house: House
let endpointId: string
let endpointName: string
let hearingId: string
before(async () => {
  house = await aHouse()
  const [invited] = await house.world.db
    .select()
    .from(endpoints)
    .where(eq(endpoints.kind, 'delegate'))
    .orderBy(asc(endpoints.slug))
  endpointId = invited?.id ?? ''
  endpointName = invited?.name ?? ''
})
after(() => house.close())

async function openKiosk(): Promise<Page> {
  const page = await (await house.computer()).newPage()
  await page.goto(`${house.line.url}/kiosk`)
  return page
}
let enrolments = 0
const label = () => `Máy phòng họp ${enrolments}`
async function enrolled(): Promise<Page> {
  enrolments++
  const page = await openKiosk()
  await page.getByLabel('Mã ghi danh').fill(await aCode(house.world.app, endpointId, label()))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: endpointName }).waitFor()
  return page
}
/** The room PC enrolled last, as the office sees it. */
async function device() {
  const { body } = await house.world.as('office', 'GET', `/api/endpoints/${endpointId}`)
  const { devices } = body as unknown as {
    devices: { id: string; label: string; connected: boolean; state: { camera: string; showing: string } | null }[]
  }
  return devices.find((one) => one.label === label())
}
const showing = (what: string) => until(`the page shows ${what}`, async () => (await device())?.state?.showing === what)

test('a wrong code is told with what to do and can be typed again; the right one enrols, and a reload stays enrolled', async () => {
  const page = await openKiosk()
  await page.getByText('CHẠY THỬ').waitFor()
  const code = page.getByLabel('Mã ghi danh')
  assert.equal(await page.getByRole('button', { name: 'Ghi danh' }).isDisabled(), true)
  await code.fill('abcd-2345')
  assert.equal(await code.inputValue(), 'abcd-2345')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('cấp mã mới').waitFor()
  await code.fill(await aCode(house.world.app, endpointId))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: endpointName }).waitFor()
  await page.getByText('Đã kết nối máy chủ').waitFor()
  await page.reload()
  await page.getByText('Đã kết nối máy chủ').waitFor()
  await page.context().close()
})

test('the office sees the room’s camera and microphone as the page senses them', async () => {
  const page = await enrolled()
  await page.locator('.row', { hasText: 'Camera' }).getByText('Hoạt động').waitFor()
  await until('the camera is told', async () => {
    const seen = await device()
    return seen?.connected === true && seen.state?.camera === 'ok' && seen.state.showing === 'idle'
  })
  await page.context().close()
})

test('with the server gone the page keeps what it knew and says what to do; it comes back by itself', async () => {
  const page = await enrolled()
  const hearing = await house.world.aHearing()
  await page.getByRole('heading', { name: 'Buổi tiếp công dân định kỳ' }).waitFor()
  await house.line.down()
  await page.getByText('Mất kết nối, đang nối lại').waitFor()
  await page.getByText('kiểm tra cáp mạng').waitFor()
  assert.equal(await page.getByRole('heading', { name: 'Buổi tiếp công dân định kỳ' }).isVisible(), true)
  // What changed meanwhile is shown as soon as the line is back.
  const { body } = await house.world.as('reception-board', 'GET', `/api/hearings/${hearing.id}`)
  await house.world.as('chairman', 'POST', `/api/hearings/${hearing.id}/postpone`, {
    version: body.version,
    reason: 'Mưa bão',
  })
  await house.line.up()
  await page.getByText('Đã kết nối máy chủ').waitFor({ timeout: 20_000 })
  await page.getByRole('heading', { name: 'Chưa có buổi tiếp sắp tới' }).waitFor()
  assert.equal(await page.getByText('kiểm tra cáp mạng').count(), 0)
  await page.context().close()
})

test('a line that is cut without a word is told within 15 s: no green lamp and no figure of before; it comes back by itself', async () => {
  const page = await enrolled()
  await page.locator('.row', { hasText: 'Đường truyền' }).getByText('Phản hồi').waitFor({ timeout: 15_000 })
  house.line.freeze()
  await page.getByText('Mất kết nối, đang nối lại').waitFor({ timeout: 15_000 })
  assert.equal(await page.getByText('Phản hồi').count(), 0)
  assert.equal(await page.getByText('Đã kết nối máy chủ').count(), 0)
  house.line.thaw()
  await page.getByText('Đã kết nối máy chủ').waitFor({ timeout: 40_000 })
  await page.context().close()
})

test('the button to enter appears at the opening without a reload, and a Jitsi that is away is tried again', async () => {
  const page = await enrolled()
  hearingId = (await house.world.aHearing()).id
  await page.getByText('Phòng họp mở lúc').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Vào buổi tiếp' }).count(), 0)
  house.world.clock.set(startsAt - 3_600_000)
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).click({ timeout: 20_000 })
  await page.getByText('Máy đang tự vào lại phòng').waitFor()
  await page.getByRole('button', { name: 'Rời phòng' }).click()
  await page.getByText('Đã kết nối máy chủ').waitFor()
  await page.context().close()
})

test('a hearing that ended lets its room go: a word of leave, then the waiting page with its camera, ready for tests', async () => {
  await house.world.setStatus(hearingId, 'live')
  let page = await enrolled()
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).click({ timeout: 20_000 })
  await page.getByText('Máy đang tự vào lại phòng').waitFor()
  await showing('hearing')
  // F5, and a browser that was killed and started again: back in, without a press, as the handbook says.
  await page.reload()
  await page.getByText('Máy đang tự vào lại phòng').waitFor()
  const again = await page.context().newPage()
  await page.close({ runBeforeUnload: false })
  page = again
  await page.goto(`${house.line.url}/kiosk`)
  await page.getByText('Máy đang tự vào lại phòng').waitFor()
  // Left by a press, it stays left.
  await page.getByRole('button', { name: 'Rời phòng' }).click()
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).waitFor()
  await page.reload()
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  await page.getByText('Máy đang tự vào lại phòng').waitFor()
  await showing('hearing')
  const ended = await house.world.as('reception-board', 'POST', `/api/hearings/${hearingId}/end`)
  assert.equal(ended.status, 200)
  await page.getByRole('heading', { name: 'Buổi tiếp đã khép lại' }).waitFor()
  await page.getByRole('heading', { level: 1, name: endpointName }).waitFor({ timeout: 15_000 })
  await page.locator('.row', { hasText: 'Camera' }).getByText('Hoạt động').waitFor()
  await showing('idle')
  await page.context().close()
})

test('revoked while it is open, the page says so and offers a new enrolment', async () => {
  const page = await enrolled()
  await house.world.as('office', 'POST', `/api/devices/${(await device())?.id}/revoke`, { reason: 'Thay máy' })
  await page.getByRole('heading', { name: 'Thiết bị đã bị thu hồi' }).waitFor()
  assert.equal(await page.getByText('CHẠY THỬ').isVisible(), true)
  await page.getByRole('button', { name: 'Nhập mã ghi danh mới' }).click()
  await page.getByLabel('Mã ghi danh').waitFor()
  assert.equal(await page.evaluate(() => localStorage.length), 0)
  await page.context().close()
})

test('a second window of the same PC takes over, and the first says why it stopped', async () => {
  const page = await enrolled()
  const second = await page.context().newPage()
  await second.goto(`${house.line.url}/kiosk`)
  await second.getByText('Đã kết nối máy chủ').waitFor()
  await page.getByRole('heading', { name: 'Trang thiết bị đang mở ở cửa sổ khác' }).waitFor()
  await page.getByRole('button', { name: 'Dùng cửa sổ này' }).click()
  await page.getByText('Đã kết nối máy chủ').waitFor()
  await page.context().close()
})

test('the credential that the PC keeps stands in no address and no header', async () => {
  const page = await enrolled()
  const credential = (await page.evaluate(() => localStorage.getItem('tiepdan.kiosk.credential'))) ?? ''
  assert.match(credential, /^"[A-Za-z0-9_-]{40,}"$/)
  await page.reload()
  await page.getByText('Đã kết nối máy chủ').waitFor()
  assert.ok(house.line.asked.some((request) => request.startsWith('POST /api/kiosk/session ')))
  for (const request of house.line.asked)
    assert.ok(!request.includes(credential.slice(1, 12)), request.split('\r\n')[0])
  await page.context().close()
})

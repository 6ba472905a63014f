import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { consentCase } from '../../contract/cases.ts'
import { approveHearing, type HearingAnswer, submitHearing } from '../../contract/hearings.ts'
import { hearings } from '../../server/hearings/tables.ts'
import { dayMs } from '../../server/platform/clock.ts'
import { anOffice, does, type Office, seatOf } from './desk.ts'
import { aCase, aHearing } from './plans.ts'

let office: Office
let hearing: HearingAnswer
before(async () => {
  office = await anOffice()
  const matter = await aCase(office)
  await does(office, 'chairman', consentCase, { params: { id: matter.id }, body: { version: matter.version } })
  const draft = await aHearing(office, { inMs: 20 * dayMs, caseIds: [matter.id] })
  const params = { id: draft.id }
  const { version } = await does(office, 'reception-board', submitHearing, { params, body: { version: draft.version } })
  hearing = await does(office, 'chairman', approveHearing, { params, body: { version, decisionNumber: '12/TB-UBND' } })
})
after(() => office.close())

const notLoaded = 'Chưa tải được phần này của trang.'
const newRelease = 'Đã có bản mới của trang.'

/** The line of one page: `down()` fails whatever part was not named by the page itself; `release()` is another build on the server. */
async function lineOf(page: Page) {
  const html = await (await fetch(office.url)).text()
  const named = new Set([...html.matchAll(/\/assets\/[^"]+/g)].map(([file]) => file))
  const line = { is: 'up' as 'up' | 'down' | 'released', refused: 0 }
  await page.route('**/assets/*.js', (route) => {
    if (line.is === 'up' || named.has(new URL(route.request().url()).pathname)) return route.continue()
    line.refused++
    // As the server answers for a file that is not there any more.
    return line.is === 'down' ? route.abort('connectionfailed') : route.fulfill({ status: 404, json: { status: 404 } })
  })
  await page.route(
    ({ origin, pathname }) => origin === office.url && !/^\/(api|assets)\//.test(pathname),
    async (route) => {
      const answer = await route.fetch()
      const text = (await answer.text()).replace(/(src="\/assets\/\w+-)[^."]+/, '$1NewBuild')
      return line.is === 'released' && !route.request().isNavigationRequest()
        ? route.fulfill({ response: answer, body: text })
        : route.continue()
    },
  )
  return line
}

test('no part that cannot be loaded makes the page white: menu and other screens stay, and it comes by itself with the line', async () => {
  const page = await seatOf(office, 'administrator')
  const line = await lineOf(page)
  line.is = 'down'
  await page.goto(office.url)
  await page.getByRole('heading', { level: 1 }).waitFor()
  const menu = page.getByRole('navigation', { name: 'Thực đơn' })
  const screens = (await menu.getByRole('link').allTextContents()).filter((name) => name !== 'Trang chính')
  assert.ok(screens.length >= 6)
  for (const name of screens) {
    await menu.getByRole('link', { name }).click()
    await page.getByText(notLoaded).waitFor({ timeout: 20_000 })
    assert.equal(await menu.getByRole('link', { name }).isVisible(), true)
  }
  assert.ok(line.refused >= screens.length)
  await menu.getByRole('link', { name: 'Trang chính' }).click()
  await page.getByRole('heading', { level: 1, name: /^Kính chào/ }).waitFor()
  await menu.getByRole('link', { name: 'Buổi tiếp' }).click()
  await page.getByText(notLoaded).waitFor({ timeout: 20_000 })
  line.is = 'up'
  // Nobody presses.
  await page.getByRole('heading', { level: 1, name: 'Buổi tiếp công dân trực tuyến' }).waitFor({ timeout: 20_000 })
  await page.context().close()
})

test('a tab of a hearing that cannot be loaded leaves the hearing’s other tabs and buttons', async () => {
  const page = await seatOf(office, 'office')
  const line = await lineOf(page)
  await page.goto(`${office.url}/buoi-tiep/${hearing.id}`)
  await page.getByRole('heading', { level: 1, name: hearing.title }).waitFor()
  line.is = 'down'
  for (const name of ['Thông tin đăng nhập', 'Phòng họp']) {
    await page.getByRole('tab', { name }).click()
    await page.getByRole('tabpanel').getByText(notLoaded).waitFor({ timeout: 20_000 })
    assert.equal(await page.getByRole('heading', { level: 1, name: hearing.title }).isVisible(), true)
    await page.getByRole('tab', { name: 'Tổng quan' }).click()
    await page.getByText('Số quyết định').waitFor()
  }
  await page.getByRole('tab', { name: 'Phòng họp' }).click()
  await page.getByText(notLoaded).waitFor({ timeout: 20_000 })
  line.is = 'up'
  await page.getByRole('button', { name: 'Thử lại' }).click()
  await page.getByText(/Phòng họp mở từ/).waitFor()
  await page.context().close()
})

test('after a release the page says so and goes on; what is being typed stays, also beside a part that is gone', async () => {
  const page = await seatOf(office, 'reception-board')
  const line = await lineOf(page)
  await page.goto(`${office.url}/vu-viec/moi`)
  const title = page.getByLabel('Tên vụ việc')
  await title.fill('Đơn của tôi, chưa lưu')
  assert.equal(await page.getByText(newRelease).count(), 0)
  line.is = 'released'
  // A release restarts the server, and the page's line with it.
  for (const client of office.app.http.websocketServer.clients) client.terminate()
  await page.getByText(newRelease).waitFor({ timeout: 20_000 })
  assert.equal(await title.inputValue(), 'Đơn của tôi, chưa lưu')
  await page.getByRole('navigation').getByRole('link', { name: 'Lịch làm việc' }).click()
  await page.getByRole('button', { name: 'Rời trang, giữ bản nháp' }).click()
  // Above the screen, and in the place of the part that is gone.
  await page.getByText(newRelease).nth(1).waitFor({ timeout: 20_000 })
  line.is = 'up'
  await page.getByRole('button', { name: 'Tải bản mới' }).first().click()
  await page.getByRole('heading', { level: 1, name: /Lịch/ }).waitFor()
  assert.equal(await page.getByText(newRelease).count(), 0)
  await page.context().close()
})

test('what was fetched ahead is there without a line', async () => {
  const page = await seatOf(office, 'office')
  const line = await lineOf(page)
  await page.goto(office.url)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(4_000)
  await page.waitForLoadState('networkidle')
  line.is = 'down'
  for (const name of ['Buổi tiếp', 'Bản ghi hình', 'Điểm cầu']) {
    await page.getByRole('navigation').getByRole('link', { name }).click()
    await page.getByRole('heading', { level: 1, name }).waitFor()
  }
  assert.equal(line.refused, 0)
  await page.context().close()
})

test('an answer that cannot be shown breaks its own part only: in a live hearing the end can still be pressed', async () => {
  await office.app.platform.db
    .update(hearings)
    .set({ status: 'live', liveAt: new Date(office.app.clock.now()) })
    .where(eq(hearings.id, hearing.id))
  const page = await seatOf(office, 'office')
  let isBroken = true
  await page.route('**/api/hearings/*/recording', (route) =>
    isBroken ? route.fulfill({ json: { recording: { status: 'recording' } } }) : route.continue(),
  )
  await page.goto(`${office.url}/buoi-tiep/${hearing.id}?muc=phong-hop`)
  await page.getByText('Phần này của trang gặp lỗi.').waitFor()
  await page.getByTestId('quorum').getByRole('button', { name: 'Kết thúc' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Đóng' }).last().click()
  isBroken = false
  await page.getByRole('button', { name: 'Thử lại' }).click()
  await page.getByText('Ghi hình tự khởi động khi buổi tiếp bắt đầu.').waitFor()
  await page.context().close()
})

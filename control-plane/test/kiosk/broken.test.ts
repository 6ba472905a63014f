import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asc, eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { endpoints } from '../../server/endpoints/tables.ts'
import { aCode } from '../endpoints/room-pc.ts'
import { startsAt, type TestHearing } from '../rooms/world.ts'
import { aHouse, type House } from './house.ts'

let house: House
let hearing: TestHearing
let room: typeof endpoints.$inferSelect
before(async () => {
  house = await aHouse()
  hearing = await house.world.aHearing()
  const [invited] = await house.world.db
    .select()
    .from(endpoints)
    .where(eq(endpoints.kind, 'delegate'))
    .orderBy(asc(endpoints.slug))
  room = invited ?? assert.fail('no endpoint')
})
after(() => house.close())

async function enrolled(page: Page): Promise<void> {
  await page.goto(`${house.line.url}/kiosk`)
  await page.getByLabel('Mã ghi danh').fill(await aCode(house.world.app, room.id))
  await page.keyboard.press('Enter')
  await page.getByText('Đã kết nối máy chủ').waitFor()
}

test('a page whose own program cannot be fetched says so and loads itself anew, on every page', async () => {
  for (const [path, shows] of [
    ['/', 'Tiếp công dân trực tuyến'],
    ['/kiosk', 'Ghi danh thiết bị phòng họp'],
    ['/vao', 'Nhập mã đăng nhập'],
  ] as const) {
    for (const lost of ['**/assets/*.js', '**/assets/*.css']) {
      const page = await (await house.computer()).newPage()
      let refused = 0
      await page.route(lost, (route) => {
        refused++
        return route.fulfill({ status: 404, json: { status: 404 } })
      })
      await page.goto(`${house.line.url}${path}`)
      if (lost.endsWith('.js')) await page.getByText('Trang chưa tải được hết').waitFor()
      await page.waitForEvent('load')
      assert.ok(refused > 0)
      await page.unroute(lost)
      await page.getByRole('heading', { name: shows }).waitFor()
      await page.waitForFunction(() => getComputedStyle(document.body).margin === '0px')
      await page.context().close()
    }
  }
})

test('on a line that is gone the page does not reload itself into the browser’s error page', async () => {
  const page = await (await house.computer()).newPage()
  await page.route('**/assets/*.js', (route) => route.abort())
  await page.goto(`${house.line.url}/kiosk`)
  await page.getByText('Trang chưa tải được hết').waitFor()
  await page.unroute('**/assets/*.js')
  await house.line.down()
  await page.waitForTimeout(4_000)
  assert.equal(new URL(page.url()).pathname, '/kiosk')
  await house.line.up()
  await page.getByRole('heading', { name: 'Ghi danh thiết bị phòng họp' }).waitFor({ timeout: 40_000 })
  await page.context().close()
})

test('a room’s page that breaks says so and comes back by itself, not broken by what it kept', async () => {
  const page = await (await house.computer()).newPage()
  let isBroken = false
  await page.routeWebSocket('**/api/kiosk/socket', (near) => {
    const far = near.connectToServer()
    far.onMessage((text) => {
      const said = JSON.parse(String(text))
      if (isBroken && said.type === 'board' && said.board.hearing) said.board.hearing.startsAt = 'không phải giờ'
      near.send(JSON.stringify(said))
    })
  })
  await enrolled(page)
  isBroken = true
  await page.reload()
  await page.getByRole('heading', { name: 'Trang gặp lỗi' }).waitFor()
  isBroken = false
  await page.getByText('Đã kết nối máy chủ').waitFor({ timeout: 20_000 })
  await page.context().close()
})

test('a personal link’s page that breaks comes back by itself', async () => {
  house.world.clock.set(startsAt - 60_000)
  const page = await (await house.computer()).newPage()
  let isBroken = true
  await page.route('**/api/join', async (route) => {
    const answer = await route.fetch()
    const said = await answer.json()
    if (isBroken) said.hearing.startsAt = 'không phải giờ'
    await route.fulfill({ response: answer, json: said })
  })
  await page.goto(`${house.line.url}/vao#${hearing.token(hearing.guest)}`)
  await page.getByRole('heading', { name: 'Trang gặp lỗi' }).waitFor()
  isBroken = false
  await page.getByRole('heading', { name: 'Mời ông/bà vào phòng' }).waitFor({ timeout: 20_000 })
  await page.context().close()
})

test('after a release a waiting room loads the new page by itself, one in a hearing does not', async () => {
  house.world.clock.set(startsAt - 60_000)
  const page = await (await house.computer()).newPage()
  await enrolled(page)
  let isReleased = true
  await page.route('**/kiosk', async (route) => {
    if (!isReleased || route.request().isNavigationRequest()) return route.continue()
    const answer = await route.fetch()
    const body = (await answer.text()).replace(/(src="\/assets\/\w+-)[^."]+/, '$1NewBuild')
    await route.fulfill({ response: answer, body })
  })
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  await page.getByRole('button', { name: 'Rời phòng' }).waitFor()
  let loads = 0
  page.on('load', () => loads++)
  const again = async () => {
    await house.line.down()
    await house.line.up()
  }
  await again()
  await page.waitForResponse((answer) => answer.url().endsWith('/kiosk'), { timeout: 30_000 })
  await page.waitForTimeout(12_000)
  assert.equal(loads, 0)
  await page.getByRole('button', { name: 'Rời phòng' }).click()
  await page.waitForEvent('load', { timeout: 20_000 })
  isReleased = false
  await page.getByText('Đã kết nối máy chủ').waitFor({ timeout: 20_000 })
  await page.context().close()
})

test('a personal link that waits for its opening loads the new page by itself, and knows its link', async () => {
  house.world.clock.set(startsAt - 30 * 3_600_000)
  const page = await (await house.computer()).newPage()
  await page.route('**/vao', async (route) => {
    if (route.request().isNavigationRequest()) return route.continue()
    const answer = await route.fetch()
    const body = (await answer.text()).replace(/(src="\/assets\/\w+-)[^."]+/, '$1NewBuild')
    await route.fulfill({ response: answer, body })
  })
  await page.goto(`${house.line.url}/vao#${hearing.token(hearing.guest)}`)
  await page.getByRole('heading', { name: 'Phòng họp chưa mở' }).waitFor()
  await page.waitForEvent('load')
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.getByRole('heading', { name: 'Phòng họp chưa mở' }).waitFor()
  await page.context().close()
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { cases } from '../../server/cases/tables.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { anOffice, type Office, seatOf } from './desk.ts'

let office: Office
before(async () => {
  office = await anOffice()
})
after(() => office.close())

const count = async () => (await office.app.platform.db.select().from(cases)).length

async function filledIn(page: Page, title: string): Promise<void> {
  await page.goto(`${office.url}/vu-viec/moi`)
  await page.getByLabel('Tên vụ việc').fill(title)
  await page.getByLabel('Tóm tắt nội dung').fill(`Nội dung của ${title}`)
  await page.getByLabel('Lý do đáp ứng tiêu chí').fill('Địa bàn ở xa.')
  await page.getByLabel('Họ và tên').fill('Nguyễn Văn An')
}
const save = (page: Page) => page.getByRole('button', { name: 'Lưu', exact: true })

test('a double click makes one case, and the button is locked from the first', async () => {
  const page = await seatOf(office, 'reception-board')
  const presses: string[] = []
  let locked = false
  await page.route('**/api/cases', async (route: Route) => {
    if (route.request().method() !== 'POST') return route.continue()
    presses.push(route.request().headers()['idempotency-key'] ?? '')
    locked = (await save(page).getAttribute('data-loading')) !== null
    return route.continue()
  })
  await filledIn(page, 'Bấm hai lần')
  const before = await count()
  // In one turn of the page's event loop: faster than it can draw anything.
  await save(page).evaluate((button: HTMLButtonElement) => {
    for (let time = 0; time < 3; time += 1) button.click()
  })
  await page.getByRole('heading', { level: 1, name: 'Bấm hai lần' }).waitFor()
  assert.equal((await count()) - before, 1)
  assert.equal(presses.length, 1)
  assert.match(presses[0] ?? '', /^"[0-9a-f]{32}"$/)
  assert.equal(locked, true)
  await page.context().close()
})

test('an answer that is lost on the way: pressed again, it is the same case; changed in between, the way to it is shown', async () => {
  const page = await seatOf(office, 'reception-board')
  let lose = true
  await page.route('**/api/cases', async (route: Route) => {
    if (route.request().method() !== 'POST' || !lose) return route.continue()
    lose = false
    await route.fetch()
    return route.abort('connectionreset')
  })
  for (const [title, changed] of [
    ['Mất mạng', null],
    ['Mất mạng rồi sửa', 'Đã sửa'],
  ] as const) {
    lose = true
    const before = await count()
    await filledIn(page, title)
    await save(page).click()
    await page.getByText('Không kết nối được máy chủ').waitFor()
    if (changed !== null) await page.getByLabel('Tên vụ việc').fill(changed)
    await save(page).click()
    if (changed !== null) {
      await page.getByText('đã được ghi, với nội dung khác').waitFor()
      await page.getByRole('link', { name: 'Mở bản đã có' }).click()
      // What was changed since is saved nowhere.
      await page.getByRole('button', { name: 'Rời và bỏ nội dung' }).click()
    }
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    assert.equal((await count()) - before, 1, title)
  }
  await page.context().close()
})

test('the same case within minutes: the form asks, shows the way to the first, and saves another one when told to', async () => {
  const page = await seatOf(office, 'reception-board')
  const before = await count()
  for (const time of [1, 2]) {
    await filledIn(page, 'Hai lần trong mười phút')
    await save(page).click()
    if (time === 1) await page.getByRole('heading', { level: 1, name: 'Hai lần trong mười phút' }).waitFor()
  }
  await page.getByRole('link', { name: /Mở bản đã có \(VV-/ }).waitFor()
  assert.equal((await count()) - before, 1)
  await page.getByRole('button', { name: 'Không phải, vẫn lưu thêm' }).click()
  await page.getByRole('heading', { level: 1, name: 'Hai lần trong mười phút' }).waitFor()
  assert.equal((await count()) - before, 2)
  await page.context().close()
})

test('a button without a form: three presses at once order one test', async () => {
  const page = await seatOf(office, 'office')
  await page.goto(`${office.url}/diem-cau`)
  await page
    .getByRole('link', { name: /Quy Nhơn/ })
    .first()
    .click()
  const run = page.getByRole('button', { name: 'Kiểm thử ngay' })
  await run.waitFor()
  let sent = 0
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/api/test-calls')) sent += 1
  })
  const done = page.waitForResponse((answer) => answer.url().endsWith('/api/test-calls') && answer.status() === 201)
  await run.evaluate((button: HTMLButtonElement) => {
    for (let time = 0; time < 3; time += 1) button.click()
  })
  await done
  assert.equal(sent, 1)
  const trail = await office.app.platform.db.select().from(auditTrail)
  assert.equal(trail.filter(({ action }) => action === 'test-call.ordered').length, 1)
  await page.context().close()
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { editHearing } from '../../contract/hearings.ts'
import { dayMs } from '../../server/platform/clock.ts'
import { accessibilityFaults } from '../support/accessibility.ts'
import { controlsOutOfReach, cutLabels, longWord, screens as sizes } from '../support/controls.ts'
import { aBrowser, anOffice, does, type Office, seatOf } from './desk.ts'
import { aHearing } from './plans.ts'
import { everyScreen, throughScreens } from './screens.ts'

const alwaysTyped = ['name', 'label', 'host', 'fileName', 'username', 'email', 'contactEmail', 'title', 'reason']

/** An answer in which every text that a person may have typed is one long word. Ids, times, codes, hashes and words of a state stay. */
function stretched(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => stretched(one, key))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, stretched(one, name)]))
  if (typeof value !== 'string' || value === '') return value
  if (alwaysTyped.includes(key)) return longWord
  const isTyped = /[^\x21-\x7e]/.test(value) || (/[A-Z]/.test(value) && /[a-z]/.test(value))
  const isCounted = /^\d{4}-\d\d-\d\dT|^(https?:|\/)|Id$|^[A-Z]{2}-/.test(value)
  return isTyped && !isCounted ? longWord : value
}

/** Every answer to this page is stretched; what it sends is swallowed, so that any button may be pressed. */
async function stretch(page: Page): Promise<void> {
  await page.route('**/api/**', async (route) => {
    const request = route.request()
    // A grant’s link and code may be looked at: they have a dialog full of their own.
    if (request.method() !== 'GET' && !request.url().endsWith('/reveal')) return route.abort()
    const answer = await route.fetch()
    if (answer.headers()['content-type']?.includes('json') !== true) return route.fulfill({ response: answer })
    await route.fulfill({ response: answer, json: stretched(await answer.json()) })
  })
}

/** What was found on all screens, gone through once for all tests: at the sizes that people have, with their menus and dialogs. */
const found = {
  outOfReach: [] as string[],
  cut: [] as string[],
  axe: [] as string[],
  withoutWords: [] as string[],
  menus: 0,
  dialogs: 0,
}

async function measure(page: Page, where: string): Promise<void> {
  for (const [name, size] of Object.entries(sizes)) {
    await page.setViewportSize(size)
    // The menu folds away in the blink of an eye.
    await page.waitForTimeout(300)
    found.outOfReach.push(...(await controlsOutOfReach(page)).map((fault) => `${where} ${name}: ${fault}`))
    found.cut.push(...(await cutLabels(page)).map((fault) => `${where} ${name}: ${fault}`))
    if (name === 'desk' || name === 'phone')
      found.axe.push(...(await accessibilityFaults(page)).map((fault) => `${where} ${name}: ${fault}`))
  }
}

async function measureMenu(page: Page, where: string): Promise<void> {
  for (const size of [sizes.phone, sizes.zoomed]) {
    await page.setViewportSize(size)
    await page.getByRole('button', { name: 'Mở thực đơn' }).click()
    await page.waitForTimeout(400)
    const menu = page.getByRole('navigation', { name: 'Thực đơn' })
    found.menus += await menu.getByRole('link').count()
    found.outOfReach.push(...(await controlsOutOfReach(menu)).map((fault) => `${where} menu: ${fault}`))
    await page.getByRole('button', { name: 'Đóng thực đơn' }).click()
    await page.waitForTimeout(400)
  }
}

/** Presses whatever opens a dialog, and measures the dialog, with a long word typed into it. */
async function measureDialogs(page: Page, where: string): Promise<void> {
  const buttons = page.locator('main button[aria-haspopup=dialog]:enabled')
  for (const name of new Set(await buttons.allTextContents())) {
    await page.setViewportSize(sizes.desk)
    await buttons.getByText(name, { exact: true }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    const field = dialog.locator('input[type=text], textarea').first()
    if ((await field.count()) > 0) await field.fill(longWord)
    // Faded in: half seen, it has no contrast.
    await page.waitForTimeout(400)
    found.axe.push(...(await accessibilityFaults(page)).map((fault) => `${where} “${name}”: ${fault}`))
    for (const viewport of [sizes.phone, sizes.zoomed]) {
      await page.setViewportSize(viewport)
      await page.waitForTimeout(150)
      found.outOfReach.push(...(await controlsOutOfReach(dialog)).map((fault) => `${where} “${name}”: ${fault}`))
    }
    found.dialogs++
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  }
}

let office: Office
before(async () => {
  office = await anOffice()
  const seen = new Set<string>()
  await throughScreens(office, await everyScreen(office), stretch, async (page, { role, path }) => {
    const where = `${role} ${path.replace(/[0-9a-f-]{36}/, ':id')}`
    if (!(await page.locator('body').innerHTML()).includes(longWord)) found.withoutWords.push(where)
    await measure(page, where)
    if (!seen.has(role)) await measureMenu(page, where)
    seen.add(role)
    await measureDialogs(page, where)
    await page.setViewportSize(sizes.desk)
  })
})
after(() => office.close())

test('words of 300 letters push no control of any staff screen away: on a desk, a big screen, a phone, at 200 %', () => {
  assert.deepEqual(found.withoutWords, [])
  assert.deepEqual(found.outOfReach, [])
  assert.ok(found.menus >= 50, `only ${found.menus} places of menus were seen`)
  assert.ok(found.dialogs >= 12, `only ${found.dialogs} dialogs were opened`)
})

test('no badge and no button is cut', () => assert.deepEqual(found.cut, []))

test('axe finds nothing serious on any staff screen, in any dialog: contrast, names, landmarks', () =>
  assert.deepEqual(found.axe, []))

test('the sign-in holds what is typed into it', async () => {
  const page = await (await aBrowser(office)).newPage()
  await page.goto(office.url)
  await page.getByRole('textbox').first().fill(longWord)
  for (const size of Object.values(sizes)) {
    await page.setViewportSize(size)
    assert.deepEqual(await controlsOutOfReach(page), [])
  }
  assert.deepEqual(await accessibilityFaults(page), [])
  await page.context().close()
})

test('on a phone a list is cards that hide no column, and twenty people make no endless page', async () => {
  const draft = await aHearing(office, { inMs: 30 * dayMs })
  const people = Array.from({ length: 20 }, (_, index) => ({
    name: `Nguyễn Thị Ngọc Bích Thủy ${index + 1}`,
    jobTitle: 'Phó Giám đốc',
    organisation: 'Sở Nông nghiệp và Môi trường',
    role: 'invited' as const,
    endpointId: null,
    required: false,
  }))
  const { title, startsAt, endsAt, version, endpoints } = draft
  const delegates = endpoints.filter(({ kind }) => kind === 'delegate').map(({ endpointId }) => endpointId)
  const agenda = draft.agenda.map(({ id: _, ...item }) => item)
  const plan = { title, startsAt, endsAt, delegates, agenda, participants: people, caseIds: [], version }
  await does(office, 'reception-board', editHearing, { params: { id: draft.id }, body: plan })
  const page = await seatOf(office, 'reception-board', sizes.phone)
  const height = () => page.evaluate(() => document.documentElement.scrollHeight)
  await page.goto(`${office.url}/buoi-tiep/${draft.id}`)
  const rows = page.getByRole('table').getByRole('row')
  await page.getByRole('cell', { name: people[19]?.name }).waitFor()
  for (const cell of await rows.nth(1).getByRole('cell').all()) {
    const box = await cell.boundingBox()
    if (box !== null) assert.ok(box.x >= 0 && box.x + box.width <= sizes.phone.width, JSON.stringify(box))
  }
  const first = await rows.nth(1).getByRole('cell').first().boundingBox()
  assert.ok(first !== null && first.width > 250, JSON.stringify(first))
  assert.ok((await height()) < 6_000, `the plan is ${await height()} high`)
  await page.goto(`${office.url}/buoi-tiep/${draft.id}/sua`)
  await page.getByRole('group', { name: 'Người thứ 20' }).waitFor()
  assert.ok((await height()) < 5_500, `the form is ${await height()} high`)
  await page.getByRole('button', { name: 'Sửa người thứ 7' }).click()
  const seventh = page.getByRole('group', { name: 'Người thứ 7' })
  await seventh.getByLabel('Họ và tên').fill('Hồ Văn Bảy')
  await page.getByRole('button', { name: 'Sửa người thứ 8' }).click()
  await seventh.getByText('Hồ Văn Bảy').waitFor()
  await page.context().close()
})

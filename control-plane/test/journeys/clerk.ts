import type { Browser, Locator, Page } from 'playwright-core'
import type { TrialAccount } from '../stage/trial.ts'
import { type Desk, openDesk } from './browser.ts'
import { type Person, personWith, secondFactorCode } from './people.ts'

/** A member of staff at a screen; `person` asks the HTTP interface with the same session, to see what the server holds. */
export interface Clerk {
  desk: Desk
  page: Page
  person: Person
  close(): Promise<void>
}

/** Signs in at the screen: password, and the second factor where the role demands one. */
export async function signInAtScreen(browser: Browser, url: string, account: TrialAccount): Promise<Clerk> {
  const desk = await openDesk(browser)
  const { page } = desk
  await page.goto(url)
  await page.getByTestId('username').fill(account.username)
  await page.getByTestId('password').fill(account.password)
  await page.keyboard.press('Enter')
  if (account.totpSecret !== undefined) {
    await page.getByTestId('code').fill(await secondFactorCode(account))
    await page.keyboard.press('Enter')
  }
  await page.getByRole('heading', { level: 1, name: /Kính chào/ }).waitFor()
  const jar = new Map((await desk.context.cookies(url)).map(({ name, value }) => [name, value]))
  return { desk, page, person: personWith(url, account, jar), close: () => desk.context.close() }
}

/** Chooses a place in the menu. */
export async function goTo(page: Page, place: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: place, exact: true }).click()
  await page.getByRole('heading', { level: 1, name: place }).waitFor()
}

/** Presses a button that asks first, says what it asks for, and confirms. */
export async function decide(page: Page, button: string, confirm: string, words?: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).first().click()
  const dialog = page.getByRole('dialog')
  if (words !== undefined) await dialog.getByRole('textbox').first().fill(words)
  await dialog.getByRole('button', { name: confirm, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

const idIn = (page: Page): string => page.url().split('?')[0]?.split('/').at(-1) ?? ''

/** The reception board enters a case; its id. */
export async function enterCase(page: Page): Promise<string> {
  await goTo(page, 'Vụ việc')
  await page.getByRole('link', { name: 'Nhập vụ việc' }).click()
  await page.getByLabel('Tên vụ việc').fill('Khiếu nại về bồi thường, giải phóng mặt bằng tại phường Quy Nhơn')
  await page
    .getByLabel('Tóm tắt nội dung')
    .fill('Công dân đề nghị xem xét lại đơn giá bồi thường đất và tài sản trên đất.')
  await page.getByRole('radio').nth(2).check()
  await page.getByLabel('Lý do đáp ứng tiêu chí').fill('Địa bàn ở xa Trụ sở Tiếp công dân tỉnh, đi lại khó khăn.')
  await page.getByLabel('Họ và tên').fill('Nguyễn Văn An')
  await page.getByLabel(/Số căn cước/).fill('052080001234')
  await page.getByLabel('Điện thoại').fill('0905123456')
  await page.getByLabel('Địa chỉ').fill('Phường Quy Nhơn')
  await page.getByRole('button', { name: 'Lưu', exact: true }).click()
  await page.waitForURL(/\/vu-viec\/[0-9a-f-]{36}$/)
  return idIn(page)
}

/** Picks one option of a searchable list. */
async function pick(page: Page, label: string, typed: string, option: string | RegExp): Promise<void> {
  const field = page.getByRole('combobox', { name: label })
  await field.fill(typed)
  await page.getByRole('option', { name: option }).first().click()
  await page.keyboard.press('Escape')
}

/** `2026-11-24T09:30` in Việt Nam, as the browser's field wants it. */
const inVietNam = (instant: number): string => new Date(instant + 7 * 3_600_000).toISOString().slice(0, 16)

/** The reception board plans a hearing of the centre and one endpoint; its id. */
export async function planHearing(page: Page, startsAt: number, endpointName: string): Promise<string> {
  await goTo(page, 'Buổi tiếp')
  await page.getByRole('link', { name: 'Lập kế hoạch buổi tiếp' }).click()
  await page.getByLabel('Tên buổi tiếp').fill('Tiếp công dân trực tuyến phường Quy Nhơn')
  await page.getByLabel('Bắt đầu').fill(inVietNam(startsAt))
  await page.getByLabel('Kết thúc').fill(inVietNam(startsAt + 90 * 60_000))
  await pick(page, 'Điểm cầu đại biểu', 'quy nhon', endpointName)
  await pick(page, 'Vụ việc', 'boi thuong', /Khiếu nại về bồi thường/)
  const agenda = [
    ['Khai mạc, giới thiệu thành phần', '5', 'Chủ trì'],
    ['Công dân trình bày', '30', 'Nguyễn Văn An'],
    ['Kết luận', '15', 'Chủ trì'],
  ] as const
  for (const [index, [title, minutes, speaker]] of agenda.entries()) {
    await page.getByRole('button', { name: 'Thêm bước' }).click()
    await page.getByLabel(`Bước ${index + 1}`, { exact: true }).fill(title)
    await page.getByLabel('Phút').nth(index).fill(minutes)
    await page.getByLabel('Người phát biểu').nth(index).fill(speaker)
  }
  const people = [
    { name: 'Trần Chủ Trì', role: 'chair', seat: { index: 1 }, jobTitle: 'Chủ tịch', required: true },
    { name: 'Nguyễn Văn An', role: 'citizen', seat: { label: endpointName }, required: true },
    {
      name: 'Lê Quan Sát',
      role: 'observer',
      seat: { index: 0 },
      jobTitle: 'Chuyên viên',
      email: 'quan.sat@tiepdan.invalid',
      required: false,
    },
  ]
  for (const [index, person] of people.entries()) {
    await page.getByRole('button', { name: 'Thêm người tham dự' }).click()
    const row = page.getByRole('group', { name: `Người thứ ${index + 1}` })
    await row.getByLabel('Họ và tên').fill(person.name)
    await row.getByLabel('Tư cách').selectOption(person.role)
    await row.getByLabel('Nơi tham dự').selectOption(person.seat)
    if (person.jobTitle !== undefined) await row.getByLabel('Chức vụ').fill(person.jobTitle)
    if (person.email !== undefined) await row.getByLabel('Thư điện tử').fill(person.email)
    if (person.required) await row.getByRole('checkbox').check()
  }
  await page.getByRole('button', { name: 'Lưu kế hoạch' }).click()
  await page.waitForURL(/\/buoi-tiep\/[0-9a-f-]{36}$/)
  return idIn(page)
}

/** Types password and code once more when the screen asks who sits there; `shown` is what then appears. */
export async function proveAgain(page: Page, account: TrialAccount, shown: Locator): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Xác nhận lại là ông/bà' })
  await dialog.or(shown).first().waitFor()
  if (!(await dialog.isVisible())) return
  await dialog.getByLabel('Mật khẩu hiện tại').fill(account.password)
  if (account.totpSecret !== undefined) await dialog.getByLabel('Mã xác thực').fill(await secondFactorCode(account))
  await dialog.getByRole('button', { name: 'Xác nhận' }).click()
  await shown.waitFor()
  // It fades out; until then its buttons are there beside those of what it uncovers.
  await dialog.waitFor({ state: 'detached' })
}

/** The office makes a code for a room PC; the code that is read out. */
export async function makeCode({ page, person }: Clerk, url: string, endpointId: string): Promise<string> {
  await page.goto(`${url}/diem-cau/${endpointId}`)
  await page.getByRole('button', { name: 'Cấp mã ghi danh' }).click()
  await page.getByRole('button', { name: 'Tạo mã' }).click()
  const shown = page.getByTestId('enrolment-code')
  await proveAgain(page, person.account, shown)
  const code = (await shown.textContent()) ?? ''
  await page.getByRole('button', { name: 'Đóng' }).click()
  return code.trim()
}

/** A tab of a hearing's page. */
export async function openTab(page: Page, url: string, hearingId: string, tab: string): Promise<void> {
  await page.goto(`${url}/buoi-tiep/${hearingId}?muc=${tab}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
}

/** An inspector plays the stored film and jumps in it; what the browser showed. */
export async function watchFilm(page: Page): Promise<{ seconds: number; jumpedTo: number; ranges: number }> {
  const ranges: string[] = []
  page.on('response', (answer) => {
    if (answer.status() === 206) ranges.push(answer.headers()['content-range'] ?? '')
  })
  await goTo(page, 'Bản ghi hình')
  await page.getByRole('link', { name: /BT-/ }).first().click()
  const film = page.locator('video.player')
  await film.waitFor()
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 1)
  const seconds = await film.evaluate((video) => (video as HTMLVideoElement).duration)
  const target = Math.floor(seconds / 2)
  await film.evaluate(async (element, at) => {
    const video = element as HTMLVideoElement
    video.muted = true
    const sought = new Promise((done) => video.addEventListener('seeked', done, { once: true }))
    video.currentTime = at
    await sought
    await video.play()
  }, target)
  await page.waitForFunction((at) => (document.querySelector('video')?.currentTime ?? 0) > at + 0.5, target)
  const jumpedTo = await film.evaluate((video) => (video as HTMLVideoElement).currentTime)
  await film.evaluate((video) => (video as HTMLVideoElement).pause())
  return { seconds, jumpedTo, ranges: ranges.length }
}

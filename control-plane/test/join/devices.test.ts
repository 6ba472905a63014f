import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { hourMs } from '../../server/platform/clock.ts'
import { until } from '../endpoints/room-pc.ts'
import type { House } from '../kiosk/house.ts'
import { aHouseOfMeetings } from '../kiosk/meeting.ts'
import { aShelf, onShelf, type ShelfDevice } from '../kiosk/shelf.ts'
import { startsAt, type TestHearing } from '../rooms/world.ts'

let house: House
let hearing: TestHearing
let close: () => Promise<void>
before(async () => {
  ;({ house, hearing, close } = await aHouseOfMeetings())
})
after(() => close())

const front: ShelfDevice = { kind: 'videoinput', label: 'Camera trước' }
const back: ShelfDevice = { kind: 'videoinput', label: 'Camera sau' }
const phone: ShelfDevice = { kind: 'audioinput', label: 'Micro điện thoại' }

type Context = Awaited<ReturnType<House['computer']>>
/** Each with a link of his own where somebody entered: a link that is in use is another page. */
async function atTheDoor(
  prepare: (context: Context) => Promise<unknown>,
  token = hearing.token(hearing.guest),
): Promise<Page> {
  const context = await house.computer()
  await prepare(context)
  const page = await context.newPage()
  await page.goto(`${house.line.url}/vao#${token}`)
  await page.getByRole('heading', { name: 'Mời ông/bà vào phòng' }).waitFor()
  return page
}
const says = (page: Page, words: string) => page.getByText(words).first().waitFor({ timeout: 20_000 })
async function enter(page: Page): Promise<void> {
  await page.getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Vào phòng' }).click()
}

test('a browser inside another app, which gives pages no devices, is told at once with the way out; entering goes all the same', async () => {
  const page = await atTheDoor(
    (context) => context.addInitScript(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined })),
    hearing.token(hearing.citizen),
  )
  await says(page, 'Mở liên kết này bằng Chrome hoặc Safari')
  assert.equal(await page.getByText('Đang kiểm tra').count(), 0)
  await page.getByText('chỉ nghe và xem').waitFor()
  await enter(page)
  await page.waitForSelector('.meeting iframe')
  await page.context().close()
})

test('an app that asks in a way nobody sees, or refuses by itself: the words name the app, not the address bar', async () => {
  const page = await atTheDoor(async (context) => {
    await context.addInitScript(() =>
      Object.defineProperty(navigator, 'userAgent', {
        value: 'Mozilla/5.0 (Linux; Android 13; wv) Chrome/120 Mobile Safari/537.36 Zalo android/24',
      }),
    )
    await aShelf(context, [front, phone], 'denied')
  })
  await says(page, 'Bị chặn trong ứng dụng này. Mở liên kết này bằng Chrome hoặc Safari')
  await page.context().close()
})

test('a refusal is told with the way to allow it, and a press or the permission itself tries again', async () => {
  const page = await atTheDoor((context) => aShelf(context, [front, phone], 'prompt'))
  await says(page, 'Bấm “Cho phép” trong hộp hỏi của trình duyệt')
  await onShelf(page, (shelf) => shelf.allow('denied'))
  await says(page, 'Bấm biểu tượng ở đầu thanh địa chỉ')
  await onShelf(page, (shelf) => shelf.allow('granted'))
  await says(page, 'Hoạt động')
  await onShelf(page, (shelf) => shelf.unplug('Camera trước'))
  await says(page, 'Không tìm thấy camera')
  await onShelf(page, (shelf) => shelf.plug({ kind: 'videoinput', label: 'Camera khác' }))
  await until('the other one is open', async () =>
    (await onShelf(page, (shelf) => shelf.open())).includes('Camera khác'),
  )
  await page.context().close()
})

test('the camera that somebody chose at the door is the one that the meeting sends', async () => {
  const page = await atTheDoor((context) => aShelf(context, [front, back, phone]))
  await page.getByLabel('Chọn camera').selectOption(back.label)
  await until('the chosen one is open', async () =>
    (await onShelf(page, (shelf) => shelf.open())).includes('Camera sau'),
  )
  await enter(page)
  const frame = await (await page.waitForSelector('.meeting iframe')).contentFrame()
  await until('it is sent', async () =>
    ((await frame?.evaluate(() => window.stageSends?.())) ?? []).includes(back.label),
  )
  await page.context().close()
})

test('inside another app the way out stands already on the page that waits', async () => {
  house.world.clock.set(startsAt - 2 * hourMs)
  const context = await house.computer()
  await context.addInitScript(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }))
  const page = await context.newPage()
  await page.goto(`${house.line.url}/vao#${hearing.token(hearing.citizen)}`)
  await page.getByRole('heading', { name: 'Phòng họp chưa mở' }).waitFor()
  await says(page, 'Mở liên kết này bằng Chrome hoặc Safari')
  await context.close()
})

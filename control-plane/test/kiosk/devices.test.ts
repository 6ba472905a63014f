import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asc, eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { endpoints } from '../../server/endpoints/tables.ts'
import { hourMs } from '../../server/platform/clock.ts'
import { aCode, until } from '../endpoints/room-pc.ts'
import { startsAt } from '../rooms/world.ts'
import type { House } from './house.ts'
import { aHouseBeforeMeetings } from './meeting.ts'
import { aShelf, onShelf, type ShelfDevice } from './shelf.ts'

const built: ShelfDevice = { kind: 'videoinput', label: 'Camera máy tính' }
const room: ShelfDevice = { kind: 'videoinput', label: 'Camera phòng họp + USB' }
const desk: ShelfDevice = { kind: 'audioinput', label: 'Micro bàn' }
const table: ShelfDevice = { kind: 'audioinput', label: 'Micro để bàn họp' }

let house: House
let close: () => Promise<void>
let endpointId: string
let enrolments = 0
before(async () => {
  ;({ house, close } = await aHouseBeforeMeetings())
  const [delegate] = await house.world.db
    .select()
    .from(endpoints)
    .where(eq(endpoints.kind, 'delegate'))
    .orderBy(asc(endpoints.slug))
  endpointId = delegate?.id ?? ''
})
after(() => close())

/** An enrolled room PC with these devices; `chosen`: what was chosen on it some time ago. */
async function aRoomPc(devices: ShelfDevice[], options: { chosen?: object; permission?: PermissionState } = {}) {
  const context = await house.computer()
  await aShelf(context, devices, options.permission)
  const page = await context.newPage()
  await page.goto(`${house.line.url}/kiosk`)
  if (options.chosen !== undefined)
    await page.evaluate((kept) => localStorage.setItem('tiepdan.kiosk.devices', kept), JSON.stringify(options.chosen))
  enrolments++
  await page.getByLabel('Mã ghi danh').fill(await aCode(house.world.app, endpointId, `Máy có thiết bị ${enrolments}`))
  await page.keyboard.press('Enter')
  return page
}
const row = (page: Page, name: string) => page.locator('.row', { hasText: name })
const says = (page: Page, name: string, words: string) => row(page, name).getByText(words).waitFor({ timeout: 20_000 })
const isOpen = (page: Page, labels: string[]) =>
  until(`open: ${labels.join(', ')}`, async () => {
    const open = await onShelf(page, (shelf) => shelf.open())
    return JSON.stringify(open) === JSON.stringify([...labels].sort())
  })
async function officeSees(camera: string): Promise<void> {
  await until(`the office sees the camera: ${camera}`, async () => {
    const { body } = await house.world.as('office', 'GET', `/api/endpoints/${endpointId}`)
    const { devices } = body as unknown as { devices: { label: string; state: { camera: string } | null }[] }
    return devices.find(({ label }) => label === `Máy có thiết bị ${enrolments}`)?.state?.camera === camera
  })
}

test('what was chosen is what is used: at once, after a reload, and by its name when its id has changed', async () => {
  const page = await aRoomPc([built, room, desk, table])
  await isOpen(page, [built.label, desk.label])
  await page.getByLabel('Chọn camera').selectOption(room.label)
  await page.getByLabel('Chọn micro').selectOption(table.label)
  await isOpen(page, [room.label, table.label])
  await page.reload()
  await isOpen(page, [room.label, table.label])
  assert.equal(await page.getByLabel('Chọn camera').locator('option:checked').textContent(), room.label)
  // As when the browser's data were cleared in part, or the profile was moved: ids of another salt.
  await page.evaluate(() => {
    const kept = JSON.parse(localStorage.getItem('tiepdan.kiosk.devices') ?? '{}')
    for (const device of Object.values<{ id: string }>(kept)) device.id = 'id-of-before'
    localStorage.setItem('tiepdan.kiosk.devices', JSON.stringify(kept))
  })
  await page.reload()
  await isOpen(page, [room.label, table.label])
  await says(page, 'Camera', 'Hoạt động')
  await page.context().close()
})

test('a chosen device that is missing or held by another program: another stands in and is named, the chosen one comes back by itself', async () => {
  const chosen = { camera: { id: 'x', label: room.label }, microphone: { id: 'y', label: table.label } }
  const page = await aRoomPc([built, desk, { ...table, state: 'busy' }], { chosen })
  await says(page, 'Camera', `Đang dùng tạm “${built.label}”. Không tìm thấy camera đã chọn “${room.label}”`)
  await says(page, 'Micro', `Có chương trình khác đang dùng micro đã chọn “${table.label}”`)
  await isOpen(page, [built.label, desk.label])
  await officeSees('other')
  await onShelf(page, (shelf) => shelf.plug({ kind: 'videoinput', label: 'Camera phòng họp + USB' }))
  await says(page, 'Camera', 'Hoạt động')
  // Nothing tells when another program lets go of a device: the page tries.
  await onShelf(page, (shelf) => shelf.state('Micro để bàn họp', undefined))
  await says(page, 'Micro', 'Hoạt động')
  await isOpen(page, [room.label, table.label])
  await page.context().close()
})

test('pulled out while it is shown, and put in again: both are seen at once, without a press', async () => {
  const page = await aRoomPc([room, desk])
  await says(page, 'Camera', 'Hoạt động')
  await onShelf(page, (shelf) => shelf.unplug('Camera phòng họp + USB'))
  await says(page, 'Camera', 'Không tìm thấy. Cắm lại cáp camera.')
  await officeSees('none')
  await onShelf(page, (shelf) => shelf.unplug('Micro bàn'))
  await says(page, 'Micro', 'Không tìm thấy. Cắm lại cáp micro.')
  await onShelf(page, (shelf) => shelf.plug({ kind: 'videoinput', label: 'Camera khác' }))
  await says(page, 'Camera', 'Hoạt động')
  await page.context().close()
})

test('each cause has its own words: held by another program, silent driver, forbidden, no devices for pages at all', async () => {
  const busy = await aRoomPc([
    { ...room, state: 'busy' },
    { ...desk, state: 'hangs' },
  ])
  await says(busy, 'Camera', 'Chương trình khác đang dùng camera. Đóng chương trình đó')
  await says(busy, 'Micro', 'Không trả lời. Rút cáp micro ra')
  await onShelf(busy, (shelf) => shelf.state('Camera phòng họp + USB', undefined))
  await says(busy, 'Camera', 'Hoạt động')
  await busy.context().close()

  const asking = await aRoomPc([room, desk], { permission: 'prompt' })
  await says(asking, 'Camera', 'Đang chờ cho phép')
  await onShelf(asking, (shelf) => shelf.allow('denied'))
  await says(asking, 'Camera', 'Bị chặn. Cho phép trang dùng camera.')
  await onShelf(asking, (shelf) => shelf.allow('granted'))
  await says(asking, 'Camera', 'Hoạt động')
  await asking.context().close()

  const none = await house.computer()
  await none.addInitScript(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }))
  const page = await none.newPage()
  await page.goto(`${house.line.url}/kiosk`)
  enrolments++
  await page.getByLabel('Mã ghi danh').fill(await aCode(house.world.app, endpointId, `Máy có thiết bị ${enrolments}`))
  await page.keyboard.press('Enter')
  await says(page, 'Camera', 'Trình duyệt này không cho trang dùng camera')
  await officeSees('unsupported')
  await none.close()
})

test('the meeting sends what was chosen, tells what it lacks, and gets a device back that was pulled out', async () => {
  await house.world.aHearing()
  house.world.clock.set(startsAt - hourMs)
  const page = await aRoomPc([built, room, desk, table])
  await page.getByLabel('Chọn camera').selectOption(room.label)
  await isOpen(page, [room.label, desk.label])
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).click({ timeout: 20_000 })
  const frame = await (await page.waitForSelector('.meeting iframe')).contentFrame()
  assert.ok(frame)
  const sends = (labels: string[]) =>
    until(`the meeting sends ${labels.join(', ')}`, async () => {
      const sent = await frame.evaluate(() => window.stageSends?.() ?? [])
      return JSON.stringify(sent) === JSON.stringify([...labels].sort())
    })
  await sends([room.label, desk.label])
  // The page itself holds nothing while the meeting does.
  await isOpen(page, [])
  for (const each of [page, frame]) await onShelf(each, (shelf) => shelf.unplug('Camera phòng họp + USB'))
  await page.getByRole('alert').getByText(`Camera “${room.label}”: Không tìm thấy`).waitFor()
  for (const each of [frame, page])
    await onShelf(each, (shelf) => shelf.plug({ kind: 'videoinput', label: 'Camera phòng họp + USB' }))
  await sends([room.label, desk.label])
  await page.getByRole('alert').waitFor({ state: 'detached' })
  await frame.evaluate(() =>
    parent.postMessage({ stage: 'jitsi', event: 'micError', payload: { type: 'gum.general' } }, '*'),
  )
  await page.getByRole('alert').getByText('Chương trình khác đang dùng micro').waitFor()
  // As Jitsi Meet tells it: a camera that cannot be opened is "available" all the same; it is back only when there is a picture.
  const say = (event: string, payload: Record<string, unknown>) =>
    frame.evaluate((told) => parent.postMessage({ stage: 'jitsi', ...told }, '*'), { event, payload })
  const busy = page.getByRole('alert').getByText('Chương trình khác đang dùng camera')
  await say('cameraError', { type: 'gum.general' })
  await busy.waitFor()
  await say('videoAvailabilityChanged', { available: true })
  await page.waitForTimeout(500)
  assert.equal(await busy.isVisible(), true)
  await say('videoMuteStatusChanged', { muted: false })
  await busy.waitFor({ state: 'detached' })
  await page.context().close()
})

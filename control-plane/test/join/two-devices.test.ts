import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { until } from '../endpoints/room-pc.ts'
import type { House } from '../kiosk/house.ts'
import { aHouseOfMeetings } from '../kiosk/meeting.ts'
import { prosodyReports, type TestHearing } from '../rooms/world.ts'

let stand: Awaited<ReturnType<typeof aHouseOfMeetings>>
let house: House
let hearing: TestHearing
let prosody: ReturnType<typeof prosodyReports>
before(async () => {
  stand = await aHouseOfMeetings()
  ;({ house, hearing } = stand)
  prosody = prosodyReports(house.world, 'prosody-1')
})
after(() => stand.close())

const pictures = process.env.TIEPDAN_TEST_PICTURES
async function look(page: Page, name: string): Promise<void> {
  for (const [width, height] of [
    [1366, 768],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height })
    for (const button of await page.getByRole('button').all()) {
      await button.scrollIntoViewIfNeeded()
      const box = await button.boundingBox()
      assert.ok(box && box.x >= 0 && box.x + box.width <= width, `${name} ${width}: ${JSON.stringify(box)}`)
    }
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}-${width}.png` })
  }
  await page.setViewportSize({ width: 1366, height: 768 })
}

const open = async (page: Page): Promise<Page> => {
  await page.goto(`${house.line.url}/vao#${hearing.token(hearing.guest)}`)
  return page
}
const consent = (page: Page) => page.getByRole('checkbox').check()
const inTheRoom = (page: Page) => page.getByRole('button', { name: 'Rời phòng' }).waitFor()
const elsewhere = (page: Page) =>
  page.getByRole('heading', { name: 'Đang dùng trên thiết bị khác' }).waitFor({ timeout: 25_000 })
const putOuts = () => house.world.edge.told.filter(({ path }) => path === '/kick').map(({ body }) => body.occupantId)

test('one link on a laptop and on a telephone: both are told, and one press moves the person from the one to the other', async () => {
  const laptop = await open(await (await house.computer()).newPage())
  await consent(laptop)
  await laptop.getByRole('button', { name: 'Vào phòng' }).click()
  await inTheRoom(laptop)
  await prosody.send(prosody.joined(hearing.room.name, hearing.guest.id, { occupantId: 'laptop' }))

  const phone = await open(await (await house.computer()).newPage())
  await elsewhere(phone)
  await look(phone, 'elsewhere')
  await laptop.getByText('Liên kết này vừa được mở trên thiết bị khác').waitFor({ timeout: 25_000 })
  await look(laptop, 'asked')
  assert.deepEqual(putOuts(), [])

  const move = phone.getByRole('button', { name: 'Chuyển sang thiết bị này' })
  assert.equal(await move.isDisabled(), true)
  await consent(phone)
  await move.click()
  await inTheRoom(phone)
  await until('the laptop is put out', () => putOuts().includes('laptop'))
  await prosody.send(prosody.left(hearing.room.name, hearing.guest.id))
  await prosody.send(prosody.joined(hearing.room.name, hearing.guest.id, { occupantId: 'phone' }))
  await elsewhere(laptop)
  await laptop.getByText('đã được chuyển sang thiết bị khác').waitFor()
  await look(laptop, 'replaced')
  // The telephone reloads and is straight back in; the laptop does not take the place from it by itself.
  await phone.reload()
  await inTheRoom(phone)
  await laptop.reload()
  await elsewhere(laptop)
  assert.ok(!putOuts().includes('phone'))
  await phone.context().close()
  await laptop.context().close()
})

test('a tab that was duplicated is another device', async () => {
  await prosody.send(prosody.event('room-destroyed', { room: hearing.room.name }))
  house.world.clock.advance(60_000)
  const context = await house.computer()
  const first = await open(await context.newPage())
  await consent(first)
  await first.getByRole('button', { name: 'Vào phòng' }).click()
  await inTheRoom(first)
  const kept = await first.evaluate(() => JSON.stringify({ ...sessionStorage }))
  const copy = await context.newPage()
  // As the browser does for a duplicated tab.
  await copy.addInitScript((storage) => {
    for (const [name, value] of Object.entries(JSON.parse(storage))) sessionStorage.setItem(name, String(value))
  }, kept)
  await open(copy)
  await elsewhere(copy)
  await context.close()
})

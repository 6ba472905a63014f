import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { devices, endpoints } from '../../server/endpoints/tables.ts'
import { hearings } from '../../server/hearings/tables.ts'
import { aCode } from '../endpoints/room-pc.ts'
import { startsAt, type TestHearing } from '../rooms/world.ts'
import { accessibilityFaults } from '../support/accessibility.ts'
import { controlsOutOfReach, longWord, screens } from '../support/controls.ts'
import type { House } from './house.ts'
import { aHouseOfMeetings } from './meeting.ts'

let house: House
let hearing: TestHearing
let close: () => Promise<void>
before(async () => {
  ;({ house, hearing, close } = await aHouseOfMeetings({
    participants: [
      { name: 'Trần Thị Bình', role: 'chair', endpointId: null, required: true },
      { name: 'Lê Văn Cường', role: 'invited', endpointId: null, required: false },
      { name: 'Phạm Thị Dung', role: 'citizen', endpointId: null, required: true },
      {
        name: longWord.slice(0, 120),
        jobTitle: longWord.slice(0, 200),
        organisation: longWord.slice(0, 200),
        role: 'invited',
        endpointId: null,
        required: false,
      },
    ],
  }))
  await house.world.db.update(hearings).set({ title: longWord }).where(eq(hearings.id, hearing.id))
  await house.world.db.update(endpoints).set({ name: longWord, shortName: longWord })
})
after(() => close())

/** At every size; `still`: on the screens that a room has, nothing may have to be scrolled. */
async function withinReach(page: Page, what: string, options: { still: (keyof typeof screens)[] }): Promise<void> {
  for (const [name, size] of Object.entries(screens)) {
    await page.setViewportSize(size)
    await page.waitForTimeout(200)
    const still = options.still.includes(name as keyof typeof screens)
    assert.deepEqual(await controlsOutOfReach(page, { still }), [], `${what} ${name}`)
    if (name === 'desk' || name === 'phone') assert.deepEqual(await accessibilityFaults(page), [], `${what} ${name}`)
  }
}
const everySize = Object.keys(screens) as (keyof typeof screens)[]
const roomSizes: (keyof typeof screens)[] = ['desk', 'big']

/** The picture keeps most of the screen, whatever stands above it. */
async function pictureIsBig(page: Page): Promise<void> {
  for (const size of Object.values(screens)) {
    await page.setViewportSize(size)
    const box = await page.locator('.meeting iframe').boundingBox()
    assert.ok(box !== null && box.width === size.width && box.height > size.height * 0.7, JSON.stringify([size, box]))
  }
}

test('in a room PC’s page no long word pushes a control away, and axe finds nothing serious: enrolment, waiting, entering, in the hearing', async () => {
  house.world.clock.set(startsAt - 60_000)
  const [room] = await house.world.db.select().from(endpoints).where(eq(endpoints.kind, 'central'))
  const page = await (await house.computer()).newPage()
  await page.goto(`${house.line.url}/kiosk`)
  await page.getByLabel('Mã ghi danh').waitFor()
  await withinReach(page, 'enrolment', { still: roomSizes })
  await page.getByLabel('Mã ghi danh').fill(await aCode(house.world.app, room?.id ?? '', longWord.slice(0, 80)))
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).waitFor()
  await withinReach(page, 'waiting', { still: roomSizes })
  await page.setViewportSize(screens.desk)
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  await page.getByRole('button', { name: 'Rời phòng' }).waitFor()
  await page.locator('.cover').waitFor({ state: 'hidden' })
  await withinReach(page, 'in the hearing', { still: everySize })
  await pictureIsBig(page)
  assert.equal((await house.world.db.select().from(devices))[0]?.label, longWord.slice(0, 80))
  await page.context().close()
})

test('in a personal link’s page no long word pushes a control away, and axe finds nothing serious: waiting, at the door, in the room', async () => {
  house.world.clock.set(startsAt - 30 * 3_600_000)
  const guest =
    hearing.grants.find(({ displayName }) => displayName.startsWith('NguyễnNguyễn')) ?? assert.fail('nobody is invited')
  const page = await (await house.computer()).newPage()
  await page.goto(`${house.line.url}/vao`)
  await page.getByLabel('Mã đăng nhập').waitFor()
  await withinReach(page, 'code', { still: roomSizes })
  await page.goto(`${house.line.url}/vao#${hearing.token(guest)}`)
  await page.reload()
  await page.getByRole('heading', { name: 'Phòng họp chưa mở' }).waitFor()
  await withinReach(page, 'waiting', { still: [] })
  house.world.clock.set(startsAt - 60_000)
  await page.reload()
  await page.getByRole('heading', { name: 'Mời ông/bà vào phòng' }).waitFor()
  await withinReach(page, 'door', { still: [] })
  await page.getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Vào phòng' }).click()
  await page.getByRole('button', { name: 'Rời phòng' }).waitFor()
  await page.locator('.cover').waitFor({ state: 'hidden' })
  await withinReach(page, 'in the room', { still: everySize })
  await pictureIsBig(page)
  await page.context().close()
})

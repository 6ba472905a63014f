import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asc, eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { endpoints } from '../../server/endpoints/tables.ts'
import { hourMs } from '../../server/platform/clock.ts'
import { aCode } from '../endpoints/room-pc.ts'
import { startsAt, type TestHearing } from '../rooms/world.ts'
import { aHouse, type House } from './house.ts'
import { aMeetingServer, type Failure } from './meeting.ts'

let house: House
let meetings: Awaited<ReturnType<typeof aMeetingServer>>
let hearing: TestHearing
before(async () => {
  meetings = await aMeetingServer()
  house = await aHouse({ TIEPDAN_JITSI_URL: meetings.url })
  meetings.served.pageOrigin = house.line.url
  hearing = await house.world.aHearing()
  house.world.clock.set(startsAt - hourMs)
})
after(async () => {
  await house.close()
  await meetings.close()
})

async function aRoomPc(kind: 'central' | 'delegate'): Promise<Page> {
  const [room] = await house.world.db
    .select()
    .from(endpoints)
    .where(eq(endpoints.kind, kind))
    .orderBy(asc(endpoints.slug))
  const page = await (await house.computer()).newPage()
  await page.goto(`${house.line.url}/kiosk`)
  await page.getByLabel('Mã ghi danh').fill(await aCode(house.world.app, room?.id ?? '', 'Máy'))
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).waitFor({ timeout: 20_000 })
  return page
}

/** Enters with these failures in front; answers the pauses between the tries in milliseconds, each with its detection. */
async function enterThrough(failing: Failure[], press: () => Promise<void>, page: Page, words: RegExp) {
  meetings.served.failing = [...failing]
  meetings.served.opened = []
  await press()
  await page.locator('.cover').getByText(words).first().waitFor({ timeout: 15_000 })
  await page.locator('.cover').waitFor({ state: 'detached', timeout: 40_000 })
  const { opened } = meetings.served
  assert.equal(opened.length, failing.length + 1)
  return opened.slice(1).map((at, index) => at - (opened[index] ?? 0))
}

const waits: Record<Exclude<Failure, 'thrown-out'>, RegExp> = {
  'room-does-not-exist': /chưa mở phòng. Đang chờ phòng được mở.*lần 1/,
  'conference-request-failed': /chưa mở phòng. Đang chờ phòng được mở.*lần 1/,
  'not-yet-open': /chưa mở phòng. Đang chờ phòng được mở.*lần 1/,
  'asks-for-a-password': /chưa nhận thông tin vào phòng.*lần 1/,
  'token-refused': /chưa nhận thông tin vào phòng.*lần 1/,
}

test('whatever silently keeps a page from its meeting is noticed and tried again within 5 s, and said in words, on an own device', async () => {
  const page = await (await house.computer()).newPage()
  await page.goto(`${house.line.url}/vao#${hearing.token(hearing.guest)}`)
  await page.getByRole('checkbox').check()
  // Always the same tab: on another device the link would be in use. Once it was inside, loading it again enters again.
  let press = () => page.getByRole('button', { name: 'Vào phòng' }).click()
  for (const [failure, words] of Object.entries(waits) as [Exclude<Failure, 'thrown-out'>, RegExp][]) {
    const [pause = Number.NaN] = await enterThrough([failure], press, page, words)
    assert.ok(pause <= 5_000, `${failure}: ${Math.round(pause)} ms`)
    press = async () => {
      await page.reload()
    }
  }
  await page.context().close()
})

test('no address that was asked of Jitsi’s server holds a token, though the iframe API writes one there', () => {
  const { addresses } = meetings.served
  assert.ok(addresses.some((address) => /^\/[0-9a-f]{32}/.test(address)))
  assert.deepEqual(
    addresses.filter((address) => /jwt|token|ey[A-Za-z0-9_-]{20}/.test(address)),
    [],
  )
})

test('a room PC tries again with growing pauses until it is in, and again when it is thrown out without a word', async () => {
  const page = await aRoomPc('delegate')
  const press = () => page.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  const failing: Failure[] = ['room-does-not-exist', 'conference-request-failed', 'not-yet-open']
  const pauses = await enterThrough(failing, press, page, /Đang chờ phòng được mở.*lần 3/)
  assert.ok((pauses[0] ?? 0) <= 5_000, String(pauses))
  assert.ok((pauses[2] ?? 0) > (pauses[0] ?? 0) + 1_500, String(pauses))
  await page.getByRole('button', { name: 'Rời phòng' }).waitFor()
  await page.context().close()

  const other = await aRoomPc('central')
  const enter = () => other.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  meetings.served.failing = ['thrown-out']
  await enter()
  await other.locator('.cover').waitFor({ state: 'detached', timeout: 20_000 })
  await other.locator('.cover').getByText('lần 1').waitFor({ timeout: 20_000 })
  await other.locator('.cover').waitFor({ state: 'detached', timeout: 20_000 })
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { aHouseOfMeetings, aRoomPc, type Failure } from './meeting.ts'

let stand: Awaited<ReturnType<typeof aHouseOfMeetings>>
before(async () => {
  stand = await aHouseOfMeetings()
})
after(() => stand.close())

/** Enters with these failures in front; answers the pauses between the tries in milliseconds, each with its detection. */
async function enterThrough(failing: Failure[], press: () => Promise<void>, page: Page, words: RegExp) {
  stand.meetings.served.failing = [...failing]
  stand.meetings.served.opened = []
  await press()
  await page.locator('.cover').getByText(words).first().waitFor({ timeout: 15_000 })
  await page.locator('.cover').waitFor({ state: 'detached', timeout: 40_000 })
  const { opened } = stand.meetings.served
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
  const page = await (await stand.house.computer()).newPage()
  await page.goto(`${stand.house.line.url}/vao#${stand.hearing.token(stand.hearing.guest)}`)
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
  const { addresses } = stand.meetings.served
  assert.ok(addresses.some((address) => /^\/[0-9a-f]{32}/.test(address)))
  assert.deepEqual(
    addresses.filter((address) => /jwt|token|ey[A-Za-z0-9_-]{20}/.test(address)),
    [],
  )
})

test('a room PC tries again with growing pauses until it is in, and again when it is thrown out without a word', async () => {
  const page = await aRoomPc(stand.house, 'delegate')
  const press = () => page.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  const failing: Failure[] = ['room-does-not-exist', 'conference-request-failed', 'not-yet-open']
  const pauses = await enterThrough(failing, press, page, /Đang chờ phòng được mở.*lần 3/)
  assert.ok((pauses[0] ?? 0) <= 5_000, String(pauses))
  assert.ok((pauses[2] ?? 0) > (pauses[0] ?? 0) + 1_500, String(pauses))
  await page.getByRole('button', { name: 'Rời phòng' }).waitFor()
  await page.context().close()

  const other = await aRoomPc(stand.house, 'central')
  const enter = () => other.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  stand.meetings.served.failing = ['thrown-out']
  await enter()
  await other.locator('.cover').waitFor({ state: 'detached', timeout: 20_000 })
  await other.locator('.cover').getByText('lần 1').waitFor({ timeout: 20_000 })
  await other.locator('.cover').waitFor({ state: 'detached', timeout: 20_000 })
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Frame, Page } from 'playwright-core'
import { prosodyReports } from '../rooms/world.ts'
import { aHouseOfMeetings, aRoomPc } from './meeting.ts'

declare global {
  interface Window {
    stageLine: { darken(): Promise<void>; cut(): void; state(): string }
    /** What the meeting's script told this page. */
    heard: { connections: { stats: Record<string, number>[] }[] }[]
  }
}

let stand: Awaited<ReturnType<typeof aHouseOfMeetings>>
before(async () => {
  stand = await aHouseOfMeetings()
})
after(() => stand.close())

async function frameOf(page: Page): Promise<Frame> {
  const found = await (await page.waitForSelector('.meeting iframe')).contentFrame()
  assert.ok(found)
  await found.waitForFunction(() => window.stageLine?.state() === 'connected')
  return found
}
const tokenOf = (frame: Frame) => frame.evaluate(() => decodeURIComponent(location.hash).split('"')[1] ?? '')

/** A dark picture and a stranger's word change nothing; a cut line is entered anew by itself, with a token of its own. */
async function outlivesACut(page: Page): Promise<void> {
  await page.evaluate((origin) => {
    window.heard = []
    window.addEventListener('message', (event) => {
      if (event.origin === origin && event.data?.tiepdan === 'line') window.heard.push(event.data)
    })
  }, stand.meetings.url)
  const frame = await frameOf(page)
  const first = await tokenOf(frame)
  assert.match(first, /^ey/)
  await page.waitForFunction(() =>
    window.heard.at(-1)?.connections.some(({ stats }) => stats.some(({ framesDecoded = 0 }) => framesDecoded > 0)),
  )
  await frame.evaluate(() => window.stageLine.darken())
  // Not the meeting's frame: not believed, however often it says that nothing comes.
  await page.evaluate(() => {
    for (let times = 0; times < 20; times++)
      window.postMessage(
        {
          tiepdan: 'line',
          connections: [
            { connection: 1, state: 'connected', stats: [{ id: 'T', type: 'transport', bytesReceived: 7 }] },
          ],
        },
        '*',
      )
  })
  const dark = await page.evaluate(() => window.heard.length)
  await page.waitForFunction((from) => window.heard.length >= from + 3, dark)
  const sums = (await page.evaluate(() => window.heard))
    .slice(dark)
    .map(({ connections }) => connections.flatMap(({ stats }) => stats.map((stat) => stat.responsesReceived ?? 0)))
    .map((answers) => answers.reduce((total, one) => total + one, 0))
  assert.ok(Math.max(...sums) > Math.min(...sums), String(sums))
  assert.equal(await page.locator('.cover').count(), 0)
  // Tokens of one and the same second are equal.
  stand.house.world.clock.set(stand.house.world.clock.now() + 1_000)
  await frame.evaluate(() => window.stageLine.cut())
  await page.getByText('tự vào lại phòng (lần 1)').waitFor({ timeout: 20_000 })
  await page.locator('.cover').waitFor({ state: 'detached' })
  const again = await tokenOf(await frameOf(page))
  assert.match(again, /^ey/)
  assert.notEqual(again, first)
}

async function onARoomPc(): Promise<Page> {
  const page = await aRoomPc(stand.house, 'delegate')
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  // Seen by the server all the while: it is the line alone that tells.
  const prosody = prosodyReports(stand.house.world, stand.house.world.edge.processId)
  await prosody.send(prosody.joined(stand.hearing.room.name, stand.hearing.delegate.id))
  return page
}

async function onAnOwnDevice(): Promise<Page> {
  const page = await (await stand.house.computer()).newPage()
  await page.goto(`${stand.house.line.url}/vao#${stand.hearing.token(stand.hearing.guest)}`)
  await page.getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Vào phòng' }).click()
  return page
}

test('a line that carries nothing any more is entered again with a fresh token, on a room PC and on an own device; a picture gone dark is left alone', async () => {
  await Promise.all([onARoomPc, onAnOwnDevice].map(async (open) => outlivesACut(await open())))
})

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createBrowser } from '../../server/room-agent/browser.ts'
import { until } from '../endpoints/room-pc.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { freePort } from '../support/databases.ts'

let app: TestApplication
let browser: ReturnType<typeof createBrowser>
let folder: string
let chromium: string
before(async () => {
  const port = await freePort()
  folder = mkdtempSync(join(tmpdir(), 'tiepdan-chromium-'))
  // A path of our own, which can be taken away.
  chromium = join(folder, 'chromium')
  symlinkSync(process.env.TIEPDAN_CHROMIUM_PATH ?? '/usr/bin/chromium', chromium)
  app = await testApplication({
    environment: { TIEPDAN_PORT: String(port), TIEPDAN_ROOM_AGENT: 'true', TIEPDAN_CHROMIUM_PATH: chromium },
  })
  await app.http.listen({ host: '127.0.0.1', port })
  browser = createBrowser(app.platform)
})
after(async () => {
  await browser.stop()
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

const anyTime = () => AbortSignal.timeout(30_000)
const open = (onLost: (why: string) => void = () => undefined) => browser.openPage(anyTime(), () => undefined, onLost)
const forEver = () => new Promise<never>(() => undefined)
/** The browser process that this test's agent started: a child of ours, without the type of a helper process. */
function browserProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
        return parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--remote-debugging')
      } catch (error) {
        // It ended while the list was read.
        if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
        throw error
      }
    })
}
const missing = async () =>
  (await app.platform.alerts.open(app.platform.db)).filter((alert) => alert.kind === 'chromium-missing')

test('the agent’s page opens on this very process and works', async () => {
  const opened = await open()
  const kind = await opened.during(
    opened.page.evaluate(() => typeof (window as unknown as { agent: unknown }).agent),
    anyTime(),
  )
  assert.equal(kind, 'object')
  await opened.close()
})

test('a page that crashes ends its work with the reason; the next page opens in the same browser', async () => {
  const lost: string[] = []
  const opened = await open((why) => lost.push(why))
  const neighbour = await open()
  const before = browserProcesses()
  const work = assert.rejects(opened.during(forEver(), anyTime()), /page-crashed/)
  await opened.page.goto('chrome://crash').catch(() => undefined)
  await work
  assert.deepEqual(lost, ['page-crashed'])
  assert.equal(
    await neighbour.during(
      neighbour.page.evaluate(() => 1 + 1),
      anyTime(),
    ),
    2,
  )
  const again = await open()
  assert.equal(
    await again.during(
      again.page.evaluate(() => 2 + 2),
      anyTime(),
    ),
    4,
  )
  assert.deepEqual(browserProcesses(), before)
  for (const page of [opened, neighbour, again]) await page.close()
})

test('a killed browser ends all its work, and the next page starts another', async () => {
  const lost: string[] = []
  const pages = [await open((why) => lost.push(why)), await open((why) => lost.push(why))]
  const works = pages.map((page) => assert.rejects(page.during(forEver(), anyTime()), /browser-ended|page-closed/))
  const [pid] = browserProcesses()
  assert.ok(pid !== undefined)
  process.kill(pid, 'SIGKILL')
  await Promise.all(works)
  assert.equal(lost.length, 2)
  for (const page of pages) await page.close()
  const again = await open()
  assert.equal(
    await again.during(
      again.page.evaluate(() => 2 + 3),
      anyTime(),
    ),
    5,
  )
  assert.notEqual(browserProcesses()[0], pid)
  await again.close()
})

test('work that nobody waits for any more is given up, and its page closes', async () => {
  const opened = await open()
  const stop = new AbortController()
  const work = assert.rejects(opened.during(forEver(), stop.signal), /aborted/)
  stop.abort(new Error('aborted'))
  await work
  await opened.close()
  assert.equal(opened.page.isClosed(), true)
})

test('a missing Chromium is an alert that says what to do; it is over when Chromium is back', async () => {
  await browser.check()
  assert.deepEqual(await missing(), [])
  rmSync(chromium)
  await browser.check()
  await browser.check()
  const [alert, ...more] = await missing()
  assert.deepEqual([alert?.severity, more.length], ['critical', 0])
  assert.match(alert?.message ?? '', /Cài gói chromium hoặc sửa TIEPDAN_CHROMIUM_PATH/)
  symlinkSync(process.env.TIEPDAN_CHROMIUM_PATH ?? '/usr/bin/chromium', chromium)
  await browser.check()
  assert.deepEqual(await missing(), [])
})

test('a Chromium that does not start fails the call at once and is started when it can be', async () => {
  const other = createBrowser({ ...app.platform, config: { ...app.platform.config, chromiumPath: '/nonexistent' } })
  await assert.rejects(other.openPage(anyTime(), () => undefined))
  await other.stop()
  await assert.rejects(
    other.openPage(anyTime(), () => undefined),
    /stopped/,
  )
})

test('a process without the room agent neither looks for Chromium nor complains', async () => {
  const config = { ...app.platform.config, roomAgent: false, chromiumPath: '/nonexistent' }
  await createBrowser({ ...app.platform, config }).check()
  assert.deepEqual(await missing(), [])
})

test('stopping closes the browser and may be asked twice', async () => {
  const last = createBrowser(app.platform)
  await last.openPage(anyTime(), () => undefined)
  const before = browserProcesses().length
  await Promise.all([last.stop(), last.stop()])
  await until('one browser less', () => browserProcesses().length === before - 1)
})

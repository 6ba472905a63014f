import assert from 'node:assert/strict'
import { mock, type TestContext, test } from 'node:test'
import { openLink } from '../../kiosk/link.ts'

/** The browser's parts that the link stands on, with a clock moved by hand. */
class FakeSocket {
  static readonly OPEN = 1
  static readonly all: FakeSocket[] = []
  static closes = true
  readyState = 0
  onopen?: () => void
  onmessage?: (event: { data: string }) => void
  onclose?: () => void
  readonly sent: string[] = []
  constructor() {
    FakeSocket.all.push(this)
  }
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.readyState = FakeSocket.closes ? 3 : 2
    if (FakeSocket.closes) this.onclose?.()
  }
  open(): void {
    this.readyState = FakeSocket.OPEN
    this.onopen?.()
  }
}

const settled = () => new Promise((done) => setImmediate(done))

/** The link on a machine whose clock is moved by hand; `closes`: false, as over a dead line: the browser waits for the other side's word. */
async function aLink(t: TestContext, { closes = true } = {}) {
  let now = 0
  FakeSocket.all.length = 0
  FakeSocket.closes = closes
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  t.after(() => mock.timers.reset())
  t.mock.method(performance, 'now', () => now)
  t.mock.method(globalThis, 'fetch', async () => Response.json({ token: 'token', expiresAt: '' }))
  for (const [name, value] of Object.entries({
    WebSocket: FakeSocket,
    location: { origin: 'http://kiosk.test' },
    localStorage: { getItem: () => '"credential"' },
  })) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name)
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
    t.after(() =>
      before === undefined ? Reflect.deleteProperty(globalThis, name) : Object.defineProperty(globalThis, name, before),
    )
  }
  const downs: number[] = []
  const link = openLink({ onSay: () => undefined, onDown: () => downs.push(now), onRefused: () => undefined })
  t.after(() => link.close())
  await settled()
  return {
    link,
    downs,
    last: () => FakeSocket.all.at(-1),
    async moveTo(ms: number) {
      const step = ms - now
      now = ms
      mock.timers.tick(step)
      await settled()
    },
  }
}
const pong = { data: '{"type":"pong","at":0,"serverTime":0}' }

test('a line is alive only while answers come: cut without a word it is told within 15 s and tried again, though the browser closes nothing', async (t) => {
  const { link, downs, last, moveTo } = await aLink(t, { closes: false })
  last()?.open()
  last()?.onmessage?.(pong)
  for (let at = 1_000; at <= 60_000; at += 1_000) {
    await moveTo(at)
    if (last()?.sent.at(-1)?.includes('ping'))
      last()?.onmessage?.({ data: `{"type":"pong","at":${at},"serverTime":0}` })
  }
  assert.deepEqual(downs, [])
  assert.equal(link.rttMs(), 0)
  const dead = last()
  for (let at = 61_000; at <= 75_000; at += 1_000) await moveTo(at)
  assert.equal(downs.length, 1)
  assert.equal(link.rttMs(), null, 'no figure of a line that is gone')
  // What the dead line brings late is no sign of life.
  dead?.onmessage?.(pong)
  assert.equal(link.rttMs(), null)
  assert.notEqual(last(), dead)
  // The next one hangs in its opening: it is given up as well, again and again, and the first that opens is taken.
  const tries = FakeSocket.all.length
  for (let at = 76_000; at <= 120_000; at += 1_000) await moveTo(at)
  assert.ok(FakeSocket.all.length >= tries + 2, String(FakeSocket.all.length))
  last()?.open()
  last()?.onmessage?.({ data: `{"type":"pong","at":120000,"serverTime":0}` })
  assert.equal(link.rttMs(), 0)
})

test('a page whose timers were held up has asked nothing: its silence is no dead line', async (t) => {
  const { downs, last, moveTo } = await aLink(t)
  last()?.open()
  last()?.onmessage?.(pong)
  // As a browser does with a page that nobody sees, and as a machine that slept: no tick for a minute.
  await moveTo(60_000)
  assert.deepEqual(downs, [])
  assert.equal(last()?.readyState, FakeSocket.OPEN)
})

test('after an outage the fresh line has its time: silence is counted from its opening, not from the old line’s last word', async (t) => {
  const { last, moveTo } = await aLink(t)
  last()?.open()
  last()?.onmessage?.(pong)
  await moveTo(1_000)
  last()?.close()
  let at = 2_000
  // Tries come and go; the one that opens is in the midst of its own time.
  for (; at <= 58_000 || last()?.readyState !== 0; at += 1_000) await moveTo(at)
  const fresh = last()
  fresh?.open()
  const opened = at
  for (; at <= opened + 6_000; at += 1_000) await moveTo(at)
  assert.equal(fresh?.readyState, FakeSocket.OPEN)
  assert.equal(last(), fresh)
  // Silence of its own still ends it.
  for (; at <= opened + 15_000; at += 1_000) await moveTo(at)
  assert.equal(fresh?.readyState, 3)
})

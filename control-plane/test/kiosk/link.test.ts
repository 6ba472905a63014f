import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { openLink } from '../../kiosk/link.ts'

/** The browser's parts that the link stands on, with a clock moved by hand. */
class FakeSocket {
  static readonly OPEN = 1
  static readonly all: FakeSocket[] = []
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
    this.readyState = 3
    this.onclose?.()
  }
  open(): void {
    this.readyState = FakeSocket.OPEN
    this.onopen?.()
  }
}

const settled = () => new Promise((done) => setImmediate(done))

test('after an outage the fresh line has its time: silence is counted from its opening, not from the old line’s last word', async (t) => {
  let now = 0
  const moveTo = async (ms: number) => {
    const step = ms - now
    now = ms
    mock.timers.tick(step)
    await settled()
  }
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
  const link = openLink({ onSay: () => undefined, onDown: () => undefined, onRefused: () => undefined })
  t.after(() => link.close())
  await settled()
  FakeSocket.all[0]?.open()
  FakeSocket.all[0]?.onmessage?.({ data: '{"type":"pong","at":0,"serverTime":0}' })
  await moveTo(1_000)
  FakeSocket.all[0]?.close()
  // The next try stands for the whole of a long outage before it is through.
  await moveTo(2_000)
  await moveTo(58_000)
  const second = FakeSocket.all[1]
  second?.open()
  await moveTo(62_000)
  await moveTo(72_000)
  assert.equal(second?.readyState, FakeSocket.OPEN)
  assert.equal(FakeSocket.all.length, 2)
  // Silence of its own still ends it.
  await moveTo(95_000)
  assert.equal(second?.readyState, 3)
})

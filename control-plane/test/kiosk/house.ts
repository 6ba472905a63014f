import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import type { Browser, BrowserContext } from 'playwright-core'
import { launchBrowser } from '../journeys/browser.ts'
import { aRoomWorld } from '../rooms/world.ts'

/** The line between browsers and the application: can be taken down and up, and keeps every request line and header that went over it. */
async function aLine(to: number) {
  const sockets = new Set<Socket>()
  const asked: string[] = []
  let server: Server | undefined
  let frozen = false

  /** Lets bytes through; while the line is frozen it swallows them without a word, as a cut cable does. */
  const gate = (): Transform =>
    new Transform({
      transform(chunk, _encoding, done) {
        if (frozen) done()
        else done(null, chunk)
      },
    })
  function through(near: Socket): void {
    const far = connect(to, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1')
      // Bodies are not kept: a body may carry a token, an address may not.
      if (/^(GET|POST|PUT|DELETE|HEAD) /.test(text)) asked.push(text.split('\r\n\r\n')[0] ?? '')
    })
    near.pipe(gate()).pipe(far)
    far.pipe(gate()).pipe(near)
  }
  async function open(at: number): Promise<number> {
    const opened = createServer(through)
    server = opened
    await new Promise<void>((done) => opened.listen(at, '127.0.0.1', done))
    return (opened.address() as AddressInfo).port
  }
  const port = await open(0)
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    up: () => open(port),
    /** Nothing comes through any more, and nobody is told. What was open stays dead afterwards, as behind a router that forgot it. */
    freeze() {
      frozen = true
    },
    thaw() {
      for (const socket of sockets) socket.destroy()
      frozen = false
    },
    async down() {
      const closed = new Promise((done) => (server === undefined ? done(undefined) : server.close(done)))
      server = undefined
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** The real application with its built pages behind a line, on a stage, a clock moved by hand, and a browser. */
export async function aHouse(environment: Record<string, string> = {}) {
  const world = await aRoomWorld({ environment: { TIEPDAN_STAGE: 'true', ...environment } })
  await world.app.http.listen({ host: '127.0.0.1', port: 0 })
  const line = await aLine((world.app.http.server.address() as AddressInfo).port)
  const browser: Browser = await launchBrowser()
  return {
    world,
    line,
    /** A computer of its own. */
    computer: (): Promise<BrowserContext> =>
      browser.newContext({
        viewport: { width: 1366, height: 768 },
        locale: 'vi-VN',
        timezoneId: 'Asia/Ho_Chi_Minh',
      }),
    async close() {
      await browser.close()
      await line.down()
      await world.close()
    },
  }
}
export type House = Awaited<ReturnType<typeof aHouse>>

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'

/** A slow line to the receiver that a test can cut, take down, freeze, or make spoil one byte. */
export async function startLine(to: number, options: { bytesPerSecond: number }) {
  const sockets = new Set<Socket>()
  const play = { spoilOneByte: false, frozen: false, bytesPerSecond: options.bytesPerSecond }
  let server: Server | undefined

  const slowly = (): Transform =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        if (play.frozen) return
        // Late in a large block, so that it is the file's bytes and no header that change.
        if (play.spoilOneByte && chunk.length > 20_000) {
          play.spoilOneByte = false
          const at = chunk.length - 100
          chunk.writeUInt8(chunk.readUInt8(at) ^ 0xff, at)
        }
        setTimeout(() => done(null, chunk), (chunk.length / play.bytesPerSecond) * 1000)
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
    near.pipe(slowly()).pipe(far)
    far.pipe(near)
  }

  async function up(at: number): Promise<number> {
    const opened = createServer(through)
    server = opened
    await new Promise<void>((done) => opened.listen(at, '127.0.0.1', done))
    return (opened.address() as AddressInfo).port
  }
  const port = await up(0)
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${port}`,
    play,
    cut,
    async down() {
      const closing = server
      server = undefined
      const closed = new Promise((done) => closing?.close(done))
      cut()
      await closed
    },
    up: () => up(port),
    async stop() {
      if (server !== undefined) await this.down()
    },
  }
}

import { connect, createServer, type Socket } from 'node:net'
import { freePort } from './databases.ts'

export interface TcpLine {
  port: number
  /** Every connection ends at once, new ones are refused, as if the other side were gone. */
  cut(): Promise<void>
  /** Nothing passes any more and nobody is told: the other side's network is gone. */
  silence(): void
  mend(): Promise<void>
  /** Called with what a client sends before it goes on; true: it still goes on, and then the line is cut before the answer. */
  onSent: (data: Buffer) => boolean
  close(): Promise<void>
}

/** A line to a server on this machine that can be cut and made silent. */
export async function tcpLine(target: number): Promise<TcpLine> {
  const port = await freePort()
  const open = new Set<Socket>()
  let silent = false
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        open.delete(socket)
        if (silent) return
        near.destroy()
        far.destroy()
      })
    }
    let answers = true
    near.on('data', (data) => {
      if (silent) return
      if (line.onSent(data)) answers = false
      far.write(data)
    })
    far.on('data', (data) => {
      if (!answers) near.resetAndDestroy()
      else if (!silent) near.write(data)
    })
  })
  const listen = (): Promise<void> => new Promise((done) => server.listen(port, '127.0.0.1', done))
  const cut = async (): Promise<void> => {
    const closed = new Promise<void>((done) => server.close(() => done()))
    for (const socket of open) socket.destroy()
    await closed
  }
  const line: TcpLine = {
    port,
    cut,
    silence: () => {
      silent = true
    },
    async mend() {
      silent = false
      if (!server.listening) await listen()
    },
    onSent: () => false,
    close: async () => {
      if (server.listening) await cut()
      for (const socket of open) socket.destroy()
    },
  }
  await listen()
  return line
}

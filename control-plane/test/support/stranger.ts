import { once } from 'node:events'
import { request } from 'node:http'
import { parentPort, Worker } from 'node:worker_threads'

/** One request, told to the stranger's thread; the body is made there. */
export interface Blow {
  port: number
  method: string
  path: string
  headers: Record<string, string>
  body?: { head: string; part: string; tail: string; bytes: number }
}

/** What came of it: the status, or how the line ended. */
export type Outcome = number | string

/** Somebody at the other end of the line. In a thread of his own, so that his work is not taken for the server's. */
export function aStranger(): { send(blow: Blow): Promise<Outcome>; close(): Promise<number> } {
  const worker = new Worker(new URL(import.meta.url))
  return {
    async send(blow) {
      worker.postMessage(blow)
      const [outcome] = await once(worker, 'message')
      return outcome as Outcome
    },
    close: () => worker.terminate(),
  }
}

const bodyOf = ({ head, part, tail, bytes }: NonNullable<Blow['body']>): string =>
  `${head}${part.repeat(Math.max(1, Math.floor((bytes - head.length - tail.length) / part.length)))}${tail}`

function deliver({ port, method, path, headers, body }: Blow): Promise<Outcome> {
  return new Promise((resolve) => {
    const sent = request({ port, method, path, headers, host: '127.0.0.1', agent: false }, (answer) => {
      answer.resume()
      answer.once('end', () => resolve(answer.statusCode ?? 0))
      answer.once('error', () => resolve(answer.statusCode ?? 0))
    })
    // Refused before the body was read: the line is closed under the sender's hands.
    sent.once('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? 'error'))
    sent.end(body === undefined ? undefined : bodyOf(body))
  })
}

parentPort?.on('message', (blow: Blow) => void deliver(blow).then((outcome) => parentPort?.postMessage(outcome)))

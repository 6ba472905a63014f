import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

interface Arrival {
  id: string
  metadata: Record<string, string | null>
  state: 'receiving' | 'stored' | 'mismatch'
  sha256: string
  size: number
}

interface Report {
  host: string
  jibri: string
  freeBytes: number
  sessions: { sessionId: string; fileName: string; bytes: number; room?: string }[]
  fault?: { kind: string; sessionId?: string; detail: string }
  spool: { waiting: number; bytes: number; setAside: number; held: number }
}

/** The receiving side of the recorders' protocol with the real tus server: service tokens, uploads, receipts, reports. */
export async function startReceiver(folder: string) {
  mkdirSync(folder, { recursive: true })
  const arrivals: Arrival[] = []
  const reports: Report[] = []
  const tokens = new Set<string>()
  /** What a test makes the receiver do. */
  const play = {
    refuse: null as number | null,
    lieAboutHash: false,
    unmatched: false,
    secret: 'right',
    patches: 0,
    stop: [] as string[],
  }

  const tus = new Server({
    path: '/api/uploads',
    datastore: new FileStore({ directory: folder }),
    relativeLocation: true,
    async onUploadCreate(_request, upload) {
      if (play.refuse !== null) throw { status_code: play.refuse, body: 'Kho đã đầy' }
      const metadata = upload.metadata ?? {}
      arrivals.unshift({ id: upload.id, metadata, state: 'receiving', sha256: '', size: 0 })
      return {}
    },
    async onUploadFinish(_request, upload) {
      const arrival = arrivals.find((one) => one.id === upload.id)
      if (arrival === undefined) throw new Error('unknown upload')
      const bytes = readFileSync(join(folder, upload.id))
      arrival.sha256 = createHash('sha256').update(bytes).digest('hex')
      arrival.size = bytes.length
      arrival.state = arrival.sha256 === arrival.metadata.sha256 ? 'stored' : 'mismatch'
      return {}
    },
  })

  function receiptOf(query: URLSearchParams) {
    const mine = arrivals.filter(
      ({ metadata }) =>
        metadata.sessionId === query.get('sessionId') &&
        metadata.fileName === query.get('fileName') &&
        metadata.sha256 === query.get('sha256'),
    )
    const arrival = mine.find((one) => one.state === 'stored') ?? mine[0]
    if (arrival === undefined) return { state: 'unknown' }
    if (play.unmatched && arrival.state === 'stored') return { state: 'unmatched' }
    const sha256 = play.lieAboutHash ? '0'.repeat(64) : arrival.sha256
    return arrival.state === 'stored' ? { state: 'stored', sha256, size: arrival.size } : { state: arrival.state }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const reply = (status: number, body?: unknown): void => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(body === undefined ? '' : JSON.stringify(body))
    }
    if (url.pathname === '/api/service-tokens') {
      const { secret } = JSON.parse(await text(request)) as { secret: string }
      if (secret !== play.secret) return reply(401)
      const token = randomUUID()
      tokens.add(token)
      return reply(200, { token, expiresAt: new Date(Date.now() + 600_000).toISOString() })
    }
    if (!tokens.has(request.headers.authorization?.replace('Bearer ', '') ?? '')) {
      request.resume()
      return reply(401)
    }
    if (url.pathname === '/api/uploads/receipt') return reply(200, receiptOf(url.searchParams))
    if (url.pathname === '/api/recorder-reports') {
      reports.push(JSON.parse(await text(request)) as Report)
      return reply(200, { stop: play.stop })
    }
    if (request.method === 'PATCH') play.patches++
    await tus.handle(request, response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    arrivals,
    reports,
    play,
    revokeTokens: () => tokens.clear(),
    stored: () => arrivals.filter((one) => one.state === 'stored'),
    async stop() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { freePort } from '../support/databases.ts'

const script = join(import.meta.dirname, '../../../jitsi-config/videobridge/warm-bridge.py')

interface Asked {
  method: string
  path: string
  status: number
}
let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** What the real bridge (05/2026) answers on its private interface, with what it refuses. `fails`: allocations are an error of its own. */
async function aBridge(options: { fails?: boolean; port?: number } = {}) {
  const asked: Asked[] = []
  const open = new Set<string>()
  const state = { drain: true }
  const answer = (method: string, path: string, body: string): number => {
    if (path === '/about/health') return 200
    if (path === '/colibri/drain/disable' && method === 'POST') {
      state.drain = false
      return 200
    }
    if (options.fails) return 500
    const order = JSON.parse(body || '{}') as Record<string, unknown>
    const endpoints = (order.endpoints ?? []) as { capabilities?: string[]; expire?: boolean; transport?: object }[]
    const meeting = String(order['meeting-id'])
    if (method === 'POST' && path === '/colibri/v2/conferences') {
      // One new participant a request, and none without the names of sources.
      if (endpoints.length !== 1 || !endpoints[0]?.capabilities?.includes('source-names')) return 400
      open.add(meeting)
      return 200
    }
    if (method === 'PATCH' && path === `/colibri/v2/conferences/${meeting}`) {
      if (!open.has(meeting)) return 404
      if (endpoints.every(({ expire }) => expire === true)) open.delete(meeting)
      return 200
    }
    return 404
  }
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const [method, path] = [request.method ?? '', request.url ?? '']
    const status = answer(method, path, body)
    asked.push({ method, path: path.replace(/[0-9a-f-]{36}/, 'ID'), status })
    response.writeHead(status).end('{}')
  })
  await new Promise<void>((done) => server?.listen(options.port ?? 0, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, open, state }
}

const warm = (url: string): Promise<{ code: number; said: string }> =>
  new Promise((resolve) =>
    execFile('python3', [script, url], { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), said: stdout + stderr }),
    ),
  )

test('a bridge is warmed by conferences that end again, and only then set free', async () => {
  const bridge = await aBridge()
  const { code, said } = await warm(bridge.url)
  assert.equal(code, 0, said)
  assert.match(said, /bridge warmed, allocations took \d+\.\d\d s, /)
  assert.deepEqual([bridge.open.size, bridge.state.drain], [0, false])
  const made = bridge.asked.filter(({ path, status }) => path === '/colibri/v2/conferences' && status === 200)
  assert.ok(made.length >= 2, JSON.stringify(bridge.asked))
  assert.equal(bridge.asked.at(-1)?.path, '/colibri/drain/disable')
  assert.deepEqual(
    bridge.asked.filter(({ status }) => status !== 200),
    [],
  )
})

test('a bridge that cannot be warmed is set free all the same, and the journal says so', async () => {
  const bridge = await aBridge({ fails: true })
  const { code, said } = await warm(bridge.url)
  assert.equal(code, 0)
  assert.match(said, /bridge not warmed: .*500/)
  assert.equal(bridge.state.drain, false)
})

test('one that is not up yet is waited for', async () => {
  const port = await freePort()
  const warming = warm(`http://127.0.0.1:${port}`)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const bridge = await aBridge({ port })
  assert.equal((await warming).code, 0)
  assert.equal(bridge.state.drain, false)
})

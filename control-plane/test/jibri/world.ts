import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { aHost } from './host.ts'
import { startLine } from './line.ts'
import { startReceiver } from './receiver.ts'

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** A host and a receiver with a line of 30 MB/s between them. */
export async function aWorld(t: TestContext, daemon: Record<string, string> = {}) {
  const store = mkdtempSync(join(tmpdir(), 'tiepdan-receiver-'))
  const receiver = await startReceiver(store)
  const line = await startLine(receiver.port, { bytesPerSecond: 30_000_000 })
  const host = aHost(line.url, daemon)
  t.after(async () => {
    await host.stop()
    await line.stop()
    await receiver.stop()
    for (const folder of [store, host.folder]) rmSync(folder, { recursive: true, force: true })
  })
  const storedBytes = (id: string): Buffer => readFileSync(join(store, id))
  return { receiver, line, host, storedBytes }
}

/** Everything has left the host. */
export const settled = (host: ReturnType<typeof aHost>) => () => host.waiting().length === 0

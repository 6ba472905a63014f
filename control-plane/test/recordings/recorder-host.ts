import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Upload } from 'tus-js-client'
import type { RecorderReport } from '../../contract/recordings.ts'
import { minuteMs } from '../../server/platform/clock.ts'
import { sha256Hex } from '../../server/platform/secrets.ts'
import { recordings } from '../../server/recordings/tables.ts'
import { testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

/** Four seconds of moving picture and tone, as Jibri writes them. */
export function aFilm(folder: string): Buffer {
  const path = join(folder, 'film.mkv')
  const picture = ['-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=10']
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440']
  const coding = ['-t', '4', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-c:a', 'aac']
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...picture, ...tone, ...coding, path])
  return readFileSync(path)
}

export const knownRoom = 'c0ffee'.repeat(5)

/** The whole application on a port, and one recorder host with its credential. */
export async function aStore() {
  const app = await testApplication()
  await app.http.listen({ host: '127.0.0.1', port: 0 })
  const address = app.http.server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}`
  const made = await app.http.inject({
    method: 'POST',
    url: '/api/service-credentials',
    headers: await signedIn(app, 'administrator'),
    payload: { name: 'jibri-1', hosts: ['jibri-1', 'jibri-2'] },
  })
  if (made.statusCode !== 201) throw new Error(made.body)
  // Whatever no test says otherwise of is a file of this hearing's recording.
  const at = new Date(app.clock.now())
  await app.platform.db
    .insert(recordings)
    .values({ hearingId: randomUUID(), roomName: knownRoom, wanted: 'off', state: 'off', stateAt: at, createdAt: at })
  const { secret, credential } = made.json() as { secret: string; credential: { id: string } }
  let kept = { token: '', from: Number.NEGATIVE_INFINITY }
  /** As a recorder host does: one token for some minutes. */
  const token = async (): Promise<string> => {
    if (app.clock.now() - kept.from < 5 * minuteMs) return kept.token
    const answer = await app.http.inject({
      method: 'POST',
      url: '/api/service-tokens',
      payload: { name: 'jibri-1', secret },
    })
    if (answer.statusCode !== 200) throw new Error(answer.body)
    kept = { token: answer.json().token, from: app.clock.now() }
    return kept.token
  }
  return { app, url, token, credentialId: credential.id, close: app.close }
}
export type Store = Awaited<ReturnType<typeof aStore>>

export interface Sent {
  sessionId: string
  bytes: Buffer
  fileName: string
  sha256: string
}

let sessions = 0
export const aFile = (bytes: Buffer, changes: Partial<Sent> = {}): Sent => ({
  sessionId: `session-${++sessions}`,
  bytes,
  fileName: 'room_2026-12-01-09-00-00.mkv',
  sha256: sha256Hex(bytes),
  ...changes,
})

/** One upload by the real client, from the byte that the store has. `breakAfter`: the line breaks once the store took so many bytes. */
export function upload(
  house: Pick<Store, 'url'>,
  file: Sent,
  options: { token: string; metadata?: Record<string, string>; uploadUrl?: string; breakAfter?: number },
): Promise<{ uploadUrl: string; whole: boolean; firstOffset: number }> {
  return new Promise((resolve, reject) => {
    let firstOffset = -1
    const sending = new Upload(file.bytes, {
      endpoint: `${house.url}/api/uploads`,
      uploadUrl: options.uploadUrl ?? null,
      chunkSize: 20_000,
      retryDelays: [],
      headers: { authorization: `Bearer ${options.token}` },
      metadata: {
        sessionId: file.sessionId,
        host: 'jibri-1',
        fileName: file.fileName,
        sha256: file.sha256,
        orderly: 'true',
        room: knownRoom,
        ...options.metadata,
      },
      onError: reject,
      onProgress: (sent) => {
        if (firstOffset < 0) firstOffset = sent
      },
      onChunkComplete: (_size, accepted) => {
        if (options.breakAfter === undefined || accepted < options.breakAfter) return
        sending.abort().then(() => resolve({ uploadUrl: sending.url ?? '', whole: false, firstOffset }), reject)
      },
      onSuccess: () => resolve({ uploadUrl: sending.url ?? '', whole: true, firstOffset }),
    })
    sending.start()
  })
}

export async function receiptOf(house: Store, file: Sent): Promise<{ state: string; sha256?: string; size?: number }> {
  const { sessionId, fileName, sha256 } = file
  const answer = await house.app.http.inject({
    url: '/api/uploads/receipt',
    query: { sessionId, fileName, sha256 },
    headers: { authorization: `Bearer ${await house.token()}` },
  })
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json()
}

export const aReport = (changes: Partial<RecorderReport> = {}): RecorderReport => ({
  host: 'jibri-1',
  jibri: 'idle',
  freeBytes: 800e9,
  totalBytes: 1_000e9,
  sessions: [],
  spool: { waiting: 0, bytes: 0 },
  ...changes,
})

/** Waits for a state of the store instead of sleeping; ingest runs in the background. */
export async function until(what: string, met: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await met())) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise((resume) => setTimeout(resume, 100))
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const main = resolve(import.meta.dirname, '../../../jibri/main.ts')

/** A recorder host's folders and the real daemon, without a Jibri. Quick settings; `daemon` overrides them. */
export function aHost(
  controlPlaneUrl: string,
  daemon: Record<string, string> = {},
  environment: Record<string, string> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-host-'))
  const recordings = join(folder, 'recordings')
  const spool = join(folder, 'spool')
  mkdirSync(recordings)
  const running = new Set<ChildProcess>()
  const lines: string[] = []

  function start(): ChildProcess {
    const settings: Record<string, string> = {
      HOST: 'may-ghi-1',
      CONTROL_PLANE_URL: controlPlaneUrl,
      SERVICE_NAME: 'recorder-1',
      SERVICE_SECRET: 'right',
      RECORDINGS_FOLDER: recordings,
      URL: 'http://127.0.0.1:9',
      SWEEP_MS: '200',
      SETTLED_MS: '300',
      RETRY_FIRST_MS: '100',
      RETRY_LONGEST_MS: '400',
      CHUNK_BYTES: '4000000',
      MIN_FREE_BYTES: '1000000',
      ...daemon,
    }
    const child = spawn(process.execPath, [main], {
      env: Object.fromEntries([
        ['PATH', process.env.PATH],
        ...Object.entries(settings).map(([key, value]) => [`TIEPDAN_JIBRI_${key}`, value]),
        ...Object.entries(environment),
      ]),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (told: string) => lines.push(...told.split('\n').filter(Boolean)))
    running.add(child)
    child.once('exit', () => running.delete(child))
    return child
  }

  return {
    folder,
    recordings,
    spool,
    lines,
    start,
    /** A session folder as Jibri leaves it; bytes that compress to nothing else. */
    aSession(sessionId: string, options: { bytes: number; orderly?: boolean; recordingId?: string }): Buffer {
      const session = join(recordings, sessionId)
      mkdirSync(session, { recursive: true })
      const content = randomBytes(options.bytes)
      writeFileSync(join(session, 'phong_2026-11-24-09-00-00.mkv'), content)
      if (options.orderly !== false)
        writeFileSync(join(session, 'metadata.json'), JSON.stringify({ recordingId: options.recordingId }))
      return content
    },
    waiting: (): string[] => filesBelow(join(spool, 'waiting')),
    /** Starts the daemon and resolves once it is at work: how long that takes is the machine's matter. */
    async startUp(): Promise<ChildProcess> {
      const said = lines.length
      const child = start()
      await until('the daemon is at work', () =>
        lines.slice(said).some((line) => line.includes('recorder host daemon ready')),
      )
      return child
    },
    async stop() {
      for (const child of running) await end(child, 'SIGKILL')
    },
  }
}

export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)

/** Ends a process; resolves to its exit status (null when a signal ended it). */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = new Promise<number | null>((done) => child.once('exit', done))
  child.kill(signal)
  return ended
}

/** Waits for a state; the words say what for when it never comes. */
export async function until<T>(
  words: string,
  look: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  withinMs = 20_000,
): Promise<T> {
  const begun = performance.now()
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() - begun > withinMs) throw new Error(`not within ${withinMs} ms: ${words}`)
    await pause(40)
  }
}

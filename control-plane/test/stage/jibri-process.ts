import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../support/databases.ts'
import type { RecorderAccount } from './jibri-browser.ts'

export type StageFault = 'kill' | 'chromium-gone' | 'unwritable' | 'disk-full' | 'ffmpeg-dies'

export interface StageJibriOptions {
  folder: string
  name: string
  focusUrl: string
  port?: number
  /** How its browser enters rooms. */
  account?: RecorderAccount
}

/** One stage Jibri and what a host's service manager does with it. */
export interface StageJibri {
  url: string
  recordingsFolder: string
  spoolFolder: string
  /** Shell commands that end this Jibri with all it started, and start it again. */
  stopCommand: string
  startCommand: string
  /** What its command line holds. */
  processMark: string
  /** What a test makes of it: how long it works at coming up before it answers, from the next start on; and how often it was started. */
  play: { comesUpMs: number; starts: number }
  pid(): number | undefined
  fault(kind: StageFault): Promise<void>
  /** SIGKILL of the one process: its ffmpeg and its browser live on. */
  kill(): Promise<void>
  /** The whole group ends, ffmpeg too, and Jibri comes back. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const root = resolve(import.meta.dirname, '../../..')
/** A real Jibri needs seconds to come back; Jicofo sees that it was gone. */
const comeBackMs = 1_000

/** A font with Vietnamese letters for the picture's words. */
const font = (): string => execFileSync('fc-match', ['-f', '%{file}', 'Noto Sans:lang=vi']).toString()

/** Starts a Jibri of the stage as a process of its own, with recordings in `<folder>/<name>/recordings`. */
export async function startStageJibri(options: StageJibriOptions): Promise<StageJibri> {
  const port = options.port ?? (await freePort())
  const folder = join(options.folder, options.name)
  const recordingsFolder = join(folder, 'recordings')
  const spoolFolder = join(folder, 'spool')
  mkdirSync(recordingsFolder, { recursive: true })
  const log = openSync(join(folder, 'log'), 'a')
  const url = `http://127.0.0.1:${port}`
  const settings = {
    name: options.name,
    port,
    recordingsFolder,
    spoolFolder,
    finalize: join(root, 'jibri/finalize.sh'),
    focusUrl: options.focusUrl,
    font: font(),
    ...(options.account === undefined ? {} : { account: options.account }),
  }
  let child: ChildProcess | undefined
  const play = { comesUpMs: 0, starts: 0 }
  const processMark = `--stage-jibri=${recordingsFolder}`

  async function start(): Promise<void> {
    if (child !== undefined) return
    play.starts++
    const started = spawn(process.execPath, [join(import.meta.dirname, 'jibri-main.ts'), processMark], {
      env: { ...process.env, STAGE_JIBRI: JSON.stringify({ ...settings, comesUpMs: play.comesUpMs }) },
      stdio: ['ignore', log, log],
    })
    child = started
    started.once('exit', () => {
      if (child === started) child = undefined
    })
    // The service manager does not wait for one that takes its time.
    if (play.comesUpMs > 0) return
    for (let attempt = 0; attempt < 150; attempt++) {
      if (await answers(`${url}/state`)) return
      await pause(60)
    }
    throw new Error(`stage Jibri ${options.name} does not answer`)
  }

  async function end(): Promise<void> {
    const ending = child
    if (ending !== undefined) {
      const ended = new Promise<void>((done) => ending.once('exit', () => done()))
      ending.kill('SIGKILL')
      await ended
    }
  }

  /** As systemd ends a control group: the process and all that it left behind. */
  async function endGroup(): Promise<void> {
    await end()
    for (const pid of [...writersBelow(recordingsFolder), ...browsersOf(recordingsFolder)]) process.kill(pid, 'SIGKILL')
  }

  const manager = await serveCommands({
    '/stop': endGroup,
    '/start': async () => {
      await pause(comeBackMs)
      await start()
    },
  })
  const post = (path: string): string => `'${process.execPath}' -e "fetch('${manager.url}${path}',{method:'POST'})"`

  // Left by a run that was killed: a host that starts has none.
  await endGroup()
  await start()
  return {
    url,
    recordingsFolder,
    spoolFolder,
    stopCommand: post('/stop'),
    startCommand: post('/start'),
    processMark,
    play,
    pid: () => child?.pid,
    async fault(kind) {
      const answer = await fetch(`${url}/fault`, { method: 'POST', body: JSON.stringify({ kind }) })
      if (!answer.ok) throw new Error(`fault ${kind} answered ${answer.status}`)
    },
    kill: end,
    async restart() {
      await endGroup()
      await pause(comeBackMs)
      await start()
    },
    async stop() {
      manager.close()
      await endGroup()
    },
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(500) }).then(
    () => true,
    () => false,
  )

async function serveCommands(commands: Record<string, () => Promise<void>>): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const command = commands[request.url ?? '']
    Promise.resolve(command?.()).then(
      () => response.writeHead(command === undefined ? 404 : 204).end(),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The processes whose entries below /proc fit; one that ends while it is looked at does not. */
function processes(fits: (entry: string) => boolean): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        return fits(`/proc/${entry}`)
      } catch (error) {
        if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
        return false
      }
    })
    .map(Number)
}

/** The browsers of the Jibri that records into the folder. */
const browsersOf = (folder: string): number[] =>
  processes((entry) => {
    const words = readFileSync(`${entry}/cmdline`, 'utf8')
    return words.includes('jibri-browser.ts') && words.includes(JSON.stringify(folder))
  })

/** The ffmpegs that hold a file below the folder open: only this stage's write there. */
export const writersBelow = (folder: string): number[] =>
  processes(
    (entry) =>
      readFileSync(`${entry}/comm`, 'utf8').trim() === 'ffmpeg' &&
      readdirSync(`${entry}/fd`).some((handle) => readlinkSync(`${entry}/fd/${handle}`).startsWith(`${folder}/`)),
  )

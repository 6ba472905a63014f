// One stage Jibri as a process of its own, so that it can be killed as a real one. Settings come as JSON in STAGE_JIBRI.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type BrowserSettings, callEnded, type RecorderAccount } from './jibri-browser.ts'
import { startPicture } from './jibri-picture.ts'

interface Settings {
  name: string
  port: number
  recordingsFolder: string
  spoolFolder: string
  finalize: string
  focusUrl: string
  font: string
  /** How long it works at coming up before it listens. */
  comesUpMs: number
  /** How it enters rooms; without it nobody sees it there (tests of the host alone). */
  account?: RecorderAccount
}

interface Session {
  sessionId: string
  room: string
  folder: string
  appData: { file_recording_metadata?: Record<string, unknown> }
  ffmpeg: ChildProcess | undefined
  browser: ChildProcess | undefined
  status: 'pending' | 'on'
  stopping: boolean
  dead: boolean
}

const settings = JSON.parse(process.env.STAGE_JIBRI ?? '{}') as Settings
const url = `http://127.0.0.1:${settings.port}`
const state = { busy: false, healthy: true, unwritable: false, session: undefined as Session | undefined }
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function tell(session: Session, status: 'pending' | 'on' | 'off' | 'error', error?: string): Promise<void> {
  await fetch(`${settings.focusUrl}/jibri-status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jibri: url,
      sessionId: session.sessionId,
      status,
      ...(error === undefined ? {} : { error }),
    }),
    signal: AbortSignal.timeout(3_000),
  }).catch(() => undefined)
}

function stamp(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}-${two(at.getHours())}-${two(at.getMinutes())}-${two(at.getSeconds())}`
}

function startFfmpeg(session: Session): ChildProcess {
  const child = startPicture(join(session.folder, `${session.room}_${stamp(new Date())}.mkv`), settings.font)
  child.once('exit', () => onFfmpegEnd(session))
  child.once('error', () => onFfmpegEnd(session))
  return child
}

function onFfmpegEnd(session: Session): void {
  if (session.stopping || session.dead || state.session !== session) return
  const disk = statfsSync(settings.recordingsFolder)
  if (disk.bavail * disk.bsize < 1_000_000) {
    // The real Jibri says nothing of a full disk.
    session.dead = true
    return
  }
  // ffmpeg died by itself: Jibri sees it after 2 s.
  setTimeout(() => finish(session, 'error', 'error'), 2_000)
}

/** Its browser enters the room. Resolves once it is inside, or is known not to come. */
async function enterRoom(session: Session): Promise<void> {
  const { account, recordingsFolder } = settings
  if (account === undefined) return pause(200)
  const order: BrowserSettings = { ...account, room: session.room, sessionId: session.sessionId, recordingsFolder }
  const browser = spawn(process.execPath, [join(import.meta.dirname, 'jibri-browser.ts'), JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  session.browser = browser
  browser.once('exit', (status) => onBrowserEnd(session, status))
  await new Promise<void>((resolve) => {
    browser.stdout.once('data', () => resolve())
    browser.once('exit', () => resolve())
  })
}

function onBrowserEnd(session: Session, status: number | null): void {
  if (session.stopping || state.session !== session) return
  // A call that ended is ended in order; that the browser itself died Jibri sees after 6 s.
  if (status === callEnded) finish(session, 'off').catch(() => undefined)
  else setTimeout(() => finish(session, 'error', 'error'), 6_000)
}

async function begin(session: Session): Promise<void> {
  await tell(session, 'pending')
  if (state.unwritable) {
    await pause(70)
    state.healthy = false
    state.busy = false
    state.session = undefined
    return tell(session, 'error', 'error')
  }
  await enterRoom(session)
  if (session.stopping || state.session !== session) return
  // The real one makes its folder before it enters; here that can take longer than a test's sweep lets an empty folder stand.
  mkdirSync(session.folder, { recursive: true })
  session.ffmpeg = startFfmpeg(session)
  // Everybody has `on` from the recorder's presence; Jicofo tells it 1.0–1.9 s later, when ffmpeg really encodes.
  await pause(1_200)
  if (session.stopping || state.session !== session) return
  session.status = 'on'
  await tell(session, 'on')
}

/** An orderly end: ffmpeg closed, metadata written, state told, then the real finalize hook; busy while it runs. */
async function finish(session: Session, status: 'off' | 'error', error?: string): Promise<void> {
  if (session.stopping) return
  session.stopping = true
  const child = session.ffmpeg
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGINT')
    await Promise.race([ended, pause(5_000)])
  }
  // Jibri leaves the call before it says so: `off` came 0.2–0.9 s after the stop.
  session.browser?.kill('SIGTERM')
  await pause(200)
  const metadata = {
    meeting_url: `${settings.focusUrl}/${session.room}`,
    participants: [],
    share: true,
    ...session.appData.file_recording_metadata,
  }
  mkdirSync(session.folder, { recursive: true })
  writeFileSync(join(session.folder, 'metadata.json'), JSON.stringify(metadata))
  await tell(session, status, error)
  await new Promise<void>((resolve) => {
    execFile(
      settings.finalize,
      [session.folder],
      { env: { ...process.env, TIEPDAN_JIBRI_SPOOL_FOLDER: settings.spoolFolder } },
      () => resolve(),
    )
  })
  if (state.session === session) state.session = undefined
  state.busy = false
}

async function start(order: { sessionId: string; room: string; appData: string }): Promise<number> {
  if (state.busy || !state.healthy) return 409
  state.busy = true
  let appData: Session['appData'] = {}
  try {
    appData = JSON.parse(order.appData || '{}') as Session['appData']
  } catch {
    appData = {}
  }
  const session: Session = {
    sessionId: order.sessionId,
    room: order.room,
    folder: join(settings.recordingsFolder, order.sessionId),
    appData,
    ffmpeg: undefined,
    browser: undefined,
    status: 'pending',
    stopping: false,
    dead: false,
  }
  state.session = session
  setTimeout(() => begin(session).catch(() => undefined), 50)
  return 200
}

const faults: Record<string, () => void> = {
  /** The process dies and leaves ffmpeg writing, as a killed Jibri does. */
  kill: () => process.kill(process.pid, 'SIGKILL'),
  'chromium-gone': () => {
    const { session } = state
    if (session?.browser) session.browser.kill('SIGKILL')
    else if (session) onBrowserEnd(session, null)
  },
  unwritable: () => {
    state.unwritable = true
  },
  /** Nothing is said: the state stays, the file stands still, and a later stop fails. */
  'disk-full': () => {
    const { session } = state
    if (session === undefined) return
    session.dead = true
    session.ffmpeg?.kill('SIGSTOP')
  },
  'ffmpeg-dies': () => {
    state.session?.ffmpeg?.kill('SIGKILL')
  },
}

async function handle(path: string, body: unknown): Promise<{ status: number; body?: unknown }> {
  const given = body as Record<string, string>
  switch (path) {
    case '/start':
      return { status: await start(given as never) }
    case '/stop': {
      const { session } = state
      if (session === undefined || session.sessionId !== given.sessionId) return { status: 404 }
      if (session.dead) {
        state.healthy = false
        return { status: 500 }
      }
      finish(session, 'off').catch(() => undefined)
      return { status: 200 }
    }
    case '/state':
      return {
        status: 200,
        body: {
          busyStatus: state.busy ? 'BUSY' : 'IDLE',
          healthStatus: state.healthy ? 'HEALTHY' : 'UNHEALTHY',
          sessionId: state.session?.sessionId,
        },
      }
    case '/jibri/api/v1.0/health':
      return {
        status: 200,
        body: {
          status: {
            busyStatus: state.busy ? 'BUSY' : 'IDLE',
            health: { healthStatus: state.healthy ? 'HEALTHY' : 'UNHEALTHY' },
          },
        },
      }
    // As the real one: answers when the service is wholly stopped, and well also when there is none.
    case '/jibri/api/v1.0/stopService': {
      if (state.session?.dead) return new Promise(() => undefined)
      if (state.session !== undefined) await finish(state.session, 'off')
      return { status: 200 }
    }
    case '/fault': {
      const { kind = '' } = given
      if (faults[kind] === undefined) return { status: 400 }
      if (state.session === undefined && kind !== 'kill' && kind !== 'unwritable') return { status: 409 }
      setTimeout(() => faults[kind]?.(), 20)
      return { status: 204 }
    }
    default:
      return { status: 404 }
  }
}

mkdirSync(settings.recordingsFolder, { recursive: true })
// Java on a busy host: at work, and not there for anybody yet.
const upAt = performance.now() + settings.comesUpMs
while (performance.now() < upAt) {
  for (const until = performance.now() + 50; performance.now() < until; );
  await pause(200)
}
createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    const text = Buffer.concat(chunks).toString()
    const answer = await handle(request.url ?? '/', text === '' ? {} : JSON.parse(text))
    response
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(answer.body === undefined ? '' : JSON.stringify(answer.body))
  })
}).listen(settings.port, '127.0.0.1')

// As the real one: ends at once, without metadata or hook; ffmpeg and the browser live on unless the whole group is killed.
process.on('SIGTERM', () => process.exit(143))

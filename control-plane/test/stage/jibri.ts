import { type ChildProcess, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { RecorderAccount } from './jibri-browser.ts'
import { type StageFault, type StageJibri, startStageJibri } from './jibri-process.ts'

export interface StageRecorderOptions {
  folder: string
  name: string
  focusUrl: string
  controlPlaneUrl: string
  serviceSecret: string
  port?: number
  /** How its browser enters rooms. */
  account?: RecorderAccount
  /** Further settings of the daemon (`REPORT_MS: '1000'`, …). */
  daemon?: Record<string, string>
}

export interface StageRecorder {
  name: string
  url: string
  recordingsFolder: string
  spoolFolder: string
  play: StageJibri['play']
  /** The Jibri process, for tests that kill it. */
  pid(): number | undefined
  daemonPid(): number | undefined
  fault(kind: StageFault): Promise<void>
  killJibri(): Promise<void>
  restartJibri(): Promise<void>
  killDaemon(): Promise<void>
  startDaemon(): void
  /** SIGTERM; resolves to the daemon's exit status. */
  stopDaemon(): Promise<number | null>
  stop(): Promise<void>
}

const root = resolve(import.meta.dirname, '../../..')

/** One recorder host of the stage: a Jibri process and the real daemon of `jibri/`. */
export async function startStageRecorder(options: StageRecorderOptions): Promise<StageRecorder> {
  const jibri = await startStageJibri(options)
  const log = openSync(join(options.folder, options.name, 'log'), 'a')
  let daemon: ChildProcess | undefined

  function startDaemon(): void {
    daemon = spawn(process.execPath, [join(root, 'jibri/main.ts')], {
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        ...prefixed({
          HOST: options.name,
          CONTROL_PLANE_URL: options.controlPlaneUrl,
          SERVICE_NAME: `recorder-${options.name}`,
          SERVICE_SECRET: options.serviceSecret,
          RECORDINGS_FOLDER: jibri.recordingsFolder,
          SPOOL_FOLDER: jibri.spoolFolder,
          URL: jibri.url,
          STOP_COMMAND: jibri.stopCommand,
          START_COMMAND: jibri.startCommand,
          PROCESS: jibri.processMark,
          LOG_FOLDER: join(options.folder, options.name, 'no-log'),
          MIN_FREE_BYTES: '50000000',
          RETRY_LONGEST_MS: '15000',
          ...options.daemon,
        }),
      },
    })
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    const child = daemon
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const ended = new Promise<number | null>((done) => child.once('exit', done))
    child.kill(signal)
    const hard = setTimeout(() => child.kill('SIGKILL'), 11_000)
    const status = await ended
    clearTimeout(hard)
    return status
  }

  startDaemon()
  return {
    name: options.name,
    url: jibri.url,
    recordingsFolder: jibri.recordingsFolder,
    spoolFolder: jibri.spoolFolder,
    play: jibri.play,
    pid: jibri.pid,
    daemonPid: () => daemon?.pid,
    fault: jibri.fault,
    killJibri: jibri.kill,
    restartJibri: jibri.restart,
    async killDaemon() {
      await end('SIGKILL')
    },
    startDaemon,
    stopDaemon: () => end('SIGTERM'),
    async stop() {
      await end('SIGTERM')
      await jibri.stop()
    },
  }
}

const prefixed = (settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [`TIEPDAN_JIBRI_${key}`, value]))

import { execFile } from 'node:child_process'
import type { JibriAnswer } from './growth.ts'
import { log, wordsOf } from './log.ts'
import type { Settings } from './settings.ts'

const answerMs = 3_000
// systemd itself gives up a stop after 15 s and kills; a busy host needs a multiple of that.
const commandMs = 120_000
// Jibri answers only when the file is closed and its hook has run.
const endMs = 30_000

interface Health {
  status?: { busyStatus?: string; health?: { healthStatus?: string } }
}

/** This host's Jibri: its state by its own HTTP API, and the service manager's commands. */
export function createJibriService(settings: Settings) {
  return {
    /** `down`: nobody listens there; `silent`: somebody does and does not answer, or not as a Jibri. */
    async state(): Promise<JibriAnswer> {
      try {
        const response = await fetch(`${settings.jibriUrl}/jibri/api/v1.0/health`, {
          signal: AbortSignal.timeout(answerMs),
        })
        const { status } = (await response.json()) as Health
        if (status?.health?.healthStatus !== 'HEALTHY') return 'unhealthy'
        return status.busyStatus === 'BUSY' ? 'busy' : 'idle'
      } catch (error) {
        return isRefused(error) ? 'down' : 'silent'
      }
    },
    /** Ends what it records, in order: the file is closed, its metadata written, its hook run. False when that did not come about. */
    async endSession(): Promise<boolean> {
      try {
        const url = `${settings.jibriUrl}/jibri/api/v1.0/stopService`
        const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(endMs) })
        await response.body?.cancel()
        if (!response.ok) log('error', 'Jibri does not end its session', { status: response.status })
        return response.ok
      } catch (error) {
        log('error', 'Jibri does not end its session', { error: wordsOf(error) })
        return false
      }
    },
    stop: () => run(settings.stopCommand),
    start: () => run(settings.startCommand),
    /** Whether this daemon may touch the service at all. */
    isOurs: settings.stopCommand !== '',
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof TypeError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'

export type JibriService = ReturnType<typeof createJibriService>

/** Runs a configured command; a failure is logged and the next look tries again. */
function run(command: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { timeout: commandMs, env: { PATH: process.env.PATH } }, (error) => {
      if (error) log('error', 'service command failed', { error: wordsOf(error) })
      resolve(error === null)
    })
  })
}

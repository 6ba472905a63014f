import { execFile } from 'node:child_process'
import type { JibriState } from './growth.ts'
import { log, wordsOf } from './log.ts'
import type { Settings } from './settings.ts'

const answerMs = 3_000
const commandMs = 30_000

interface Health {
  status?: { busyStatus?: string; health?: { healthStatus?: string } }
}

/** This host's Jibri: its state by its own HTTP API, and the service manager's commands. */
export function createJibriService(settings: Settings) {
  return {
    async state(): Promise<JibriState> {
      try {
        const response = await fetch(`${settings.jibriUrl}/jibri/api/v1.0/health`, {
          signal: AbortSignal.timeout(answerMs),
        })
        const { status } = (await response.json()) as Health
        if (status?.health?.healthStatus !== 'HEALTHY') return 'unhealthy'
        return status.busyStatus === 'BUSY' ? 'busy' : 'idle'
      } catch {
        // Whatever the reason — refused, silent, not JSON — it does not answer as a Jibri does.
        return 'down'
      }
    },
    stop: () => run(settings.stopCommand),
    start: () => run(settings.startCommand),
    /** Whether this daemon may touch the service at all. */
    isOurs: settings.stopCommand !== '',
  }
}

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

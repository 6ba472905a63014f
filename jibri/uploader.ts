import { stat } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { ControlPlane } from './control-plane.ts'
import { afterFailure, type Delivery, freshDelivery, isDue, nextStep } from './delivery.ts'
import { log, wordsOf } from './log.ts'
import { matroskaStart } from './matroska-date.ts'
import { writtenFilesBelow } from './open-files.ts'
import { send } from './send.ts'
import { readFileName } from './session-folder.ts'
import type { Settings } from './settings.ts'
import { hashOf, type Spool, type SpooledFile } from './spool.ts'

/** How often a receipt is asked for in one turn, and how long between. */
const receiptTries = 20
const receiptPauseMs = 500

/**
 * Brings everything in the spool into the central store and deletes a file only when the store has confirmed its SHA-256 and size.
 * May be killed at any byte: hash, address and attempts are kept beside the file, the receiver knows the offset. Tries for ever.
 */
export function createUploader(settings: Settings, spool: Spool, controlPlane: ControlPlane) {
  async function run(signal: AbortSignal): Promise<void> {
    const files = await spool.list()
    const written = files.length === 0 ? new Set() : await writtenFilesBelow(settings.spoolFolder)
    for (const file of files) {
      if (signal.aborted) return
      // The hook came while a former Jibri's orphaned ffmpeg still writes into the same folder.
      if (written.has(file.path)) continue
      if (file.bytes === 0) {
        await spool.setAside(file)
        log('error', 'empty recording file set aside', { sessionId: file.sessionId, fileName: file.name })
        continue
      }
      await turn(file, signal)
    }
  }

  async function turn(file: SpooledFile, signal: AbortSignal): Promise<void> {
    const delivery = await spool.delivery(file)
    if (!isDue(delivery, Date.now(), settings.retryLongestMs)) return
    const job = { file, delivery }
    try {
      await bring(job, signal)
    } catch (error) {
      if (signal.aborted) return
      const failure = { error: wordsOf(error), now: Date.now(), random: Math.random() }
      const { attempts, lastError } = await keep(job, afterFailure(job.delivery, failure, settings))
      log('warn', 'upload will be tried again', { sessionId: file.sessionId, attempts, error: lastError })
    }
  }

  interface Job {
    file: SpooledFile
    delivery: Delivery
  }

  async function keep(job: Job, change: Partial<Delivery>): Promise<Delivery> {
    job.delivery = { ...job.delivery, ...change }
    await spool.keep(job.file, job.delivery)
    return job.delivery
  }

  async function hashed(job: Job, signal: AbortSignal): Promise<string> {
    if (job.delivery.sha256 !== null) return job.delivery.sha256
    const sha256 = await hashOf(job.file.path, signal)
    if ((await stat(job.file.path)).size !== job.file.bytes) throw new Error('the file grew while it was read')
    await keep(job, { sha256 })
    return sha256
  }

  async function bring(job: Job, signal: AbortSignal): Promise<void> {
    const { file } = job
    const sha256 = await hashed(job, signal)
    for (let turns = 0; turns < receiptTries; turns++) {
      const receipt = await controlPlane.receipt({ sessionId: file.sessionId, fileName: file.name, sha256 })
      const step = nextStep(job.delivery, receipt)
      switch (step.do) {
        case 'delete':
          await spool.remove(file)
          return log('info', 'recording file stored', { sessionId: file.sessionId, bytes: file.bytes })
        case 'wait':
          await pause(receiptPauseMs, undefined, { signal })
          break
        case 'hold':
          if (!job.delivery.held)
            log('warn', 'stored, but of no known hearing: kept here', {
              sessionId: file.sessionId,
              fileName: file.name,
            })
          await keep(job, { held: true, nextAttemptAt: Date.now() + settings.retryLongestMs })
          return
        case 'send':
          await deliver(job, sha256, step.uploadUrl, signal)
          await keep(job, { attempts: 0, lastError: null, held: false })
          break
        case 'start-over':
          await keep(job, { ...freshDelivery(file.bytes), attempts: job.delivery.attempts })
          return sendAnew(job, step.reason, signal)
        case 'give-way':
          throw new Error(step.reason)
      }
    }
    // No failure: the store is still reading. Look again soon, and let the next file have its turn.
    await keep(job, { nextAttemptAt: Date.now() + settings.retryFirstMs })
  }

  /** All of it again. The old receipt says `mismatch` until a new upload exists, so the sending comes before the asking. */
  async function sendAnew(job: Job, reason: string, signal: AbortSignal): Promise<void> {
    log('error', 'the store does not have the same bytes; sending again', { sessionId: job.file.sessionId, reason })
    const { attempts } = job.delivery
    await deliver(job, await hashed(job, signal), null, signal)
    job.delivery.attempts = attempts
    // Not asked at once, and ever more rarely: a line or a disk that spoils bytes again and again must not run hot.
    await keep(job, afterFailure(job.delivery, { error: reason, now: Date.now(), random: Math.random() }, settings))
  }

  async function deliver(job: Job, sha256: string, uploadUrl: string | null, signal: AbortSignal): Promise<void> {
    const { file } = job
    const { room, startedAt } = readFileName(file.name)
    const began = (await matroskaStart(file.path)) ?? startedAt
    await send(
      {
        path: file.path,
        bytes: file.bytes,
        uploadUrl,
        metadata: {
          sessionId: file.sessionId,
          fileName: file.name,
          host: settings.host,
          sha256,
          orderly: String(file.orderly),
          ...(file.recordingId === null ? {} : { recordingId: file.recordingId }),
          ...(room === null ? {} : { room }),
          ...(began === null ? {} : { startedAt: began.toISOString() }),
        },
        onUrl: async (url) => {
          await keep(job, { uploadUrl: url })
        },
        onAccepted: () => {
          // A line that breaks often but moves bytes is tried again soon.
          job.delivery.attempts = 0
        },
      },
      settings,
      controlPlane,
      signal,
    )
  }

  return { run }
}

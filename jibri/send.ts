import { createReadStream } from 'node:fs'
import { DetailedError, Upload } from 'tus-js-client'
import type { ControlPlane } from './control-plane.ts'
import type { Settings } from './settings.ts'

export interface Sending {
  path: string
  bytes: number
  /** Where an earlier attempt was going on; null begins anew. */
  uploadUrl: string | null
  metadata: Record<string, string>
  onUrl(url: string): Promise<void>
  /** The receiver has taken bytes. */
  onAccepted(): void
}

/**
 * Sends one file by tus, from the byte that the receiver has. Resolves when the receiver has them all; rejects on any refusal, on a line
 * that moves nothing for `stallMs`, and when the signal aborts. Trying again is the caller's.
 */
export async function send(
  sending: Sending,
  settings: Settings,
  controlPlane: ControlPlane,
  signal: AbortSignal,
): Promise<void> {
  const input = createReadStream(sending.path)
  let stop: (reason: Error) => void = () => undefined
  const stalled = () => stop(new Error(`nothing moved for ${settings.stallMs / 1000} s`))
  let stallTimer = setTimeout(stalled, settings.stallMs)
  const onAbort = (): void => stop(new Error('stopping'))
  const moved = (): void => {
    clearTimeout(stallTimer)
    stallTimer = setTimeout(stalled, settings.stallMs)
  }
  try {
    await new Promise<void>((resolve, reject) => {
      input.once('error', reject)
      const upload = new Upload(input, {
        endpoint: `${settings.controlPlaneUrl}/api/uploads`,
        uploadUrl: stillValid(sending.uploadUrl, settings.controlPlaneUrl),
        uploadSize: sending.bytes,
        chunkSize: settings.chunkBytes,
        retryDelays: [],
        metadata: sending.metadata,
        // A long upload outlives a token: each request has a valid one.
        onBeforeRequest: async (request) => request.setHeader('Authorization', `Bearer ${await controlPlane.token()}`),
        onUploadUrlAvailable: () => {
          moved()
          if (upload.url) sending.onUrl(upload.url).catch(reject)
        },
        onProgress: moved,
        onChunkComplete: () => {
          moved()
          sending.onAccepted()
        },
        onError: (error) => reject(told(error, controlPlane)),
        onSuccess: () => resolve(),
      })
      stop = (reason) => {
        upload.abort().catch(() => undefined)
        reject(reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) stop(new Error('stopping'))
      else upload.start()
    })
  } finally {
    clearTimeout(stallTimer)
    signal.removeEventListener('abort', onAbort)
    // tus-js-client opens the path itself for each chunk and leaves this handle to us.
    input.destroy()
  }
}

/** An address kept from before the control plane moved leads nowhere for ever. */
function stillValid(uploadUrl: string | null, controlPlaneUrl: string): string | null {
  return uploadUrl?.startsWith(`${controlPlaneUrl}/`) ? uploadUrl : null
}

/** The failure in one short line: the library's own message carries whole requests. */
function told(error: Error, controlPlane: ControlPlane): Error {
  if (!(error instanceof DetailedError)) return error
  const status = error.originalResponse?.getStatus()
  if (status === 401) controlPlane.forgetToken()
  if (status === undefined || status === 0) return new Error('the receiver does not answer', { cause: error })
  return new Error(`upload answered ${status}: ${(error.originalResponse?.getBody() ?? '').slice(0, 200)}`)
}

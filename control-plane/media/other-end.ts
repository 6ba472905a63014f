import type { RoomEvent } from './room.ts'

/** The participant property by which an end of a test call says that it has measured (presence: it needs no bridge channel). */
export const measuredProperty = 'measured'

/** The other end of a test call, as far as it concerns this one. */
export interface OtherEnd {
  hear(event: RoomEvent): void
  /** Has left, or this end's own call is over: whatever stands still from now on tells nothing of the line. */
  isGone(): boolean
  /** Resolves when the other end has measured too or is gone, at the latest after `ms`. Never rejects. */
  doneWithin(ms: number, signal: AbortSignal): Promise<void>
}

/**
 * Both ends measure the same call, each in its own time: who has done waits here for the other before leaving, so that nobody measures a
 * picture whose sender has gone.
 */
export function createOtherEnd(): OtherEnd {
  const seen = { left: false, lost: false, measured: false }
  const isGone = (): boolean => seen.left || seen.lost
  let wake: () => void = () => undefined
  return {
    hear(event) {
      // Whoever reloads his page before the measuring comes back as another.
      if (event.is === 'user-joined') seen.left = false
      if (event.is === 'user-left') seen.left = true
      if (event.is === 'lost') seen.lost = true
      if (event.is === 'property' && event.name === measuredProperty) seen.measured = true
      if (isGone() || seen.measured) wake()
    },
    isGone,
    async doneWithin(ms, signal) {
      if (signal.aborted || isGone() || seen.measured) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
        signal.addEventListener('abort', wake, { once: true })
      })
    },
  }
}

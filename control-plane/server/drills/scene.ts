import type { DrillPlace, DrillPlaces } from '../endpoints/index.ts'
import type { RoomAgent, SyntheticPc } from '../room-agent/index.ts'
import type { DrillRoom, DrillRooms } from '../rooms/index.ts'
import type { DeskDeps } from './desk.ts'

/** One synthetic room PC of a drill. */
export interface Pc extends DrillPlace {
  place: number
  grantId: string
  /** Undefined until its page is open. */
  page: SyntheticPc | undefined
}

/** Everything that a drill stands on while it is played. */
export interface Scene {
  drillId: string
  room: DrillRoom
  pcs: Pc[]
  signal: AbortSignal
}

export interface PlayDeps extends DeskDeps {
  rooms: { drills: DrillRooms }
  endpoints: { drills: DrillPlaces }
  roomAgent: Pick<RoomAgent, 'openRoomPc'>
}

const lookMs = 200

export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end)
      resolve()
    }, ms)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })

/** Looks until something is found, at most for `ms`; undefined when nothing was. @throws when the signal ends it. */
export async function until<T>(
  ms: number,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const end = performance.now() + ms
  for (;;) {
    signal.throwIfAborted()
    const found = await look()
    if (found !== undefined || performance.now() > end) return found
    await pause(lookMs, signal)
  }
}

export const secondsText = (ms: number): string => `${(ms / 1000).toFixed(1).replace('.', ',')} giây`

import type { Entry } from '../contract/call.ts'
import type { Board } from '../contract/kiosk.ts'

/** What the room PC keeps over restarts and outages, in the browser's own storage. */
interface Kept {
  credential: string
  board: Board
  /** The last entry to a hearing: enough to enter while the control plane is down. */
  entry: { hearingId: string; entry: Entry }
  devices: { cameraId?: string; microphoneId?: string }
}

const prefix = 'tiepdan.kiosk.'

export function recall<K extends keyof Kept>(key: K): Kept[K] | undefined {
  const text = localStorage.getItem(prefix + key)
  if (text === null) return undefined
  try {
    return JSON.parse(text) as Kept[K]
  } catch {
    // Cut short by a full disk: as if it had never been kept.
    localStorage.removeItem(prefix + key)
    return undefined
  }
}

export function keep<K extends keyof Kept>(key: K, value: Kept[K]): void {
  localStorage.setItem(prefix + key, JSON.stringify(value))
}

/** What a page broke over must not break the next one. */
export function forgetBoard(): void {
  localStorage.removeItem(`${prefix}board`)
}

export function forgetEverything(): void {
  for (const key of ['credential', 'board', 'entry', 'devices']) localStorage.removeItem(prefix + key)
}

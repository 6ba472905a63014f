import type { Entry } from '../contract/call.ts'
import type { Board } from '../contract/kiosk.ts'
import type { Chosen, ChosenDevices } from '../media/devices.ts'
import type { HandedDevices } from '../media/meeting-devices.ts'

/** What the room PC keeps over restarts and outages, in the browser's own storage. */
interface Kept {
  credential: string
  board: Board
  /** The last entry to a hearing: enough to enter while the control plane is down. */
  entry: { hearingId: string; entry: Entry }
  /** The hearing that the room is in, until it leaves or is put out: after a reload or a crash it goes back by itself. */
  inside: { hearingId: string }
  /** What was in use when somebody last looked, by label: the meeting is to send the same. */
  inUse: HandedDevices
  devices: ChosenDevices | { cameraId?: string; microphoneId?: string }
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

export function forget(key: keyof Kept): void {
  localStorage.removeItem(prefix + key)
}

export function forgetEverything(): void {
  for (const key of ['credential', 'board', 'entry', 'devices', 'inUse', 'inside'] as const) forget(key)
}

/** The chosen devices, also as they were kept before they had names: then by their ids alone. */
export function recallDevices(): ChosenDevices {
  const kept = recall('devices') ?? {}
  if (!('cameraId' in kept || 'microphoneId' in kept)) return kept as ChosenDevices
  const { cameraId, microphoneId } = kept
  return {
    ...(cameraId === undefined ? {} : { camera: { id: cameraId, label: '' } }),
    ...(microphoneId === undefined ? {} : { microphone: { id: microphoneId, label: '' } }),
  }
}

/** What a meeting is to send: what was seen on this machine last, else what was chosen. */
export function recallHanded(): HandedDevices {
  const { camera, microphone } = recallDevices()
  const named = (chosen: Chosen | undefined): string | undefined => chosen?.label || undefined
  const chosen = { camera: named(camera), microphone: named(microphone) }
  const inUse = recall('inUse') ?? {}
  return { camera: inUse.camera ?? chosen.camera, microphone: inUse.microphone ?? chosen.microphone }
}

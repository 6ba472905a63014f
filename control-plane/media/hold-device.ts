import type { DeviceState } from '../contract/kiosk.ts'
import { type Chosen, type DeviceFault, type DeviceKind, findChosen } from './devices.ts'
import { hasDevices, listDevices, mustAsk, type Opened, openDevice, permissionOf, stopAll } from './open-device.ts'

/** A device as a page has it now. */
export interface Held {
  state: DeviceState
  stream: MediaStream | null
  /** The label of the one in use; empty: none. */
  name: string
  /** With `other`: why the chosen one is not in use. */
  because: DeviceFault | null
}

export const notYet: Held = { state: 'unknown', stream: null, name: '', because: null }

/** How often a device that is missing or held by another program is tried again; one that does not answer less and less often: each try may hang. */
const againMs = 10_000
const longestAgainMs = 160_000
/** A question for permission that is answered at once (room PCs allow by policy) needs no word. */
const askingMs = 1_000
/** A picture that stays away this long is told. Shorter ones come with every opening. */
const mutedMs = 3_000

/**
 * Keeps one device open and tells each change: unplugged, plugged in, taken by another program, forbidden, allowed again. A chosen device that
 * comes back is taken again by itself. Close it when done.
 */
export function holdDevice(
  kind: DeviceKind,
  chosen: Chosen | undefined,
  tell: (held: Held) => void,
): { again(): void; close(): void } {
  let held = notYet
  let pending = 0
  // What arrives from an earlier turn is nobody's any more.
  let turn = 0
  let isClosed = false
  const closers: (() => void)[] = []

  const become = (next: Held): void => {
    held = next
    tell(held)
  }

  async function open(onlyChosen: boolean): Promise<void> {
    const mine = ++turn
    const word = setTimeout(async () => {
      if ((await mustAsk(kind)) && mine === turn && held.stream === null) become({ ...notYet, state: 'asking' })
    }, askingMs)
    pending++
    const opened = await openDevice(kind, chosen, onlyChosen).finally(() => {
      pending--
      clearTimeout(word)
    })
    if (mine !== turn) {
      if (opened.is === 'open') stopAll(opened.stream)
      return
    }
    adopt(opened, onlyChosen)
  }

  function adopt(opened: Opened, onlyChosen: boolean): void {
    if (opened.is === 'closed') {
      // The one that stands in goes on.
      if (onlyChosen && held.stream !== null) return
      become({ ...notYet, state: opened.fault })
      return
    }
    if (held.stream !== opened.stream) stopAll(held.stream)
    watchTrack(opened)
    const { stream, name, isOther } = opened
    become({ state: isOther ? 'other' : 'ok', stream, name, because: isOther ? opened.because : null })
  }

  function watchTrack({ stream, isOther }: Extract<Opened, { is: 'open' }>): void {
    const [track] = stream.getTracks()
    const isMine = (): boolean => held.stream === stream
    track?.addEventListener('ended', () => {
      if (!isMine()) return
      become({ ...notYet, state: 'none' })
      open(false)
    })
    // Microphones are listened to instead (senses.ts): what is muted for them is silence.
    if (kind === 'microphone') return
    const sound = (): void => {
      if (isMine() && track !== undefined) become({ ...held, state: track.muted ? 'silent' : isOther ? 'other' : 'ok' })
    }
    track?.addEventListener('mute', () => setTimeout(sound, mutedMs))
    track?.addEventListener('unmute', sound)
  }

  /** Tries again unless all is well or an earlier try still waits for its answer. */
  function again(): void {
    if (held.state === 'ok' || held.state === 'silent' || pending > 0) return
    open(held.stream !== null)
  }
  async function onDevices(): Promise<void> {
    const devices = await listDevices(kind)
    // A driver that never answered is given up with the device it was for.
    if (held.stream === null) open(false)
    else if (held.state === 'other' && findChosen(chosen, devices) !== undefined) open(true)
  }
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') again()
  }

  if (hasDevices()) {
    const { mediaDevices } = navigator
    const change = (): void => void onDevices()
    mediaDevices.addEventListener('devicechange', change)
    closers.push(() => mediaDevices.removeEventListener('devicechange', change))
    document.addEventListener('visibilitychange', onVisible)
    closers.push(() => document.removeEventListener('visibilitychange', onVisible))
    permissionOf(kind).then((permission) => {
      if (isClosed) return
      permission?.addEventListener('change', again)
      closers.push(() => permission?.removeEventListener('change', again))
    })
    let timer: ReturnType<typeof setTimeout> | undefined
    const later = (afterMs: number): void => {
      timer = setTimeout(() => {
        // Tried again after a refusal, a browser may ask, and ask, and ask.
        if (held.state !== 'refused') again()
        later(held.state === 'no-answer' ? Math.min(2 * afterMs, longestAgainMs) : againMs)
      }, afterMs)
    }
    later(againMs)
    closers.push(() => clearTimeout(timer))
  }
  open(false)
  return {
    again,
    close() {
      isClosed = true
      turn++
      for (const close of closers.splice(0)) close()
      stopAll(held.stream)
      held = notYet
    },
  }
}

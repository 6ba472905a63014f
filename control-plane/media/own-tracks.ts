import { type ChosenDevices, type DeviceFault, type DeviceKind, faultOf, triesFor } from './devices.ts'
import type { JitsiLibrary, JitsiTrack } from './jitsi.ts'
import { answerMs, hasDevices, listDevices, withinMs } from './open-device.ts'

/** What became of a device that was to be sent: none of its kind could be opened and why, or another one stands in for the chosen one. */
export interface DeviceOutcome {
  kind: DeviceKind
  fault: DeviceFault | 'other'
}

const names: Record<DeviceKind, { type: 'audio' | 'video'; id: string }> = {
  microphone: { type: 'audio', id: 'micDeviceId' },
  camera: { type: 'video', id: 'cameraDeviceId' },
}

/**
 * The tracks to send, each device by itself: a missing camera must not silence the microphone, nor a changed id either. Resolves always; what is
 * not as it was chosen is told.
 */
export async function makeTracks(
  chosen: ChosenDevices,
  library: JitsiLibrary,
  tell: (outcome: DeviceOutcome) => void,
): Promise<JitsiTrack[]> {
  const tracks: JitsiTrack[] = []
  for (const kind of ['microphone', 'camera'] as const) {
    const made = await makeTrack(kind, chosen, library)
    if ('track' in made) tracks.push(made.track)
    if ('fault' in made) tell({ kind, fault: made.fault })
  }
  return tracks
}

type Made = { track: JitsiTrack } | { track: JitsiTrack; fault: 'other' } | { fault: DeviceFault }

async function makeTrack(kind: DeviceKind, chosen: ChosenDevices, library: JitsiLibrary): Promise<Made> {
  if (!hasDevices()) return { fault: 'unsupported' }
  const tries = triesFor(chosen[kind], await listDevices(kind))
  const isMissing = chosen[kind] !== undefined && tries[0] === null
  let first: DeviceFault | undefined
  for (const id of tries) {
    try {
      const options = { devices: [names[kind].type], resolution: 720, ...(id === null ? {} : { [names[kind].id]: id }) }
      const [track] = await withinMs(library.createLocalTracks(options), answerMs, disposeAll)
      if (track === undefined) continue
      const standsIn = isMissing || (chosen[kind] !== undefined && first !== undefined)
      return standsIn ? { track, fault: 'other' } : { track }
    } catch (error) {
      first ??= libraryFaultOf(error)
    }
  }
  return { fault: first ?? 'none' }
}

/** The library wraps the browser's error; where it kept it, that one tells more. */
function libraryFaultOf(error: unknown): DeviceFault {
  const { gum } = error as { gum?: { error?: unknown } }
  return faultOf(gum?.error ?? error)
}

function disposeAll(tracks: JitsiTrack[]): void {
  for (const track of tracks) track.dispose().catch(() => undefined)
}

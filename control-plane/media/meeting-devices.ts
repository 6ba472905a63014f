import { type DeviceFault, type DeviceKind, meetingFaultOf, ofKind } from './devices.ts'

/** What the meeting is to send, by label: its page is another origin, for which the browser has other ids. */
export type HandedDevices = Partial<Record<DeviceKind, string>>

/** A device that the meeting lacks and why, and its name where that is known; `fault: null`: it has it again. */
export interface DeviceNews {
  kind: DeviceKind
  fault: DeviceFault | null
  name: string | null
}

/** The iframe API's part about devices. */
export interface DeviceApi {
  addListener(event: string, listener: (payload: Record<string, unknown>) => void): void
  setVideoInputDevice(label: string): unknown
  setAudioInputDevice(label: string): unknown
}

/** As the iframe API wants them. A name of which the meeting knows no device is passed over there. */
export const handedOption = ({ camera, microphone }: HandedDevices): Record<string, string> => ({
  ...(camera === undefined ? {} : { videoInput: camera }),
  ...(microphone === undefined ? {} : { audioInput: microphone }),
})

const kinds: DeviceKind[] = ['camera', 'microphone']
/** Jitsi Meet answers a change of devices itself first. */
const settleMs = 2_000
/** Jitsi Meet does not come back to a device that was held by another program. */
const againMs = 10_000

/**
 * Watches what the meeting sends: hears its complaints, sees the devices that were handed over being pulled out, and gives them to it again once
 * they are back. Close it when done.
 */
export function watchMeetingDevices(
  api: DeviceApi,
  handed: HandedDevices,
  tell: (news: DeviceNews) => void,
): { close(): void } {
  const faults = new Map<DeviceKind, DeviceFault>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function become(kind: DeviceKind, fault: DeviceFault | null): void {
    if ((faults.get(kind) ?? null) === fault) return
    if (fault === null) faults.delete(kind)
    else faults.set(kind, fault)
    tell({ kind, fault, name: handed[kind] ?? null })
  }
  function giveAgain(kind: DeviceKind): void {
    const name = handed[kind]
    if (name === undefined) return
    // Without a device of that name the meeting refuses, and keeps what it has.
    const given = kind === 'camera' ? api.setVideoInputDevice(name) : api.setAudioInputDevice(name)
    Promise.resolve(given).catch(() => undefined)
  }
  async function look(which: DeviceKind[]): Promise<void> {
    const devices = await navigator.mediaDevices.enumerateDevices()
    for (const kind of which) {
      const there = isThere(kind, devices, handed[kind])
      if (there === false) become(kind, 'none')
      if (there === true && faults.get(kind) === 'none') {
        giveAgain(kind)
        become(kind, null)
      }
    }
  }
  const onChange = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void look(kinds).catch(() => undefined), settleMs)
  }
  const again = setInterval(() => {
    for (const [kind, fault] of faults) if (fault === 'busy' || fault === 'no-answer') giveAgain(kind)
  }, againMs)

  api.addListener('cameraError', ({ type }) => become('camera', meetingFaultOf(type)))
  api.addListener('micError', ({ type }) => become('microphone', meetingFaultOf(type)))
  // That a camera is "available" means that one is plugged in, and is said after it could not be opened too; only with a track is the picture not muted.
  api.addListener('videoMuteStatusChanged', ({ muted }) => muted === false && become('camera', null))
  api.addListener('audioAvailabilityChanged', ({ available }) => available === true && become('microphone', null))
  navigator.mediaDevices?.addEventListener('devicechange', onChange)
  // Somebody without any camera has seen so at the door; one that was handed over and is not there is news.
  if (navigator.mediaDevices !== undefined)
    look(kinds.filter((kind) => handed[kind] !== undefined)).catch(() => undefined)
  return {
    close() {
      clearTimeout(timer)
      clearInterval(again)
      navigator.mediaDevices?.removeEventListener('devicechange', onChange)
    },
  }
}

/** Whether the device is plugged in; null where the browser shows this page no names to tell by. */
function isThere(kind: DeviceKind, devices: MediaDeviceInfo[], name: string | undefined): boolean | null {
  const all = ofKind(kind, devices)
  if (all.length === 0) return false
  if (name === undefined) return true
  return all.some(({ label }) => label !== '') ? all.some(({ label }) => label === name) : null
}

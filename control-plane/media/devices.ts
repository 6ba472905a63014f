import type { DeviceState } from '../contract/kiosk.ts'

export type DeviceKind = 'camera' | 'microphone'

/** A device as somebody chose it. Browsers change ids (data cleared, another port, another browser): the label then finds it again. */
export interface Chosen {
  id: string
  label: string
}

/** Which camera and microphone somebody chose on a machine. */
export type ChosenDevices = Partial<Record<DeviceKind, Chosen>>

/** Of a device that the browser lists, what is looked at. Without permission ids and labels are empty. */
export type Listed = Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>

/** Why a device could not be opened. */
export type DeviceFault = Extract<DeviceState, 'none' | 'refused' | 'busy' | 'no-answer' | 'unsupported'>

const kindNames: Record<DeviceKind, MediaDeviceKind> = { camera: 'videoinput', microphone: 'audioinput' }

export const ofKind = <One extends Listed>(kind: DeviceKind, devices: One[]): One[] =>
  devices.filter((device) => device.kind === kindNames[kind])

/** The chosen device among those that are there: by its id, else by its label; nothing when it is not there. */
export function findChosen<One extends Listed>(chosen: Chosen | undefined, devices: One[]): One | undefined {
  if (chosen === undefined) return undefined
  const byId = devices.find((device) => device.deviceId !== '' && device.deviceId === chosen.id)
  return byId ?? devices.find((device) => device.label !== '' && device.label === chosen.label)
}

/** The system's own choice ("Default – …") stands for another one of the list: it is never tried as one more device. */
const isAlias = (device: Listed): boolean => ['', 'default', 'communications'].includes(device.deviceId)

/**
 * In which order devices are tried, as ids; null: whichever the browser takes. First the chosen one, then the browser's own, then each other: a
 * device that is held by another program must not keep a room dark in which a second one stands.
 */
export function triesFor(chosen: Chosen | undefined, devices: Listed[]): (string | null)[] {
  const found = findChosen(chosen, devices)
  const others = devices.filter((device) => device !== found && !isAlias(device)).map((device) => device.deviceId)
  return [...(found === undefined ? [] : [found.deviceId]), null, ...others.slice(0, 4)]
}

/** The cause of a refusal of getUserMedia, by the names that browsers of today and of before give it. */
export function faultOf(error: unknown): DeviceFault {
  const name = error instanceof Error || error instanceof DOMException ? error.name : ''
  if (/^(NotAllowed|PermissionDenied|PermissionDismissed|Security)Error$/.test(name)) return 'refused'
  if (/^(NotFound|DevicesNotFound|Overconstrained|ConstraintNotSatisfied)Error$/.test(name)) return 'none'
  if (/^(NotReadable|TrackStart|Abort|SourceUnavailable)Error$/.test(name)) return 'busy'
  if (/^(Type|NotSupported)Error$/.test(name)) return 'unsupported'
  return 'no-answer'
}

/** The same for what Jitsi Meet tells of its own devices (lib-jitsi-meet's JitsiTrackErrors). */
export function meetingFaultOf(type: unknown): DeviceFault {
  if (type === 'gum.permission_denied') return 'refused'
  if (type === 'gum.not_found' || type === 'gum.constraint_failed' || type === 'gum.unsupported_resolution')
    return 'none'
  // It has no word of its own for a device that another program holds.
  return type === 'gum.timeout' ? 'no-answer' : 'busy'
}

/** Browsers inside other apps: they keep camera and microphone from pages, or ask in a way that nobody sees. */
export const isInAppBrowser = (userAgent: string): boolean =>
  /Zalo|FBA[NV]|FB_IAB|Messenger|Instagram|TikTok|musical_ly|BytedanceWebview|Viber|\bLine\/|MicroMessenger|Telegram|GSA\/|; wv\)/i.test(
    userAgent,
  ) ||
  // A page inside an app on iPhone or iPad: WebKit without the word that Safari and every browser there carry.
  (/iPhone|iPad|iPod/.test(userAgent) && !/Safari\//.test(userAgent))

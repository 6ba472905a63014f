import { type Chosen, type DeviceFault, type DeviceKind, faultOf, findChosen, ofKind, triesFor } from './devices.ts'

/** A device that is open, or why none is. `name`: the label of the one in use; `isOther`: it stands in for the chosen one, and why. */
export type Opened =
  | { is: 'open'; stream: MediaStream; id: string; name: string; isOther: boolean; because: DeviceFault | null }
  | { is: 'closed'; fault: DeviceFault }

/** How long a device that may be opened has, until it counts as one that does not answer. */
export const answerMs = 8_000

/** False where a page has no devices at all: browsers inside other apps, addresses without HTTPS. */
export const hasDevices = (): boolean => typeof navigator.mediaDevices?.getUserMedia === 'function'

/** The devices of one kind that the browser lists; none when it lists nothing in time. */
export async function listDevices(kind: DeviceKind): Promise<MediaDeviceInfo[]> {
  if (typeof navigator.mediaDevices?.enumerateDevices !== 'function') return []
  const listed = await withinMs(navigator.mediaDevices.enumerateDevices(), answerMs).catch(() => undefined)
  return ofKind(kind, listed ?? [])
}

/** Whether the next try makes the browser ask somebody: then there is no saying how long the answer takes. */
export async function mustAsk(kind: DeviceKind): Promise<boolean> {
  const permission = await permissionOf(kind)
  if (permission !== undefined) return permission.state === 'prompt'
  // Older browsers do not tell. Labels are shown only to pages that were allowed.
  return !(await listDevices(kind)).some((device) => device.label !== '')
}

/** The browser's own record of the permission, where it keeps one that a page may see. */
export async function permissionOf(kind: DeviceKind): Promise<PermissionStatus | undefined> {
  try {
    return await navigator.permissions.query({ name: kind as PermissionName })
  } catch {
    // No `permissions` here, or none of this name (Firefox, older Safari).
    return undefined
  }
}

/**
 * Opens the chosen device by `exact`, or tells which other one had to stand in and why. Resolves always: after at most `answerMs` a device, but
 * waits without end while somebody is being asked for permission. `onlyChosen`: leaves the others alone.
 */
export async function openDevice(kind: DeviceKind, chosen: Chosen | undefined, onlyChosen = false): Promise<Opened> {
  if (!hasDevices()) return { is: 'closed', fault: 'unsupported' }
  const devices = await listDevices(kind)
  const found = findChosen(chosen, devices)
  const tries = !onlyChosen ? triesFor(chosen, devices) : found === undefined ? [] : [found.deviceId]
  let first: DeviceFault | undefined
  for (const id of tries) {
    const taken = await take(kind, id)
    if ('stream' in taken) return preferChosen(kind, chosen, await described(kind, taken.stream, chosen, first ?? null))
    first ??= taken.fault
    // The same answer would come for every other one.
    if (taken.fault === 'refused' || taken.fault === 'unsupported') break
  }
  return { is: 'closed', fault: first ?? 'none' }
}

async function take(kind: DeviceKind, id: string | null): Promise<{ stream: MediaStream } | { fault: DeviceFault }> {
  const exact: MediaTrackConstraints = id === null ? {} : { deviceId: { exact: id } }
  const wanted = kind === 'camera' ? { video: { ...exact, width: 640, height: 360 } } : { audio: exact }
  try {
    const asks = await mustAsk(kind)
    const pending = navigator.mediaDevices.getUserMedia(wanted)
    return { stream: await (asks ? pending : withinMs(pending, answerMs, stopAll)) }
  } catch (error) {
    return { fault: faultOf(error) }
  }
}

async function described(
  kind: DeviceKind,
  stream: MediaStream,
  chosen: Chosen | undefined,
  because: DeviceFault | null,
): Promise<Extract<Opened, { is: 'open' }>> {
  const [track] = stream.getTracks()
  const id = track?.getSettings().deviceId ?? ''
  const devices = await listDevices(kind)
  const inUse = devices.find((device) => device.deviceId === id)
  const wanted = findChosen(chosen, devices)
  const isOther = chosen !== undefined && wanted?.deviceId !== id && inUse?.label !== chosen.label
  return { is: 'open', stream, id, name: track?.label ?? inUse?.label ?? '', isOther, because: because ?? 'none' }
}

/** Before the first permission there were no labels: the one chosen by label is known only now. */
async function preferChosen(
  kind: DeviceKind,
  chosen: Chosen | undefined,
  opened: Extract<Opened, { is: 'open' }>,
): Promise<Opened> {
  if (!opened.isOther || opened.because !== 'none') return opened
  const found = findChosen(chosen, await listDevices(kind))
  if (found === undefined) return opened
  const taken = await take(kind, found.deviceId)
  if ('fault' in taken) return { ...opened, because: taken.fault }
  stopAll(opened.stream)
  return described(kind, taken.stream, chosen, null)
}

/** Rejects after `ms`; what comes later is given to `late`, so that no camera stays on for nobody. */
export function withinMs<Value>(value: Promise<Value>, ms: number, late?: (value: Value) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    const state = { over: false }
    const timer = setTimeout(() => {
      state.over = true
      reject(new Error('no-answer'))
    }, ms)
    value
      .then((came) => (state.over ? late?.(came) : resolve(came)))
      .catch(reject)
      .finally(() => clearTimeout(timer))
  })
}

export const stopAll = (stream: MediaStream | null): void => {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

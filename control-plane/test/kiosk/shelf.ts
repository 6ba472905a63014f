import type { BrowserContext, Frame, Page } from 'playwright-core'

export interface ShelfDevice {
  kind: 'videoinput' | 'audioinput'
  label: string
  /** `busy`: another program holds it; `hangs`: its driver never answers. */
  state?: 'busy' | 'hangs'
}

export interface Shelf {
  plug(device: ShelfDevice): void
  unplug(label: string): void
  state(label: string, state: ShelfDevice['state']): void
  allow(permission: PermissionState): void
  /** The labels of what is open now. */
  open(): string[]
}

declare global {
  interface Window {
    shelf: Shelf
  }
}

/**
 * Puts devices of the test's own in place of the browser's, in every page and frame of the context: what is plugged in, who holds it, what was
 * allowed. They refuse as browsers do: an unknown `exact` id, a device that is held, a permission not given. As in browsers each origin has ids of
 * its own, and labels are shown only once something was allowed.
 */
export async function aShelf(
  context: BrowserContext,
  devices: ShelfDevice[],
  permission: PermissionState = 'granted',
): Promise<void> {
  await context.addInitScript(installShelf, { devices, permission })
}

export const onShelf = <Answer>(frame: Page | Frame, act: (shelf: Shelf) => Answer): Promise<Answer> =>
  frame.evaluate((source) => new Function('shelf', `return (${source})(shelf)`)(window.shelf), act.toString())

// Runs in the browser: everything that it needs stands in it.
function installShelf(begin: { devices: ShelfDevice[]; permission: PermissionState }): void {
  if (navigator.mediaDevices === undefined) return
  let devices = begin.devices
  const allowed = new EventTarget() as PermissionStatus & { state: PermissionState }
  Object.defineProperty(allowed, 'state', { value: begin.permission, writable: true })
  const opened = new Map<MediaStreamTrack, string>()
  const idOf = (label: string): string => `${btoa(location.origin)}-${label}`
  const changed = (): boolean => navigator.mediaDevices.dispatchEvent(new Event('devicechange'))
  const refuse = (name: string): never => {
    throw new DOMException(name, name)
  }

  function find(kind: ShelfDevice['kind'], wanted: boolean | MediaTrackConstraints): ShelfDevice {
    const all = devices.filter((device) => device.kind === kind)
    const { deviceId } = wanted === true || wanted === false ? {} : wanted
    const exact = typeof deviceId === 'object' && 'exact' in deviceId ? String(deviceId.exact) : undefined
    const ideal = typeof deviceId === 'object' && 'ideal' in deviceId ? String(deviceId.ideal) : deviceId
    const first = all[0] ?? refuse('NotFoundError')
    if (exact === undefined) return all.find((device) => idOf(device.label) === ideal) ?? first
    return all.find((device) => idOf(device.label) === exact) ?? refuse('OverconstrainedError')
  }
  function made(kind: ShelfDevice['kind']): MediaStreamTrack | undefined {
    if (kind === 'audioinput') {
      const context = new AudioContext()
      const tone = context.createOscillator()
      const output = context.createMediaStreamDestination()
      tone.connect(output)
      tone.start()
      return output.stream.getAudioTracks()[0]
    }
    const canvas = document.createElement('canvas')
    const brush = canvas.getContext('2d')
    setInterval(() => brush?.fillRect(Math.random() * 99, 0, 9, 9), 100)
    return canvas.captureStream(10).getVideoTracks()[0]
  }
  async function take(kind: ShelfDevice['kind'], wanted: boolean | MediaTrackConstraints): Promise<MediaStreamTrack> {
    const device = find(kind, wanted)
    if (device.state === 'hangs') await new Promise(() => undefined)
    if (device.state === 'busy') refuse('NotReadableError')
    const track = made(kind) ?? refuse('AbortError')
    Object.defineProperty(track, 'label', { value: device.label })
    track.getSettings = () => ({ deviceId: idOf(device.label) })
    const stop = track.stop.bind(track)
    track.stop = () => {
      opened.delete(track)
      stop()
    }
    opened.set(track, device.label)
    return track
  }
  Object.assign(navigator.mediaDevices, {
    async enumerateDevices() {
      const shows = allowed.state === 'granted'
      return devices.map(({ kind, label }) => ({
        kind,
        deviceId: shows ? idOf(label) : '',
        label: shows ? label : '',
        groupId: '',
      }))
    },
    async getUserMedia({ audio = false, video = false }: MediaStreamConstraints) {
      if (allowed.state === 'prompt')
        await new Promise((done) => allowed.addEventListener('change', done, { once: true }))
      if (allowed.state === 'denied') refuse('NotAllowedError')
      const tracks = [
        ...(audio ? [await take('audioinput', audio)] : []),
        ...(video ? [await take('videoinput', video)] : []),
      ]
      return new MediaStream(tracks)
    },
  })
  navigator.permissions.query = async () => allowed
  window.shelf = {
    plug(device) {
      devices = [...devices, device]
      changed()
    },
    unplug(label) {
      devices = devices.filter((device) => device.label !== label)
      for (const [track, of] of opened) {
        if (of !== label) continue
        track.stop()
        track.dispatchEvent(new Event('ended'))
      }
      changed()
    },
    state(label, state) {
      devices = devices.map((device) => (device.label === label ? { ...device, state } : device)) as ShelfDevice[]
    },
    allow(permission) {
      Object.assign(allowed, { state: permission })
      allowed.dispatchEvent(new Event('change'))
    },
    open: () => [...opened.values()].sort(),
  }
}

import { useCallback, useEffect, useRef, useState } from 'react'
import type { DeviceState } from '../contract/kiosk.ts'
import type { Chosen, ChosenDevices, DeviceKind } from '../media/devices.ts'
import { type Held, holdDevice, notYet } from '../media/hold-device.ts'
import { listenTo } from '../media/loudness.ts'
import { listDevices } from '../media/open-device.ts'
import { keep, recall, recallDevices } from './memory.ts'

export interface Senses {
  camera: Held
  microphone: Held
  speaker: 'ok' | 'none' | 'unknown'
  /** 0 to 1. */
  level: number
  cameras: MediaDeviceInfo[]
  microphones: MediaDeviceInfo[]
  chosen: ChosenDevices
}

export interface Sensing extends Senses {
  choose(kind: DeviceKind, device: Chosen): void
  again(): void
}

// A room is never wholly silent: ten seconds of nothing is a switched-off microphone.
const silentMs = 10_000

/** The state of camera, microphone and speaker; holds them only while `active` (a call needs them for itself). */
export function useSenses(active: boolean): Sensing {
  const [chosen, setChosen] = useState(recallDevices)
  const camera = useHeld('camera', active, chosen.camera)
  const microphone = useHeld('microphone', active, chosen.microphone)
  const { level, isSilent } = useLoudness(microphone.held.stream)
  const lists = useLists(active, camera.held, microphone.held)
  const choose = useCallback((kind: DeviceKind, { id, label }: Chosen): void => {
    const all = { ...recallDevices(), [kind]: { id, label } }
    keep('devices', all)
    setChosen(all)
  }, [])
  // What a device is called today is kept: by this name it is found again when its id has changed.
  useEffect(() => {
    for (const [kind, { held }] of [['camera', camera] as const, ['microphone', microphone] as const]) {
      const known = chosen[kind]
      if (known !== undefined && known.label === '' && held.state === 'ok' && held.name !== '')
        choose(kind, { id: known.id, label: held.name })
    }
  }, [chosen, camera, microphone, choose])
  const [cameraName, microphoneName] = [camera.held.name, microphone.held.name]
  useEffect(() => {
    if (!active) return
    const before = recall('inUse') ?? {}
    keep('inUse', { camera: cameraName || before.camera, microphone: microphoneName || before.microphone })
  }, [active, cameraName, microphoneName])
  return {
    camera: camera.held,
    microphone: isSilent ? { ...microphone.held, state: 'silent' } : microphone.held,
    ...lists,
    level,
    chosen,
    choose,
    again() {
      camera.again()
      microphone.again()
    },
  }
}

function useHeld(kind: DeviceKind, active: boolean, chosen: Chosen | undefined): { held: Held; again(): void } {
  const [held, setHeld] = useState(notYet)
  const holding = useRef<{ again(): void }>(undefined)
  const { id, label } = chosen ?? {}
  useEffect(() => {
    if (!active) return
    const hold = holdDevice(kind, id === undefined ? undefined : { id, label: label ?? '' }, setHeld)
    holding.current = hold
    return () => {
      hold.close()
      // What it was is still told to the office during a call; only the stream is gone.
      setHeld((before) => ({ ...before, stream: null }))
    }
  }, [kind, active, id, label])
  const again = useCallback(() => holding.current?.again(), [])
  return { held, again }
}

function useLoudness(stream: MediaStream | null): { level: number; isSilent: boolean } {
  const [heard, setHeard] = useState({ level: 0, isSilent: false })
  useEffect(() => {
    if (stream === null) return
    const ears = listenTo(stream, silentMs, setHeard)
    return () => {
      ears.close()
      setHeard({ level: 0, isSilent: false })
    }
  }, [stream])
  return heard
}

/** What there is to choose from; read anew whenever something was plugged in or out, or a permission showed the names. */
function useLists(
  active: boolean,
  camera: Held,
  microphone: Held,
): Pick<Senses, 'cameras' | 'microphones' | 'speaker'> {
  const [lists, setLists] = useState<Pick<Senses, 'cameras' | 'microphones' | 'speaker'>>({
    cameras: [],
    microphones: [],
    speaker: 'unknown',
  })
  const { state: cameraState } = camera
  const { state: microphoneState } = microphone
  // biome-ignore lint/correctness/useExhaustiveDependencies: the states are why to look again, not what is looked at
  useEffect(() => {
    if (!active || navigator.mediaDevices === undefined) return
    const life = { over: false }
    const look = async (): Promise<void> => {
      const [cameras, microphones] = [await listDevices('camera'), await listDevices('microphone')]
      const speakers = await navigator.mediaDevices.enumerateDevices().catch(() => [])
      if (life.over) return
      const speaker = speakers.some((device) => device.kind === 'audiooutput') ? 'ok' : 'none'
      setLists({ cameras, microphones, speaker })
    }
    const onChange = (): void => void look()
    navigator.mediaDevices.addEventListener('devicechange', onChange)
    look()
    return () => {
      life.over = true
      navigator.mediaDevices.removeEventListener('devicechange', onChange)
    }
  }, [active, cameraState, microphoneState])
  return lists
}

/** As the office is told: only the states, no stream. */
export const statesOf = ({
  camera,
  microphone,
  speaker,
}: Senses): { camera: DeviceState; microphone: DeviceState; speaker: Senses['speaker'] } => ({
  camera: camera.state,
  microphone: microphone.state,
  speaker,
})

/** Two soft tones, so that people hear whether the speaker works. */
export function soundSpeaker(): void {
  const context = new AudioContext()
  const gain = context.createGain()
  gain.gain.value = 0.2
  gain.connect(context.destination)
  for (const [at, hertz] of [
    [0, 660],
    [0.35, 880],
  ] as const) {
    const tone = context.createOscillator()
    tone.frequency.value = hertz
    tone.connect(gain)
    tone.start(context.currentTime + at)
    tone.stop(context.currentTime + at + 0.3)
  }
  setTimeout(() => context.close().catch(() => undefined), 1_500)
}

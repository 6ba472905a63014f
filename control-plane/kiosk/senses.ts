import { useEffect, useState } from 'react'
import { rms } from '../media/signals.ts'
import { keep, recall } from './memory.ts'

export interface Senses {
  camera: 'ok' | 'none' | 'refused' | 'unknown'
  microphone: 'ok' | 'none' | 'refused' | 'silent' | 'unknown'
  speaker: 'ok' | 'none' | 'unknown'
  stream: MediaStream | null
  /** 0 to 1. */
  level: number
  cameras: MediaDeviceInfo[]
  microphones: MediaDeviceInfo[]
}

const nothing: Senses = {
  camera: 'unknown',
  microphone: 'unknown',
  speaker: 'unknown',
  stream: null,
  level: 0,
  cameras: [],
  microphones: [],
}

/** The state of camera, microphone and speaker; holds them only while `active` (a call needs them for itself). */
export function useSenses(
  active: boolean,
): Senses & { choose(devices: { cameraId?: string; microphoneId?: string }): void } {
  const [senses, setSenses] = useState<Senses>(nothing)
  const [chosen, setChosen] = useState(() => recall('devices') ?? {})

  useEffect(() => {
    if (!active) return
    const life = { over: false, close: (): void => undefined }
    open(chosen, (change) => !life.over && setSenses((before) => ({ ...before, ...change }))).then((close) => {
      life.close = close
      if (life.over) close()
    })
    return () => {
      life.over = true
      life.close()
      setSenses((before) => ({ ...before, stream: null, level: 0 }))
    }
  }, [active, chosen])

  return {
    ...senses,
    choose(devices) {
      const all = { ...chosen, ...devices }
      keep('devices', all)
      setChosen(all)
    },
  }
}

async function open(
  chosen: { cameraId?: string; microphoneId?: string },
  tell: (change: Partial<Senses>) => void,
): Promise<() => void> {
  const closers: (() => void)[] = []
  const list = async (): Promise<void> => {
    const devices = await navigator.mediaDevices.enumerateDevices()
    const of = (kind: MediaDeviceKind): MediaDeviceInfo[] => devices.filter((device) => device.kind === kind)
    tell({
      cameras: of('videoinput'),
      microphones: of('audioinput'),
      speaker: of('audiooutput').length > 0 ? 'ok' : 'none',
    })
  }
  const onChange = (): void => {
    list().catch(() => undefined)
  }
  navigator.mediaDevices.addEventListener('devicechange', onChange)
  closers.push(() => navigator.mediaDevices.removeEventListener('devicechange', onChange))
  const wanted = (id: string | undefined): MediaTrackConstraints =>
    id === undefined ? {} : { deviceId: { ideal: id } }
  const video = await take({ video: { ...wanted(chosen.cameraId), width: 640, height: 360 } })
  const audio = await take({ audio: wanted(chosen.microphoneId) })
  tell({ camera: video.state, microphone: audio.state, stream: video.stream })
  if (video.stream) closers.push(() => stopAll(video.stream))
  if (audio.stream) closers.push(listen(audio.stream, tell), () => stopAll(audio.stream))
  await list()
  return () => {
    for (const close of closers) close()
  }
}

type Taken = { state: 'ok' | 'none' | 'refused'; stream: MediaStream | null }

async function take(constraints: MediaStreamConstraints): Promise<Taken> {
  try {
    return { state: 'ok', stream: await navigator.mediaDevices.getUserMedia(constraints) }
  } catch (error) {
    const name = error instanceof DOMException ? error.name : ''
    return { state: name === 'NotAllowedError' || name === 'SecurityError' ? 'refused' : 'none', stream: null }
  }
}

const stopAll = (stream: MediaStream | null): void => {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

function listen(stream: MediaStream, tell: (change: Partial<Senses>) => void): () => void {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  context.createMediaStreamSource(stream).connect(analyser)
  const block = new Float32Array(analyser.fftSize)
  const heard = { lastSound: performance.now() }
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(block)
    const level = rms(block)
    if (level > 0.0005) heard.lastSound = performance.now()
    // A room is never wholly silent: ten seconds of nothing is a switched-off microphone.
    tell({ level, microphone: performance.now() - heard.lastSound > 10_000 ? 'silent' : 'ok' })
  }, 150)
  return () => {
    clearInterval(timer)
    context.close().catch(() => undefined)
  }
}

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

import type { CallSettings } from '../contract/call.ts'
import type { Measurement, Patterns } from '../contract/test-calls.ts'
import type { ChosenDevices } from './devices.ts'
import { createOtherEnd, measuredProperty, type OtherEnd } from './other-end.ts'
import { enterRoom, type RoomHandle } from './room.ts'
import { judgePicture, type Look, lookAt } from './signals.ts'
import { isStalled, joinSnapshots, readSnapshot, type Snapshot, summarise } from './statistics.ts'
import type { Stat } from './streams.ts'
import { watchAudio } from './watch-audio.ts'

export type TestStep = 'loading' | 'joining' | 'waiting' | 'connected' | 'measuring' | 'done'

export interface TestCallOrder {
  side: 'agent' | 'kiosk'
  call: CallSettings
  room: string
  token: string
  displayName: string
  send: ChosenDevices
  patterns: Patterns
  signal: AbortSignal
  /** The kiosk plays what it receives aloud, so that the room's speaker and microphone are part of the test. */
  playAloud: boolean
  clockOffsetMs: number | null
  /** Agent: sounds the tone; resolves the moment it was switched on. */
  soundTone?: (on: boolean) => void
  onProgress(step: TestStep): void
}

const sampleMs = 500
const stallMs = 3_000

/**
 * One end of a test call (design §8): enters the room, waits for the other end's picture, measures for `patterns.measureMs`, waits until
 * the other end has measured too, leaves. When the other end goes before, what was measured until then counts and `other-left` stands in
 * `errors`. Never rejects for what a call may do: what was not reached stays null, and what went wrong stands in `errors`.
 */
export async function runTestCall(order: TestCallOrder): Promise<Measurement> {
  const startedAt = performance.now()
  const since = (): number => Math.round(performance.now() - startedAt)
  const result = emptyMeasurement(order)
  const remote = new MediaStream()
  const video = document.createElement('video')
  video.muted = true
  video.autoplay = true
  video.playsInline = true
  const firstFrame = new Promise<void>((resolve) => {
    video.addEventListener('playing', () => video.requestVideoFrameCallback(() => resolve()), { once: true })
  })
  firstFrame.then(() => {
    result.firstFrameMs ??= since()
  })
  const cleanUp: (() => void)[] = []
  const other = createOtherEnd()
  let handle: RoomHandle | undefined
  order.onProgress('loading')
  try {
    order.onProgress('joining')
    handle = await enterRoom({
      call: order.call,
      room: order.room,
      token: order.token,
      displayName: order.displayName,
      send: order.send,
      signal: order.signal,
      onEvent(event) {
        other.hear(event)
        if (event.is === 'signalled') result.signalMs ??= since()
        if (event.is === 'lost') note(result, event.why)
        if (event.is === 'device') note(result, `${event.kind}-${event.fault}`)
        if (event.is !== 'track') return
        for (const track of event.track.getOriginalStream().getTracks()) remote.addTrack(track)
        if (event.track.getType() === 'video') video.srcObject = remote
        if (event.track.getType() === 'audio' && order.playAloud)
          cleanUp.push(playAloud(event.track.getOriginalStream()))
      },
    })
    order.onProgress('waiting')
    await waitUntilConnected(handle, order)
    result.connectedMs = since()
    order.onProgress('connected')
    await Promise.race([firstFrame, pause(order.patterns.joinMs, order.signal)])
    order.onProgress('measuring')
    await measure({ handle, other }, order, { remote, video }, result)
    if (!other.isGone()) handle.say(measuredProperty, 'true')
    await other.doneWithin(order.patterns.joinMs + order.patterns.measureMs, order.signal)
  } catch (error) {
    note(result, error instanceof Error ? error.message : String(error))
  } finally {
    for (const end of cleanUp) end()
    order.soundTone?.(false)
    await handle?.leave()
    video.srcObject = null
  }
  order.onProgress('done')
  return result
}

const emptyMeasurement = (order: TestCallOrder): Measurement => ({
  side: order.side,
  signalMs: null,
  connectedMs: null,
  firstFrameMs: null,
  ...summarise([]),
  microphoneLevel: null,
  picture: 'none',
  tone: null,
  clockOffsetMs: order.clockOffsetMs,
  errors: [],
})

function note(result: Measurement, words: string): void {
  if (result.errors.length < 20) result.errors.push(words.slice(0, 300))
}

function playAloud(stream: MediaStream): () => void {
  const audio = document.createElement('audio')
  audio.autoplay = true
  audio.srcObject = stream
  return () => {
    audio.srcObject = null
  }
}

async function waitUntilConnected(handle: RoomHandle, order: TestCallOrder): Promise<void> {
  const until = performance.now() + order.patterns.joinMs
  while (performance.now() < until) {
    const connected = handle
      .connections()
      .some(([{ connectionState, iceConnectionState }]) => [connectionState, iceConnectionState].includes('connected'))
    if (connected) return
    await pause(100, order.signal)
  }
  throw new Error('not-connected')
}

/** Each end measures in its own time, and only while the other is there. */
async function measure(
  call: { handle: RoomHandle; other: OtherEnd },
  order: TestCallOrder,
  media: { remote: MediaStream; video: HTMLVideoElement },
  result: Measurement,
): Promise<void> {
  const heard =
    media.remote.getAudioTracks().length > 0
      ? watchAudio(new MediaStream(media.remote.getAudioTracks()), order.patterns.toneHz)
      : undefined
  const own = call.handle.localTracks.find((track) => track.getType() === 'audio')?.getOriginalStream()
  const microphone = own === undefined || order.side === 'agent' ? undefined : watchAudio(own, order.patterns.toneHz)
  const eye = createEye(media.video)
  const snapshots: Snapshot[] = []
  const echo = { silentDb: -120, delayMs: null as number | null, soundedAt: 0 }
  const begunAt = performance.now()
  const end = begunAt + order.patterns.measureMs
  try {
    while (performance.now() < end && !call.other.isGone()) {
      const snapshot = await snapshotOf(call.handle)
      // What was read while the other end left may lack its streams.
      if (call.other.isGone()) break
      snapshots.push(snapshot)
      eye.look()
      listenForEcho(order, echo, heard, begunAt)
      if (isStalled(snapshots, stallMs) && !result.errors.includes('stalled')) note(result, 'stalled')
      await pause(sampleMs, order.signal)
    }
    if (call.other.isGone()) note(result, 'other-left')
    Object.assign(result, summarise(snapshots))
    result.picture = judgePicture(eye.looks)
    result.microphoneLevel = microphone === undefined ? null : microphone.peakRms()
    if (order.side === 'agent') {
      const levelDb = heard?.loudestToneDb() ?? -120
      result.tone = {
        heard: levelDb > Math.max(-55, echo.silentDb + 10),
        levelDb: Math.round(levelDb),
        delayMs: echo.delayMs,
      }
    }
  } finally {
    heard?.close()
    microphone?.close()
  }
}

async function snapshotOf(handle: RoomHandle): Promise<Snapshot> {
  const parts = await Promise.all(
    handle
      .connections()
      .map(async ([connection, ordinal]) =>
        readSnapshot((await connection.getStats()) as unknown as Iterable<[string, Stat]>, performance.now(), ordinal),
      ),
  )
  return joinSnapshots(parts, performance.now())
}

/** The agent listens to the silent room for a third of the time, then sounds its tone and times its way back. */
function listenForEcho(
  order: TestCallOrder,
  echo: { silentDb: number; delayMs: number | null; soundedAt: number },
  heard: { toneDb(): number } | undefined,
  begunAt: number,
): void {
  if (order.side !== 'agent' || heard === undefined) return
  const now = performance.now()
  if (now - begunAt < order.patterns.measureMs / 3) {
    echo.silentDb = Math.max(echo.silentDb, heard.toneDb())
    return
  }
  if (echo.soundedAt === 0) {
    echo.soundedAt = now
    order.soundTone?.(true)
    return
  }
  if (echo.delayMs === null && heard.toneDb() > Math.max(-55, echo.silentDb + 10))
    echo.delayMs = Math.round(now - echo.soundedAt)
}

/** Looks at the received picture through a small canvas. */
function createEye(video: HTMLVideoElement): { looks: Look[]; look(): void } {
  const canvas = document.createElement('canvas')
  canvas.width = 32
  canvas.height = 18
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const looks: Look[] = []
  return {
    looks,
    look() {
      if (context === null || video.readyState < 2) return
      context.drawImage(video, 0, 0, canvas.width, canvas.height)
      looks.push(lookAt(context.getImageData(0, 0, canvas.width, canvas.height).data))
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(new Error('aborted'))
      },
      { once: true },
    )
  })
}

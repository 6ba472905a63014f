import { cellsOf, placesAtMost, toneOf } from './made-media.ts'

/** One look at one incoming picture: the mean brightness of its four cells, and a coarse grid of the rest to compare with the next look. */
export interface PictureLook {
  cells: number[]
  grid: number[]
}
export interface IncomingPicture {
  looks: PictureLook[]
  width: number
  height: number
  /** Frames shown each second while it was looked at. */
  rate: number
}
/** What one page received, raw: levels in dB by place and moment, and the level of everything else at that moment. */
export interface Incoming {
  pictures: IncomingPicture[]
  sounds: { levels: number[]; ground: number }[]
}

/** What one room PC received of each other place. */
export interface Received {
  place: number
  picture: { moves: boolean; width: number; height: number; rate: number } | null
  /** The share of moments in which its tone stood out of everything else, 0–1. */
  heard: number
}

/** Light and dark differ by 190 at the sender; what a codec leaves of it is more than this. */
const apart = 60
/** A tone stands out by so many dB over the median of the spectrum. */
const standsOutDb = 20
/** Of a tone in beats that pauses for a third of the time this much is heard. */
export const heardAtLeast = 0.2
const changesBy = 1.5

/** Whose picture it is; undefined when it is nobody's. */
export function placeOf(cells: readonly number[]): number | undefined {
  for (let place = 0; place < placesAtMost; place++) {
    const light = cellsOf(place)
    const [lights, darks] = [cells.filter((_, at) => light[at]), cells.filter((_, at) => !light[at])]
    if (cells.length === 4 && Math.min(...lights) - Math.max(...darks) > apart) return place
  }
  return undefined
}

function moves(looks: readonly PictureLook[]): boolean {
  return looks.some(({ grid }, index) => {
    const before = looks[index - 1]?.grid
    if (before === undefined || before.length !== grid.length) return false
    const sum = grid.reduce((total, value, at) => total + Math.abs(value - (before[at] ?? 0)), 0)
    return sum / Math.max(1, grid.length) > changesBy
  })
}

/** What was received of each of these places, by what the pictures show and the sound lets hear: not by what anybody says of it. */
export function receivedOf(incoming: Incoming, places: readonly number[]): Received[] {
  return places.map((place) => {
    const theirs = incoming.pictures
      .map((one) => ({ ...one, looks: one.looks.filter(({ cells }) => placeOf(cells) === place) }))
      .toSorted((one, other) => other.looks.length - one.looks.length)[0]
    const isThere = theirs !== undefined && theirs.looks.length >= 2
    const heard = incoming.sounds.filter(({ levels, ground }) => (levels[place] ?? -200) - ground > standsOutDb).length
    return {
      place,
      picture: isThere
        ? { moves: moves(theirs.looks), width: theirs.width, height: theirs.height, rate: theirs.rate }
        : null,
      heard: incoming.sounds.length === 0 ? 0 : heard / incoming.sounds.length,
    }
  })
}

/** It is seen moving and heard. */
export const isWhole = ({ picture, heard }: Received): boolean => picture?.moves === true && heard >= heardAtLeast

export interface LookOrder {
  tones: number[]
  ms: number
}
export const lookOrder = (ms: number): LookOrder => ({
  tones: Array.from({ length: placesAtMost }, (_, place) => toneOf(place)),
  ms,
})

/** Runs before any script of any frame: the connections that the meeting's page makes are found again by it. */
export function keepConnections(): void {
  const kept: RTCPeerConnection[] = []
  Object.defineProperty(window, 'drillConnections', { value: kept })
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, given, as) {
      const made = Reflect.construct(target, given, as) as RTCPeerConnection
      kept.push(made)
      return made
    },
  })
}

/** Runs in the meeting's own frame: looks at what comes in, on every connection, for `ms`. It must name nothing of this file. */
export async function lookAtIncoming({ tones, ms }: LookOrder): Promise<Incoming> {
  const connections = (window as unknown as { drillConnections?: RTCPeerConnection[] }).drillConnections ?? []
  const tracks = connections
    .filter((one) => one.connectionState !== 'closed')
    .flatMap((one) => one.getReceivers().map((receiver) => receiver.track))
    .filter((track) => track.readyState === 'live')
  const audio = new AudioContext()
  await audio.resume()
  const analyser = audio.createAnalyser()
  analyser.fftSize = 4096
  analyser.smoothingTimeConstant = 0
  const elements: HTMLMediaElement[] = []
  const play = <Element extends HTMLMediaElement>(element: Element, track: MediaStreamTrack): Element => {
    element.srcObject = new MediaStream([track])
    element.muted = true
    element.play().catch(() => undefined)
    elements.push(element)
    return element
  }
  for (const track of tracks.filter(({ kind }) => kind === 'audio')) {
    // Chromium decodes what comes in only for an element that plays it.
    play(new Audio(), track)
    audio.createMediaStreamSource(new MediaStream([track])).connect(analyser)
  }
  const videos = tracks
    .filter(({ kind }) => kind === 'video')
    .map((track) => ({
      element: play(document.createElement('video'), track),
      looks: [] as { cells: number[]; grid: number[] }[],
    }))
  const canvas = document.createElement('canvas')
  canvas.width = 32
  canvas.height = 18
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const look = (element: HTMLVideoElement) => {
    context?.drawImage(element, 0, 0, 32, 18)
    const rgba = context?.getImageData(0, 0, 32, 18).data ?? []
    const grey = Array.from({ length: 32 * 18 }, (_, at) => rgba[at * 4 + 1] ?? 0)
    const cells = [0, 1, 2, 3].map((cell) => {
      const within = grey.filter((_, at) => {
        const [row, column] = [Math.floor(at / 32), at % 32]
        return row >= 1 && row <= 4 && column >= cell * 8 + 2 && column <= cell * 8 + 5
      })
      return within.reduce((total, value) => total + value, 0) / Math.max(1, within.length)
    })
    return { cells, grid: grey.slice(32 * 8) }
  }
  const spectrum = new Float32Array(analyser.frequencyBinCount)
  const bin = (hertz: number): number => Math.round((hertz * analyser.fftSize) / audio.sampleRate)
  const sounds: { levels: number[]; ground: number }[] = []
  const listen = (): void => {
    analyser.getFloatFrequencyData(spectrum)
    const speech = [...spectrum.slice(bin(300), bin(3_000))].toSorted((one, other) => one - other)
    const levels = tones.map((hertz) => Math.max(...spectrum.slice(bin(hertz) - 2, bin(hertz) + 3)))
    // Digital silence is minus infinity, which no wire carries.
    const finite = (level: number): number => (Number.isFinite(level) ? level : -200)
    sounds.push({ levels: levels.map(finite), ground: finite(speech[Math.floor(speech.length / 2)] ?? -200) })
  }
  const framesOf = (element: HTMLVideoElement): number => element.getVideoPlaybackQuality().totalVideoFrames
  const begunAt = performance.now()
  const before = videos.map(({ element }) => framesOf(element))
  while (performance.now() - begunAt < ms) {
    await new Promise((resolve) => setTimeout(resolve, 150))
    listen()
    for (const video of videos) if (video.element.videoWidth > 0) video.looks.push(look(video.element))
  }
  const seconds = (performance.now() - begunAt) / 1000
  const pictures = videos.map(({ element, looks }, index) => ({
    ...{ looks, width: element.videoWidth, height: element.videoHeight },
    rate: (framesOf(element) - (before[index] ?? 0)) / seconds,
  }))
  for (const element of elements) element.srcObject = null
  await audio.close()
  return { pictures, sounds }
}

import type { BandKind, ContentBand, RecordedContent } from '../../contract/recording-content.ts'

// Sources and reasons of the figures: docs/decisions/recording-content.md.
/** Below this nothing is heard, in dB of full scale: a muted room is at −91, a quiet one with an open microphone above −55. */
export const silenceDb = -60
/** The least that is shown, in milliseconds: pauses of speech and the cut between two speakers are shorter. */
const leastMs: Record<BandKind, number> = {
  'no-sound': 0,
  silence: 5_000,
  'no-picture': 0,
  black: 4_000,
  frozen: 10_000,
}
export const leastSilenceSeconds = 2
export const leastFreezeSeconds = 10
/** A key frame with so much of its picture (in percent) darker than the threshold is black. */
const blackPercent = 98
/** Our Jibri makes a key frame every 2 s (jibri.conf); where none came for so long there is no picture. Milliseconds. */
const noKeyFrameMs = 12_000
/**
 * Films with fewer key frames than one in so long say too little to be judged by them. Milliseconds. x264 left to itself makes one in 250 frames: 25 s
 * at 10 frames a second, the fewest that a recorder may be set to. All films of real recorders were such before their configuration named it.
 */
const usualKeyFrameMs = 26_000
const bandsAtMost = 200

export interface Stretch {
  fromMs: number
  toMs: number
}

const secondsIn = (line: string, key: string): number | undefined => {
  if (!line.startsWith(`${key}=`)) return undefined
  const value = Number(line.slice(key.length + 1))
  return Number.isFinite(value) ? Math.round(value * 1000) : undefined
}

/** Reads the starts and ends that a detector of ffmpeg prints; what has no end reaches to the end of the film. */
export function createStretchReader(startKey: string, endKey: string) {
  const found: Stretch[] = []
  let open: number | undefined
  return {
    read(line: string): void {
      open = secondsIn(line, startKey) ?? open
      const end = secondsIn(line, endKey)
      if (end === undefined || open === undefined) return
      found.push({ fromMs: Math.max(0, open), toMs: end })
      open = undefined
    },
    stretches: (durationMs: number): Stretch[] =>
      open === undefined ? found : [...found, { fromMs: Math.max(0, open), toMs: durationMs }],
  }
}

export interface KeyFrame {
  atMs: number
  isBlack: boolean
}

/** Reads what ffmpeg prints of each key frame: its time, and how much of it is black. */
export function createPictureReader() {
  const frames: KeyFrame[] = []
  const freezes = createStretchReader('lavfi.freezedetect.freeze_start', 'lavfi.freezedetect.freeze_end')
  let atMs: number | undefined
  return {
    read(line: string): void {
      const told = /^frame:\d+\s+pts:\S+\s+pts_time:(\S+)/.exec(line)?.[1]
      if (told !== undefined) atMs = Math.round(Number(told) * 1000)
      const black = /^lavfi\.blackframe\.pblack=(\d+)/.exec(line)?.[1]
      if (black !== undefined && atMs !== undefined && Number.isFinite(atMs))
        frames.push({ atMs, isBlack: Number(black) >= blackPercent })
      freezes.read(line)
    },
    frames: (): KeyFrame[] => frames,
    freezes: freezes.stretches,
  }
}

/** Where no key frame came for long: there is no picture there. Undefined when key frames are too rare in this film to tell. */
export function pictureless(frames: KeyFrame[], durationMs: number): Stretch[] | undefined {
  const times = frames.map(({ atMs }) => atMs)
  const steps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))
  const usual = steps.toSorted((one, other) => one - other)[Math.floor(steps.length / 2)] ?? 0
  const missingMs = Math.max(noKeyFrameMs, 2 * usual)
  const isShort = durationMs <= noKeyFrameMs
  if (times.length === 0) return isShort ? undefined : [{ fromMs: 0, toMs: durationMs }]
  if (!isShort && (steps.length === 0 || usual > usualKeyFrameMs)) return undefined
  const seen = [-usual, ...times]
  return seen.flatMap((atMs, index) => {
    const nextMs = seen[index + 1] ?? durationMs
    return nextMs - atMs > missingMs ? [{ fromMs: Math.max(0, atMs + usual), toMs: nextMs }] : []
  })
}

/** From the first black key frame to the next that is not. */
export function blackStretches(frames: KeyFrame[], durationMs: number): Stretch[] {
  const found: Stretch[] = []
  let fromMs: number | undefined
  for (const { atMs, isBlack } of [...frames, { atMs: durationMs, isBlack: false }]) {
    if (isBlack) fromMs ??= atMs
    else if (fromMs !== undefined) {
      found.push({ fromMs, toMs: atMs })
      fromMs = undefined
    }
  }
  return found
}

/** The stretches without what others cover: what is black is not told a second time as standing still. */
export function without(stretches: Stretch[], others: Stretch[]): Stretch[] {
  return others.reduce<Stretch[]>(
    (left, other) =>
      left.flatMap(({ fromMs, toMs }) => {
        if (other.toMs <= fromMs || other.fromMs >= toMs) return [{ fromMs, toMs }]
        const parts = [
          { fromMs, toMs: other.fromMs },
          { fromMs: other.toMs, toMs },
        ]
        return parts.filter((part) => part.toMs > part.fromMs)
      }),
    stretches,
  )
}

/** Stretches as bands within the film: too short ones left out (in a short film half of it is long), the longest kept when there are many. */
export function bandsOf(kind: BandKind, stretches: Stretch[], durationMs: number): ContentBand[] {
  const least = Math.min(leastMs[kind], durationMs / 2)
  return stretches
    .map(({ fromMs, toMs }) => ({ kind, fromMs: Math.max(0, fromMs), toMs: Math.min(toMs, durationMs) }))
    .filter((band) => band.toMs > band.fromMs && band.toMs - band.fromMs >= least)
    .toSorted((one, other) => other.toMs - other.fromMs - (one.toMs - one.fromMs))
    .slice(0, bandsAtMost)
    .toSorted((one, other) => one.fromMs - other.fromMs)
}

export interface ContentFault {
  about: 'sound' | 'picture'
  /** `critical`: the film lacks it altogether or for the most part; `warning`: for a long while. */
  severity: 'critical' | 'warning'
  lackingMs: number
  bands: ContentBand[]
}

const long: Record<BandKind, number> = {
  'no-sound': 0,
  silence: 5 * 60_000,
  'no-picture': 60_000,
  black: 60_000,
  frozen: 5 * 60_000,
}
const share: Record<BandKind, number> = { 'no-sound': 0, silence: 0.5, 'no-picture': 0.2, black: 0.2, frozen: 0.5 }

/** What of a part's content people must be told, if anything. A hearing has its pauses, and a recess: only what is too much for one counts. */
export function contentFaults({ bands }: RecordedContent, durationMs: number): ContentFault[] {
  const about = { sound: ['no-sound', 'silence'], picture: ['no-picture', 'black', 'frozen'] } as const
  return (['sound', 'picture'] as const).flatMap((track): ContentFault[] => {
    const kinds = about[track] as readonly BandKind[]
    const found = bands.filter(({ kind }) => kinds.includes(kind))
    const sum = (of: ContentBand[]): number => of.reduce((total, band) => total + band.toMs - band.fromMs, 0)
    const isMost = kinds.some((kind) => {
      const lacking = sum(found.filter((band) => band.kind === kind))
      return lacking > 0 && lacking >= share[kind] * durationMs
    })
    const isLong = found.some((band) => band.toMs - band.fromMs >= long[band.kind])
    if (!isMost && !isLong) return []
    return [{ about: track, severity: isMost ? 'critical' : 'warning', lackingMs: sum(found), bands: found }]
  })
}

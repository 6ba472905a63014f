/** What the last minute of a growing file lets hear and shows. Mirrors `LiveContent` of the control plane's contract. */
export interface Content {
  sound: 'heard' | 'silent' | 'none' | 'unmeasured'
  picture: 'moving' | 'black' | 'frozen' | 'none' | 'unmeasured'
}

/** What ffmpeg found in the last minute: the loudest moment of each second in dB of full scale, and its key frames. */
export interface Heard {
  peaksDb: number[]
}
export interface Shown {
  keyFrames: { isBlack: boolean }[]
  isFrozen: boolean
}

// Reasons and sources of the figures: docs/decisions/recording-content.md.
/** The span that is looked at, and how much of it there must be before anything is said. Milliseconds. */
export const spanMs = 60_000
const leastSpanMs = 55_000
const audibleDb = -60
/** Jitsi's own sounds of coming and going are heard in a recording although nobody else is. */
const audibleSecondsAtMost = 3
const leastKeyFrames = 5
/** A shared page stands still for a minute; a hearing in which nothing moves for three has lost its picture. */
const frozenMs = 180_000

/** Of the sound; undefined while there is too little of it. `span`: how much of the file was looked at, in milliseconds. */
export function judgeSound(heard: Heard | null, hasTrack: boolean, span: number): Content['sound'] | undefined {
  if (!hasTrack) return 'none'
  if (span < leastSpanMs) return undefined
  if (heard === null) return 'unmeasured'
  return heard.peaksDb.filter((db) => db > audibleDb).length <= audibleSecondsAtMost ? 'silent' : 'heard'
}

/** Of the picture; `frozenForMs`: for how long looks before this one found it standing still. */
export function judgePicture(
  shown: Shown | null,
  hasTrack: boolean,
  span: number,
  frozenForMs: number,
): Content['picture'] | undefined {
  if (!hasTrack) return 'none'
  if (span < leastSpanMs) return undefined
  // Key frames that are too rare say nothing; a recorder makes one every few seconds.
  if (shown === null || shown.keyFrames.length < leastKeyFrames) return 'unmeasured'
  if (shown.keyFrames.every(({ isBlack }) => isBlack)) return 'black'
  return shown.isFrozen && frozenForMs + span >= frozenMs ? 'frozen' : 'moving'
}

/** Peaks in what ffmpeg prints of each second of sound. */
export const readPeaks = (told: string): Heard => ({
  peaksDb: [...told.matchAll(/^lavfi\.astats\.Overall\.Peak_level=(\S+)$/gm)].map(([, db]) =>
    db === '-inf' || Number.isNaN(Number(db)) ? Number.NEGATIVE_INFINITY : Number(db),
  ),
})

/** Key frames in what ffmpeg prints of them, and whether the picture stands still at the end. */
export function readPicture(told: string): Shown {
  const keyFrames = [...told.matchAll(/^lavfi\.blackframe\.pblack=(\d+)$/gm)].map(([, percent]) => ({
    isBlack: Number(percent) >= 98,
  }))
  const isFrozen = told.lastIndexOf('freezedetect.freeze_start') > told.lastIndexOf('freezedetect.freeze_end')
  return { keyFrames, isFrozen }
}

import { type BandKind, bandLabels } from '../../contract/recording-content.ts'
import type { Recording } from '../../contract/recordings.ts'

/** One stretch on the time line. Places are milliseconds of the line, which holds the gaps too; `filmMs` is where the film shows it. */
export interface Finding {
  kind: BandKind | 'gap'
  words: string
  fromMs: number
  toMs: number
  filmMs: number
}

export interface Line {
  /** The parts and the gaps between them, in milliseconds. */
  lengthMs: number
  partsFromMs: number[]
  findings: Finding[]
  /** What nobody could measure, in words. */
  unmeasured: string[]
}

const isSound = (kind: Finding['kind']): boolean => kind === 'no-sound' || kind === 'silence'
/** What stands in the lane of sound, and what in that of the picture; a gap lacks both. */
export const inLane = (lane: 'sound' | 'picture', { kind }: Finding): boolean =>
  kind === 'gap' || isSound(kind) === (lane === 'sound')

/** The recording laid out on one line: what its parts lack, and what no part shows. */
export function lineOf({ parts, filmGaps }: Pick<Recording, 'parts' | 'filmGaps'>): Line {
  const played = parts.filter(({ mediaUrl }) => mediaUrl !== null)
  const line: Line = { lengthMs: 0, partsFromMs: [], findings: [], unmeasured: [] }
  let filmMs = 0
  const left = [...filmGaps]
  const addGaps = (): void => {
    while (left[0] !== undefined && left[0].atMs <= filmMs) {
      const { atMs, lostMs } = left.shift() ?? { atMs: filmMs, lostMs: 0 }
      const toMs = line.lengthMs + lostMs
      line.findings.push({ kind: 'gap', words: 'Không được ghi', fromMs: line.lengthMs, toMs, filmMs: atMs })
      line.lengthMs = toMs
    }
  }
  for (const [index, part] of played.entries()) {
    addGaps()
    line.partsFromMs.push(line.lengthMs)
    for (const { kind, fromMs, toMs } of part.content?.bands ?? []) {
      const place = { fromMs: line.lengthMs + fromMs, toMs: line.lengthMs + toMs, filmMs: filmMs + fromMs }
      line.findings.push({ kind, words: bandLabels[kind], ...place })
    }
    line.unmeasured.push(...unmeasuredOf(part, index + 1))
    line.lengthMs += part.durationMs ?? 0
    filmMs += part.durationMs ?? 0
  }
  addGaps()
  line.findings.sort((one, other) => one.fromMs - other.fromMs)
  return line
}

function unmeasuredOf({ content }: Recording['parts'][number], number: number): string[] {
  if (content === null) return [`Phần ${number}: chưa đo tiếng và hình.`]
  const tracks = [content.sound === 'unmeasured' && 'tiếng', content.picture === 'unmeasured' && 'hình']
  const missing = tracks.filter((track) => track !== false)
  return missing.length === 0 ? [] : [`Phần ${number}: không đo được ${missing.join(' và ')}.`]
}

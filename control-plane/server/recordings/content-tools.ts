import type { ContentBand, RecordedContent } from '../../contract/recording-content.ts'
import {
  bandsOf,
  blackStretches,
  createPictureReader,
  createStretchReader,
  leastFreezeSeconds,
  leastSilenceSeconds,
  pictureless,
  silenceDb,
  without,
} from './content.ts'
import type { MediaSandbox, RunLimits } from './media-sandbox.ts'
import { quiet, reading, refusalOf } from './media-tools.ts'

/** A stored film of ours (`playable.mp4`), as its row describes it. */
export interface StoredFilm {
  path: string
  durationMs: number
  hasSound: boolean
  hasPicture: boolean
}

// At least twenty times real time, where the aim is a hundred: a film that needs more is not one that a recorder makes.
const measuring = (durationMs: number): RunLimits => ({
  cpuSeconds: 60 + Math.ceil(durationMs / 20_000),
  memoryBytes: 512 * 1024 ** 2,
  outputBytes: 0,
  wallMs: 4 * 60_000 + Math.ceil(durationMs / 5),
})

/** What a film lets hear and shows, measured by ffmpeg in the sandbox: all of the sound, of the picture the key frames alone. */
export function createContentTools(sandbox: MediaSandbox) {
  async function run(film: StoredFilm, args: string[], onLine: (line: string) => void, signal: AbortSignal) {
    const skipping = args.includes('-vf') ? ['-skip_frame', 'nokey'] : []
    const all = [...quiet, ...skipping, ...reading('mov'), '-i', 'file:/in/film', ...args, '-f', 'null', '-']
    const limits = measuring(film.durationMs)
    const answer = await sandbox.run('ffmpeg', all, { input: film.path, limits, signal, onLine })
    return refusalOf(answer) === undefined
  }

  async function sound(film: StoredFilm, signal: AbortSignal): Promise<ContentBand[] | undefined> {
    const silences = createStretchReader('lavfi.silence_start', 'lavfi.silence_end')
    const filters = [
      // What is missing in the track, at its beginning, within it or at its end, is silence.
      'aresample=async=1:min_hard_comp=0.2:first_pts=0',
      `apad=whole_dur=${film.durationMs / 1000}`,
      `silencedetect=n=${silenceDb}dB:d=${leastSilenceSeconds}`,
      'ametadata=mode=print:file=-',
    ]
    if (!(await run(film, ['-map', '0:a:0', '-af', filters.join(',')], silences.read, signal))) return undefined
    return bandsOf('silence', silences.stretches(film.durationMs), film.durationMs)
  }

  async function picture(film: StoredFilm, signal: AbortSignal): Promise<ContentBand[] | undefined> {
    const { durationMs } = film
    const reader = createPictureReader()
    const filters = [
      "select='isnan(prev_selected_t)+gte(t-prev_selected_t,0.9)'",
      'scale=320:180:flags=fast_bilinear,format=yuv420p',
      'blackframe=amount=0:threshold=26',
      `freezedetect=n=-50dB:d=${Math.min(leastFreezeSeconds, durationMs / 2_000)}`,
      'metadata=mode=print:file=-',
    ]
    if (!(await run(film, ['-map', '0:V:0', '-vf', filters.join(',')], reader.read, signal))) return undefined
    const missing = pictureless(reader.frames(), durationMs)
    if (missing === undefined) return undefined
    const black = without(blackStretches(reader.frames(), durationMs), missing)
    const frozen = without(without(reader.freezes(durationMs), missing), black)
    return [
      ...bandsOf('no-picture', missing, durationMs),
      ...bandsOf('black', black, durationMs),
      ...bandsOf('frozen', frozen, durationMs),
    ]
  }

  return {
    /** @throws RanTooLong, and Error when our own machine is at fault. What the film is to blame for is `unmeasured`. */
    async measure(film: StoredFilm, signal: AbortSignal): Promise<RecordedContent> {
      const whole = { fromMs: 0, toMs: film.durationMs }
      const heard = film.hasSound ? await sound(film, signal) : [{ kind: 'no-sound' as const, ...whole }]
      const seen = film.hasPicture ? await picture(film, signal) : [{ kind: 'no-picture' as const, ...whole }]
      const sightOf = (has: boolean, found: unknown) =>
        !has ? 'none' : found === undefined ? 'unmeasured' : 'measured'
      return {
        sound: sightOf(film.hasSound, heard),
        picture: sightOf(film.hasPicture, seen),
        bands: [...(heard ?? []), ...(seen ?? [])],
      }
    },
  }
}

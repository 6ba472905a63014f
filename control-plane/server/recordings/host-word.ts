import type { RecorderReport } from '../../contract/recordings.ts'
import type { Instant } from '../platform/clock.ts'

/** What a recorder host reported last, and when it came in by our clock. */
export interface Told {
  host: string
  report: RecorderReport
  reportedAt: Instant
}

/** A report tells of the present for this long: the watch sends one every 5 s, and at once when something changed. Milliseconds. */
export const freshMs = 30_000

/**
 * What the recorder hosts say of a session now. `gone`: the host that recorded it says that its Jibri does not any more; `elsewhere`: another host's has
 * just begun with something, which may be this session, moved by Jicofo. `absent`: every host that is known is heard, and none has it. `unheard`: some
 * host that is known says nothing, or none is known: nobody can tell, and that is no report of absence.
 */
export type HostWord =
  | { is: 'recording'; host: string; grewAt: Instant }
  | { is: 'gone'; host: string; elsewhere: boolean }
  | { is: 'absent' }
  | { is: 'unheard' }

type Listed = RecorderReport['sessions'][number]
interface Asked {
  now: Instant
  /** The host that was last seen to record it. */
  recorder: string | null
}

/** Reports that tell of the present. Pure. */
export const freshOf = (told: Told[], now: Instant): Told[] =>
  told.filter(({ reportedAt }) => now - reportedAt < freshMs)

/** A Jibri that is down or idle records nothing: what is still written there is the ffmpeg of one that died. */
const records = ({ report }: Told): boolean => report.jibri === 'busy' || report.jibri === 'unhealthy'

interface Recorded {
  host: string
  sessionId: string
  grewAt: Instant
  reportedAt: Instant
}

/** Sessions that are recorded now, by fresh reports, the one that grew last first; by our own clock, for the host's may be wrong. Pure. */
export const recordedNow = (told: Told[], isIt: (session: Listed) => boolean, now: Instant): Recorded[] =>
  freshOf(told, now)
    .filter(records)
    .flatMap(({ host, report, reportedAt }) =>
      report.sessions
        .filter(isIt)
        .map(({ sessionId, stillForMs }) => ({ host, sessionId, reportedAt, grewAt: reportedAt - stillForMs })),
    )
    .toSorted((left, right) => right.grewAt - left.grewAt)

/** The word on one session (`isIt`), from fresh reports alone: a stale one tells of a past in which the file may well have grown on. Pure. */
export function wordOn(told: Told[], isIt: (session: Listed) => boolean, { now, recorder }: Asked): HostWord {
  const best = recordedNow(told, isIt, now)[0]
  if (best !== undefined) return { is: 'recording', host: best.host, grewAt: best.grewAt }
  const fresh = freshOf(told, now)
  if (recorder !== null && fresh.some(({ host }) => host === recorder)) {
    const begins = (one: Told): boolean => one.host !== recorder && records(one) && one.report.sessions.length === 0
    return { is: 'gone', host: recorder, elsewhere: fresh.some(begins) }
  }
  return told.length > 0 && fresh.length === told.length ? { is: 'absent' } : { is: 'unheard' }
}

/** When a host last said that its Jibri is free; null when none says so now. Pure. */
export function freeAt(told: Told[], now: Instant): Instant | null {
  const free = freshOf(told, now).filter(({ report }) => report.jibri === 'idle')
  return free.length === 0 ? null : Math.max(...free.map(({ reportedAt }) => reportedAt))
}

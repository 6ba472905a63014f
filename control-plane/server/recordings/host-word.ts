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
 * What the recorder hosts say of a session now. `absent`: every host that is known is heard, and none has it. `unheard`: some host that is known says
 * nothing, or none is known: nobody can tell, and that is no report of absence.
 */
export type HostWord = { is: 'recording'; host: string; grewAt: Instant } | { is: 'absent' } | { is: 'unheard' }

type Listed = RecorderReport['sessions'][number]

/** Reports that tell of the present. Pure. */
export const freshOf = (told: Told[], now: Instant): Told[] =>
  told.filter(({ reportedAt }) => now - reportedAt < freshMs)

/** The word on one session (`isIt`), from fresh reports alone: a stale one tells of a past in which the file may well have grown on. Pure. */
export function wordOn(told: Told[], isIt: (session: Listed) => boolean, now: Instant): HostWord {
  const fresh = freshOf(told, now)
  const found = fresh.flatMap(({ host, report, reportedAt }) =>
    // By our own clock: the host's may be wrong by more than a recording may stand still.
    report.sessions.filter(isIt).map((session) => ({ host, grewAt: reportedAt - session.stillForMs })),
  )
  const best = found.toSorted((left, right) => right.grewAt - left.grewAt)[0]
  if (best !== undefined) return { is: 'recording', ...best }
  return told.length > 0 && fresh.length === told.length ? { is: 'absent' } : { is: 'unheard' }
}

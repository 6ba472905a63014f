import type { Instant } from '../platform/clock.ts'

/** One playable part in the order in which they are played. Milliseconds; `startedAt` and `durationMs` may be unknown. */
export interface FilmPart {
  startedAt: Instant | null
  durationMs: number | null
}

/** One part in the film: where it begins there, and the stretch of the hearing that it shows. */
interface Stretch {
  /** Where it begins in the film, in which parts follow one another without their gaps. */
  fromMs: number
  startsAt: Instant
  durationMs: number
}

/** How the parts lie in the film and in the hearing. One that does not say when it began follows the one before. */
export function filmLine(parts: FilmPart[], liveAt: Instant): Stretch[] {
  const line: Stretch[] = []
  for (const part of parts) {
    const before = line.at(-1)
    const follows = before === undefined ? liveAt : before.startsAt + before.durationMs
    const startsAt = part.startedAt ?? follows
    line.push({
      fromMs: before === undefined ? 0 : before.fromMs + before.durationMs,
      // A recorder whose clock is slow may say that it began before the hearing did.
      startsAt: before === undefined ? Math.max(startsAt, liveAt) : startsAt,
      durationMs: Math.max(0, part.durationMs ?? 0),
    })
  }
  return line
}

/** Where in the film a moment of the hearing is seen: in a gap where the next part begins, after the last part nowhere. */
function placeOf(line: Stretch[], at: Instant): number | undefined {
  for (const stretch of line) {
    if (at < stretch.startsAt) return stretch.fromMs
    if (at < stretch.startsAt + stretch.durationMs) return stretch.fromMs + (at - stretch.startsAt)
  }
  return undefined
}

export interface Chapter {
  title: string
  /** Milliseconds from the film's first picture. */
  startMs: number
}

/**
 * Chapter marks from the agenda: each item begins where the planned minutes before it end, counted from the hearing's start. A mark lies
 * within the film: what would begin after its last picture has none, and of items that ended before a picture only the last is marked there.
 */
export function filmChapters(
  agenda: { title: string; minutes: number }[],
  film: { liveAt: Instant; parts: FilmPart[] },
): Chapter[] {
  const line = filmLine(film.parts, film.liveAt)
  const length = line.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const marks: Chapter[] = []
  let plannedMs = 0
  for (const { title, minutes } of agenda) {
    const startMs = placeOf(line, film.liveAt + plannedMs)
    plannedMs += minutes * 60_000
    if (startMs === undefined || startMs >= length) continue
    if (marks.at(-1)?.startMs === startMs) marks.pop()
    marks.push({ title, startMs })
  }
  return marks
}

/**
 * What of the hearing no part shows: before the first, between two, after the last. `atMs`: where in the film; never negative, also when two
 * recorders ran at once. `endedAt`: null while the hearing goes on.
 */
export function filmGaps(film: {
  parts: FilmPart[]
  liveAt: Instant
  endedAt: Instant | null
}): { atMs: number; lostMs: number }[] {
  const gaps: { atMs: number; lostMs: number }[] = []
  let shownUntil = film.liveAt
  let atMs = 0
  for (const { fromMs, startsAt, durationMs } of filmLine(film.parts, film.liveAt)) {
    if (startsAt - shownUntil >= leastGapMs) gaps.push({ atMs: fromMs, lostMs: startsAt - shownUntil })
    shownUntil = Math.max(shownUntil, startsAt + durationMs)
    atMs = fromMs + durationMs
  }
  const lostMs = (film.endedAt ?? shownUntil) - shownUntil
  return lostMs >= leastLastGapMs ? [...gaps, { atMs, lostMs }] : gaps
}

/** The time in a file's name and its first picture lie up to 2 s apart, under load more (docs/decisions/recording-content.md). */
const leastGapMs = 3_000
/** A recorder is told to stop when the hearing has ended, and its last block may be lost. */
const leastLastGapMs = 15_000

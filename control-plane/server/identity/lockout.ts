import { hourMs, type Instant, minuteMs, secondMs } from '../platform/clock.ts'

/** How failed attempts slow further ones down: the first `free` cost nothing, then the wait doubles from `firstMs` up to `topMs`. */
export interface SlowDown {
  free: number
  firstMs: number
  topMs: number
}

/** One browser that proved itself before, or one address without such proof: quarter of an hour at most. */
export const personalSlowDown: SlowDown = { free: 5, firstMs: 15 * secondMs, topMs: 15 * minuteMs }
/** All unproven sources of one account together: never more than a minute, so that a stranger cannot keep its owner out. */
export const sharedSlowDown: SlowDown = { free: 20, firstMs: 2 * secondMs, topMs: minuteMs }

/** Failures are forgotten after a day without one. */
export const failureMemoryMs = 24 * hourMs

export interface Standing {
  failures: number
  lastAt: Instant
  blockedUntil: Instant | null
}

/** How long attempts wait after this many failures in a row, in milliseconds. */
export function waitMs(failures: number, slowDown: SlowDown): number {
  if (failures < slowDown.free) return 0
  return Math.min(slowDown.topMs, slowDown.firstMs * 2 ** Math.min(failures - slowDown.free, 30))
}

/** The instant before which an attempt is refused, or null when it is admitted now. */
export const refusedUntil = (standing: Standing, now: Instant): Instant | null =>
  standing.blockedUntil !== null && standing.blockedUntil > now ? standing.blockedUntil : null

/**
 * The standing once an attempt is admitted. It counts as failed until it succeeds:
 * counting afterwards would let many parallel guesses in before the first is counted.
 */
export function afterAdmission(standing: Standing, slowDown: SlowDown, now: Instant): Standing {
  const forgotten = now - standing.lastAt > failureMemoryMs
  const failures = (forgotten ? 0 : standing.failures) + 1
  const wait = waitMs(failures, slowDown)
  return { failures, lastAt: now, blockedUntil: wait === 0 ? null : now + wait }
}

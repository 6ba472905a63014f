/** An instant in milliseconds since the Unix epoch (UTC). Rules take it as an argument; only this file asks the machine. */
export type Instant = number

/** What tells the time. Tests pass one that they move by hand. */
export interface Clock {
  now(): Instant
}

export const systemClock: Clock = { now: () => Date.now() }

/** A clock for tests: stands still until `set` or `advance` moves it. */
export function manualClock(start: Instant): Clock & { set(at: Instant): void; advance(ms: number): void } {
  let at = start
  return {
    now: () => at,
    set: (to) => {
      at = to
    },
    advance: (ms) => {
      at += ms
    },
  }
}

/**
 * The end of what began at `from`, as a clock tells it: never before the beginning. A wall clock that was set back in between is told
 * (`clockStepped`), because how long it really took is then not known. The one rule for every pair of instants that is kept as evidence.
 */
export const notBefore = (from: Instant, told: Instant): { at: Instant; clockStepped: boolean } => ({
  at: Math.max(from, told),
  clockStepped: told < from,
})

/** The instant as a Date, the form in which drizzle stores a `timestamptz`. */
export const asDate = (at: Instant): Date => new Date(at)

export const secondMs = 1000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

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

/** The instant as a Date, the form in which drizzle stores a `timestamptz`. */
export const asDate = (at: Instant): Date => new Date(at)

export const secondMs = 1000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

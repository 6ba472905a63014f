import { type Instant, minuteMs } from '../platform/clock.ts'

/** A page on its way into the room is not seen there yet: for this long after its last word its seat counts as taken. Milliseconds. */
export const seatHeldMs = 30_000
/** How long the seat's holder is told that somebody else opened the same link. */
export const askedShownMs = 2 * minuteMs

/** The name of a room PC's seat; a page behind a link has a random one of its own. */
export const deviceSeat = (deviceId: string): string => `device:${deviceId}`

interface Taken {
  seat: string | null
  seatSeenAt: Date | null
}

/**
 * Whether a grant is at work somewhere else than at this seat: two at once in one room hear each other and howl, and attendance has one person
 * twice. Who names no seat is a stranger to whoever is in the room.
 */
export function isElsewhere(grant: Taken, seat: string | undefined, isPresent: boolean, now: Instant): boolean {
  if (seat !== undefined && grant.seat === seat) return false
  if (isPresent) return true
  if (seat === undefined || grant.seat === null) return false
  return now - (grant.seatSeenAt?.getTime() ?? 0) < seatHeldMs
}

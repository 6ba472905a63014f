import { minuteMs } from '../platform/clock.ts'
import { type Draw, lettersFrom } from '../platform/press.ts'

/** An enrolment code holds for this long, and once. */
export const codeLifeMs = 15 * minuteMs

/** Letters and digits that are not mistaken for one another on a screen or by telephone. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Eight characters in two groups (40 bits, 15 minutes, a few tries a minute). */
export function newEnrolmentCode(draw: Draw): string {
  const letters = lettersFrom(alphabet, 8, draw)
  return `${letters.slice(0, 4)}-${letters.slice(4)}`
}

/** The code as it is compared: upper case, without what people put between the groups. */
export const plainCode = (typed: string): string => typed.toUpperCase().replace(/[^A-Z0-9]/g, '')

/** A device counts as connected for this long after its last word (it speaks every 10 s). */
export const connectedMs = 30_000

import type { Clock, Instant } from './clock.ts'
import { Problem } from './problem.ts'

const mostAddresses = 10_000

/**
 * Counts the wrong codes of each address. A right code is let in whatever was typed at its address before, or a single person behind a province's address
 * could keep everybody there out; so a code is looked up first, and only what is wrong is counted. What keeps guessing hopeless is the length of the code
 * and the route's limit on requests (docs/decisions/codes-people-type.md).
 * `most`: wrong codes within `windowMs` after which the answer says so.
 */
export function createGuesses(clock: Clock, { most, windowMs }: { most: number; windowMs: number }) {
  const wrong = new Map<string, Instant[]>()
  return {
    /** Notes a wrong code. Answers what to refuse it with: `unknown`, or 429 when this address has typed too many. `instead`: what else to do. */
    wrong(address: string, unknown: Problem, instead: string): Problem {
      const times = (wrong.get(address) ?? []).filter((at) => at > clock.now() - windowMs)
      const isTooMany = times.length >= most
      // No more is kept than is needed to know; the oldest address goes first: a flood of neither fills the memory.
      wrong.delete(address)
      wrong.set(address, [...times, clock.now()].slice(-most))
      const [oldest] = wrong.keys()
      if (wrong.size > mostAddresses && oldest !== undefined) wrong.delete(oldest)
      if (!isTooMany) return unknown
      return new Problem('too-many-guesses', {
        status: 429,
        title: `Mã này cũng không đúng; đã nhập sai nhiều mã từ mạng này. Mã đúng vẫn dùng được ngay: ${instead}`,
      })
    },
  }
}

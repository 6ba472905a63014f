import { type Clock, type Instant, minuteMs } from '../platform/clock.ts'
import { Problem } from '../platform/problem.ts'

/** Wrong short codes that one address may type within the window. */
const mostWrong = 20
const windowMs = 10 * minuteMs
const mostAddresses = 10_000

/**
 * Slows the guessing of short codes by address. Only wrong codes count and only codes are refused: a whole province behind one
 * address enters by its links whatever somebody among them tries.
 */
export function createGuesses(clock: Clock) {
  const wrong = new Map<string, Instant[]>()

  const recent = (address: string): Instant[] => (wrong.get(address) ?? []).filter((at) => at > clock.now() - windowMs)

  return {
    /** Throws 429 when this address has typed too many wrong codes. */
    demandFew(address: string): void {
      const times = recent(address)
      if (times.length < mostWrong) return
      const seconds = Math.ceil(((times[0] ?? 0) + windowMs - clock.now()) / 1000)
      throw new Problem('too-many-guesses', {
        status: 429,
        title: `Đã nhập sai mã nhiều lần. Vui lòng mở bằng liên kết trong giấy mời, hoặc thử lại sau ${Math.ceil(seconds / 60)} phút.`,
        retryable: true,
      })
    },
    note(address: string): void {
      const times = [...recent(address), clock.now()]
      // The oldest entry goes first: a flood of addresses cannot fill the memory.
      wrong.delete(address)
      wrong.set(address, times)
      const [oldest] = wrong.keys()
      if (wrong.size > mostAddresses && oldest !== undefined) wrong.delete(oldest)
    },
  }
}

import { argon2id, hash, needsRehash, verify } from 'argon2'
import { type Draw, lettersFrom } from '../platform/press.ts'
import { Problem } from '../platform/problem.ts'

// OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two passes, one lane.
const cost = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

// Each takes 19 MiB and tens of milliseconds of a thread that files and name look-ups need too (libuv has four).
const atOnce = 2
/** The whole province signs in at eight o'clock: two seconds of waiting for the last of them. */
const mostWaiting = 100
let running = 0
const waiting: (() => void)[] = []

/** Throws 503 when so many passwords wait to be proven that another would only make everybody wait longer. */
export function demandRoom(): void {
  if (waiting.length < mostWaiting) return
  throw new Problem('sign-in-busy', {
    status: 503,
    title: 'Đang có quá nhiều lượt đăng nhập cùng lúc. Vui lòng thử lại sau ít giây.',
    retryable: true,
  })
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  demandRoom()
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    return await work()
  } finally {
    // The place goes to the next one directly: a newcomer in between would make it three at once.
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}

/** Throws 503 `sign-in-busy` as `passwordFits` does. */
export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(password.normalize('NFC'), cost))

export const isWeaklyHashed = (passwordHash: string): boolean => needsRehash(passwordHash, cost)

let standIn: Promise<string> | undefined

/** True when the password fits; throws 503 `sign-in-busy` when too many wait. Without an account it computes as long and answers false, so that nobody learns which names exist. */
export async function passwordFits(passwordHash: string | undefined, password: string): Promise<boolean> {
  standIn ??= hash('nobody has this password', cost)
  const against = passwordHash ?? (await standIn)
  const fits = await inTurn(() => verify(against, password.normalize('NFC')))
  return fits && passwordHash !== undefined
}

// Without 0/o, 1/l/i: read aloud or copied by hand.
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

/** A password of four groups, about 79 bits, to be handed over once. */
export function generatePassword(draw: Draw): string {
  const group = (): string => lettersFrom(alphabet, 4, draw)
  return [group(), group(), group(), group()].join('-')
}

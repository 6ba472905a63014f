import { randomInt } from 'node:crypto'
import { argon2id, hash, needsRehash, verify } from 'argon2'

// OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two passes, one lane.
const cost = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export const hashPassword = (password: string): Promise<string> => hash(password.normalize('NFC'), cost)

export const isWeaklyHashed = (passwordHash: string): boolean => needsRehash(passwordHash, cost)

let standIn: Promise<string> | undefined

/** True when the password fits. Without an account it computes as long and answers false, so that nobody learns which names exist. */
export async function passwordFits(passwordHash: string | undefined, password: string): Promise<boolean> {
  standIn ??= hash('nobody has this password', cost)
  const fits = await verify(passwordHash ?? (await standIn), password.normalize('NFC'))
  return fits && passwordHash !== undefined
}

// Without 0/o, 1/l/i: read aloud or copied by hand.
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

/** A password of four groups, about 79 bits, to be handed over once. */
export function generatePassword(): string {
  const group = (): string => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('')
  return [group(), group(), group(), group()].join('-')
}

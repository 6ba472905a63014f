import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { eq, lt } from 'drizzle-orm'
import { dayMs, type Instant } from './clock.ts'
import type { Database, Tx } from './database.ts'
import type { Secrets } from './secrets.ts'
import { idempotencyKeys } from './tables.ts'

/** One press of a button, as the request told it by its `Idempotency-Key`. */
export interface Press {
  /** Keyed digests of (who, the key) and of (address, body): neither is stored readable. */
  key: string
  fingerprint: string
  /** Of this attempt alone: two attempts of one press differ in it. */
  seed: string
  /** The HTTP status of success. */
  status: number
}

export type KeptPress = typeof idempotencyKeys.$inferSelect

/** Another attempt of the same press has made it. The transaction that met it is rolled back, and the other's outcome is answered. */
export class PressRepeated extends Error {
  constructor() {
    super('this press has been carried out by another attempt')
  }
}

/** How long a repeated press is recognised. A form that was left open over night may be sent again in the morning. */
export const pressKeptMs = dayMs

export function pressOf(secrets: Secrets, told: { who: string; key: string; request: unknown; status: number }): Press {
  return {
    key: secrets.mac('press.key', `${told.who}\n${told.key}`),
    fingerprint: secrets.mac('press.fingerprint', JSON.stringify(told.request)),
    seed: randomUUID(),
    status: told.status,
  }
}

/**
 * Keeps, in the transaction of the change, what the press made. Waits for another attempt that is under way; @throws PressRepeated once that one
 * has committed. Further rows of the same attempt change nothing.
 */
export async function keepPress(tx: Tx, press: Press, made: { subject: string; at: Date }): Promise<void> {
  const [mine] = await tx
    .insert(idempotencyKeys)
    .values({ ...press, ...made })
    .onConflictDoNothing()
    .returning({ key: idempotencyKeys.key })
  if (mine !== undefined) return
  const kept = await keptPress(tx, press)
  if (kept?.seed !== press.seed) throw new PressRepeated()
}

/** What this press has made; undefined while nothing. */
export async function keptPress(db: Database | Tx, press: Press): Promise<KeptPress | undefined> {
  const [row] = await db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, press.key))
  return row
}

export async function forgetOldPresses(db: Database, now: Instant): Promise<void> {
  await db.delete(idempotencyKeys).where(lt(idempotencyKeys.at, new Date(now - pressKeptMs)))
}

/** So many unguessable bytes. */
export type Draw = (bytes: number) => Buffer

/**
 * Whence a secret that is told once is drawn. With a press: from the master key and the attempt's seed, the same bytes in the same order each
 * time, so that a repeated press is told the same secret although it is stored nowhere. Without: from the system's randomness.
 */
export function drawOf(secrets: Secrets, press: Pick<Press, 'seed'> | undefined): Draw {
  if (press === undefined) return randomBytes
  const key = secrets.key('press.draw')
  let block = 0
  return (bytes) => {
    const blocks: Buffer[] = []
    for (let have = 0; have < bytes; have += 32) {
      blocks.push(createHmac('sha256', key).update(`${press.seed}:${block}`).digest())
      block += 1
    }
    return Buffer.concat(blocks).subarray(0, bytes)
  }
}

/** A text of letters of this alphabet (at most 256), each as likely as the others. */
export function lettersFrom(alphabet: string, count: number, draw: Draw): string {
  const fair = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < count) {
    const byte = draw(1)[0] ?? 0
    // Beyond the last whole round the first letters would be likelier.
    if (byte < fair) text += alphabet[byte % alphabet.length]
  }
  return text
}

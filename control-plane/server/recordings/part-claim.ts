import type { Tx } from '../platform/database.ts'
import { ClaimLost, keepLease } from '../platform/lease.ts'
import type { Platform } from '../platform/platform.ts'
import * as store from './store.ts'

// A worker that has not renewed its claim for this long is dead, and the part is taken up by another.
const leaseMs = 30_000
const renewMs = 8_000

/** The word of one worker on its part. */
export interface Claim {
  part: store.PartRow
  /** Aborted when the word is lost, or may be. */
  signal: AbortSignal
  /** Rejects when another worker has the part by now. Asked before what cannot be taken back. */
  hold(): Promise<void>
  /** Writes the outcome and what goes with it in one transaction; rejects with `ClaimLost` when another worker has the part by now. */
  settle(outcome: Partial<store.PartRow>, also: (tx: Tx) => Promise<void>): Promise<void>
  /** Gives the part back as it is, for the next try at once. */
  release(): Promise<void>
}

/** Claims a received part; undefined when another worker has it or it is done. */
export async function claimPart(platform: Platform, partId: string): Promise<Claim | undefined> {
  const { db, clock, log } = platform
  const now = clock.now()
  const part = await store.claimPart(db, partId, new Date(now), new Date(now - leaseMs))
  if (part === undefined) return undefined
  let claimedAt = new Date(now)
  const renew = async (): Promise<boolean> => {
    const next = new Date(clock.now())
    const mine = await store.updateClaimed(db, part.id, claimedAt, { claimedAt: next })
    claimedAt = next
    return mine
  }
  const lease = keepLease({ leaseMs, everyMs: renewMs }, renew, (error) =>
    log.warn({ err: error, partId }, 'claim not renewed'),
  )
  return {
    part,
    signal: lease.signal,
    hold: lease.hold,
    async settle(outcome, also) {
      // Before the transaction: a renewal may be under way, and on PGlite it would wait for the transaction that waits for it.
      await lease.stop()
      await db.transaction(async (tx) => {
        if (!(await store.updateClaimed(tx, part.id, claimedAt, { ...outcome, claimedAt: null }))) throw new ClaimLost()
        await also(tx)
      })
    },
    async release() {
      await lease.stop()
      await store.updateClaimed(db, part.id, claimedAt, { claimedAt: null })
    },
  }
}

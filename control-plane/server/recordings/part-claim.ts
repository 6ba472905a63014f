import type { Tx } from '../platform/database.ts'
import { ClaimLost, keepLease } from '../platform/lease.ts'
import type { Platform } from '../platform/platform.ts'
import * as store from './store.ts'

/** A worker that has not renewed its claim for this long is dead, and the part is taken up by another. Milliseconds. */
export const claimMs = 30_000
const renewMs = 8_000

/** Renews a worker's claim, which stands in that column of the part since `since`, until it is stopped. */
export function keepClaim({ db, clock, log }: Platform, partId: string, column: store.ClaimColumn, since: Date) {
  let claimedAt = since
  const update = (reader: typeof db | Tx, change: Partial<store.PartRow>): Promise<boolean> =>
    store.updateAs(reader, { id: partId, column, claimedAt }, change)
  const renew = async (): Promise<boolean> => {
    const next = new Date(clock.now())
    const isMine = await update(db, { [column]: next })
    claimedAt = next
    return isMine
  }
  const { signal, hold, stop } = keepLease({ leaseMs: claimMs, everyMs: renewMs }, renew, (error) =>
    log.warn({ err: error, partId }, 'claim not renewed'),
  )
  return {
    signal,
    hold,
    /** Ends the renewing, before a transaction of one's own: on PGlite a renewal under way would wait for the transaction that waits for it. */
    stop,
    /** Changes the part as the holder of the claim; false when another has it by now, and then nothing is written. */
    update,
    /** Gives the part back as it is, for the next try at once. */
    async release(): Promise<void> {
      await stop()
      await update(db, { [column]: null })
    },
  }
}

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
  const { db, clock } = platform
  const now = clock.now()
  const part = await store.claimPart(db, partId, new Date(now), new Date(now - claimMs))
  if (part === undefined) return undefined
  const claim = keepClaim(platform, part.id, 'claimedAt', new Date(now))
  return {
    part,
    signal: claim.signal,
    hold: claim.hold,
    async settle(outcome, also) {
      await claim.stop()
      await db.transaction(async (tx) => {
        if (!(await claim.update(tx, { ...outcome, claimedAt: null }))) throw new ClaimLost()
        await also(tx)
      })
    },
    release: claim.release,
  }
}

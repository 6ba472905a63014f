/** The work of a claim must end: another worker has it, or may have it. */
export class ClaimLost extends Error {
  constructor() {
    super('claim-lost')
  }
}

/** A claim on a row that holds only while its worker lives: whoever is killed stops renewing, and another takes over. */
export interface Lease {
  /** Aborted once the claim is somebody else's, or may be: it could not be renewed for almost as long as it lasts. */
  signal: AbortSignal
  /** Renews at once, before what cannot be taken back. Rejects when the claim is not ours any more. */
  hold(): Promise<void>
  /** Ends the renewing; resolves when no renewal is under way any more. */
  stop(): Promise<void>
}

/**
 * Renews a claim of `leaseMs` every `everyMs` milliseconds by `renew`, which tells whether the claim was still ours. A renewal that fails
 * is tried at the next turn, until the claim may have run out.
 */
export function keepLease(
  { leaseMs, everyMs }: { leaseMs: number; everyMs: number },
  renew: () => Promise<boolean>,
  onFault: (error: unknown) => void,
): Lease {
  const lost = new AbortController()
  const lose = (): void => lost.abort(new ClaimLost())
  let renewedAt = performance.now()
  let underWay: Promise<void> = Promise.resolve()

  async function renewNow(): Promise<void> {
    const askedAt = performance.now()
    if (await renew()) renewedAt = askedAt
    else lose()
  }
  const timer = setInterval(() => {
    // One that hangs, with the database away, never answers false.
    if (performance.now() - renewedAt > leaseMs - everyMs) lose()
    underWay = underWay.then(renewNow).catch(onFault)
  }, everyMs)
  return {
    signal: lost.signal,
    async hold() {
      const turn = underWay.then(renewNow)
      underWay = turn.catch(() => undefined)
      await turn
      lost.signal.throwIfAborted()
    },
    stop() {
      clearInterval(timer)
      return underWay
    },
  }
}

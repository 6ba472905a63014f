/** A claim on a row that holds only while its worker lives: whoever is killed stops renewing, and another takes over. */
export interface Lease {
  /** Aborted once the claim turned out to be somebody else's. */
  signal: AbortSignal
  /** Ends the renewing; resolves when no renewal is under way any more. */
  stop(): Promise<void>
}

/** Renews a claim every `everyMs` milliseconds by `renew`, which tells whether the claim was still ours. A renewal that fails is tried at the next turn. */
export function keepLease(everyMs: number, renew: () => Promise<boolean>, onFault: (error: unknown) => void): Lease {
  const lost = new AbortController()
  let underWay = Promise.resolve()
  const timer = setInterval(() => {
    underWay = underWay.then(renew).then((mine) => {
      if (!mine) lost.abort(new Error('claim-lost'))
    }, onFault)
  }, everyMs)
  return {
    signal: lost.signal,
    stop() {
      clearInterval(timer)
      return underWay
    },
  }
}

/** How far one spooled file is on its way, as kept beside it. All of it can be found again from the file alone. */
export interface Delivery {
  bytes: number
  sha256: string | null
  uploadUrl: string | null
  attempts: number
  /** Milliseconds since 1970. */
  nextAttemptAt: number
  lastError: string | null
  /** The store has it and does not know yet which hearing it is of: nothing to do here but keep it and ask. */
  held: boolean
}

export interface Receipt {
  state: 'unknown' | 'receiving' | 'verifying' | 'unmatched' | 'stored' | 'mismatch' | 'refused'
  sha256?: string
  size?: number
  detail?: string
}

export type Step =
  | { do: 'delete' }
  | { do: 'wait' }
  | { do: 'hold' }
  | { do: 'send'; uploadUrl: string | null }
  /** The store read other bytes than were declared: hash again (the declaration may be what is wrong) and send all of it anew. */
  | { do: 'start-over'; reason: string }
  | { do: 'give-way'; reason: string }

export const freshDelivery = (bytes: number): Delivery => ({
  bytes,
  sha256: null,
  uploadUrl: null,
  attempts: 0,
  nextAttemptAt: 0,
  lastError: null,
  held: false,
})

/** What comes next for a file whose receipt the store has just given. Only `stored` with our own hash and size lets the copy here go. */
export function nextStep(delivery: Delivery, receipt: Receipt): Step {
  switch (receipt.state) {
    case 'stored':
      if (receipt.sha256 === delivery.sha256 && receipt.size === delivery.bytes) return { do: 'delete' }
      return { do: 'start-over', reason: 'the store confirmed other bytes' }
    case 'verifying':
      return { do: 'wait' }
    case 'unmatched':
      return { do: 'hold' }
    case 'receiving':
      return { do: 'send', uploadUrl: delivery.uploadUrl }
    case 'unknown':
      return { do: 'send', uploadUrl: null }
    case 'mismatch':
      return { do: 'start-over', reason: receipt.detail ?? 'the store read other bytes' }
    case 'refused':
      return { do: 'give-way', reason: receipt.detail ?? 'refused by the store' }
  }
}

/** The delivery after a failure: tried again for ever, first soon, then rarer, with jitter so that many hosts do not come at once. */
export function afterFailure(
  delivery: Delivery,
  failure: { error: string; now: number; random: number },
  limits: { retryFirstMs: number; retryLongestMs: number },
): Delivery {
  const wait = Math.min(limits.retryLongestMs, limits.retryFirstMs * 2 ** Math.min(delivery.attempts, 20))
  return {
    ...delivery,
    attempts: delivery.attempts + 1,
    lastError: failure.error,
    nextAttemptAt: failure.now + wait * (0.75 + failure.random / 2),
  }
}

/** Whether the file's turn has come. A moment further off than the longest wait was written under a wrong clock and does not count. */
export function isDue(delivery: Delivery, now: number, retryLongestMs: number): boolean {
  return delivery.nextAttemptAt <= now || delivery.nextAttemptAt > now + 1.5 * retryLongestMs
}

/** Reads what was kept beside a file; anything unreadable, or about another size, counts for nothing. */
export function parseDelivery(text: string, bytes: number): Delivery {
  try {
    const kept = JSON.parse(text) as Partial<Delivery> | null
    return kept?.bytes === bytes ? { ...freshDelivery(bytes), ...kept } : freshDelivery(bytes)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return freshDelivery(bytes)
  }
}

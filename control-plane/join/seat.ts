const keptKey = 'tiepdan.seat'

/** Holds the name until this page is gone; false when another page of this browser holds it. */
function hold(seat: string): Promise<boolean> {
  // Only pages over HTTPS or loopback have locks: elsewhere a duplicated tab goes unnoticed.
  if (navigator.locks === undefined) return Promise.resolve(true)
  return new Promise((resolve) => {
    navigator.locks
      .request(`${keptKey}.${seat}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null)
        return lock === null ? undefined : new Promise(() => undefined)
      })
      .catch(() => resolve(true))
  })
}

const newSeat = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/**
 * Names this tab for as long as it is open, over reloads. A tab that was duplicated has its original's storage: it finds the name held and takes
 * one of its own.
 */
export async function takeSeat(): Promise<string> {
  const kept = sessionStorage.getItem(keptKey)
  if (kept !== null && (await hold(kept))) return kept
  const seat = newSeat()
  sessionStorage.setItem(keptKey, seat)
  await hold(seat)
  return seat
}

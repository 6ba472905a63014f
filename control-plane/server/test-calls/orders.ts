import { type Instant, minuteMs } from '../platform/clock.ts'

/** Bounds on "test now". A test takes a minute of two browsers: an officer who presses on and on would keep the room PC and the agent busy. */
export const orderBounds = {
  windowMs: 10 * minuteMs,
  /** Of one endpoint, by whomever. */
  ofEndpoint: 6,
  /** By one person: the office may test every endpoint of the province once. */
  ofPerson: 200,
}

export interface RecentOrder {
  endpointId: string
  requestedById: string | null
  createdAt: Date
}

/** Why another test may not be ordered yet, and until when; undefined when it may. `recent`: the orders of the last `windowMs`. Pure. */
export function orderRefusal(
  recent: RecentOrder[],
  wish: { endpointId: string; personId: string },
): { of: 'endpoint' | 'person'; until: Instant } | undefined {
  const freeAgain = (orders: RecentOrder[], most: number): Instant | undefined => {
    const times = orders.map(({ createdAt }) => createdAt.getTime()).sort((one, other) => one - other)
    const oldest = times.at(-most)
    return oldest === undefined ? undefined : oldest + orderBounds.windowMs
  }
  const ofEndpoint = recent.filter(({ endpointId }) => endpointId === wish.endpointId)
  const endpoint = freeAgain(ofEndpoint, orderBounds.ofEndpoint)
  if (endpoint !== undefined) return { of: 'endpoint', until: endpoint }
  const ofPerson = recent.filter(({ requestedById }) => requestedById === wish.personId)
  const person = freeAgain(ofPerson, orderBounds.ofPerson)
  return person === undefined ? undefined : { of: 'person', until: person }
}

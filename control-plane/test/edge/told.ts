import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { edgeSecret, type PlayedControlPlane } from './control-plane.ts'

export interface ListedOccupant {
  occupantId: string
  userId?: string
  name?: string
  hidden: boolean
  moderator: boolean
  joinedAt: number
}
interface Answer {
  processId: string
  rooms: { room: string; occupants: ListedOccupant[] }[]
  queue: { waiting: number }
}

export async function edgeRequest(edgeUrl: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${edgeUrl}/edge${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${edgeSecret}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  assert.equal(response.status, 200)
  return (await response.json()) as Record<string, unknown>
}

const listOf = async (edgeUrl: string): Promise<Answer> => (await edgeRequest(edgeUrl, '/rooms')) as unknown as Answer

/** Who is in a room as the module lists it, by user id. */
export async function listed(edgeUrl: string, room = 'abc'): Promise<ListedOccupant[]> {
  return (await listOf(edgeUrl)).rooms.find((one) => one.room === room)?.occupants ?? []
}

const key = (room: string, occupant: { occupantId?: string; userId?: string }): string =>
  `${room}/${occupant.occupantId}/${occupant.userId ?? '?'}`

/** Who is in, as it follows from the events alone. */
export function present(plane: PlayedControlPlane, processId: string): string[] {
  const inside = new Set<string>()
  for (const event of plane.events.filter((one) => one.processId === processId)) {
    if (event.kind === 'snapshot') {
      inside.clear()
      for (const room of event.rooms ?? [])
        for (const occupant of room.occupants) inside.add(key(room.room, occupant as ListedOccupant))
    }
    const which = key(event.room ?? '', event as { occupantId?: string; userId?: string })
    if (event.kind === 'occupant-joined') inside.add(which)
    if (event.kind === 'occupant-left') {
      // A leave of nobody would be a row that nothing explains.
      assert.ok(inside.delete(which), `left without having come: ${which}`)
    }
  }
  return [...inside].sort()
}

/** What the events say and what the module lists are one and the same, once nothing is under way. */
export async function assertAgreed(plane: PlayedControlPlane, edgeUrl: string): Promise<void> {
  let list = await listOf(edgeUrl)
  for (let tries = 0; tries < 100 && list.queue.waiting > 0; tries++) {
    await sleep(50)
    list = await listOf(edgeUrl)
  }
  const there = list.rooms.flatMap((room) => room.occupants.map((occupant) => key(room.room, occupant)))
  assert.deepEqual(present(plane, list.processId), there.sort())
}

/** Waits until the condition holds; the last answer stands in the error. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, timeoutMs = 8_000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (performance.now() < end) {
    if (await holds()) return
    await sleep(50)
  }
  throw new Error(`not so within ${timeoutMs} ms: ${what}`)
}

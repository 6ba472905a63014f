import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Config } from '../platform/config.ts'

const Rooms = Type.Object({
  processId: Type.String(),
  rooms: Type.Array(
    Type.Object({
      room: Type.String(),
      occupants: Type.Array(
        Type.Object({
          occupantId: Type.String(),
          userId: Type.Optional(Type.String()),
          name: Type.Optional(Type.String()),
          joinedAt: Type.Optional(Type.Number()),
          hidden: Type.Optional(Type.Boolean()),
        }),
      ),
    }),
  ),
  queue: Type.Object({ waiting: Type.Number(), dropped: Type.Number() }),
})
export type ProsodyRooms = Static<typeof Rooms>

/** Jobs that put somebody out; each is tried until Prosody has answered. */
export const kickQueue = 'room.kick'
/** Jobs that put one occupant out whose grant goes on: it was taken to another device. */
export const putOutQueue = 'room.put-out'

const answerMs = 5_000

/** The control plane's word to Prosody, through our edge module on its loopback HTTP port. */
export function createProsodyClient(config: Config) {
  async function ask(path: string, body?: Record<string, unknown>): Promise<unknown> {
    const response = await fetch(`${config.edgeUrl}/edge${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${config.edgeSecret}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerMs),
    })
    if (!response.ok) throw new Error(`edge module answered ${response.status} to ${path}`)
    return response.json()
  }
  return {
    /** Rooms and occupants as Prosody has them now. Throws when it does not answer within 5 s. */
    async rooms(): Promise<ProsodyRooms> {
      return Value.Parse(Rooms, await ask('/rooms'))
    },
    /** Puts a person out of every room, ends his connections and keeps him out; answers how many occupants that were. */
    async kick(room: string, userId: string, reason: string): Promise<number> {
      const answer = (await ask('/kick', { room, userId, reason })) as { kicked?: number }
      return answer.kicked ?? 0
    },
    /** Puts out one occupant: he may come back by his token. */
    async kickOccupant(room: string, occupantId: string, reason: string): Promise<void> {
      await ask('/kick', { room, occupantId, reason })
    },
    /** Ends a room; it is gone when this resolves. */
    async close(room: string, reason: string): Promise<void> {
      await ask('/close', { room, reason })
    },
  }
}

export type ProsodyClient = ReturnType<typeof createProsodyClient>

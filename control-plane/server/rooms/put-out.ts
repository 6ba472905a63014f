import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { putOutQueue } from './prosody.ts'
import * as store from './store.ts'

/** Puts out of a room, in the transaction, whoever is there by this grant; but for the one occupant who is to stay. */
export async function putOutStays(
  { jobs }: Platform,
  tx: Tx,
  { roomName, userId, reason, but }: { roomName: string; userId: string; reason: string; but?: string | undefined },
): Promise<void> {
  for (const { userId: whose, occupantId } of await store.openAttendance(tx, roomName))
    if (whose === userId && occupantId !== but)
      await jobs.enqueue(tx, putOutQueue, { room: roomName, occupantId, reason })
}

import type { Database, Tx } from '../platform/database.ts'
import * as store from './store.ts'

/**
 * Whether people are told what happens to this recording and its files. Of a drill's the drill's own minutes tell: no alert, no mail. A file
 * of which nobody knows whose it is concerns people.
 */
export async function concernsPeople(db: Database | Tx, recordingId: string | null): Promise<boolean> {
  if (recordingId === null) return true
  const row = await store.recordingById(db, recordingId)
  return row === undefined || row.drillId === null
}

import type { RecorderReport } from '../../contract/recordings.ts'
import type { Database, Tx } from '../platform/database.ts'
import { recordedNow } from './host-word.ts'
import * as store from './store.ts'

/** What is known of the recording that a session belongs to. */
interface Standing {
  recording: Pick<store.RecordingRow, 'wanted' | 'state' | 'currentSessionId'>
  /** The session that is on is in the focus's hands, and a host is seen to record it. */
  isHeld: boolean
}

/** The file of a session that is on must have grown within this, to let an orphan go for it. Milliseconds. */
const growsMs = 15_000

/**
 * Whether a session that a recorder host goes on with is over: its hearing has ended and nobody conducts any more, or another session of the same
 * recording runs in its stead. Whoever is still conducted ends by the focus, in order. Pure.
 */
export function isOver(sessionId: string, { recording, isHeld }: Standing): boolean {
  if (recording.wanted === 'off') return recording.state === 'off'
  return recording.state === 'on' && recording.currentSessionId !== sessionId && isHeld
}

/** The sessions of a report that its host is to stop at once. A session of no recording of ours is none of our business. */
export async function toStop(db: Database | Tx, report: RecorderReport, now: number): Promise<string[]> {
  const over: string[] = []
  for (const { sessionId, room } of report.sessions) {
    const id = await store.recordingForFile(db, { recordingId: null, sessionId, room: room ?? null })
    const recording = id === null ? undefined : await store.recordingById(db, id)
    // What goes on as it should is the rule, every few seconds: nothing more is asked of it.
    if (recording === undefined || (recording.wanted === 'on' && recording.currentSessionId === sessionId)) continue
    if (isOver(sessionId, { recording, isHeld: await isHeld(db, recording, now) })) over.push(sessionId)
  }
  return over
}

async function isHeld(db: Database | Tx, row: store.RecordingRow, now: number): Promise<boolean> {
  const current = (await store.sessionsOf(db, [row.id])).find((one) => one.sessionId === row.currentSessionId)
  if (current === undefined || current.orphanedAt !== null || current.onAt === null) return false
  const [best] = recordedNow(await store.allReports(db), ({ sessionId }) => sessionId === current.sessionId, now)
  return best !== undefined && now - best.grewAt < growsMs
}

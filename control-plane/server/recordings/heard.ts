import { silentFor } from '../platform/intake.ts'
import type { Platform } from '../platform/platform.ts'
import { conductLimits, type Seen, type Situation } from './conduct.ts'
import type { Memory } from './conduct-notes.ts'
import { recordedNow, type Told, wordOn } from './host-word.ts'
import * as store from './store.ts'

/** What a conductor makes of the recorder hosts' reports. */
export function createHeard(platform: Platform) {
  const { db, clock } = platform

  /** What the recorder hosts say of what is on; `memory` keeps since when they have said so. */
  async function ofRunning(
    told: Told[],
    seen: Seen,
    memory: Memory,
  ): Promise<Pick<Situation, 'word' | 'unheardMs' | 'unheardTold'>> {
    if (seen.is !== 'on') return { word: null, unheardMs: 0, unheardTold: false }
    const now = clock.now()
    const { sessionId } = seen
    const recorder = memory.recorder?.sessionId === sessionId ? memory.recorder.host : null
    const word = wordOn(told, (session) => session.sessionId === sessionId, { now, recorder })
    if (word.is === 'recording') memory.recorder = { sessionId, host: word.host }
    const before = memory.word
    const kept = before?.sessionId === sessionId && before.is === word.is ? before : null
    memory.word = kept ?? { sessionId, is: word.is, since: now, told: false }
    const { since } = memory.word
    const unheardSince = Math.max(seen.since, since)
    const unheardMs = word.is === 'unheard' ? silentFor(unheardSince, await platform.intake.listening(db), now) : 0
    return { word: { ...word, since }, unheardMs, unheardTold: memory.word.told }
  }

  /** A session of this room that is recorded and that the focus does not tell of; by reports that came after it told what it tells. */
  async function orphan(
    row: store.RecordingRow,
    told: Told[],
    { seen, joinedAt, memory }: { seen: Seen; joinedAt: number; memory: Memory },
  ): Promise<Situation['orphan']> {
    if (seen.is === 'on') return null
    const own = new Set((await store.sessionsOf(db, [row.id])).map((session) => session.sessionId))
    const now = clock.now()
    const found = recordedNow(
      told,
      (session) =>
        (own.has(session.sessionId) || session.room?.toLowerCase() === row.roomName) &&
        session.sessionId !== memory.stoppingSessionId &&
        !(seen.is === 'pending' && session.sessionId === seen.sessionId),
      now,
    )
    // What a host told before the focus did is of the time before it.
    const toldSince = seen.is === 'none' || seen.is === 'pending' ? joinedAt : seen.since
    const best = found.find(
      ({ grewAt, reportedAt }) => reportedAt > toldSince && now - grewAt < conductLimits.confirmMs,
    )
    return best === undefined ? null : { sessionId: best.sessionId, grewAt: best.grewAt }
  }

  return { ofRunning, orphan }
}

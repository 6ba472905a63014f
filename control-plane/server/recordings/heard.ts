import { silentFor } from '../platform/intake.ts'
import type { Platform } from '../platform/platform.ts'
import { conductLimits, type Seen, type Situation } from './conduct.ts'
import type { Memory } from './conduct-notes.ts'
import { recordedNow, type Told, wordOn } from './host-word.ts'
import * as store from './store.ts'

/** An end takes its time: the file is closed, its hook run, and the host looked and reported. What still runs after that goes on. Milliseconds. */
const endingMs = 20_000

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
        !(session.sessionId === memory.stoppingSessionId && now - (memory.stoppingSince ?? now) < endingMs) &&
        !(seen.is === 'pending' && session.sessionId === seen.sessionId),
      now,
    )
    // What a host saw before the focus told of that session's end is of the time before it, also when its report comes a little later.
    const isOld = ({ sessionId, reportedAt }: { sessionId: string; reportedAt: number }): boolean =>
      'since' in seen && sessionId === seen.sessionId ? reportedAt < seen.since + endingMs : reportedAt <= joinedAt
    const best = found.find((one) => !isOld(one) && now - one.grewAt < conductLimits.confirmMs)
    return best === undefined ? null : { sessionId: best.sessionId, grewAt: best.grewAt }
  }

  return { ofRunning, orphan }
}

import { systemActor } from '../platform/actor.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import type { Seen } from './conduct.ts'
import { faultMessage } from './fault-words.ts'
import { type HostWord, recordedNow } from './host-word.ts'
import { stateOf } from './seen.ts'
import * as store from './store.ts'
import { concernsPeople } from './whose.ts'

/** What one conductor remembers of a recording, over all its pages. Instants in milliseconds. */
export interface Memory {
  failures: number
  lastFailureAt: number | null
  stoppingSessionId: string | null
  /** When that was asked for. */
  stoppingSince: number | null
  /** Since when an alarm stands or may stand. */
  alarmedAt: number | null
  /** What the recorder hosts said of the session that is on, since when without a change, and whether people know that nobody tells of it. */
  word: { sessionId: string; is: HostWord['is']; since: number; told: boolean } | null
  /** The host that was last seen to record the session that is on. */
  recorder: { sessionId: string; host: string } | null
  /** The orphan that people know of, and the last start that was tried beside it. */
  orphanTold: string | null
  triedAt: number | null
  lastFault: string | null
}

/** What it asked for in this page and has not been answered. */
export interface Asked {
  askedAt: number | null
  stopAskedAt: number | null
}

/** What conducting writes down: states and sessions, faults with their alarm, the end. Each with its audit row in one transaction. */
export function createConductNotes(platform: Platform) {
  const { db, clock, log } = platform
  const subjectOf = (id: string): string => `recording:${id}`

  async function raise(tx: Tx, id: string, fault: string): Promise<boolean> {
    if (!(await concernsPeople(tx, id))) return false
    return platform.alerts.raise(tx, {
      kind: 'recording-fault',
      subject: subjectOf(id),
      severity: 'critical',
      message: faultMessage(fault),
    })
  }

  /** A file that grew since the last fault ends the alarm, once. */
  async function noteGrowth(id: string, seen: Extract<Seen, { is: 'on' }>, memory: Memory): Promise<void> {
    if (memory.alarmedAt === null) return
    const told = await store.allReports(db)
    const [best] = recordedNow(told, ({ sessionId }) => sessionId === seen.sessionId, clock.now())
    if (best === undefined || best.grewAt <= Math.max(seen.since, memory.alarmedAt)) return
    memory.failures = 0
    memory.alarmedAt = null
    await db.transaction(async (tx) => {
      if (await platform.alerts.clear(tx, 'recording-fault', subjectOf(id)))
        await platform.changes.announce(tx, 'alerts', subjectOf(id))
    })
  }

  /** A session that the focus does not know is recorded all the same: the record says so, and whose end nobody will tell. */
  async function noteOrphan(row: store.RecordingRow, sessionId: string): Promise<void> {
    const state = stateOf({ is: 'on', sessionId, since: 0 }, row)
    if (row.state === state && row.currentSessionId === sessionId) return
    const now = new Date(clock.now())
    await db.transaction(async (tx) => {
      await store.setState(tx, row.id, { state, currentSessionId: sessionId, stateAt: now })
      await store.noteOrphan(tx, row.id, sessionId, now)
      await platform.audit.write(tx, systemActor, 'recording.orphan-adopted', subjectOf(row.id), { sessionId })
      await platform.changes.announce(tx, 'recordings', subjectOf(row.id), `room:${row.hearingId}`)
    })
  }

  async function noteState(row: store.RecordingRow, seen: Seen, memory: Memory): Promise<void> {
    const state = stateOf(seen, row)
    const sessionId = 'sessionId' in seen ? seen.sessionId : null
    if (state === row.state && sessionId === row.currentSessionId) return
    const now = new Date(clock.now())
    await db.transaction(async (tx) => {
      await store.setState(tx, row.id, { state, currentSessionId: sessionId, stateAt: now })
      if (sessionId !== null && (seen.is === 'pending' || seen.is === 'on'))
        await store.noteSession(tx, row.id, sessionId, now, seen.is)
      // Nobody tells of the end of an orphan (it is stopped where it is: orders.ts), nor of one that ended while no page looked.
      if (seen.is === 'on') await store.endOthers(tx, row.id, seen.sessionId, now, 'superseded')
      if (sessionId !== null && (seen.is === 'off' || seen.is === 'error')) {
        const meant = sessionId === memory.stoppingSessionId || row.wanted === 'off'
        const endedBy = seen.is === 'error' ? seen.error : meant ? 'asked' : 'unasked'
        await store.endSession(tx, row.id, sessionId, now, endedBy)
      }
      await platform.audit.write(tx, systemActor, `recording.${state}`, subjectOf(row.id), { sessionId })
      await platform.changes.announce(tx, 'recordings', subjectOf(row.id), `room:${row.hearingId}`)
    })
  }

  return {
    /** Writes what the recorder says into the row, when it says something new. */
    async noteSeen(
      row: store.RecordingRow,
      seen: Seen,
      { memory, asked, orphan }: { memory: Memory; asked: Asked; orphan: { sessionId: string } | null },
    ): Promise<void> {
      if (seen.is !== 'on' && seen.is !== 'pending') asked.stopAskedAt = null
      if (seen.is === 'pending' || seen.is === 'on') asked.askedAt = null
      if (seen.is === 'on') await noteGrowth(row.id, seen, memory)
      if (seen.is !== 'on' && orphan !== null) return noteOrphan(row, orphan.sessionId)
      await noteState(row, seen, memory)
    },
    /** An alarm for people; `counts` when it is the recorder's fault and the next start must wait for it. */
    async tellFault(id: string, fault: string, memory: Memory, counts: boolean): Promise<void> {
      const now = clock.now()
      memory.alarmedAt = now
      memory.lastFault = fault
      if (counts) {
        memory.failures++
        memory.lastFailureAt = now
      }
      log.warn({ recordingId: id, fault }, 'recording fault')
      await db.transaction(async (tx) => {
        if (counts) await store.countFault(tx, id, fault, new Date(now))
        await raise(tx, id, fault)
        await platform.audit.write(tx, systemActor, 'recording.fault', subjectOf(id), { fault })
        await platform.changes.announce(tx, 'alerts', 'recordings', subjectOf(id))
      })
    },
    /** Nothing is conducted any more. A fault leaves its alarm until the files have arrived. */
    async finish(id: string, fault: string | null): Promise<'done'> {
      const now = new Date(clock.now())
      const row = await store.recordingById(db, id)
      await db.transaction(async (tx) => {
        if (row?.currentSessionId) await store.endSession(tx, id, row.currentSessionId, now, fault ?? 'asked')
        await store.endOthers(tx, id, row?.currentSessionId ?? null, now, fault ?? 'asked')
        await store.setState(tx, id, { state: 'off', stateAt: now, ...(fault === null ? {} : { lastFault: fault }) })
        if (fault === null) await platform.alerts.clear(tx, 'recording-fault', subjectOf(id))
        else await raise(tx, id, fault)
        await platform.audit.write(tx, systemActor, 'recording.off', subjectOf(id), { fault })
        await platform.changes.announce(tx, 'alerts', 'recordings', subjectOf(id))
      })
      return 'done'
    },
  }
}

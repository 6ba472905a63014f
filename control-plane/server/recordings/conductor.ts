import { randomUUID } from 'node:crypto'
import type { HearingPlan } from '../hearings/index.ts'
import type { Database, Tx } from '../platform/database.ts'
import { keepLease } from '../platform/lease.ts'
import type { Platform } from '../platform/platform.ts'
import type { Conductor, RoomAgent } from '../room-agent/index.ts'
import type { Rooms } from '../rooms/index.ts'
import { conductLimits, type Decision, decide, type Seen, type Situation } from './conduct.ts'
import { type Asked, createConductNotes, type Memory } from './conduct-notes.ts'
import { createGapWatch } from './gaps.ts'
import { createHeard } from './heard.ts'
import { freeAt, type Told } from './host-word.ts'
import { follow } from './seen.ts'
import * as store from './store.ts'

const tickMs = 1_000
// A dead instance's word ends after this long: then another takes the running recording over.
const leaseMs = 8_000
const renewMs = 2_000
const openMs = 30_000

interface Deps {
  platform: Platform
  rooms: Pick<Rooms, 'mintToken' | 'callSettings' | 'isOver'>
  roomAgent: Pick<RoomAgent, 'conduct'>
  hearingPlan(db: Database | Tx, hearingId: string | null): Promise<HearingPlan | undefined>
}

/** What one page sees of the recorder. `over`: sessions that are not heard any more. */
interface Sight {
  current: Seen
  over: Set<string>
  lost: boolean
  changed(): unknown
}

/** Everything that a decision is carried out on. */
interface Scene {
  row: store.RecordingRow
  situation: Situation
  conductor: Conductor
  seen: Sight
  asked: Asked
  memory: Memory
}

const nothingHeard = () => ({
  stoppingSince: null,
  word: null,
  recorder: null,
  orphanTold: null,
  triedAt: null,
  lastFault: null,
})

/**
 * Drives the recorders of live hearings through a hidden participant of each room (7.1, 7.2). One instance conducts one recording at a
 * time, by a lease on its row; whoever takes over first looks at what runs, and so never starts a second one.
 */
export function createRecordingConductor(deps: Deps) {
  const { platform } = deps
  const { db, clock, log } = platform
  const notes = createConductNotes(platform)
  const heard = createHeard(platform)
  const instance = randomUUID()
  const running = new Map<string, { stop: AbortController; done: Promise<void> }>()
  const watches = new Map<string, ReturnType<typeof createGapWatch>>()
  let stopped = false

  async function reconcile(): Promise<void> {
    if (stopped || !platform.config.roomAgent) return
    for (const row of await store.unfinished(db)) {
      if (running.has(row.id) || !(await claim(row.id))) continue
      const stop = new AbortController()
      const done = conductUntilDone(row.id, stop.signal)
        .catch((error: unknown) => log.error({ err: error, recordingId: row.id }, 'conducting ended'))
        .finally(() => {
          running.delete(row.id)
          watches.delete(row.id)
        })
      running.set(row.id, { stop, done })
    }
  }

  function claim(id: string): Promise<boolean> {
    const now = clock.now()
    return store.claimConduct(db, id, { instance, now: new Date(now), until: new Date(now + leaseMs) })
  }

  /** Conducts what was just claimed, in as many pages as it takes: a page that is lost is opened again with a fresh token. */
  async function conductUntilDone(id: string, stop: AbortSignal): Promise<void> {
    // An alarm of the conductor before this one may stand.
    const memory: Memory = {
      failures: 0,
      lastFailureAt: null,
      stoppingSessionId: null,
      alarmedAt: clock.now(),
      ...nothingHeard(),
    }
    // Opening a page and asking for a recorder may each take longer than the lease.
    const lease = keepLease(
      { leaseMs, everyMs: renewMs },
      () => claim(id),
      (error) => log.warn({ err: error, recordingId: id }, 'lease not renewed'),
    )
    const over = AbortSignal.any([stop, lease.signal])
    try {
      while (!over.aborted) {
        // Nobody is let into a closed room any more: what its recorder did shows in the file that it brings home.
        if (await isOver(id)) {
          await notes.finish(id, 'stop-unconfirmed')
          return
        }
        const outcome = await conductOnce(id, over, memory).catch((error: unknown) => {
          log.warn({ err: error, recordingId: id }, 'conductor page lost')
          return 'lost' as const
        })
        if (outcome === 'done') return
        // A recording that another instance conducts by now is no fault.
        if (over.aborted || !(await claim(id))) return
        if (!(await isOver(id))) await notes.tellFault(id, 'conductor-lost', memory, false)
        await pause(1_000, over)
      }
    } finally {
      // A renewal that came after it would take the lease back.
      await lease.stop()
      await store
        .releaseConduct(db, id, instance)
        .catch((error: unknown) => log.warn({ err: error }, 'lease not given back'))
    }
  }

  /** Over all pages of one recording: what was recorded last is not forgotten with a page. */
  function gapsOf(row: store.RecordingRow): ReturnType<typeof createGapWatch> {
    const known = watches.get(row.id) ?? createGapWatch(platform, row)
    watches.set(row.id, known)
    return known
  }

  /** The hearing has ended and so has its room. */
  async function isOver(id: string): Promise<boolean> {
    const row = await store.recordingById(db, id)
    return row !== undefined && row.wanted === 'off' && row.state !== 'idle' && deps.rooms.isOver(db, row.roomName)
  }

  async function conductOnce(id: string, stop: AbortSignal, memory: Memory): Promise<'done' | 'lost'> {
    const row = await store.recordingById(db, id)
    if (row === undefined) return 'done'
    // Nobody ever started it, and nothing is wanted any more.
    if (row.wanted === 'off' && row.state === 'idle') return notes.finish(id, null)
    const seen: Sight = { current: { is: 'none' }, over: new Set(), lost: false, changed: () => undefined }
    const gaps = gapsOf(row)
    const conductor = await openPage(row, stop, seen)
    const joinedAt = clock.now()
    const asked: Asked = { askedAt: null, stopAskedAt: null }
    // What a recorder host tells is acted on at once.
    const unsubscribe = platform.changes.subscribe((topic) => {
      if (topic === 'recorders') seen.changed()
    })
    try {
      while (!stop.aborted && !seen.lost) {
        if (!(await claim(id))) return 'lost'
        const current = await store.recordingById(db, id)
        if (current === undefined) return 'done'
        const told = await store.allReports(db)
        const orphan = await heard.orphan(current, told, { seen: seen.current, joinedAt, memory })
        await notes.noteSeen(current, seen.current, { memory, asked, orphan })
        await gaps.look(told, current.wanted === 'on')
        const situation = await situate(current, { told, orphan, joinedAt }, { seen: seen.current, asked, memory })
        const decision = decide(situation, clock.now(), conductLimits)
        if (decision.do === 'finish') return await notes.finish(id, decision.fault)
        await act(decision, { row: current, situation, conductor, seen, asked, memory })
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, tickMs)
          seen.changed = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      return 'lost'
    } finally {
      unsubscribe()
      await conductor.close()
    }
  }

  async function openPage(row: store.RecordingRow, stop: AbortSignal, seen: Sight): Promise<Conductor> {
    const now = clock.now()
    for (const session of await store.sessionsOf(db, [row.id]))
      if (session.endedAt !== null) seen.over.add(session.sessionId)
    const token = await deps.rooms.mintToken({
      room: row.roomName,
      user: { id: `agent:recording:${row.id}`, name: 'Ghi hình', moderator: true, hidden: true },
      features: { recording: true },
      notBefore: now - 60_000,
      expires: now + 24 * 60 * 60_000,
    })
    return deps.roomAgent.conduct({
      room: row.roomName,
      token,
      call: deps.rooms.callSettings(),
      signal: AbortSignal.any([stop, AbortSignal.timeout(openMs)]),
      onEvent(event) {
        if (event.is === 'recorder') seen.current = follow(seen.current, seen.over, event, clock.now())
        if (event.is === 'lost') seen.lost = true
        seen.changed()
      },
    })
  }

  async function situate(
    row: store.RecordingRow,
    { told, orphan, joinedAt }: { told: Told[]; orphan: Situation['orphan']; joinedAt: number },
    { seen, asked, memory }: { seen: Seen; asked: Asked; memory: Memory },
  ): Promise<Situation> {
    return {
      wanted: row.wanted,
      seen,
      joinedAt,
      ...asked,
      ...memory,
      ...(await heard.ofRunning(told, seen, memory)),
      orphan,
      orphanTold: orphan !== null && memory.orphanTold === orphan.sessionId,
      freeAt: freeAt(told, clock.now()),
      restartAskedAt: seen.is === 'on' ? await restartAskedAt(row, seen.sessionId) : null,
    }
  }

  /** When a person asked for a new start; null when this session began after it and so is the new start. */
  async function restartAskedAt(row: store.RecordingRow, sessionId: string): Promise<number | null> {
    const askedAt = row.restartRequestedAt
    if (askedAt === null) return null
    const session = (await store.sessionsOf(db, [row.id])).find((known) => known.sessionId === sessionId)
    return session?.onAt && session.onAt > askedAt ? null : askedAt.getTime()
  }

  async function act(decision: Decision, { row, situation, conductor, seen, asked, memory }: Scene): Promise<void> {
    switch (decision.do) {
      case 'wait':
      case 'finish':
        return
      case 'start':
        asked.askedAt = clock.now()
        memory.triedAt = clock.now()
        return conductor
          .startRecording(
            JSON.stringify({ file_recording_metadata: { recordingId: row.id, hearingId: row.hearingId } }),
          )
          .catch(async (error: unknown) => {
            asked.askedAt = null
            const reason = reasonOf(error)
            // Beside an orphan it is recorded all the same: people know, and none was to be had.
            if (situation.orphan !== null && reason !== 'unexpected-request') return
            await notes.tellFault(row.id, `recorder-${reason}`, memory, true)
            // The room is recorded already, by a session that this page has not seen: a new page is told by the focus what runs.
            if (reason === 'unexpected-request') seen.lost = true
          })
      case 'tell':
        if (decision.fault === 'orphaned') memory.orphanTold = situation.orphan?.sessionId ?? null
        else if (memory.word !== null) memory.word.told = true
        return notes.tellFault(row.id, decision.fault, memory, false)
      case 'stop':
        if (decision.fault !== null)
          await notes.tellFault(row.id, decision.fault, memory, decision.fault !== 'restart-asked')
        memory.stoppingSessionId = decision.sessionId
        memory.stoppingSince = clock.now()
        asked.stopAskedAt = clock.now()
        return conductor.stopRecording(decision.sessionId).then(
          () => {
            // Nobody will confirm it: the recorder is gone. Its browser may stand in the room for a minute more, and be told as recording.
            if (decision.fault === 'recorder-gone') giveUp(decision.sessionId, seen, asked)
          },
          (error: unknown) => {
            log.warn({ err: error, recordingId: row.id }, 'stop refused')
            // The focus knows no such session (any more): it is not the focus that ends it, and its host is told to (orders.ts).
            if (reasonOf(error) === 'item-not-found') giveUp(decision.sessionId, seen, asked)
          },
        )
      case 'fault':
        asked.askedAt = null
        await notes.tellFault(row.id, decision.fault, memory, true)
        if (seen.current.is !== 'pending') return
        // A recorder that never came is given up; whatever it says later is looked at afresh.
        memory.stoppingSessionId = seen.current.sessionId
        memory.stoppingSince = clock.now()
        if (seen.current.sessionId !== null)
          await conductor
            .stopRecording(seen.current.sessionId)
            .catch((error: unknown) => log.warn({ err: error }, 'stop refused'))
        seen.current = { is: 'none' }
    }
  }

  /** A session is over, whatever is still told of it. */
  function giveUp(sessionId: string, seen: Sight, asked: Asked): void {
    asked.stopAskedAt = null
    seen.over.add(sessionId)
    seen.current = { is: 'off', sessionId, since: clock.now() }
  }

  return {
    reconcile,
    /** Leaves the rooms without stopping any recording: another instance, or this one restarted, goes on. */
    async stop() {
      stopped = true
      for (const run of running.values()) run.stop.abort()
      await Promise.allSettled([...running.values()].map((run) => run.done))
    },
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && /^[a-z-]+$/.test(error.message) ? error.message : 'error'

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })

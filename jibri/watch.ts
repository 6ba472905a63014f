import { statfs } from 'node:fs/promises'
import type { ControlPlane } from './control-plane.ts'
import { type CureMemory, chooseCure, shownFault, triesAfter } from './cure.ts'
import {
  type HostFault,
  type HostSight,
  isRecorded,
  type JibriAnswer,
  type JibriState,
  judgeHost,
  type RunningFile,
} from './growth.ts'
import type { JibriService } from './jibri-service.ts'
import type { LastMinute } from './last-minute.ts'
import { createLifeWatch } from './life.ts'
import { log, wordsOf } from './log.ts'
import { writtenFilesBelow } from './open-files.ts'
import { listSessionFolders, type MediaFile, readFileName, type SessionFolder } from './session-folder.ts'
import type { Settings } from './settings.ts'
import type { Spool } from './spool.ts'
import { hasXmppLine } from './xmpp-line.ts'

interface Seen {
  bytes: number
  grewAt: number
  writerGoneSince: number | null
}

/** Watches this host's Jibri, tells the control plane, and ends a Jibri that is at fault with its whole control group. */
export function createWatch(
  settings: Settings,
  spool: Spool,
  controlPlane: ControlPlane,
  jibri: JibriService,
  lastMinute: LastMinute,
) {
  let seen = new Map<string, Seen>()
  let state: { is: JibriAnswer; since: number } | undefined
  /** What it answered last, for as long as it is only slow to answer. */
  let answered: JibriState = 'down'
  let busyWithoutFileSince: number | null = null
  let offlineSince: number | null = null
  let lastFault: { fault: HostFault; seenAt: number } | null = null
  let told: { at: number; what: string } | undefined
  let telling = false
  let untold = false
  let curing = false
  let lastRun: { now: number; passed: number } | undefined
  /** A session that we were told to end, and whether its end is under way. */
  let ending: { sessionId: string; isUnderWay: boolean } | null = null
  const memory: CureMemory = { heldOut: false, restartedAt: null, tries: 0, mustRestart: false }
  const life = createLifeWatch(settings)

  /** The running file of each session folder: the newest without metadata. What a killed Jibri left is the sweep's, not running. */
  function runningFiles(folders: SessionFolder[], written: ReadonlySet<string>, now: number): RunningFile[] {
    const running: RunningFile[] = []
    const next = new Map<string, Seen>()
    for (const folder of folders) {
      const file = folder.files.findLast((one) => written.has(one.path)) ?? folder.files.at(-1)
      if (file === undefined || folder.metadata !== null) continue
      const isWritten = written.has(file.path)
      if (!isWritten && now - file.changedAt > settings.settledMs) continue
      const known = growthSince(seen.get(file.path), file, isWritten, now)
      next.set(file.path, known)
      const { room } = readFileName(file.name)
      running.push({ sessionId: folder.sessionId, fileName: file.name, room, ...known })
    }
    seen = next
    return running
  }

  async function look(now: number): Promise<HostSight & { totalBytes: number }> {
    const is = await jibri.state()
    if (state === undefined || !isSame(state.is, is)) state = { is, since: now }
    if (is !== 'silent') answered = is
    if (isAnswer(is)) life.forget()
    const disk = await statfs(settings.recordingsFolder)
    const folders = await listSessionFolders(settings.recordingsFolder)
    // Looking through all processes costs; an idle host has no reason to.
    const written = folders.length === 0 ? new Set<string>() : await writtenFilesBelow(settings.recordingsFolder)
    const running = runningFiles(folders, written, now)
    const records = running.some((file) => isRecorded(file, now))
    busyWithoutFileSince = is === 'busy' && !records ? (busyWithoutFileSince ?? now) : null
    const isOnline = settings.xmppPort === 0 || (await hasXmppLine(settings.xmppPort, settings.recordingsFolder))
    offlineSince = isOnline ? null : (offlineSince ?? now)
    return {
      now,
      jibri: is,
      jibriSince: state.since,
      life: isAnswer(is) ? null : await life.look(now),
      busyWithoutFileSince,
      offlineSince,
      running,
      freeBytes: disk.bavail * disk.bsize,
      totalBytes: disk.blocks * disk.bsize,
    }
  }

  /** A clock that was set, or a machine that slept: what was seen before is so much older or younger now, and no file stood still for it. */
  function keepTime(now: number): void {
    const passed = performance.now()
    const jumped = lastRun === undefined ? 0 : now - lastRun.now - (passed - lastRun.passed)
    lastRun = { now, passed }
    if (Math.abs(jumped) < jumpMs) return
    log('warn', 'the clock jumped', { ms: Math.round(jumped) })
    const later = (at: number | null): number | null => (at === null ? null : at + jumped)
    for (const one of seen.values()) {
      one.grewAt += jumped
      one.writerGoneSince = later(one.writerGoneSince)
    }
    if (state !== undefined) state.since += jumped
    if (told !== undefined) told.at += jumped
    if (lastFault !== null) lastFault.seenAt += jumped
    busyWithoutFileSince = later(busyWithoutFileSince)
    offlineSince = later(offlineSince)
    memory.restartedAt = later(memory.restartedAt)
  }

  async function run(now: number): Promise<void> {
    keepTime(now)
    const sight = await look(now)
    memory.tries = triesAfter(memory, sight, settings)
    lastMinute.follow(sight.running, now)
    // Held out by us: that it does not answer is meant.
    const judged = judgeHost(memory.heldOut ? { ...sight, jibriSince: now } : sight, settings)
    if (judged !== null) {
      if (lastFault?.fault.kind !== judged.kind) log('error', 'recorder fault', { ...judged })
      lastFault = { fault: judged, seenAt: now }
    }
    // Nothing waits for the control plane: while it is away, a Jibri at fault is cured all the same.
    tellIfDue(sight, shownFault(judged, lastFault, now, settings.faultShownMs))
    endWhatIsOver(sight)
    if (!jibri.isOurs || curing) return
    curing = true
    // Ending and starting take their time; looks and reports go on meanwhile.
    cure(judged, sight).finally(() => {
      curing = false
    })
  }

  /** A session that the control plane says is over is ended here: the one that gave it to this Jibri does not know it any more. */
  function endWhatIsOver(sight: HostSight): void {
    if (ending === null || ending.isUnderWay) return
    const [only, ...others] = recorded(sight)
    // Looked at again in this very moment: Jibri has no way to say which session is meant.
    if (only?.sessionId !== ending.sessionId || others.length > 0 || !isAnswer(sight.jibri)) {
      ending = null
      return
    }
    const order = ending
    order.isUnderWay = true
    log('warn', 'a session that is over is ended here', { sessionId: order.sessionId })
    jibri.endSession().then((isEnded) => {
      if (!isEnded) memory.mustRestart = true
      if (ending === order) ending = null
    })
  }

  /** One report at a time, every `reportMs` and on change. A failure is told once, and tried again at the next turn. */
  function tellIfDue(sight: HostSight & { totalBytes: number }, fault: HostFault | null): void {
    const what = JSON.stringify([
      toldState(sight),
      recorded(sight).map((file) => [file.fileName, lastMinute.contentOf(file)]),
      fault?.kind,
    ])
    const isDue = told === undefined || told.what !== what || sight.now - told.at >= settings.reportMs
    if (!isDue || telling) return
    told = { at: sight.now, what }
    telling = true
    tell(sight, fault)
      .then(
        ({ stop }) => {
          const over = recorded(sight).find(({ sessionId }) => stop.includes(sessionId))
          if (over !== undefined && ending === null) ending = { sessionId: over.sessionId, isUnderWay: false }
          if (untold) log('info', 'reports are taken again')
          untold = false
        },
        (error: unknown) => {
          if (!untold) log('warn', 'report not taken', { error: wordsOf(error) })
          untold = true
          // Said again at the next look: what changed meanwhile must not wait for the next turn.
          told = undefined
        },
      )
      .finally(() => {
        telling = false
      })
  }

  /** One that is slow to answer is what it was, until it is at fault for it: a busy host must not look like a dead one. */
  const toldState = (sight: HostSight): JibriState =>
    sight.jibri !== 'silent' ? sight.jibri : sight.now - sight.jibriSince < settings.downMs ? answered : 'down'

  async function tell(sight: HostSight & { totalBytes: number }, fault: HostFault | null): Promise<{ stop: string[] }> {
    return controlPlane.report({
      host: settings.host,
      jibri: toldState(sight),
      freeBytes: sight.freeBytes,
      totalBytes: sight.totalBytes,
      sessions: recorded(sight).map(({ sessionId, room, fileName, bytes, grewAt }) => ({
        sessionId,
        ...(room === null ? {} : { room }),
        fileName,
        bytes,
        stillForMs: Math.max(0, Math.round(sight.now - grewAt)),
        ...lastMinute.contentOf({ sessionId, fileName }),
      })),
      spool: await spool.summary(),
      ...(fault === null ? {} : { fault }),
    })
  }

  async function cure(fault: HostFault | null, sight: HostSight): Promise<void> {
    const choice = chooseCure(fault, memory, sight, settings)
    if (choice === 'none') return
    log('warn', `Jibri: ${choice}`, { fault: fault?.kind })
    if (choice === 'hold-out') memory.heldOut = await jibri.stop()
    if (choice === 'let-in') memory.heldOut = !(await jibri.start())
    if (choice === 'restart') {
      memory.restartedAt = sight.now
      memory.tries++
      memory.mustRestart = false
      await jibri.stop()
      await jibri.start()
    }
    // Whatever state was seen before is another process's.
    state = undefined
    life.forget()
    busyWithoutFileSince = null
    offlineSince = null
  }

  return { run }
}

// Smaller is the wait for a look on a busy machine, and the drift of its clock.
const jumpMs = 5_000

const recorded = ({ running, now }: HostSight): RunningFile[] => running.filter((file) => isRecorded(file, now))

const isAnswer = (is: JibriAnswer): is is 'idle' | 'busy' | 'unhealthy' => is !== 'down' && is !== 'silent'
const isSame = (left: JibriAnswer, right: JibriAnswer): boolean =>
  left === right || (!isAnswer(left) && !isAnswer(right))

/** What is known of a file's growth after one more look. First seen, its own last write counts: a restarted watch loses no time. */
function growthSince(before: Seen | undefined, file: MediaFile, isWritten: boolean, now: number): Seen {
  const writerGoneSince = isWritten ? null : (before?.writerGoneSince ?? now)
  if (before === undefined) return { bytes: file.bytes, grewAt: Math.min(now, file.changedAt), writerGoneSince }
  return { bytes: file.bytes, grewAt: file.bytes > before.bytes ? now : before.grewAt, writerGoneSince }
}

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemActor } from '../platform/actor.ts'
import { dayMs, minuteMs } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import { ClaimLost } from '../platform/lease.ts'
import type { Platform } from '../platform/platform.ts'
import { afterLook, type Condition, type Conditions, conditionCause, lastNight } from './condition.ts'
import * as due from './integrity-store.ts'
import { hashFile } from './media-tools.ts'
import { claimMs, keepClaim } from './part-claim.ts'
import type { PartRow } from './store.ts'
import { isStoreThere, requireStore, tellStore } from './store-presence.ts'
import { concernsPeople } from './whose.ts'

export const verifyQueue = 'recording.verify'
const damagedKind = 'recording-damaged'
/** More lost at once is one fault of the store, and one alert. */
const alertsAtMost = 10
const looksAtOnce = 500
const hashesAtOnce = 20

export const conditionsOf = (part: PartRow): Conditions => ({
  original: part.originalCondition,
  playable: part.playableCondition,
})

/**
 * Keeps believing in stored films only while they are there and have their bytes: size and presence on opening and once a night, hashes
 * within `storeVerifyDays`. What is found again recovers by itself; while the store itself is away, nothing is called lost.
 */
export function createIntegrity(platform: Platform) {
  const { db, clock, config } = platform
  const now = () => new Date(clock.now())
  const hashedBefore = () => new Date(clock.now() - config.storeVerifyDays * dayMs)

  /** Looks for both files and their sizes; notes and tells what changed. @throws StoreAway when the store is not there. */
  async function look(part: PartRow): Promise<Conditions> {
    if (part.storedAt === null) return conditionsOf(part)
    const seen: Conditions = {
      original: await seenOf(part.originalPath, part.declaredSize),
      playable: await seenOf(part.playablePath, part.playableSize),
    }
    if (seen.original !== 'whole' || seen.playable !== 'whole') await requireStore(platform)
    const next: Conditions = {
      original: afterLook(part.originalCondition, seen.original),
      playable: afterLook(part.playableCondition, seen.playable),
    }
    await due.noteLooked(db, part.id, now())
    await note(part, next, isInDoubt(part, seen) ? { hashedAt: null } : {})
    return next
  }

  /** What came back is hashed as soon as it can be; bytes that changed are read again once a night, they may have been put right. */
  function isInDoubt(part: PartRow, seen: Conditions): boolean {
    if (seen.original !== 'whole' || seen.playable !== 'whole') return false
    const known = [part.originalCondition, part.playableCondition]
    if (known.includes('missing') || known.includes('unreadable')) return true
    return known.includes('changed') && (part.hashedAt?.getTime() ?? 0) < lastNight(clock.now())
  }

  async function seenOf(path: string | null, size: number | null): Promise<Condition> {
    if (path === null || size === null) return 'whole'
    try {
      const found = await stat(join(config.storeFolder, path))
      return found.isFile() && found.size === size ? 'whole' : 'changed'
    } catch (error) {
      return conditionOfError(error)
    }
  }

  async function note(part: PartRow, next: Conditions, change: Partial<PartRow>): Promise<void> {
    const isSame = next.original === part.originalCondition && next.playable === part.playableCondition
    if (isSame && Object.keys(change).length === 0) return
    await db.transaction(async (tx) => {
      if (!(await due.changeConditions(tx, part, next, change)) || isSame) return
      await tell(tx, part, next)
      const action = conditionCause(next) === null ? 'recording.part-found-again' : 'recording.part-damaged'
      await platform.audit.write(tx, systemActor, action, `recording-part:${part.id}`, { ...next })
      await platform.changes.announce(
        tx,
        ...['recordings', 'alerts', ...(part.recordingId === null ? [] : [`recording:${part.recordingId}`])],
      )
    })
  }

  async function tell(tx: Tx, part: PartRow, next: Conditions): Promise<void> {
    if (!(await concernsPeople(tx, part.recordingId))) return
    const damaged = await due.countDamaged(tx)
    const subject = `recording-part:${part.id}`
    const cause = conditionCause(next)
    if (damaged === 0) await platform.alerts.clear(tx, damagedKind, 'store')
    if (cause === null) {
      await platform.alerts.clear(tx, damagedKind, subject)
      return
    }
    const isOne = damaged <= alertsAtMost
    await platform.alerts.raise(tx, {
      kind: damagedKind,
      subject: isOne ? subject : 'store',
      severity: 'critical',
      message: isOne
        ? `Tệp ghi hình đã vào kho ngày ${part.storedAt?.toISOString().slice(0, 10)} (${part.originalPath}): ${cause} Không ghi gì vào kho; tìm bản sao lưu và xem ai đã vào kho.`
        : `${damaged} tệp ghi hình trong kho mất, thay đổi hoặc không đọc được. Không ghi gì vào kho; kiểm tra ổ đĩa, quyền truy cập và bản sao lưu của kho.`,
    })
  }

  /** One turn of the rounds: looks that are due, and jobs for hashes that are. */
  async function watch(): Promise<void> {
    const isThere = await isStoreThere(platform)
    await tellStore(platform, isThere)
    if (!isThere) return
    const times = { night: new Date(lastNight(clock.now())), soon: new Date(clock.now() - 10 * minuteMs) }
    for (const part of await due.dueForLook(db, times, looksAtOnce)) await look(part)
    const hashes = await due.dueForHash(db, hashedBefore(), hashesAtOnce)
    await db.transaction(async (tx) => {
      for (const { id } of hashes) await platform.jobs.enqueue(tx, verifyQueue, { partId: id }, { key: id })
    })
  }

  /** Reads a due part's files to their ends, slowly, and compares their hashes. A kill loses one file's reading. */
  async function verify(partId: string, signal: AbortSignal): Promise<void> {
    const started = clock.now()
    const times = { now: new Date(started), before: hashedBefore(), staleBefore: new Date(started - claimMs) }
    const part = await due.claimHash(db, partId, times)
    if (part === undefined) return
    const claim = keepClaim(platform, part.id, 'hashClaimedAt', times.now)
    try {
      const next = await hashes(part, AbortSignal.any([signal, claim.signal]))
      await claim.stop()
      if (!(await claim.update(db, { hashedAt: now() }))) throw new ClaimLost()
      await note(part, next, {})
    } finally {
      await claim.release()
    }
  }

  async function hashes(part: PartRow, signal: AbortSignal): Promise<Conditions> {
    const original = await hashed(part.originalPath, part.declaredSha256, signal)
    const playable = await hashed(part.playablePath, part.playableSha256, signal)
    if (original !== 'whole' || playable !== 'whole') await requireStore(platform)
    return { original, playable }
  }

  async function hashed(path: string | null, sha256: string | null, signal: AbortSignal): Promise<Condition> {
    if (path === null || sha256 === null) return 'whole'
    const begun = performance.now()
    // Never more than its share of the disk: hearings are recorded and watched meanwhile.
    const keepPace = async (bytes: number): Promise<void> => {
      const ahead = bytes / (config.storeVerifyMbPerSecond * 1e3) - (performance.now() - begun)
      if (ahead > 20) await pause(ahead, undefined, { signal })
    }
    try {
      const found = await hashFile(join(config.storeFolder, path), keepPace, signal)
      return found.sha256 === sha256 ? 'whole' : 'changed'
    } catch (error) {
      signal.throwIfAborted()
      return conditionOfError(error)
    }
  }

  return { look, watch, verify }
}

export type Integrity = ReturnType<typeof createIntegrity>

function conditionOfError(error: unknown): Condition {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing'
  if (code === 'EIO' || code === 'EACCES' || code === 'EPERM' || code === 'ELOOP' || code === 'EISDIR')
    return 'unreadable'
  throw error
}

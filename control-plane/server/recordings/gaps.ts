import { systemActor } from '../platform/actor.ts'
import type { Instant } from '../platform/clock.ts'
import type { Platform } from '../platform/platform.ts'
import { type HostWord, recordedNow, type Told, wordOn } from './host-word.ts'
import * as store from './store.ts'
import { concernsPeople } from './whose.ts'

/** Shorter is the rounding of two reports, no gap. Milliseconds. */
const shortestMs = 3_000

type GapStep = { do: 'nothing' } | { do: 'open'; beganAt: Instant } | { do: 'close'; endedAt: Instant }

/**
 * What follows for the gaps of a recording from what the hosts say of it. A gap begins with the last report that told of it being recorded, and only once
 * a host says that it is not: where nobody says anything, nothing is known. Pure.
 */
export function gapStep({
  word,
  recordedAt,
  toldAt,
  isOpen,
}: {
  word: HostWord
  recordedAt: Instant | null
  toldAt: Instant | null
  isOpen: boolean
}): GapStep {
  if (word.is === 'recording') return isOpen && toldAt !== null ? { do: 'close', endedAt: toldAt } : { do: 'nothing' }
  const isLacking = word.is === 'gone' || word.is === 'absent'
  return isLacking && !isOpen && recordedAt !== null ? { do: 'open', beganAt: recordedAt } : { do: 'nothing' }
}

const timeFormat = new Intl.DateTimeFormat('vi', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZone: 'Asia/Ho_Chi_Minh',
})
const clockTime = (at: Date): string => timeFormat.format(at)
const secondsOf = (gap: { beganAt: Date; endedAt: Date }): number =>
  Math.round((gap.endedAt.getTime() - gap.beganAt.getTime()) / 1000)

/** The alert's words for the gaps of one recording, the newest first. Vietnamese. */
function gapMessage(gaps: store.GapRow[]): string {
  const words = gaps
    .toReversed()
    .slice(0, 5)
    .map(({ beganAt, endedAt }) =>
      endedAt === null
        ? `từ ${clockTime(beganAt)} đến nay`
        : `${clockTime(beganAt)}–${clockTime(endedAt)} (${secondsOf({ beganAt, endedAt })} giây)`,
    )
  return `Buổi tiếp đang diễn ra có ${gaps.length} quãng không ghi hình được: ${words.join('; ')}. Hệ thống tự ghi lại; ghi các quãng này vào biên bản.`
}

/** Watches one recording for time in which nobody records it, from the hosts' reports: also a move by Jicofo is told of by nobody else. */
export function createGapWatch(platform: Platform, row: Pick<store.RecordingRow, 'id' | 'roomName' | 'hearingId'>) {
  const { db, clock } = platform
  let last: { at: Instant; host: string } | null = null

  async function tell(tx: Parameters<typeof platform.alerts.raise>[0]): Promise<void> {
    const subject = `recording:${row.id}`
    const gaps = await store.gapsOf(tx, [row.id])
    const kind = 'recording-gap'
    if (gaps.length === 0) await platform.alerts.clear(tx, kind, subject)
    else if (await concernsPeople(tx, row.id))
      await platform.alerts.raise(tx, { kind, subject, severity: 'warning', message: gapMessage(gaps) })
    await platform.changes.announce(tx, 'alerts', subject, `room:${row.hearingId}`)
  }

  async function open(beganAt: Instant): Promise<void> {
    await db.transaction(async (tx) => {
      await store.openGap(tx, row.id, new Date(beganAt))
      await tell(tx)
    })
  }

  async function close(gap: store.GapRow, endedAt: Instant): Promise<void> {
    await db.transaction(async (tx) => {
      if (endedAt - gap.beganAt.getTime() < shortestMs) await store.dropGap(tx, gap.id)
      else if (await store.closeGap(tx, gap.id, new Date(endedAt))) {
        const told = { from: gap.beganAt.toISOString(), to: new Date(endedAt).toISOString() }
        await platform.audit.write(tx, systemActor, 'recording.gap', `recording:${row.id}`, told)
      }
      await tell(tx)
    })
  }

  return {
    /** Looks at what the hosts say now; `isLive` false ends an open gap with the hearing. */
    async look(told: Told[], isLive: boolean): Promise<void> {
      const now = clock.now()
      const gaps = await store.gapsOf(db, [row.id])
      const gap = gaps.find(({ endedAt }) => endedAt === null)
      if (!isLive) {
        if (gap !== undefined) await close(gap, now)
        return
      }
      const sessions = new Set((await store.sessionsOf(db, [row.id])).map(({ sessionId }) => sessionId))
      const isIt = (session: { sessionId: string; room?: string }): boolean =>
        sessions.has(session.sessionId) || session.room?.toLowerCase() === row.roomName
      const newest = recordedNow(told, isIt, now).toSorted((left, right) => right.reportedAt - left.reportedAt)[0]
      const word = wordOn(told, isIt, { now, recorder: last?.host ?? null })
      const step = gapStep({
        word,
        recordedAt: last?.at ?? null,
        toldAt: newest?.reportedAt ?? null,
        isOpen: gap !== undefined,
      })
      if (newest !== undefined) last = { at: newest.reportedAt, host: newest.host }
      if (step.do === 'open') await open(step.beganAt)
      if (step.do === 'close' && gap !== undefined) await close(gap, step.endedAt)
    },
  }
}

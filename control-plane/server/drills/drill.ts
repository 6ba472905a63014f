import {
  type DrillStep,
  type DrillStepKey,
  type DrillVerdict,
  drillStepKeys,
  drillStepLabels,
} from '../../contract/drills.ts'
import { dayMs, hourMs, type Instant, minuteMs, secondMs } from '../platform/clock.ts'

/** Settings of drills; each is what an office would change. Milliseconds. */
export const drillSettings = {
  /** None begins when a hearing starts within this time: the two-hour test call falls into it. */
  nearMs: 2 * hourMs,
  /** How long a drill may take at most, and its room lives at most. */
  longestMs: 15 * minuteMs,
  /** A drill that no process has taken up for this long has nobody to play it. */
  unclaimedMs: 30 * secondMs,
  enterMs: 60 * secondMs,
  mediaMs: 45 * secondMs,
  /** Jicofo tries several recorders, and a browser must come up there. */
  recorderMs: 90 * secondMs,
  recordMs: 20 * secondMs,
  recordEndMs: 60 * secondMs,
  storedMs: 3 * minuteMs,
  contentMs: 2 * minuteMs,
  revokedMs: 10 * secondMs,
  /** Somebody who was put out is watched for so long: does he come back? */
  stayOutMs: 3 * secondMs,
  /** How long the recorder may take to end and its file to come, while everything is cleared away; what comes later is removed then. */
  clearMs: 90 * secondMs,
  /** For so long after its hour the nightly drill waits for a time in which it may be held. */
  nightMs: 3 * hourMs,
}

/** What else goes on while a drill is asked for. */
export interface Surroundings {
  live: string[]
  /** Hearings that start within `nearMs`, or should have started. */
  near: { code: string; startsAt: Instant }[]
  /** Test calls that run or are due, and rehearsals. */
  tests: number
  recordings: number
  otherDrill: boolean
}

const clockTime = new Intl.DateTimeFormat('vi-VN', {
  timeZone: 'Asia/Ho_Chi_Minh',
  ...{ hour: '2-digit', minute: '2-digit', day: '2-digit', month: '2-digit' },
})

/** Why no drill may begin now, or go on, each with what to do; none when it may. A drill takes a recorder and half of two cores. */
export function refusalsOf(seen: Surroundings): string[] {
  const [near] = seen.near
  return [
    ...(seen.live.length === 0
      ? []
      : [`Buổi tiếp ${seen.live.join(', ')} đang diễn ra. Diễn tập lại sau khi buổi tiếp kết thúc.`]),
    ...(near === undefined
      ? []
      : [
          `Buổi tiếp ${near.code} bắt đầu lúc ${clockTime.format(near.startsAt)}, còn dưới 2 giờ hoặc đã quá giờ. Diễn tập lại sau buổi tiếp đó; nếu buổi tiếp không diễn ra thì hoãn hoặc hủy trước.`,
        ]),
    ...(seen.tests === 0 ? [] : ['Đang có hoặc sắp có cuộc kiểm thử. Chờ kiểm thử xong (vài phút) rồi diễn tập lại.']),
    ...(seen.recordings === 0
      ? []
      : ['Máy ghi hình chưa kết thúc một bản ghi của buổi tiếp. Xem mục Bản ghi hình, chờ ghi xong rồi diễn tập lại.']),
    ...(seen.otherDrill
      ? ['Một cuộc diễn tập khác đang chạy hoặc đang dọn. Chờ nó kết thúc (vài phút) rồi diễn tập lại.']
      : []),
  ]
}

/** A drill has passed when every one of its steps has. `stopWhy`: somebody ended it before. */
export function verdictOf(steps: readonly DrillStep[], stopWhy: string | null): DrillVerdict {
  if (steps.some(({ is }) => is === 'failed')) return 'failed'
  if (stopWhy !== null) return 'stopped'
  const passed = new Set(steps.filter(({ is }) => is === 'passed').map(({ key }) => key))
  return drillStepKeys.filter((key) => key !== 'cleared').every((key) => passed.has(key)) ? 'passed' : 'failed'
}

/** Steps that need another: without it they cannot be judged, and are left out. */
const needs: Partial<Record<DrillStepKey, DrillStepKey>> = {
  media: 'enter',
  recorder: 'enter',
  recording: 'recorder',
  stored: 'recording',
  content: 'stored',
  revoked: 'enter',
}

/** Why this step cannot be judged; undefined when it can. */
export function leftOut(key: DrillStepKey, steps: readonly DrillStep[]): string | undefined {
  const need = needs[key]
  if (need === undefined || steps.some((step) => step.key === need && step.is === 'passed')) return undefined
  return `Không xét được vì bước “${drillStepLabels[need]}” không đạt.`
}

/** The steps with one that has begun or ended put into its place. */
export const withStep = (steps: readonly DrillStep[], step: DrillStep): DrillStep[] =>
  [...steps.filter(({ key }) => key !== step.key), step].toSorted(
    (one, other) => drillStepKeys.indexOf(one.key) - drillStepKeys.indexOf(other.key),
  )

/** What stood as running when its process died has not passed. */
export const cutOff = (steps: readonly DrillStep[]): DrillStep[] =>
  steps.map((step) =>
    step.is === 'running' ? { ...step, is: 'failed', fault: 'Tiến trình diễn tập bị ngắt giữa bước này.' } : step,
  )

const vietnamMs = 7 * hourMs

/**
 * Whether the nightly drill is due: its hour (`HH:MM` in Việt Nam, '' for none) has come, less than `nightMs` ago, and none was held since.
 * `lastAt`: when the last one by the timer was asked for.
 */
export function isNightlyDue(at: string, lastAt: Instant | null, now: Instant): boolean {
  const [, hours, minutes] = /^(\d{2}):(\d{2})$/.exec(at) ?? []
  if (hours === undefined || minutes === undefined) return false
  const midnight = Math.floor((now + vietnamMs) / dayMs) * dayMs - vietnamMs
  const today = midnight + Number(hours) * hourMs + Number(minutes) * minuteMs
  const due = now >= today ? today : today - dayMs
  return now - due < drillSettings.nightMs && (lastAt === null || lastAt < due)
}

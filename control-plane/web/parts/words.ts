import type { Consent } from '../../contract/cases.ts'
import type { RecordingStatus } from '../../contract/recordings.ts'
import { type HearingStatus, spanClock, type VerdictWord } from '../../contract/words.ts'

const zone = { timeZone: 'Asia/Ho_Chi_Minh' } as const
const date = { day: '2-digit', month: '2-digit', year: 'numeric' } as const
const time = { hour: '2-digit', minute: '2-digit' } as const
const dateFormat = new Intl.DateTimeFormat('en-GB', { ...zone, ...date })
const timeFormat = new Intl.DateTimeFormat('en-GB', { ...zone, ...time, hourCycle: 'h23' })
const exactFormat = new Intl.DateTimeFormat('en-GB', { ...zone, ...time, second: '2-digit', hourCycle: 'h23' })
const weekdayFormat = new Intl.DateTimeFormat('vi-VN', { ...zone, weekday: 'long' })

const at = (instant: string): Date => new Date(instant)
const told = (instant: string | null, words: (instant: Date) => string): string =>
  instant === null || Number.isNaN(Date.parse(instant)) ? '—' : words(at(instant))

/** Instants as people in Việt Nam read them: dd/mm/yyyy, HH:mm. */
export const when = (instant: string | null): string =>
  told(instant, (shown) => `${timeFormat.format(shown)} ${dateFormat.format(shown)}`)
export const whenExactly = (instant: string | null): string =>
  told(instant, (shown) => `${exactFormat.format(shown)} ${dateFormat.format(shown)}`)
export const clockTime = (instant: string | null): string => told(instant, (shown) => exactFormat.format(shown))
export const hourOf = (instant: string | null): string => told(instant, (shown) => timeFormat.format(shown))
export const dayOf = (instant: string): string =>
  told(instant, (shown) => `${weekdayFormat.format(shown)}, ${dateFormat.format(shown)}`)
/** A hearing's time in one line: the day once, both hours. */
export const span = (from: string, to: string): string =>
  dayOf(from) === dayOf(to) ? `${hourOf(from)}–${hourOf(to)}, ${dayOf(from)}` : `${when(from)} – ${when(to)}`
/** 2026-12-08 → 08/12/2026 */
export const plainDate = (day: string): string => day.split('-').reverse().join('/')

/** The value of a `datetime-local` field in Việt Nam's time (UTC+7, no summer time), and back. */
export const toField = (instant: string): string =>
  instant === '' ? '' : new Date(Date.parse(instant) + 7 * 3_600_000).toISOString().slice(0, 16)
export const fromField = (text: string): string =>
  text === '' || Number.isNaN(Date.parse(`${text}:00+07:00`)) ? '' : new Date(`${text}:00+07:00`).toISOString()

/** Beside the end of what was going on while a clock was set back. */
export const clockSteppedWords = 'đồng hồ máy chủ bị chỉnh lùi trong lúc này, thời lượng không chắc chắn'

const decimal = (value: number, digits: number): string => value.toFixed(digits).replace('.', ',')
export const bytes = (size: number): string => {
  if (size >= 1e9) return `${decimal(size / 1e9, 2)} GB`
  return size >= 1e6 ? `${decimal(size / 1e6, 1)} MB` : `${Math.ceil(size / 1e3)} kB`
}
export const duration = (ms: number | null): string => (ms === null ? '—' : spanClock(ms))
export const figure = (value: number | null | undefined, unit: string, digits = 0): string =>
  value == null ? '—' : `${decimal(value, digits)} ${unit}`.trim()

export const statusColours: Record<HearingStatus, string> = {
  draft: 'gray',
  submitted: 'blue',
  returned: 'orange',
  approved: 'cyan',
  ready: 'teal',
  live: 'red',
  ended: 'grape',
  archived: 'dark',
  postponed: 'yellow',
  cancelled: 'gray',
}
export const verdictColours: Record<VerdictWord, string> = {
  passed: 'teal',
  warned: 'yellow',
  failed: 'red',
  absent: 'orange',
}
export const consentColours: Record<Consent, string> = { asked: 'blue', consented: 'teal', refused: 'red' }
export const recordingColours: Record<RecordingStatus, string> = {
  expected: 'gray',
  starting: 'blue',
  recording: 'red',
  fault: 'orange',
  uploading: 'blue',
  ready: 'teal',
  broken: 'red',
  missing: 'orange',
  damaged: 'red',
}

/** As documents say it (Nghị định 30/2020): 08 giờ 05 phút; ngày 05 tháng 02 năm 2026. */
export const timeInWords = (instant: string): string => `${hourOf(instant).replace(':', ' giờ ')} phút`
export function dateInWords(instant: string): string {
  const [day = '', month = '', year = ''] = told(instant, (shown) => dateFormat.format(shown)).split('/')
  return `ngày ${day} tháng ${Number(month) < 3 ? month : Number(month)} năm ${year}`
}

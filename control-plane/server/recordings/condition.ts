import { dayMs, hourMs } from '../platform/clock.ts'

/** How a stored file was found: as it was stored; not there; with other bytes; there, but not readable. */
export type Condition = 'whole' | 'missing' | 'changed' | 'unreadable'

/** What is known of the two files of a part. */
export interface Conditions {
  original: Condition
  playable: Condition
}

const worse: Condition[] = ['whole', 'changed', 'unreadable', 'missing']

/** The one word for a part: the worse of its two. */
export const worstOf = ({ original, playable }: Conditions): Condition =>
  worse.indexOf(original) > worse.indexOf(playable) ? original : playable

/**
 * What is to be believed of a file after a look. A right size proves that a lost file is back, and never that changed bytes are right again:
 * only its hash does.
 */
export function afterLook(known: Condition, seen: Condition): Condition {
  if (seen !== 'whole') return seen
  return known === 'changed' ? 'changed' : 'whole'
}

/** Looks go round once a night, from 01:00 on in Việt Nam (UTC+7). */
export function lastNight(now: number): number {
  const shiftMs = 7 * hourMs - hourMs
  return Math.floor((now + shiftMs) / dayMs) * dayMs - shiftMs
}

const words: Record<Exclude<Condition, 'whole'>, string> = {
  missing: 'không còn trong kho',
  changed: 'đã thay đổi so với lúc vào kho',
  unreadable: 'có trong kho nhưng không đọc được',
}

/** What is wrong with a part's files, in Vietnamese; null when nothing is. */
export function conditionCause({ original, playable }: Conditions): string | null {
  const told = [
    ...(original === 'whole' ? [] : [`Bản gốc ${words[original]}`]),
    ...(playable === 'whole' ? [] : [`Bản xem (MP4) ${words[playable]}`]),
  ]
  return told.length === 0 ? null : `${told.join('. ')}.`
}

import type { HostFault, HostSight } from './growth.ts'

/** What the watch has done about faults so far. Instants in milliseconds since 1970. */
export interface CureMemory {
  /** Jibri was ended because the disk is full, and stays ended until there is room. */
  heldOut: boolean
  restartedAt: number | null
  /** Restarts since it was last seen in order: each waits twice as long as the one before. */
  tries: number
  /** It did not end a session that it was told to end. */
  mustRestart: boolean
}

export interface CureLimits {
  minFreeBytes: number
  notGrowingMs: number
  /** The least time between two restarts. */
  restartPauseMs: number
  /** How long a Jibri may do without an answer: without a process, or with one that stands still; and one that is seen to come up. */
  downMs: number
  startMs: number
  /** No wait grows beyond this. */
  patienceLongestMs: number
}

export type Cure = 'none' | 'restart' | 'hold-out' | 'let-in'

/**
 * What to do about a fault. Ending Jibri makes Jicofo move the recording to another one. A Jibri that came back onto a full disk would be
 * given the next recording and lose it without a word: it stays out until twice the least room is free.
 */
export function chooseCure(
  fault: HostFault | null,
  memory: CureMemory,
  sight: Pick<HostSight, 'now' | 'freeBytes' | 'jibri' | 'jibriSince' | 'life' | 'running'>,
  limits: CureLimits,
): Cure {
  if (memory.heldOut) return sight.freeBytes >= 2 * limits.minFreeBytes ? 'let-in' : 'none'
  if (fault?.kind !== 'disk-full' && memory.mustRestart) return 'restart'
  if (fault === null) return 'none'
  if (fault.kind === 'disk-full') return 'hold-out'
  // One that calls itself ill and records all the same is left alone while its file grows: people are told, nothing is cut off.
  if (sight.jibri === 'unhealthy' && recordsWell(sight, limits.notGrowingMs)) return 'none'
  const { now } = sight
  // A Jibri takes its time to come up, on a busy host minutes; ending it again meanwhile would never let it. People are told all the same.
  if (sight.jibri === 'down' || sight.jibri === 'silent')
    return now - sight.jibriSince >= patienceMs(sight, memory.tries, limits) ? 'restart' : 'none'
  const pause = grown(limits.restartPauseMs, Math.max(0, memory.tries - 1), limits)
  return memory.restartedAt !== null && now - memory.restartedAt < pause ? 'none' : 'restart'
}

const grown = (ms: number, tries: number, { patienceLongestMs }: CureLimits): number =>
  Math.min(Math.max(ms, patienceLongestMs), ms * 2 ** Math.min(tries, 20))

/** How long a Jibri that does not answer is waited for before it is started again, in milliseconds: by what is seen of it, and more with each try. */
export function patienceMs({ now, life }: Pick<HostSight, 'now' | 'life'>, tries: number, limits: CureLimits): number {
  const isComing = life?.isAlive === true && life.movedAt !== null && now - life.movedAt < limits.downMs
  return grown(isComing ? limits.startMs : limits.downMs, tries, limits)
}

/** Tries count from the last time that it was in order for as long as a restart's pause: one good answer between two faults is none. */
export const triesAfter = (
  memory: CureMemory,
  { now, jibri, jibriSince }: Pick<HostSight, 'now' | 'jibri' | 'jibriSince'>,
  { restartPauseMs }: Pick<CureLimits, 'restartPauseMs'>,
): number => ((jibri === 'idle' || jibri === 'busy') && now - jibriSince >= restartPauseMs ? 0 : memory.tries)

function recordsWell({ now, running }: Pick<HostSight, 'now' | 'running'>, notGrowingMs: number): boolean {
  return running.some((file) => file.writerGoneSince === null && now - file.grewAt < notGrowingMs)
}

/** The fault to report: one that was cured at once is still told for a while, so that a person sees it. */
export function shownFault(
  fault: HostFault | null,
  last: { fault: HostFault; seenAt: number } | null,
  now: number,
  faultShownMs: number,
): HostFault | null {
  if (fault !== null) return fault
  return last !== null && now - last.seenAt < faultShownMs ? last.fault : null
}

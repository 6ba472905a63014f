import type { HostFault, HostSight } from './growth.ts'

/** What the watch has done about faults so far. Instants in milliseconds since 1970. */
export interface CureMemory {
  /** Jibri was ended because the disk is full, and stays ended until there is room. */
  heldOut: boolean
  restartedAt: number | null
}

export type Cure = 'none' | 'restart' | 'hold-out' | 'let-in'

/**
 * What to do about a fault. Ending Jibri makes Jicofo move the recording to another one. A Jibri that came back onto a full disk would be
 * given the next recording and lose it without a word: it stays out until twice the least room is free.
 */
export function chooseCure(
  fault: HostFault | null,
  memory: CureMemory,
  sight: Pick<HostSight, 'now' | 'freeBytes' | 'jibri' | 'running'>,
  limits: { minFreeBytes: number; restartPauseMs: number; notGrowingMs: number },
): Cure {
  if (memory.heldOut) return sight.freeBytes >= 2 * limits.minFreeBytes ? 'let-in' : 'none'
  if (fault === null) return 'none'
  if (fault.kind === 'disk-full') return 'hold-out'
  // One that calls itself ill and records all the same is left alone while its file grows: people are told, nothing is cut off.
  if (sight.jibri === 'unhealthy' && recordsWell(sight, limits.notGrowingMs)) return 'none'
  // A Jibri takes its time to come up; ending it again meanwhile would never let it.
  const resting = memory.restartedAt !== null && sight.now - memory.restartedAt < limits.restartPauseMs
  return resting ? 'none' : 'restart'
}

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

import type { HostWord } from './host-word.ts'

/** What the conductor sees of the recorder in the room. Instants in milliseconds. */
export type Seen =
  | { is: 'none' }
  | { is: 'pending'; sessionId: string | null; since: number }
  | { is: 'on'; sessionId: string; since: number }
  | { is: 'off'; sessionId: string | null; since: number }
  | { is: 'error'; sessionId: string | null; error: string; since: number }

export interface Situation {
  wanted: 'on' | 'off'
  seen: Seen
  joinedAt: number
  /** The last start request that has not been answered by a state yet. */
  askedAt: number | null
  /** The last stop request, while the recorder has not confirmed. */
  stopAskedAt: number | null
  /** The session whose end we asked for: its `off` is no fault. */
  stoppingSessionId: string | null
  /** What the recorder hosts say of the session that is on, and since when they say that; null when none is on. */
  word: (HostWord & { since: number }) | null
  /** A session of this room that a host records though the focus does not know it: it goes on, and is in nobody's hands. */
  orphan: { sessionId: string; grewAt: number } | null
  orphanTold: boolean
  /** When a recorder host last said that it is free; null when none does. */
  freeAt: number | null
  /** For how long nobody has told of that session who could have, in milliseconds; whether people know of it. */
  unheardMs: number
  unheardTold: boolean
  /** A person asked for a new start at this time. */
  restartAskedAt: number | null
  failures: number
  lastFailureAt: number | null
  lastFault: string | null
  /** The last start that was tried beside an orphan. */
  triedAt: number | null
}

export type Decision =
  | { do: 'wait' }
  | { do: 'start' }
  | { do: 'stop'; sessionId: string; fault: string | null }
  | { do: 'fault'; fault: string }
  /** People are told; the recording is left as it is. */
  | { do: 'tell'; fault: string }
  | { do: 'finish'; fault: string | null }

export interface ConductLimits {
  /** After joining, the focus presence needs this long to tell of a recording that runs already. */
  settleMs: number
  /** A recorder that is only `pending` for longer is a fault. */
  pendingMs: number
  /** `on` must be confirmed by a recorder host's report of a growing file within this time (the silent failures). */
  confirmMs: number
  /** A stop that is not confirmed within this time is a fault; the hearing is over and the room is closed all the same. */
  stopMs: number
  /** A host's word that its Jibri is gone stands for this long before it is acted on: an end in order, or a move by Jicofo, is told meanwhile. */
  goneMs: number
  /** How often another recorder is asked for while an orphan records. */
  orphanRetryMs: number
}

export const conductLimits: ConductLimits = {
  settleMs: 2_500,
  pendingMs: 40_000,
  confirmMs: 100_000,
  stopMs: 45_000,
  goneMs: 2_500,
  orphanRetryMs: 30_000,
}

/** Wait before the next start, so that a deployment without any recorder is not asked in a tight loop: 1 s doubling to 10 s, without end. */
export const restartDelayMs = (failures: number): number =>
  Math.min(10_000, 1_000 * 2 ** Math.max(0, Math.min(failures - 1, 4)))

/**
 * What the conductor does next (7.1, 7.2: what is live is recorded). Pure; asked again on every change and every second.
 * The same state may be told twice, and an error may come with any state: the error is looked at first (by whoever fills `seen`).
 */
export function decide(situation: Situation, now: number, limits: ConductLimits = conductLimits): Decision {
  return situation.wanted === 'off' ? decideEnding(situation, now, limits) : decideRunning(situation, now, limits)
}

function decideEnding(situation: Situation, now: number, limits: ConductLimits): Decision {
  const { seen, stopAskedAt } = situation
  if (now - situation.joinedAt < limits.settleMs && seen.is === 'none') return { do: 'wait' }
  if (seen.is === 'none' || seen.is === 'off' || seen.is === 'error') return { do: 'finish', fault: null }
  if (stopAskedAt !== null)
    return now - stopAskedAt > limits.stopMs ? { do: 'finish', fault: 'stop-unconfirmed' } : { do: 'wait' }
  if (seen.is === 'on') return { do: 'stop', sessionId: seen.sessionId, fault: null }
  // Pending while the hearing ended: it can be stopped once it is on, or given up.
  return now - seen.since > limits.pendingMs ? { do: 'finish', fault: 'pending-too-long' } : { do: 'wait' }
}

function decideRunning(situation: Situation, now: number, limits: ConductLimits): Decision {
  const { seen } = situation
  if (situation.orphan !== null && (seen.is === 'none' || seen.is === 'off' || seen.is === 'error'))
    return decideBesideOrphan(situation, now, limits)
  switch (seen.is) {
    case 'none':
      if (now - situation.joinedAt < limits.settleMs) return { do: 'wait' }
      return startWhenDue(situation, now, limits)
    case 'pending':
      if (now - seen.since <= limits.pendingMs) return { do: 'wait' }
      return { do: 'fault', fault: 'pending-too-long' }
    case 'error':
      return situation.lastFailureAt !== null && situation.lastFailureAt >= seen.since
        ? startWhenDue(situation, now, limits)
        : { do: 'fault', fault: `recorder-${seen.error}` }
    case 'off': {
      const asked = seen.sessionId !== null && seen.sessionId === situation.stoppingSessionId
      const told = situation.lastFailureAt !== null && situation.lastFailureAt >= seen.since
      return asked || told ? startWhenDue(situation, now, limits) : { do: 'fault', fault: 'stopped-unasked' }
    }
    case 'on':
      return decideOn(situation, seen, now, limits)
  }
}

/** It is recorded, so nothing hurries: people are told, and a recorder that can be had is taken; the orphan is stopped once that one runs. */
function decideBesideOrphan(situation: Situation, now: number, limits: ConductLimits): Decision {
  if (now - situation.joinedAt < limits.settleMs) return { do: 'wait' }
  if (!situation.orphanTold) return { do: 'tell', fault: 'orphaned' }
  const tried = situation.triedAt ?? Number.NEGATIVE_INFINITY
  return now - tried < limits.orphanRetryMs ? { do: 'wait' } : { do: 'start' }
}

/** Faults that say that there was no recorder to be had: the next free one is an answer to them. */
const isLack = (fault: string | null): boolean =>
  fault !== null && /^recorder-(gone|resource-constraint|service-unavailable)$/.test(fault)

function startWhenDue(situation: Situation, now: number, limits: ConductLimits): Decision {
  if (situation.askedAt !== null && now - situation.askedAt < limits.pendingMs) return { do: 'wait' }
  if (situation.askedAt !== null) return { do: 'fault', fault: 'start-unanswered' }
  const failedAt = situation.lastFailureAt ?? Number.NEGATIVE_INFINITY
  const isFreed = isLack(situation.lastFault) && situation.freeAt !== null && situation.freeAt > failedAt
  const wait = situation.failures === 0 ? 0 : restartDelayMs(isFreed ? 1 : situation.failures)
  return now - (situation.lastFailureAt ?? 0) < wait ? { do: 'wait' } : { do: 'start' }
}

function decideOn(
  situation: Situation,
  seen: Extract<Seen, { is: 'on' }>,
  now: number,
  limits: ConductLimits,
): Decision {
  if (situation.stopAskedAt !== null) {
    return now - situation.stopAskedAt > limits.stopMs
      ? { do: 'stop', sessionId: seen.sessionId, fault: 'stop-unconfirmed' }
      : { do: 'wait' }
  }
  if (situation.restartAskedAt !== null) return { do: 'stop', sessionId: seen.sessionId, fault: 'restart-asked' }
  return decideByWord(situation, seen, now, limits)
}

/** A full disk says nothing: the state stays `on`. Only what the host's watch reports of the file shows it; that no report comes shows nothing. */
function decideByWord(
  { word, unheardMs, unheardTold }: Situation,
  seen: Extract<Seen, { is: 'on' }>,
  now: number,
  limits: ConductLimits,
): Decision {
  const stop = (fault: string): Decision => ({ do: 'stop', sessionId: seen.sessionId, fault })
  switch (word?.is) {
    case undefined:
      return { do: 'wait' }
    case 'recording':
      return now - Math.max(seen.since, word.grewAt) > limits.confirmMs ? stop('not-growing') : { do: 'wait' }
    case 'gone':
      return now - word.since >= (word.elsewhere ? limits.pendingMs : limits.goneMs)
        ? stop('recorder-gone')
        : { do: 'wait' }
    case 'absent':
      return now - Math.max(seen.since, word.since) > limits.confirmMs ? stop('unconfirmed') : { do: 'wait' }
    case 'unheard':
      return unheardMs > limits.confirmMs && !unheardTold ? { do: 'tell', fault: 'unheard' } : { do: 'wait' }
  }
}

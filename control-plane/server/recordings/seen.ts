import type { Seen } from './conduct.ts'
import type { RecordingRow } from './store.ts'

type RecorderEvent = {
  is: 'recorder'
  status: 'pending' | 'on' | 'off'
  sessionId: string | null
  error: string | null
}

/** The error first: a killed recorder is told as `on` with an error (jitsi-integration §7). */
export function fromRecorder(event: RecorderEvent, now: number): Seen {
  if (event.error !== null) return { is: 'error', sessionId: event.sessionId, error: event.error, since: now }
  if (event.status === 'on')
    return event.sessionId === null ? { is: 'none' } : { is: 'on', sessionId: event.sessionId, since: now }
  return { is: event.status, sessionId: event.sessionId, since: now }
}

const isOver = (seen: Seen): seen is Extract<Seen, { is: 'off' | 'error' }> => seen.is === 'off' || seen.is === 'error'

/**
 * What is seen of the recorder after one more event. A room has one recording at a time, but a killed Jibri's browser stays in it until its
 * host ends it and Prosody gives it up, and is told of again when it goes: long after another session runs. `over` holds the sessions that
 * ended or gave way to another; they are not heard any more. What already ended does not end a second time.
 */
export function follow(current: Seen, over: Set<string>, event: RecorderEvent, now: number): Seen {
  const next = fromRecorder(event, now)
  const before = 'sessionId' in current ? current.sessionId : null
  const told = event.sessionId
  if (told !== null && over.has(told)) return current
  if (told === null || before === null || told === before)
    return isOver(current) && isOver(next) && told === before ? { ...next, since: current.since } : next
  // Of a session that this room never had, while another runs.
  if (isOver(next) && !isOver(current)) return current
  over.add(before)
  return next
}

/** The recording's state after what was seen; `row` as it was before. */
export function stateOf(seen: Seen, row: Pick<RecordingRow, 'wanted' | 'state'>): RecordingRow['state'] {
  switch (seen.is) {
    case 'none':
      return row.state
    case 'on':
      return row.wanted === 'off' ? 'stopping' : 'on'
    case 'pending':
      return 'pending'
    case 'off':
      return row.wanted === 'off' ? 'off' : row.state === 'fault' ? 'fault' : 'starting'
    case 'error':
      return 'fault'
  }
}

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

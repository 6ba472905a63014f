/** How far the meeting's page is with its entry, as the script in it tells every second (jitsi-config/meet/line-watch.js). */
export interface EntryReport {
  /** False: Jitsi Meet keeps its state elsewhere than expected, and the fields below but `asks` say nothing. */
  known: boolean
  connecting: boolean
  joining: boolean
  joined: boolean
  /** The name of what went wrong, e.g. `conference.connectionError.notAllowed`; of a page that is in, none. */
  error: string | null
  /** A box stands on the page and waits for a press. In a meeting room nobody presses. */
  asks: boolean
}

/** An entry as the reports so far show it: for how many in a row it stood as it stands. */
export interface Entrance {
  joined: boolean
  connecting: number
  joining: number
  failed: number
  asking: number
  error: string | null
}

export const noEntrance: Entrance = { joined: false, connecting: 0, joining: 0, failed: 0, asking: 0, error: null }

// Counted, not timed: a page in the background reports less often. Two, because Jitsi Meet begins some tries anew within the same second.
const failedReports = 2
const askingReports = 2
// A connection refused in silence is never told of by the library.
const connectingReports = 15
// The control plane may have to be asked again over its restart before the room may exist (Prosody: 5 times, 2 s apart).
const joiningReports = 25

/** A whole report of our own script, or nothing. */
export function readEntryReport(message: unknown): EntryReport | undefined {
  if (!isRecord(message) || message.tiepdan !== 'entry' || !isRecord(message.entry)) return undefined
  const { known, connecting, joining, joined, error, asks } = message.entry
  const flags = [known, connecting, joining, joined, asks]
  if (!flags.every((flag) => typeof flag === 'boolean')) return undefined
  if (error !== null && (typeof error !== 'string' || error.length > 100)) return undefined
  return message.entry as unknown as EntryReport
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Takes one more report in. */
export function hearEntry(entrance: Entrance, report: EntryReport): Entrance {
  const joined = entrance.joined || report.joined
  const onTheWay = report.connecting || report.joining
  // Once in, a page that is neither in nor on its way back has been thrown out, told or not.
  const failed = report.known && !report.joined && !onTheWay && (report.error !== null || joined)
  const more = (so: boolean, before: number): number => (so ? before + 1 : 0)
  return {
    joined,
    connecting: more(report.connecting, entrance.connecting),
    joining: more(report.joining && !report.joined, entrance.joining),
    failed: more(failed, entrance.failed),
    asking: more(report.asks && !joined, entrance.asking),
    error: report.error,
  }
}

/** Why this entry will not come to anything by itself; undefined while it may. */
export function faultOf(entrance: Entrance): string | undefined {
  if (entrance.failed >= failedReports) return entrance.error ?? 'put-back'
  if (entrance.asking >= askingReports) return 'asks-for-a-press'
  if (entrance.connecting >= connectingReports) return 'no-connection'
  return entrance.joining >= joiningReports ? 'no-answer' : undefined
}

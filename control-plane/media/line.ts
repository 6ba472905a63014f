/** What the script in Jitsi Meet's page (jitsi-config/meet/line-watch.js) tells every 2 s of the connection that carries the media. */
export interface LineReport {
  /** Which connection of the page, counted from 1; 0: none is open. */
  connection: number
  /** Grows with every packet that came over the transport, keep-alives among them. */
  received: number
  framesDecoded: number
  state: string
}

/** A line as the reports so far show it. */
export interface Line {
  connection: number
  received: number
  /** Something came over this connection since it was opened. */
  alive: boolean
  /** Reports in a row, with others in the room, during which nothing came. */
  quiet: number
}

export const noLine: Line = { connection: 0, received: 0, alive: false, quiet: 0 }

// Four reports are 8 s. Counted, not timed: a machine that slept must not find its line dead on waking.
const quietReports = 4

export function readLineReport(message: unknown): LineReport | undefined {
  if (typeof message !== 'object' || message === null || !('tiepdan' in message) || message.tiepdan !== 'line')
    return undefined
  const { connection, received, framesDecoded, state } = message as Record<string, unknown>
  return typeof connection === 'number' &&
    typeof received === 'number' &&
    typeof framesDecoded === 'number' &&
    typeof state === 'string'
    ? { connection, received, framesDecoded, state }
    : undefined
}

/**
 * Takes one more report in. The transport is judged, never the picture: a room that switched its camera off or froze sends no frames,
 * but keep-alives go on over a line that lives.
 */
export function hear(line: Line, report: LineReport, company: boolean): Line {
  const { connection, received } = report
  const same = connection === line.connection
  const alive = (same && line.alive) || received > 0
  const quiet = same && alive && company && received === line.received ? line.quiet + 1 : 0
  return { connection, received, alive, quiet }
}

/** A killed videobridge is told of 42 s later, if ever; the line shows it at once (jitsi-integration §8). */
export const isDead = (line: Line): boolean => line.quiet >= quietReports

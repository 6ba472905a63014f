import { readReport, type Stat } from './streams.ts'

/**
 * What the script in Jitsi Meet's page (jitsi-config/meet/line-watch.js) tells every 2 s: of each connection that is open, counted in the
 * order in which they were opened, what `getStats()` says of its pictures, sounds and transport. The script picks nothing; that is done here.
 */
export interface LineReport {
  connections: { connection: number; state: string; stats: Stat[] }[]
}

/** One connection as the reports so far show it. */
interface End {
  received: number
  /** Something came over it since it was opened. */
  alive: boolean
  /** Reports in a row, with others in the room, during which nothing came. */
  quiet: number
}

interface Picture {
  bytes: number
  frames: number
}

/** A line as the reports so far show it. */
export interface Line {
  ends: ReadonlyMap<number, End>
  pictures: ReadonlyMap<string, Picture>
  /** Reports in a row during which pictures that had moved were fed and none moved. */
  stuck: number
}

export const noLine: Line = { ends: new Map(), pictures: new Map(), stuck: 0 }

// Four reports are 8 s. Counted, not timed: a machine that slept must not find its line dead on waking.
const quietReports = 4
// A lost key frame is asked for again and again; who still has none after 12 s gets one by entering anew.
const stuckReports = 6
// More than any page opens: what is longer is not our script's.
const mostConnections = 32
const mostStats = 2_000

/** A whole report of our own script, or nothing. */
export function readLineReport(message: unknown): LineReport | undefined {
  if (!isRecord(message) || message.tiepdan !== 'line' || !Array.isArray(message.connections)) return undefined
  const { connections } = message
  return connections.length <= mostConnections && connections.every(isConnection) ? { connections } : undefined
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const isConnection = (value: unknown): value is LineReport['connections'][number] =>
  isRecord(value) &&
  typeof value.connection === 'number' &&
  typeof value.state === 'string' &&
  Array.isArray(value.stats) &&
  value.stats.length <= mostStats &&
  value.stats.every((stat) => isRecord(stat) && typeof stat.id === 'string' && typeof stat.type === 'string')

/** Takes one more report in; `company`: somebody else is in the room. */
export function hear(line: Line, report: LineReport, company: boolean): Line {
  const read = report.connections.map(({ connection, stats }) => ({
    connection,
    ...readReport(
      stats.map((stat) => [String(stat.id), stat]),
      connection,
    ),
  }))
  // One that is being opened shall take over: it is given as long as a quiet one.
  const opened = read.some(({ connection }) => !line.ends.has(connection))
  const ends = new Map(
    read.map(({ connection, path }) => [
      connection,
      endOf(line.ends.get(connection), path?.received ?? 0, company && !opened),
    ]),
  )
  const seen = read
    .flatMap(({ streams }) => streams)
    .filter(({ kind, direction }) => kind === 'video' && direction === 'in')
  const pictures = new Map(seen.map(({ key, bytes, frames }) => [key, { bytes, frames }]))
  return { ends, pictures, stuck: areStuck(line.pictures, pictures) && company ? line.stuck + 1 : 0 }
}

function endOf(before: End | undefined, received: number, judged: boolean): End {
  const alive = before?.alive === true || received > 0
  // Sums that fall tell of a path given up: nothing came for that.
  const came = received > (before?.received ?? 0)
  return { received, alive, quiet: judged && alive && !came ? (before?.quiet ?? 0) + 1 : 0 }
}

/** Packets come for pictures that have moved before, and no picture at all moves. A camera switched off sends none. */
function areStuck(before: Line['pictures'], now: Line['pictures']): boolean {
  const kept = [...now].flatMap(([key, is]) => {
    const was = before.get(key)
    return was === undefined ? [] : [{ fed: is.bytes > was.bytes && was.frames > 0, moved: is.frames !== was.frames }]
  })
  const begun = [...now].some(([key, is]) => !before.has(key) && is.frames > 0)
  return !begun && kept.some(({ fed }) => fed) && !kept.some(({ moved }) => moved)
}

/**
 * Nothing comes over any connection that has carried something. A killed videobridge is told of 42 s later, if ever; the line shows it at
 * once (jitsi-integration §8). A room that switched its camera off, or left, is no fault: keep-alives go on over a line that lives.
 */
export function isDead(line: Line): boolean {
  const alive = [...line.ends.values()].filter((end) => end.alive)
  return alive.length > 0 && alive.every((end) => end.quiet >= quietReports)
}

/** The pictures of all others stand still though their packets come. One alone is left: the others' would be lost for it. */
export const isStuck = (line: Line): boolean => line.stuck >= stuckReports

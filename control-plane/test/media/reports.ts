import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSnapshot, type Snapshot } from '../../media/statistics.ts'
import type { Stat } from '../../media/streams.ts'

/** One report of one connection of a call. */
export interface Moment {
  at: number
  stats: Stat[]
}

const read = (name: string): Record<string, unknown>[] =>
  readFileSync(join(import.meta.dirname, 'reports', `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** A room PC's side of a real test call (reports/README.md). */
export const testCall = (): Moment[] =>
  read('test-call').map(({ at, connections }) => ({
    at: at as number,
    stats: (connections as { stats: Stat[] }[]).flatMap(({ stats }) => stats),
  }))

export type HearingMoment = Moment & { participants: number }

/** Two rooms of a real hearing of three (reports/README.md). */
export function hearing(): { leftAt: number; backAt: number; centre: HearingMoment[]; delegate: HearingMoment[] } {
  const [times, ...rows] = read('hearing')
  const of = (room: string) => rows.filter((row) => row.room === room) as unknown as HearingMoment[]
  return { ...(times as { leftAt: number; backAt: number }), centre: of('centre'), delegate: of('delegate') }
}

export const entries = (stats: Stat[]): [string, Stat][] => stats.map((stat) => [String(stat.id), stat])

export const snapshotsOf = (moments: Moment[], connection = 1): Snapshot[] =>
  moments.map(({ at, stats }) => readSnapshot(entries(stats), at, connection))

export type Derive = (moments: Moment[]) => Moment[]

/** Every stat of every moment through `change`; what it gives nothing for is not in the report. */
export const each =
  (change: (stat: Stat, at: number, index: number) => Stat | undefined): Derive =>
  (moments) =>
    moments.map(({ at, stats }, index) => ({
      at,
      stats: stats.map((stat) => change(stat, at, index)).filter((stat) => stat !== undefined),
    }))

export const isInbound = (stat: Stat, kind?: string): boolean =>
  stat.type === 'inbound-rtp' && (kind === undefined || stat.kind === kind)

const counters = [
  'bytesReceived',
  'bytesSent',
  'packetsReceived',
  'packetsSent',
  'framesReceived',
  'framesDecoded',
  'framesSent',
  'requestsReceived',
  'responsesReceived',
]

/** From moment `from` on these stats stay as they were: nothing of theirs comes any more, and none is added. */
export const still =
  (which: (stat: Stat) => boolean, from: number): Derive =>
  (moments) => {
    const kept = new Map((moments[from]?.stats ?? []).map((stat) => [stat.id, stat]))
    return each((stat, _at, index) => (index > from && which(stat) ? kept.get(stat.id) : stat))(moments)
  }

/** A bridge that was killed: nothing arrives over the line any more, neither media nor an answer to a keep-alive. */
export const bridgeKilled = (from: number): Derive => still((stat) => stat.type !== 'outbound-rtp', from)

/** From moment `from` on these streams come under another `mid` and ssrc and count from nothing. */
export const renewed =
  (which: (stat: Stat) => boolean, from: number): Derive =>
  (moments) => {
    const before = new Map((moments[from]?.stats ?? []).map((stat) => [stat.id, stat]))
    return each((stat, _at, index) => {
      if (index <= from || !which(stat)) return stat
      return {
        ...sinceThen(stat, before.get(stat.id)),
        id: `${stat.id}9`,
        ssrc: Number(stat.ssrc) + 9,
        mid: `${stat.mid}9`,
      }
    })(moments)
  }

/** The counters begin anew under the same name. */
export const reset =
  (which: (stat: Stat) => boolean, from: number): Derive =>
  (moments) => {
    const before = new Map((moments[from]?.stats ?? []).map((stat) => [stat.id, stat]))
    return each((stat, _at, index) => (index <= from || !which(stat) ? stat : sinceThen(stat, before.get(stat.id))))(
      moments,
    )
  }

function sinceThen(stat: Stat, before: Stat | undefined): Stat {
  const changed = counters
    .filter((name) => typeof stat[name] === 'number')
    .map((name) => [name, Number(stat[name]) - Number(before?.[name] ?? 0)])
  return { ...stat, ...Object.fromEntries(changed) }
}

/** A further stat in every report. */
export const withStat =
  (make: (index: number) => Stat): Derive =>
  (moments) =>
    moments.map(({ at, stats }, index) => ({ at, stats: [make(index), ...stats] }))

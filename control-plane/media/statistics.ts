import type { Flow } from '../contract/test-calls.ts'
import { type Candidate, type Path, readReport, type Stat, type Stream } from './streams.ts'

/** All streams and paths of a call at one moment; `atMs` by the reader's own clock. */
export interface Snapshot {
  atMs: number
  streams: Stream[]
  paths: Path[]
}

/** Shorter than this, and figures say nothing: they stay null. */
const shortestMs = 2_000

/** Reads the report of one connection; `connection` tells the connections of one call apart. */
export function readSnapshot(report: Iterable<[string, Stat]>, nowMs: number, connection = 1): Snapshot {
  const { streams, path } = readReport(report, connection)
  return { atMs: nowMs, streams, paths: path === null ? [] : [path] }
}

/** The reports of several connections of one call (one through the bridge, one straight to the other) as one moment. */
export const joinSnapshots = (parts: Snapshot[], nowMs: number): Snapshot => ({
  atMs: nowMs,
  streams: parts.flatMap((part) => part.streams),
  paths: parts.flatMap((part) => part.paths),
})

/** One stream between two moments at which it was there. A counter never runs backwards here: one that did has begun anew. */
interface Growth {
  stream: Stream
  bytes: number
  packets: number
  lost: number
  frames: number
}

interface Interval {
  spanMs: number
  growths: Growth[]
  after: Snapshot
}

function intervalsOf(snapshots: Snapshot[]): Interval[] {
  return snapshots.slice(1).map((after, index) => {
    const before = snapshots[index] ?? after
    const known = new Map(before.streams.map((stream) => [stream.key, stream]))
    const growths = after.streams.flatMap((stream) => {
      const was = known.get(stream.key)
      return was === undefined || beganAnew(was, stream) ? [] : [growthOf(was, stream)]
    })
    return { spanMs: Math.max(0, after.atMs - before.atMs), growths, after }
  })
}

const beganAnew = (was: Stream, is: Stream): boolean =>
  is.bytes < was.bytes || is.packets < was.packets || is.frames < was.frames

const growthOf = (was: Stream, is: Stream): Growth => ({
  stream: is,
  bytes: is.bytes - was.bytes,
  packets: is.packets - was.packets,
  lost: is.lost - was.lost,
  frames: is.frames - was.frames,
})

/** The probing stream of a bridge counts packets, but carries neither a byte nor a frame. */
const carries = (stream: Stream): boolean => stream.bytes > 0 || stream.frames > 0

const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0)

const average = (values: (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : total(known) / known.length
}

/** What was counted, per second of the time in which there was something to count; null when that was too short to say anything. */
function rateOf(counted: { spanMs: number; amount: number }[]): number | null {
  const spanMs = total(counted.map((one) => one.spanMs))
  return spanMs < shortestMs ? null : (total(counted.map((one) => one.amount)) * 1000) / spanMs
}

/**
 * Both directions, the round trip and the path over a run of snapshots, oldest first. Each stream is summed over its own life: what came
 * later, went earlier or began anew takes nothing away. What was not there, or for less than two seconds, is null; no figure is negative.
 */
export function summarise(snapshots: Snapshot[]): {
  send: Flow
  receive: Flow
  rttMs: number | null
  candidate: Candidate | null
} {
  const intervals = intervalsOf(snapshots)
  const used = snapshots.map(usedPath).filter((path) => path !== undefined)
  return {
    candidate: used.findLast((path) => path.candidate !== null)?.candidate ?? null,
    rttMs: average(used.map((path) => path.rttMs)),
    send: flowOf(intervals, 'out'),
    receive: flowOf(intervals, 'in'),
  }
}

/** The path over which most of the media of this moment came. */
function usedPath(snapshot: Snapshot): Path | undefined {
  const carried = (path: Path): number =>
    total(snapshot.streams.filter((stream) => stream.connection === path.connection).map((stream) => stream.bytes))
  return [...snapshot.paths].sort((left, right) => carried(right) - carried(left))[0]
}

export const noFlow: Flow = {
  bitrateKbps: null,
  lossPercent: null,
  jitterMs: null,
  width: null,
  height: null,
  framesPerSecond: null,
}

function flowOf(intervals: Interval[], direction: Stream['direction']): Flow {
  const lives = intervals
    .map(({ spanMs, growths }) => ({
      spanMs,
      growths: growths.filter(({ stream }) => stream.direction === direction && carries(stream)),
    }))
    .filter(({ growths }) => growths.length > 0)
  const bytesPerSecond = rateOf(lives.map(({ spanMs, growths }) => ({ spanMs, amount: total(growths.map(bytesOf)) })))
  if (bytesPerSecond === null) return noFlow
  const pictures = lives
    .map(({ spanMs, growths }) => ({ spanMs, growths: growths.filter(isPicture) }))
    .filter(({ growths }) => growths.length > 0)
  const moving = pictures.map(({ growths }) => mainOf(growths)).filter((growth) => growth !== undefined)
  const size = moving.findLast(({ stream }) => stream.size !== null)?.stream.size
  return {
    bitrateKbps: (bytesPerSecond * 8) / 1000,
    lossPercent: direction === 'in' ? lossOf(lives) : remoteLossOf(lives),
    jitterMs: average(
      lives.map(({ growths }) => (mainOf(growths.filter(isPicture)) ?? loudest(growths))?.stream.jitterMs ?? null),
    ),
    width: size?.width ?? null,
    height: size?.height ?? null,
    framesPerSecond: rateOf(pictures.map(({ spanMs, growths }) => ({ spanMs, amount: framesOf(growths) }))),
  }
}

const bytesOf = (growth: Growth): number => growth.bytes
const isPicture = ({ stream }: Growth): boolean => stream.kind === 'video' && stream.frames > 0 && !stream.repair

/** The picture that counts: of those that move now the largest; among equals the one that moves most. A layer switched off moves no more. */
const mainOf = (growths: Growth[]): Growth | undefined =>
  growths
    .filter(({ frames }) => frames > 0)
    .sort(
      (left, right) => (right.stream.size?.height ?? 0) - (left.stream.size?.height ?? 0) || right.frames - left.frames,
    )[0]

const loudest = (growths: Growth[]): Growth | undefined =>
  growths.filter(({ stream }) => !stream.repair).sort((left, right) => right.bytes - left.bytes)[0]

/** Every received picture counts; of the layers in which one's own camera is sent, the one that counts. */
function framesOf(growths: Growth[]): number {
  const received = growths.filter(({ stream }) => stream.direction === 'in')
  const sent = Map.groupBy(
    growths.filter(({ stream }) => stream.direction === 'out'),
    ({ stream }) => `${stream.connection}/${stream.source}`,
  )
  return (
    total(received.map(({ frames }) => frames)) + total([...sent.values()].map((layers) => mainOf(layers)?.frames ?? 0))
  )
}

function lossOf(lives: { growths: Growth[] }[]): number | null {
  const own = lives.flatMap(({ growths }) => growths).filter(({ stream }) => !stream.repair)
  const received = total(own.map(({ packets }) => packets))
  const lost = Math.max(0, total(own.map((growth) => growth.lost)))
  return received + lost === 0 ? null : (lost / (received + lost)) * 100
}

/** The worst that a receiver told of a stream that was sent; of a layer that rests he tells old news. */
function remoteLossOf(lives: { growths: Growth[] }[]): number | null {
  const worst = lives.map(({ growths }) => {
    const told = growths.filter(({ packets, bytes }) => packets > 0 || bytes > 0).map(({ stream }) => stream.remoteLoss)
    const known = told.filter((value) => value !== null)
    return known.length === 0 ? null : Math.max(...known)
  })
  const mean = average(worst)
  return mean === null ? null : mean * 100
}

// Over a line without media only keep-alives and control packets come: far less than this.
const mediaBytesPerSecond = 4_000

/**
 * Whether a picture that should move stands still: over at least `stallMs` up to the last snapshot no received picture moved, and either
 * nothing at all came over the line any more, or media goes on coming that is not shown. Pictures of those who left stand in the report
 * for ever, their sound with them: neither is a stall, nor is one still picture while another moves (that is its sender's fault, and
 * entering anew would cost this room the others). Events do not tell of it (a killed videobridge is told 42 s later); the figures do.
 */
export function isStalled(snapshots: Snapshot[], stallMs: number): boolean {
  const last = snapshots.at(-1)
  const before = snapshots.findLast((snapshot) => last !== undefined && last.atMs - snapshot.atMs >= stallMs)
  if (last === undefined || before === undefined) return false
  const known = new Map(before.streams.map((stream) => [stream.key, stream]))
  const inbound = last.streams.filter((stream) => stream.direction === 'in' && carries(stream))
  const pictures = inbound.filter((stream) => stream.kind === 'video' && stream.frames > 0)
  const sounds = inbound.filter((stream) => stream.kind === 'audio')
  const stands = (stream: Stream): boolean => known.get(stream.key)?.bytes === stream.bytes
  if (pictures.length === 0 || pictures.some((stream) => known.get(stream.key)?.frames !== stream.frames)) return false
  if (isSilent(before, last) || pictures.some((stream) => !stands(stream))) return true
  // Whoever left took his sound along: a picture too many among the still ones belongs to somebody who is heard on.
  const leftOver = pictures.length - sounds.filter(stands).length
  return (leftOver > 0 && sounds.some((stream) => !stands(stream))) || (inbound.every(stands) && isBusy(before, last))
}

const receivedOf = (snapshot: Snapshot): number | null => {
  const told = snapshot.paths.map((path) => path.received).filter((value) => value !== null)
  return told.length === 0 ? null : total(told)
}

/** Nothing came over the line: neither media nor an answered keep-alive. Without word of the line the streams alone speak. */
function isSilent(before: Snapshot, last: Snapshot): boolean {
  const sum = (snapshot: Snapshot): number =>
    total(snapshot.streams.filter((stream) => stream.direction === 'in').map((stream) => stream.bytes))
  return receivedOf(before) === receivedOf(last) && sum(before) === sum(last)
}

/** More comes than a line carries that only keeps itself alive. */
function isBusy(before: Snapshot, last: Snapshot): boolean {
  const came = (receivedOf(last) ?? 0) - (receivedOf(before) ?? 0)
  return came > (mediaBytesPerSecond * (last.atMs - before.atMs)) / 1000
}

import type { Flow } from '../contract/test-calls.ts'

/** The sums of one moment, read from standard WebRTC statistics (W3C webrtc-stats). Bytes and packets are totals since the start. */
export interface Snapshot {
  atMs: number
  sentBytes: number
  receivedBytes: number
  packetsReceived: number
  packetsLost: number
  remoteLossFraction: number | null
  receiveJitterMs: number | null
  sendJitterMs: number | null
  rttMs: number | null
  framesDecoded: number
  framesSent: number
  receivedSize: { width: number; height: number } | null
  sentSize: { width: number; height: number } | null
  candidate: { local: string; remote: string; protocol: string; relayed: boolean } | null
}

type Stat = Record<string, unknown>
const number = (stat: Stat | undefined, name: string): number | null => {
  const value = stat?.[name]
  return typeof value === 'number' ? value : null
}
const sum = (stats: Stat[], name: string): number => stats.reduce((total, stat) => total + (number(stat, name) ?? 0), 0)

/** Reads a report; `nowMs` is the reader's own clock. */
export function readSnapshot(report: Iterable<[string, Stat]>, nowMs: number): Snapshot {
  const byId = new Map(report)
  const stats = [...byId.values()]
  const ofType = (type: string): Stat[] => stats.filter((stat) => stat.type === type)
  const inbound = ofType('inbound-rtp')
  const outbound = ofType('outbound-rtp')
  const remote = ofType('remote-inbound-rtp')
  const inVideo = inbound.find((stat) => stat.kind === 'video')
  // With simulcast the largest layer that sends is the picture that counts.
  const outVideo = outbound
    .filter((stat) => stat.kind === 'video')
    .sort((left, right) => (number(right, 'frameHeight') ?? 0) - (number(left, 'frameHeight') ?? 0))[0]
  const pair = ofType('candidate-pair').find((stat) => stat.nominated === true && stat.state === 'succeeded')
  const seconds = (value: number | null): number | null => (value === null ? null : value * 1000)
  return {
    atMs: nowMs,
    sentBytes: sum(outbound, 'bytesSent'),
    receivedBytes: sum(inbound, 'bytesReceived'),
    packetsReceived: sum(inbound, 'packetsReceived'),
    packetsLost: sum(inbound, 'packetsLost'),
    remoteLossFraction:
      remote.length === 0 ? null : Math.max(...remote.map((stat) => number(stat, 'fractionLost') ?? 0)),
    receiveJitterMs: seconds(number(inVideo ?? inbound[0], 'jitter')),
    sendJitterMs: seconds(number(remote[0], 'jitter')),
    rttMs: seconds(number(pair, 'currentRoundTripTime') ?? number(remote[0], 'roundTripTime')),
    framesDecoded: number(inVideo, 'framesDecoded') ?? 0,
    framesSent: number(outVideo, 'framesSent') ?? 0,
    receivedSize: size(inVideo),
    sentSize: size(outVideo),
    candidate: describePair(pair, byId),
  }
}

function size(stat: Stat | undefined): { width: number; height: number } | null {
  const width = number(stat, 'frameWidth')
  const height = number(stat, 'frameHeight')
  return width === null || height === null ? null : { width, height }
}

function describePair(pair: Stat | undefined, byId: Map<string, Stat>): Snapshot['candidate'] {
  const local = byId.get(String(pair?.localCandidateId))
  const remote = byId.get(String(pair?.remoteCandidateId))
  if (local === undefined || remote === undefined) return null
  const relayed = local.candidateType === 'relay' || remote.candidateType === 'relay'
  return {
    local: String(local.candidateType),
    remote: String(remote.candidateType),
    protocol: String(local.protocol ?? 'udp'),
    relayed,
  }
}

const average = (values: (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0) / known.length
}

/** Both directions and the round trip over a run of snapshots (at least two, oldest first). */
export function summarise(snapshots: Snapshot[]): {
  send: Flow
  receive: Flow
  rttMs: number | null
  candidate: Snapshot['candidate']
} {
  const first = snapshots[0]
  const last = snapshots.at(-1)
  if (first === undefined || last === undefined || last.atMs <= first.atMs)
    return { send: noFlow, receive: noFlow, rttMs: null, candidate: last?.candidate ?? null }
  const spanMs = last.atMs - first.atMs
  const received = last.packetsReceived - first.packetsReceived
  const lost = Math.max(0, last.packetsLost - first.packetsLost)
  const remoteLoss = average(snapshots.map((snapshot) => snapshot.remoteLossFraction))
  return {
    candidate: last.candidate,
    rttMs: average(snapshots.map((snapshot) => snapshot.rttMs)),
    send: {
      bitrateKbps: ((last.sentBytes - first.sentBytes) * 8) / spanMs,
      lossPercent: remoteLoss === null ? null : remoteLoss * 100,
      jitterMs: average(snapshots.map((snapshot) => snapshot.sendJitterMs)),
      width: last.sentSize?.width ?? null,
      height: last.sentSize?.height ?? null,
      framesPerSecond: ((last.framesSent - first.framesSent) * 1000) / spanMs,
    },
    receive: {
      bitrateKbps: ((last.receivedBytes - first.receivedBytes) * 8) / spanMs,
      lossPercent: received + lost === 0 ? null : (lost / (received + lost)) * 100,
      jitterMs: average(snapshots.map((snapshot) => snapshot.receiveJitterMs)),
      width: last.receivedSize?.width ?? null,
      height: last.receivedSize?.height ?? null,
      framesPerSecond: ((last.framesDecoded - first.framesDecoded) * 1000) / spanMs,
    },
  }
}

export const noFlow: Flow = {
  bitrateKbps: null,
  lossPercent: null,
  jitterMs: null,
  width: null,
  height: null,
  framesPerSecond: null,
}

/**
 * Whether the received picture stands still: nothing was decoded between the first and the last of these snapshots although they span
 * at least `stallMs`. Events do not tell of it (a killed videobridge is told 42 s later); the figures do at once.
 */
export function isStalled(snapshots: Snapshot[], stallMs: number): boolean {
  const last = snapshots.at(-1)
  if (last === undefined || last.framesDecoded === 0) return false
  const before = snapshots.findLast((snapshot) => last.atMs - snapshot.atMs >= stallMs)
  return (
    before !== undefined && before.framesDecoded === last.framesDecoded && before.receivedBytes === last.receivedBytes
  )
}

/**
 * What a report of `getStats()` says of the streams of a call and of the path that carries them (W3C webrtc-stats). Through a videobridge
 * one connection holds many streams: the bridge's own probing stream, which never shows a frame, one picture and one sound for each of the
 * others, and what is left of those who went. So streams are told apart, and nothing is taken because it comes first.
 */

/** One stream at one moment. Counters are totals since the stream began; null: the report does not say. */
export interface Stream {
  /** The same stream in the next report has the same key; one that begins anew (new `mid`, new ssrc) has another. */
  key: string
  connection: number
  direction: 'in' | 'out'
  kind: string
  bytes: number
  packets: number
  lost: number
  frames: number
  jitterMs: number | null
  /** Share that the receiver of a sent stream reported as lost, 0 to 1. */
  remoteLoss: number | null
  size: { width: number; height: number } | null
  /** Which camera or screen it is a layer of. */
  source: string
  /** It repeats or repairs what another stream carries (RTX, FEC): bytes on the line, but no picture and no loss of its own. */
  repair: boolean
}

export interface Candidate {
  local: string
  remote: string
  protocol: string
  relayed: boolean
}

/** The way that one connection uses. */
export interface Path {
  connection: number
  /** Grows with whatever arrives, keep-alives among it; null: the report does not say. */
  received: number | null
  rttMs: number | null
  candidate: Candidate | null
}

export type Stat = Record<string, unknown>

const number = (stat: Stat | undefined, name: string): number | null => {
  const value = stat?.[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
const count = (stat: Stat, name: string): number => Math.max(0, number(stat, name) ?? 0)
const inMs = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1000)
const word = (value: unknown): string => (value === undefined ? '' : String(value))

/** Reads the report of one connection. */
export function readReport(
  report: Iterable<[string, Stat]>,
  connection: number,
): { streams: Stream[]; path: Path | null } {
  const byId = new Map(report)
  const stats = [...byId.values()]
  const remotes = stats.filter((stat) => stat.type === 'remote-inbound-rtp')
  const streams = [...byId]
    .filter(([, stat]) => stat.type === 'inbound-rtp' || stat.type === 'outbound-rtp')
    .map(([id, stat]) => readStream(id, stat, { connection, byId, remotes }))
  return { streams, path: stats.length === 0 ? null : readPath(stats, byId, remotes, connection) }
}

function readStream(
  id: string,
  stat: Stat,
  { connection, byId, remotes }: { connection: number; byId: Map<string, Stat>; remotes: Stat[] },
): Stream {
  const out = stat.type === 'outbound-rtp'
  const remote = out ? remotes.find((candidate) => speaksOf(candidate, id, stat)) : undefined
  const mime = word(byId.get(word(stat.codecId))?.mimeType)
  return {
    key: [connection, stat.type, id, word(stat.mid), word(stat.ssrc), word(stat.rid), stat.kind].join('/'),
    connection,
    direction: out ? 'out' : 'in',
    kind: word(stat.kind ?? stat.mediaType),
    bytes: count(stat, out ? 'bytesSent' : 'bytesReceived'),
    packets: count(stat, out ? 'packetsSent' : 'packetsReceived'),
    // A packet that came late after all is taken off the count: it may fall, and below nothing too.
    lost: number(stat, 'packetsLost') ?? 0,
    frames: count(stat, out ? 'framesSent' : 'framesDecoded'),
    jitterMs: inMs(number(out ? remote : stat, 'jitter')),
    remoteLoss: number(remote, 'fractionLost'),
    size: readSize(stat),
    source: word(stat.mediaSourceId ?? stat.mid),
    repair: /\/(rtx|ulpfec|flexfec.*)$/i.test(mime),
  }
}

/** A receiver's report names the stream that it speaks of by id or by ssrc; one that names none can only mean the one there is. */
function speaksOf(remote: Stat, id: string, outbound: Stat): boolean {
  if (remote.localId !== undefined) return remote.localId === id
  if (remote.ssrc !== undefined) return remote.ssrc === outbound.ssrc
  return remote.kind === undefined || remote.kind === outbound.kind
}

function readSize(stat: Stat): Stream['size'] {
  const width = number(stat, 'frameWidth')
  const height = number(stat, 'frameHeight')
  return width === null || height === null ? null : { width, height }
}

function readPath(stats: Stat[], byId: Map<string, Stat>, remotes: Stat[], connection: number): Path {
  const transports = stats.filter((stat) => stat.type === 'transport')
  const pairs = stats.filter((stat) => stat.type === 'candidate-pair')
  const pair = usedPair(transports, pairs, byId)
  const roundTrips = remotes.map((remote) => number(remote, 'roundTripTime')).filter((value) => value !== null)
  const carriers = transports.length > 0 ? transports : pairs
  return {
    connection,
    received:
      carriers.length + pairs.length === 0
        ? null
        : carriers.reduce((total, stat) => total + count(stat, 'bytesReceived'), 0) +
          pairs.reduce((total, stat) => total + count(stat, 'responsesReceived'), 0),
    rttMs: inMs(number(pair, 'currentRoundTripTime') ?? roundTrips[0] ?? null),
    candidate: describePair(pair, byId),
  }
}

/** The pair in use: nominated ones of before stay in the report after an ICE restart. */
function usedPair(transports: Stat[], pairs: Stat[], byId: Map<string, Stat>): Stat | undefined {
  const busiest = (stats: Stat[]): Stat | undefined =>
    [...stats].sort((left, right) => count(right, 'bytesReceived') - count(left, 'bytesReceived'))[0]
  const chosen = transports.filter((transport) => byId.has(word(transport.selectedCandidatePairId)))
  const named = byId.get(word(busiest(chosen)?.selectedCandidatePairId))
  // Not every browser has a transport's entry: some mark the pair itself.
  return (
    named ??
    busiest(pairs.filter((pair) => pair.selected === true)) ??
    busiest(pairs.filter((pair) => pair.nominated === true && pair.state === 'succeeded'))
  )
}

function describePair(pair: Stat | undefined, byId: Map<string, Stat>): Candidate | null {
  const local = byId.get(word(pair?.localCandidateId))
  const remote = byId.get(word(pair?.remoteCandidateId))
  if (local === undefined || remote === undefined) return null
  const relayed = local.candidateType === 'relay' || remote.candidateType === 'relay'
  return {
    local: String(local.candidateType),
    remote: String(remote.candidateType),
    protocol: String(local.protocol ?? 'udp'),
    relayed,
  }
}

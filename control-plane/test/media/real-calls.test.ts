// What is read out of the reports of real calls through the videobridge, and of others derived from them (reports.ts).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Flow } from '../../contract/test-calls.ts'
import { isStalled, joinSnapshots, readSnapshot, type Snapshot, summarise } from '../../media/statistics.ts'
import type { Stat } from '../../media/streams.ts'
import * as reports from './reports.ts'
import { type Derive, each, hearing, isInbound, type Moment, snapshotsOf, testCall } from './reports.ts'

/** From the picture's first frame to the kiosk's last whole report: 8.2 s. */
const measured = (): Moment[] => testCall().slice(2, 11)
const figures = (moments: Moment[]) => summarise(snapshotsOf(moments))
const last = (moments: Moment[]): Stat[] => moments.at(-1)?.stats ?? []
const changeOf = (moments: Moment[], which: (stat: Stat) => boolean, name: string): number => {
  const sum = (stats: Stat[] | undefined) =>
    (stats ?? []).filter(which).reduce((total, stat) => total + Number(stat[name] ?? 0), 0)
  return sum(moments.at(-1)?.stats) - sum(moments[0]?.stats)
}
const secondsOf = (moments: Moment[]): number => ((moments.at(-1)?.at ?? 0) - (moments[0]?.at ?? 0)) / 1000
const near = (seen: number | null, wanted: number, share = 0.01): void =>
  assert.ok(seen !== null && Math.abs(seen - wanted) <= Math.abs(wanted) * share, `${seen} is not ${wanted}`)
const neverNegative = (flow: Flow): void => {
  for (const [name, value] of Object.entries(flow)) assert.ok(value === null || value >= 0, `${name}: ${value}`)
}

const isProbe = (stat: Stat): boolean => isInbound(stat, 'video') && stat.framesDecoded === 0
const isPicture = (stat: Stat): boolean => isInbound(stat, 'video') && !isProbe(stat)

test('a real test call: the picture that moves is measured, not the stream that stands first', () => {
  const seen = figures(measured())
  const seconds = secondsOf(measured())
  near(seen.receive.framesPerSecond, changeOf(measured(), isPicture, 'framesDecoded') / seconds)
  near(
    seen.receive.bitrateKbps,
    (changeOf(measured(), (stat) => isInbound(stat), 'bytesReceived') * 8) / 1000 / seconds,
  )
  assert.deepEqual([seen.receive.width, seen.receive.height, seen.receive.lossPercent], [640, 360, 0])
  // The probing stream's is 15 ms for ever.
  const jitters = measured()
    .slice(1)
    .flatMap(({ stats }) => stats.filter(isPicture).map((stat) => Number(stat.jitter) * 1000))
  near(seen.receive.jitterMs, jitters.reduce((sum, one) => sum + one, 0) / jitters.length)
  near(seen.send.framesPerSecond, changeOf(measured(), (stat) => stat.type === 'outbound-rtp', 'framesSent') / seconds)
  assert.deepEqual([seen.send.width, seen.send.height], [640, 480])
  assert.deepEqual(seen.candidate, { local: 'host', remote: 'host', protocol: 'udp', relayed: false })
  assert.ok(seen.rttMs !== null && seen.rttMs < 50)
})

const outbound = (stat: Stat): boolean => stat.type === 'outbound-rtp'
const shuffled: Derive = (moments) =>
  moments.map(({ at, stats }, index) => ({
    at,
    stats: stats
      .map((stat, place) => ({ stat, rank: (place * 7919 + index * 104729) % 31 }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ stat }) => stat),
  }))
const stream = (changes: Stat): Stat => ({
  type: 'inbound-rtp',
  kind: 'video',
  jitter: 0.2,
  packetsLost: 0,
  framesDecoded: 0,
  ...changes,
})

/** What may stand beside the picture in a report and must change no figure of it. */
const beside: Record<string, Derive> = {
  'the report in any order': shuffled,
  'the probing stream last': (moments) =>
    moments.map(({ at, stats }) => ({
      at,
      stats: [...stats.filter((stat) => !isProbe(stat)), ...stats.filter(isProbe)],
    })),
  'no probing stream': each((stat) => (isProbe(stat) ? undefined : stat)),
  'a second probing stream that goes on': reports.withStat((index) =>
    stream({
      id: 'IT01V1',
      ssrc: 1,
      mid: '17',
      bytesReceived: 0,
      packetsReceived: 90 * index,
      packetsLost: 30 * index,
    }),
  ),
  'a picture that was and stands still': reports.withStat(() =>
    stream({
      id: 'IT01V2',
      ssrc: 2,
      mid: '18',
      bytesReceived: 9_000,
      packetsReceived: 90,
      framesDecoded: 700,
      frameWidth: 1920,
      frameHeight: 1080,
    }),
  ),
  'the path of before an ICE restart, still nominated': reports.withStat(() => ({
    id: 'CPold',
    type: 'candidate-pair',
    nominated: true,
    state: 'succeeded',
    transportId: 'T01',
    localCandidateId: 'Lold',
    remoteCandidateId: 'Lold',
    bytesReceived: 9_000_000,
    currentRoundTripTime: 0.9,
  })),
}
for (const [name, derive] of Object.entries(beside))
  test(`the same figures with: ${name}`, () => {
    const [plain, other] = [figures(measured()), figures(derive(measured()))]
    assert.deepEqual([other.receive, other.send, other.candidate], [plain.receive, plain.send, plain.candidate])
    near(other.rttMs, plain.rttMs ?? 0)
  })

test('repair streams count for the line and not for the picture, its loss and its size', () => {
  const codec: Stat = { id: 'Crtx', type: 'codec', mimeType: 'video/rtx' }
  const fec: Stat = { id: 'Cfec', type: 'codec', mimeType: 'video/flexfec-03' }
  const repaired = ['Crtx', 'Cfec'].reduce(
    (moments, codecId, place) =>
      reports.withStat((index) =>
        stream({
          id: codecId.slice(1),
          ssrc: place,
          codecId,
          bytesReceived: 1_000 * index + 1,
          packetsReceived: 50 * index,
          packetsLost: 25 * index,
        }),
      )(moments),
    measured(),
  )
  const seen = figures(reports.withStat(() => codec)(reports.withStat(() => fec)(repaired)))
  const plain = figures(measured())
  assert.deepEqual({ ...seen.receive, bitrateKbps: 0 }, { ...plain.receive, bitrateKbps: 0 })
  assert.ok((seen.receive.bitrateKbps ?? 0) > (plain.receive.bitrateKbps ?? 0))
})

const media = (stat: Stat): boolean => isInbound(stat) && !isProbe(stat)
/** What happens to streams on the way and must neither take away from nor add to what a picture shows a second. */
const onTheWay: Record<string, Derive> = {
  'new names and ssrcs on the way': reports.renewed(media, 4),
  'counters that begin anew under the same name': reports.reset(media, 4),
  'another codec from a moment on': (moments) =>
    each((stat, _at, index) => (media(stat) && index > 4 ? { ...stat, codecId: 'CIT01_96' } : stat))(
      reports.renewed((stat) => isPicture(stat), 4)(moments),
    ),
  'streams that vanish before the end': each((stat, _at, index) => (media(stat) && index > 5 ? undefined : stat)),
  'a report that is empty in between': each((stat, _at, index) => (index === 4 ? undefined : stat)),
  'the connection closed at the end': (moments) => [...moments, ...testCall().slice(11)],
}
for (const [name, derive] of Object.entries(onTheWay))
  test(`a picture shows what it shows, with: ${name}`, () => {
    const [plain, seen] = [figures(measured()), figures(derive(measured()))]
    near(seen.receive.framesPerSecond, plain.receive.framesPerSecond ?? 0, 0.1)
    near(seen.receive.bitrateKbps, plain.receive.bitrateKbps ?? 0, 0.3)
    assert.deepEqual([seen.receive.width, seen.receive.height], [640, 360])
    neverNegative(seen.receive)
    neverNegative(seen.send)
  })

test('no window over the whole of a recorded call gives a negative figure, wherever it begins and ends', () => {
  const calls = [testCall(), hearing().centre, hearing().delegate]
  for (const call of calls)
    for (let from = 0; from < call.length; from++)
      for (let to = from; to <= call.length; to++) {
        const seen = summarise(snapshotsOf(call.slice(from, to)))
        neverNegative(seen.receive)
        neverNegative(seen.send)
        assert.ok((seen.rttMs ?? 0) >= 0)
      }
})

test('a window too short to say anything says nothing; nor does one in which nothing was there', () => {
  const nothing = summarise([]).receive
  assert.ok(Object.values(nothing).every((value) => value === null))
  assert.deepEqual(figures(measured().slice(0, 2)).receive, nothing)
  assert.deepEqual(figures(measured().slice(0, 1)).send, nothing)
  assert.deepEqual(figures(testCall().slice(11)).receive, nothing)
  assert.deepEqual(figures(each((stat) => (media(stat) ? undefined : stat))(measured())).receive, nothing)
  // Present but silent is a figure: nothing came.
  const stood = figures(reports.still(media, 0)(measured())).receive
  assert.deepEqual([stood.bitrateKbps, stood.framesPerSecond], [0, 0])
})

test('sound alone has a bitrate and no picture', () => {
  const { receive } = figures(each((stat) => (isPicture(stat) ? undefined : stat))(measured()))
  assert.ok((receive.bitrateKbps ?? 0) > 0)
  assert.deepEqual([receive.framesPerSecond, receive.width, receive.height], [null, null, null])
})

test('of the layers of one camera the largest that is sent counts, also when the top one is switched off on the way', () => {
  const layer = (id: string, height: number, frames: (index: number) => number) =>
    reports.withStat((index) => ({
      id,
      type: 'outbound-rtp',
      kind: 'video',
      mid: '1',
      mediaSourceId: 'SV2',
      rid: id,
      bytesSent: 3_000 * frames(index) + 1,
      packetsSent: 3 * frames(index),
      framesSent: frames(index),
      frameWidth: (height * 16) / 9,
      frameHeight: height,
    }))
  const bare = each((stat) => (outbound(stat) && stat.kind === 'video' ? undefined : stat))
  const layers = (top: (index: number) => number) =>
    figures(
      layer(
        '2',
        720,
        top,
      )(layer('1', 360, (index) => 1 + 20 * index)(layer('0', 180, (index) => 1 + 22 * index)(bare(measured())))),
    ).send
  const on = layers((index) => 1 + 18 * index)
  assert.equal(on.height, 720)
  near(on.framesPerSecond, 18, 0.05)
  const off = layers((index) => 1 + 18 * Math.min(index, 3))
  assert.equal(off.height, 360)
  near(off.framesPerSecond, (18 * 3 + 20 * 5) / 8, 0.05)
  const never = layers(() => 0)
  assert.equal(never.height, 360)
})

test('what the other side reports lost of a layer that rests is old news', () => {
  const told = each((stat) =>
    stat.type === 'remote-inbound-rtp' ? { ...stat, fractionLost: stat.kind === 'video' ? 0.02 : 0 } : stat,
  )
  const resting = reports.withStat(() => ({
    id: 'RIVold',
    type: 'remote-inbound-rtp',
    kind: 'video',
    ssrc: 3284507084,
    localId: 'OT01V3284507084',
    fractionLost: 0.9,
    jitter: 0.5,
  }))
  near(figures(resting(told(measured()))).send.lossPercent, 2, 0.05)
})

/** A call that is straight to the other first and through the bridge from `over` on; the bridge's connection is there from the beginning. */
function twoConnections(over: number): Snapshot[] {
  const bridge = each((stat, _at, index) => (isPicture(stat) && index < over ? undefined : stat))(measured())
  const straight = reports.still((stat) => stat.type !== 'transport', over)(measured())
  return measured().map(({ at }, index) =>
    joinSnapshots(
      [
        ...(index <= over + 1 ? [readSnapshot(reports.entries(straight[index]?.stats ?? []), at, 1)] : []),
        readSnapshot(reports.entries(bridge[index]?.stats ?? []), at, 2),
      ],
      at,
    ),
  )
}

test('over two connections every picture counts once, and the same name in both is two streams', () => {
  const seen = summarise(twoConnections(4))
  near(seen.receive.framesPerSecond, figures(measured()).receive.framesPerSecond ?? 0, 0.2)
  neverNegative(seen.receive)
  assert.equal(isStalled(twoConnections(4), 3_000), false)
})

test('a hearing of three: all pictures that come are counted; who leaves and returns takes nothing away', () => {
  const { centre, leftAt } = hearing()
  const together = centre.filter(({ at }) => at < leftAt)
  const { receive } = figures(together)
  near(receive.framesPerSecond, changeOf(together, isPicture, 'framesDecoded') / secondsOf(together))
  assert.ok((receive.framesPerSecond ?? 0) > 30, String(receive.framesPerSecond))
  assert.equal(last(together).filter(isPicture).length, 2)
})

/** Whether each moment of a call is told as a stall. */
const stalls = (moments: Moment[], stallMs = 3_000): boolean[] => {
  const snapshots = snapshotsOf(moments)
  return snapshots.map((_, index) => isStalled(snapshots.slice(0, index + 1), stallMs))
}
const isNever = (verdicts: boolean[]): boolean => verdicts.every((verdict) => !verdict)

test('pictures that move are no stall: in no real call at any moment, in any order, under any name', () => {
  for (const call of [testCall(), hearing().centre, hearing().delegate])
    for (const derive of [(moments: Moment[]) => moments, shuffled, reports.renewed(media, 5), reports.reset(media, 5)])
      assert.ok(isNever(stalls(derive(call))))
})

test('a killed bridge is a stall after the stall time and not before', () => {
  for (const call of [measured(), hearing().centre, hearing().delegate])
    for (const derive of [reports.bridgeKilled(3), (moments: Moment[]) => shuffled(reports.bridgeKilled(3)(moments))]) {
      const verdicts = stalls(derive(call))
      const first = verdicts.indexOf(true)
      const age = (call[first]?.at ?? 0) - (call[3]?.at ?? 0)
      assert.ok(first > 3 && age >= 3_000 && age < 6_500, `${first}: ${age}`)
      assert.ok(verdicts.slice(first).every((verdict) => verdict))
    }
})

test('a picture that stands still while its sound goes on is a stall', () => {
  assert.ok(stalls(reports.still((stat) => isInbound(stat, 'video'), 5)(testCall().slice(0, 11))).at(-1))
  const { centre } = hearing()
  assert.ok(stalls(reports.still((stat) => isInbound(stat, 'video'), 3)(centre.slice(0, 7))).at(-1))
})

test('one picture that stands still while another moves is its sender’s fault and no stall', () => {
  const { centre } = hearing()
  for (const mid of ['2', '3'])
    assert.ok(isNever(stalls(reports.still((stat) => stat.mid === mid, 3)(centre.slice(0, 7)))))
})

test('the only other one leaves: his streams stand still or vanish, the line lives, and that is no stall', () => {
  const alone = each((stat) => (['2', '5', '6', '7'].includes(String(stat.mid)) ? undefined : stat))
  const quietLine: Derive = (moments) =>
    each((stat, _at, index) =>
      stat.type === 'transport' || stat.type === 'candidate-pair'
        ? { ...stat, bytesReceived: 10_000 + 300 * index }
        : stat,
    )(moments)
  const { centre, leftAt } = hearing()
  const left = quietLine(alone(centre))
  assert.ok(isNever(stalls(left)))
  assert.ok(isNever(stalls(each((stat, at) => (at > leftAt && isInbound(stat) ? undefined : stat))(left))))
})

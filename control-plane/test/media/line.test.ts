import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hear, isDead, isStuck, type Line, type LineReport, noLine, readLineReport } from '../../media/line.ts'
import { bridgeKilled, hearing, isInbound, type Moment, renewed, still } from './reports.ts'

const report = (received: number, connection = 1): LineReport => ({
  connections: [{ connection, state: 'connected', stats: [{ id: 'T', type: 'transport', bytesReceived: received }] }],
})
const after = (reports: LineReport[], company = true, from: Line = noLine): Line =>
  reports.reduce((line, one) => hear(line, one, company), from)
const standing = (times: number, received = 900): LineReport[] => Array.from({ length: times }, () => report(received))
const both = (...reports: LineReport[]): LineReport => ({ connections: reports.flatMap((one) => one.connections) })

test('a line over which nothing comes for four reports is dead, not before, and lives again with the next packet', () => {
  assert.equal(isDead(after(standing(4))), false)
  assert.equal(isDead(after(standing(5))), true)
  assert.equal(isDead(after([...standing(5), report(901)])), false)
})

test('keep-alives alone keep a line alive: a room that switched its camera off, or froze, sends no one away', () => {
  assert.equal(isDead(after(Array.from({ length: 60 }, (_, at) => report(900 + at)))), false)
})

test('what has not connected yet, stands alone in the room, or was opened anew is not judged by what was', () => {
  assert.equal(isDead(after(standing(20, 0))), false)
  assert.equal(isDead(after(standing(20), false)), false)
  assert.equal(isDead(after([report(900), ...Array.from({ length: 20 }, () => report(0, 2))])), false)
  // Whoever comes in after a long time alone brings no alarm with him.
  assert.equal(isDead(after(standing(1), true, after(standing(20), false))), false)
})

test('a line whose path was given up counts as silent, though its sums fell to nothing', () => {
  assert.equal(isDead(after([...standing(3), ...standing(5, 0)])), true)
})

test('with two connections the line lives while either does; one that was opened in vain hides no dead one', () => {
  const running = Array.from({ length: 20 }, (_, at) => both(report(900), report(50 + at, 2)))
  assert.equal(isDead(after(running)), false)
  const inVain = Array.from({ length: 6 }, () => both(report(900), report(0, 2)))
  assert.equal(isDead(after([report(900), ...inVain])), true)
  // While it is being opened it is waited for.
  assert.equal(isDead(after([...standing(4), ...inVain.slice(0, 2)])), false)
})

const reportsOf = (moments: Moment[]): LineReport[] =>
  moments.map(({ stats }) => ({ connections: [{ connection: 1, state: 'connected', stats }] }))

/** The verdicts after each report of a call. */
function judged(moments: Moment[]): { dead: boolean[]; stuck: boolean[] } {
  const lines: Line[] = []
  for (const one of reportsOf(moments)) lines.push(hear(lines.at(-1) ?? noLine, one, true))
  return { dead: lines.map(isDead), stuck: lines.map(isStuck) }
}
const none = (verdicts: boolean[]): boolean => verdicts.every((verdict) => !verdict)

test('a real hearing: a room that leaves and comes back is no fault of the line, in neither of the other rooms', () => {
  const { centre, delegate } = hearing()
  for (const room of [centre, delegate]) {
    assert.ok(room.length > 15)
    const { dead, stuck } = judged(room)
    assert.ok(none(dead) && none(stuck))
  }
})

test('a real hearing whose bridge is killed: dead four reports later, whatever stands first in the report', () => {
  for (const room of [hearing().centre, hearing().delegate])
    for (const order of [(moments: Moment[]) => moments, reversed]) {
      const { dead } = judged(order(bridgeKilled(6)(room)))
      assert.equal(dead.indexOf(true), 10)
      assert.ok(dead.slice(10).every((verdict) => verdict))
    }
})

const reversed = (moments: Moment[]): Moment[] => moments.map(({ at, stats }) => ({ at, stats: stats.toReversed() }))

/** Packets go on coming, but nothing is decoded any more. */
const undecodable =
  (which: (stat: Moment['stats'][number]) => boolean, from: number) =>
  (moments: Moment[]): Moment[] => {
    const kept = new Map(moments[from]?.stats.map((stat) => [stat.id, stat.framesDecoded]))
    return moments.map(({ at, stats }, index) => ({
      at,
      stats: stats.map((stat) => (index > from && which(stat) ? { ...stat, framesDecoded: kept.get(stat.id) } : stat)),
    }))
  }

test('pictures whose packets come and that do not move are stuck after six reports; one of two, or a camera that is off, is not', () => {
  const { centre } = hearing()
  const all = judged(undecodable((stat) => isInbound(stat, 'video'), 2)(centre))
  assert.equal(all.stuck.indexOf(true), 8)
  assert.ok(none(all.dead))
  for (const mid of ['2', '3'])
    assert.ok(none(judged(undecodable((stat) => stat.mid === mid, 2)(centre.slice(0, 12))).stuck))
  const off = judged(still((stat) => isInbound(stat, 'video'), 2)(centre))
  assert.ok(none(off.stuck) && none(off.dead))
})

test('pictures that go on under other names, and others that begin, are none that are stuck', () => {
  const { dead, stuck } = judged(renewed((stat) => isInbound(stat), 5)(hearing().centre))
  assert.ok(none(dead) && none(stuck))
})

test('only a whole report of our own script is one', () => {
  const whole = { tiepdan: 'line', ...report(5) }
  assert.deepEqual(readLineReport(whole), whole.connections ? report(5) : undefined)
  const [connection] = whole.connections
  const broken = [
    null,
    'line',
    {},
    report(5),
    { tiepdan: 'line' },
    { tiepdan: 'line', connections: [null] },
    { tiepdan: 'line', connections: [{ ...connection, connection: '1' }] },
    { tiepdan: 'line', connections: [{ ...connection, stats: [{ id: 7, type: 'transport' }] }] },
    { tiepdan: 'line', connections: Array.from({ length: 33 }, () => connection) },
  ]
  for (const message of broken) assert.equal(readLineReport(message), undefined)
})

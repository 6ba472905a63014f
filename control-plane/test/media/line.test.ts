import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hear, isDead, type Line, type LineReport, noLine, readLineReport } from '../../media/line.ts'

const report = (received: number, connection = 1): LineReport => ({
  connection,
  received,
  framesDecoded: 0,
  state: 'connected',
})
const after = (reports: LineReport[], company = true, from: Line = noLine): Line =>
  reports.reduce((line, one) => hear(line, one, company), from)
const still = (times: number, received = 900): LineReport[] => Array.from({ length: times }, () => report(received))

test('a line over which nothing comes for four reports is dead, not before, and lives again with the next packet', () => {
  assert.equal(isDead(after(still(4))), false)
  assert.equal(isDead(after(still(5))), true)
  assert.equal(isDead(after([...still(5), report(901)])), false)
})

test('keep-alives alone keep a line alive: a room that switched its camera off, or froze, sends no one away', () => {
  assert.equal(isDead(after(Array.from({ length: 60 }, (_, at) => report(900 + at)))), false)
})

test('what has not connected yet, stands alone in the room, or was opened anew is not judged by what was', () => {
  assert.equal(isDead(after(still(20, 0))), false)
  assert.equal(isDead(after(still(20), false)), false)
  assert.equal(isDead(after([report(900), ...Array.from({ length: 20 }, () => report(0, 2))])), false)
  // Whoever comes in after a long time alone brings no alarm with him.
  assert.equal(isDead(after(still(1), true, after(still(20), false))), false)
})

test('a line whose path was given up counts as silent, though its sums fell to nothing', () => {
  assert.equal(isDead(after([...still(3), ...still(5, 0)])), true)
})

test('only a whole report of our own script is one', () => {
  assert.deepEqual(readLineReport({ tiepdan: 'line', ...report(5) }), report(5))
  for (const message of [null, 'line', {}, report(5), { ...report(5), tiepdan: 'line', received: '5' }])
    assert.equal(readLineReport(message), undefined)
})

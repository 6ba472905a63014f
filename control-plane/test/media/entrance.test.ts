import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallFailed } from '../../contract/route.ts'
import { type EntryReport, faultOf, hearEntry, noEntrance, readEntryReport } from '../../media/entrance.ts'
import { obstacleOf, obstacleWords } from '../../media/obstacle.ts'

const report = (changes: Partial<EntryReport> = {}): EntryReport => ({
  known: true,
  connecting: false,
  joining: false,
  joined: false,
  error: null,
  asks: false,
  ...changes,
})
const times = (count: number, changes: Partial<EntryReport> = {}) =>
  Array.from({ length: count }, () => report(changes))
const after = (...reports: EntryReport[]) => faultOf(reports.reduce(hearEntry, noEntrance))

test('an error of any name ends an entry at its second report, unless the page tries again by itself', () => {
  const error = 'conference.connectionError.notAllowed'
  assert.equal(after(report({ error })), undefined)
  assert.equal(after(...times(2, { error })), error)
  assert.equal(after(...times(2, { error: 'whatever.comes' })), 'whatever.comes')
  assert.equal(after(report({ error }), report({ error, joining: true }), report({ error })), undefined)
})

test('a box that waits for a press ends an entry, also where the page’s state is not known; in the meeting it does not', () => {
  assert.equal(after(...times(2, { known: false, asks: true })), 'asks-for-a-press')
  assert.equal(after(report({ joined: true }), ...times(9, { joined: true, asks: true })), undefined)
})

test('a connection or a room that never answers is given up in time; a page that loads or waits for a camera is not', () => {
  assert.equal(after(...times(14, { connecting: true })), undefined)
  assert.equal(after(...times(15, { connecting: true })), 'no-connection')
  assert.equal(after(...times(24, { joining: true })), undefined)
  assert.equal(after(...times(25, { joining: true })), 'no-answer')
  assert.equal(after(...times(200)), undefined)
  assert.equal(after(...times(200, { known: false })), undefined)
})

test('a page that was in and is neither in nor on its way back has been thrown out', () => {
  assert.equal(after(report({ joined: true }), ...times(2)), 'put-back')
  assert.equal(after(report({ joined: true }), ...times(5, { joining: true }), report({ joined: true })), undefined)
  assert.equal(after(report({ joined: true }), ...times(9, { known: false })), undefined)
})

test('only a whole report is taken', () => {
  const whole = { tiepdan: 'entry', entry: report() }
  assert.deepEqual(readEntryReport(whole), report())
  for (const broken of [
    null,
    'entry',
    { ...whole, tiepdan: 'line' },
    { tiepdan: 'entry' },
    { tiepdan: 'entry', entry: { ...report(), joined: 1 } },
    { tiepdan: 'entry', entry: { ...report(), error: 7 } },
    { tiepdan: 'entry', entry: { ...report(), error: 'x'.repeat(101) } },
  ])
    assert.equal(readEntryReport(broken), undefined, JSON.stringify(broken))
})

test('every name of a fault says what is waited for, each kind in its own words', () => {
  const [room, token, line, media] = [
    'conference.connectionError.notAllowed',
    'connection.passwordRequired',
    'connection.otherError',
    'conference.videobridgeNotAvailable',
  ].map(obstacleWords)
  assert.equal(new Set([room, token, line, media]).size, 4)
  for (const words of [room, token, line, media]) assert.match(words ?? '', /Đang chờ/)
  assert.equal(obstacleWords('conference.reservationError'), room)
  assert.equal(obstacleWords('connection.conferenceRequestFailed'), room)
  assert.equal(obstacleWords('line-dead'), 'Kết nối bị gián đoạn.')
})

test('a refusal for now speaks in its own words; silence says whose it is', () => {
  const early = new CallFailed({ type: 't', title: 'Phòng họp chưa mở.', status: 409, retryable: true })
  assert.equal(obstacleOf(early, 'system-unreachable'), 'Phòng họp chưa mở.')
  const away = new CallFailed({ type: 't', title: 'x', status: 503, retryable: true })
  assert.equal(obstacleOf(away, 'system-unreachable'), obstacleWords('system-unreachable'))
  assert.equal(obstacleOf(new Error('timeout'), 'meeting-unreachable'), obstacleWords('meeting-unreachable'))
  assert.notEqual(obstacleWords('system-unreachable'), obstacleWords('meeting-unreachable'))
})

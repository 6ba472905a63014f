import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CureMemory, chooseCure, patienceMs, shownFault, triesAfter } from '../../../jibri/cure.ts'
import { afterFailure, freshDelivery, isDue, nextStep, parseDelivery } from '../../../jibri/delivery.ts'
import { type HostSight, isRecorded, judgeHost, type RunningFile } from '../../../jibri/growth.ts'
import { ticksOf } from '../../../jibri/life.ts'
import { dateInHeader } from '../../../jibri/matroska-date.ts'
import { parseMetadata, readFileName, type SessionFolder } from '../../../jibri/session-folder.ts'
import { isLeft } from '../../../jibri/sweep.ts'
import { linesTo } from '../../../jibri/xmpp-line.ts'

const now = 1_000_000_000
const limits = {
  notGrowingMs: 90_000,
  writerGoneMs: 15_000,
  stuckBusyMs: 180_000,
  downMs: 30_000,
  offlineMs: 180_000,
  minFreeBytes: 100e6,
  restartPauseMs: 60_000,
  startMs: 120_000,
  patienceLongestMs: 900_000,
}
const aFile = (change: Partial<RunningFile> = {}): RunningFile => ({
  sessionId: 'phien-1',
  fileName: 'phong_2026-11-24-09-00-00.mkv',
  room: 'phong',
  bytes: 1_000_000,
  grewAt: now - 3_000,
  writerGoneSince: null,
  ...change,
})
const aSight = (change: Partial<HostSight> = {}): HostSight => ({
  now,
  jibri: 'busy',
  jibriSince: now - 600_000,
  busyWithoutFileSince: null,
  offlineSince: null,
  life: null,
  freeBytes: 50e9,
  running: [aFile()],
  ...change,
})
const kindOf = (change: Partial<HostSight>) => judgeHost(aSight(change), limits)?.kind ?? null

test('a recorder that records, or has nothing to do, is in order', () => {
  assert.equal(kindOf({}), null)
  assert.equal(kindOf({ jibri: 'idle', running: [] }), null)
  assert.equal(
    kindOf({ running: [aFile({ bytes: 0, grewAt: now - 60_000 })] }),
    null,
    'a still picture: 0 bytes for a minute',
  )
})

test('a running file is judged by its growth over time and by its writer', () => {
  assert.equal(kindOf({ running: [aFile({ grewAt: now - 90_000 })] }), 'not-growing')
  assert.equal(kindOf({ running: [aFile({ writerGoneSince: now - 15_000 })] }), 'not-growing')
  assert.equal(kindOf({ running: [aFile({ writerGoneSince: now - 1_000 })] }), null, 'just being closed')
  assert.equal(kindOf({ jibri: 'idle', running: [aFile({ grewAt: now - 900_000 })] }), null, "the sweep's, not running")
})

test('what a dead Jibri left is neither recorded nor a fault of the next one', () => {
  const left = aFile({ grewAt: now - 25_000, writerGoneSince: now - 24_000 })
  assert.equal(kindOf({ jibriSince: now - 5_000, running: [left] }), null, 'the next is about to begin')
  assert.equal(kindOf({ jibriSince: now - 60_000, running: [left] }), 'not-growing', 'it died under this one')
  assert.equal(isRecorded(left, now), false)
  assert.equal(isRecorded(aFile({ grewAt: now - 900_000 }), now), true, 'a full disk: its writer is there')
  assert.equal(isRecorded(aFile({ grewAt: now - 1_000, writerGoneSince: now - 60_000 }), now), true, 'a writer unseen')
})

test('an idle Jibri that lost Prosody is a fault after three minutes; one that records is left alone', () => {
  const idle: Partial<HostSight> = { jibri: 'idle', running: [] }
  assert.equal(kindOf({ ...idle, offlineSince: now - 179_999 }), null)
  assert.equal(kindOf({ ...idle, offlineSince: now - 180_000 }), 'unhealthy')
  assert.equal(kindOf({ offlineSince: now - 900_000 }), null)
})

test('a connection to Prosody is one of Jibri’s own user, established, to its port', () => {
  const head = 'sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode'
  const line = (other: string, state: string, uid: number) =>
    `   0: 0100007F:A2C4 ${other} ${state} 00000000:00000000 02:00000576 00000000 ${uid} 0 41234 2`
  const count = (...lines: string[]) => linesTo(5222, 997, [[head, ...lines, ''].join('\n'), ''])
  assert.equal(count(line('0100007F:1466', '01', 997)), 1)
  assert.equal(count(line('0100007F:1466', '01', 998)), 0, 'the bridge’s')
  assert.equal(count(line('0100007F:1466', '08', 997)), 0, 'closed by the other end')
  assert.equal(count(line('0100007F:01BB', '01', 997)), 0, 'its browser’s')
  const six = line('0000000000000000FFFF00000100007F:1466', '01', 997)
  assert.equal(linesTo(5222, 997, ['', `${head}\n${six}\n`]), 1, 'Java’s, over IPv6 sockets')
})

test('a full disk, an ill, a silent and a stuck Jibri are faults', () => {
  assert.equal(kindOf({ freeBytes: 99e6 }), 'disk-full')
  assert.equal(
    kindOf({ freeBytes: 99e6, jibri: 'idle', running: [] }),
    'disk-full',
    'before the next recording is lost',
  )
  assert.equal(kindOf({ jibri: 'unhealthy' }), 'unhealthy')
  assert.equal(kindOf({ jibri: 'down', jibriSince: now - 29_000 }), null, 'still starting')
  assert.equal(kindOf({ jibri: 'down', jibriSince: now - 30_000 }), 'unhealthy')
  assert.equal(kindOf({ running: [], busyWithoutFileSince: now - 180_000 }), 'stuck-busy')
})

test('a Jibri at fault is restarted, but not again while it comes up; on a full disk it stays out until there is room', () => {
  const fault = { kind: 'unhealthy', detail: '' } as const
  const full = { kind: 'disk-full', detail: '' } as const
  const fresh: CureMemory = { heldOut: false, restartedAt: null, tries: 0, mustRestart: false }
  const sight = aSight({ running: [] })
  assert.equal(chooseCure(null, fresh, sight, limits), 'none')
  assert.equal(chooseCure(fault, fresh, sight, limits), 'restart')
  assert.equal(chooseCure(fault, { ...fresh, restartedAt: now - 59_000 }, sight, limits), 'none')
  assert.equal(chooseCure(fault, { ...fresh, restartedAt: now - 60_000 }, sight, limits), 'restart')
  assert.equal(chooseCure(full, fresh, aSight({ freeBytes: 0 }), limits), 'hold-out')
  const out: CureMemory = { heldOut: true, restartedAt: null, tries: 0, mustRestart: false }
  assert.equal(chooseCure(full, out, aSight({ freeBytes: 0 }), limits), 'none')
  assert.equal(chooseCure(null, out, aSight({ freeBytes: 150e6 }), limits), 'none')
  assert.equal(chooseCure(null, out, aSight({ freeBytes: 200e6 }), limits), 'let-in')
})

test('a Jibri that calls itself ill but records is not cut off; an orphan of a dead one is', () => {
  const fault = { kind: 'unhealthy', detail: '' } as const
  const fresh: CureMemory = { heldOut: false, restartedAt: null, tries: 0, mustRestart: false }
  assert.equal(chooseCure(fault, fresh, aSight({ jibri: 'unhealthy' }), limits), 'none')
  const still = { running: [aFile({ grewAt: now - 90_000 })] }
  assert.equal(chooseCure(fault, fresh, aSight({ jibri: 'unhealthy', ...still }), limits), 'restart')
  assert.equal(chooseCure(fault, fresh, aSight({ jibri: 'down' }), limits), 'restart')
})

test('a Jibri that is seen to come up is waited for, twice as long with each try, and people are told meanwhile', () => {
  const fault = { kind: 'unhealthy', detail: '' } as const
  const away = (silentMs: number, life: HostSight['life'], tries = 0) =>
    chooseCure(
      fault,
      { heldOut: false, restartedAt: tries === 0 ? null : now - silentMs, tries, mustRestart: false },
      aSight({ jibri: 'silent', jibriSince: now - silentMs, life, running: [] }),
      limits,
    )
  const coming = { isAlive: true, movedAt: now - 2_000 }
  assert.equal(away(119_000, coming), 'none')
  assert.equal(away(120_000, coming), 'restart')
  assert.equal(away(239_000, coming, 1), 'none')
  assert.equal(away(240_000, coming, 1), 'restart')
  assert.equal(patienceMs({ now, life: coming }, 30, limits), limits.patienceLongestMs)
  const still = { isAlive: true, movedAt: now - 30_000 }
  assert.equal(away(30_000, still), 'restart', 'there, and at nothing')
  assert.equal(away(59_000, still, 1), 'none')
  assert.equal(away(30_000, { isAlive: false, movedAt: now - 1_000 }), 'restart', 'no process')
  const told = judgeHost(aSight({ jibri: 'silent', jibriSince: now - 30_000, life: coming }), limits)
  assert.equal(told?.kind, 'unhealthy')
  assert.match(told?.detail ?? '', /đang khởi động/)
})

test('tries are forgotten only when it was in order for a while, and every other fault waits longer each time too', () => {
  const memory: CureMemory = { heldOut: false, restartedAt: now - 119_000, tries: 2, mustRestart: false }
  const fault = { kind: 'not-growing', detail: '' } as const
  assert.equal(chooseCure(fault, memory, aSight(), limits), 'none')
  assert.equal(chooseCure(fault, { ...memory, restartedAt: now - 120_000 }, aSight(), limits), 'restart')
  assert.equal(triesAfter(memory, aSight({ jibriSince: now - 59_000 }), limits), 2)
  assert.equal(triesAfter(memory, aSight({ jibriSince: now - 60_000 }), limits), 0)
  assert.equal(triesAfter(memory, aSight({ jibri: 'unhealthy' }), limits), 2)
})

test('one that does not end what it was told to end is restarted', () => {
  const memory: CureMemory = { heldOut: false, restartedAt: now - 1_000, tries: 1, mustRestart: true }
  assert.equal(chooseCure(null, memory, aSight(), limits), 'restart')
})

test('processor time is read beside a name with blanks and brackets', () => {
  const after = 'S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0'
  assert.equal(ticksOf(`4242 (java (x) y) ${after}`), 300)
})

test('a fault that was cured at once is still told for a while', () => {
  const fault = { kind: 'unhealthy', detail: '' } as const
  assert.equal(shownFault(null, null, now, 60_000), null)
  assert.equal(shownFault(null, { fault, seenAt: now - 59_000 }, now, 60_000), fault)
  assert.equal(shownFault(null, { fault, seenAt: now - 60_000 }, now, 60_000), null)
})

test('only the same hash and size let the copy go', () => {
  const delivery = { ...freshDelivery(10), sha256: 'aa', uploadUrl: 'http://store/1' }
  assert.deepEqual(nextStep(delivery, { state: 'stored', sha256: 'aa', size: 10 }), { do: 'delete' })
  for (const receipt of [{ sha256: 'bb', size: 10 }, { sha256: 'aa', size: 11 }, { sha256: 'aa' }, {}])
    assert.equal(nextStep(delivery, { state: 'stored', ...receipt }).do, 'start-over')
  assert.equal(nextStep({ ...delivery, sha256: null }, { state: 'stored', size: 10 }).do, 'start-over')
})

test('every other receipt has its step', () => {
  const delivery = { ...freshDelivery(10), sha256: 'aa', uploadUrl: 'http://store/1' }
  assert.deepEqual(nextStep(delivery, { state: 'unknown' }), { do: 'send', uploadUrl: null })
  assert.deepEqual(nextStep(delivery, { state: 'receiving' }), { do: 'send', uploadUrl: 'http://store/1' })
  assert.equal(nextStep(delivery, { state: 'verifying' }).do, 'wait')
  assert.equal(nextStep(delivery, { state: 'unmatched', sha256: 'aa', size: 10 }).do, 'hold')
  assert.equal(nextStep(delivery, { state: 'mismatch' }).do, 'start-over')
  assert.equal(nextStep(delivery, { state: 'refused' }).do, 'give-way')
})

test('tries come ever more rarely, with jitter, and never end', () => {
  const pace = { retryFirstMs: 2_000, retryLongestMs: 120_000 }
  const waitAfter = (attempts: number, random: number): number =>
    afterFailure({ ...freshDelivery(1), attempts }, { error: 'x', now: 0, random }, pace).nextAttemptAt
  assert.equal(waitAfter(0, 0.5), 2_000)
  assert.equal(waitAfter(3, 0.5), 16_000)
  assert.equal(waitAfter(100_000, 0), 90_000)
  assert.equal(waitAfter(100_000, 1), 150_000)
  const waiting = { ...freshDelivery(1), nextAttemptAt: now + 5_000 }
  assert.equal(isDue(waiting, now, 120_000), false)
  assert.equal(isDue(waiting, now + 5_000, 120_000), true)
  assert.equal(isDue(waiting, now - 86_400_000, 120_000), true, 'written under a clock that was a day ahead')
})

test('what is kept beside a file counts only whole and for the same size', () => {
  const kept = { ...freshDelivery(10), sha256: 'aa' }
  assert.deepEqual(parseDelivery(JSON.stringify(kept), 10), kept)
  assert.deepEqual(parseDelivery(JSON.stringify(kept), 11), freshDelivery(11))
  assert.deepEqual(parseDelivery('{"bytes":10,"sha', 10), freshDelivery(10))
  assert.deepEqual(parseDelivery('null', 10), freshDelivery(10))
  assert.deepEqual(parseDelivery('', 10), freshDelivery(10))
})

test('a folder is left when nobody writes into it and it has settled', () => {
  const path = '/r/phien-1/a.mkv'
  const folder = (change: Partial<SessionFolder>): SessionFolder => ({
    sessionId: 'phien-1',
    path: '/r/phien-1',
    changedAt: now - 70_000,
    files: [{ name: 'a.mkv', path, bytes: 1, changedAt: now - 61_000 }],
    metadata: null,
    ...change,
  })
  assert.equal(isLeft(folder({}), new Set(), now, 60_000), true)
  assert.equal(isLeft(folder({}), new Set([path]), now, 60_000), false)
  assert.equal(isLeft(folder({ changedAt: now - 1_000 }), new Set(), now, 60_000), false)
  assert.equal(isLeft(folder({}), new Set(), now, 62_000), false)
  assert.equal(isLeft(folder({ files: [] }), new Set(), now, 60_000), true, 'Jibri made a folder and no file')
})

test("Jibri's names and metadata are read, and nonsense is no error", () => {
  const read = readFileName('phong_hop_2026-11-24-09-05-06.mkv')
  assert.equal(read.room, 'phong_hop')
  assert.equal(read.startedAt?.getTime(), new Date(2026, 10, 24, 9, 5, 6).getTime())
  assert.deepEqual(readFileName('abc.mkv'), { room: null, startedAt: null })
  assert.deepEqual(parseMetadata('{"meeting_url":"x","recordingId":"r1"}'), { recordingId: 'r1' })
  assert.deepEqual(parseMetadata('{"participants":[]}'), { recordingId: null })
  assert.deepEqual(parseMetadata('null'), { recordingId: null })
  assert.equal(parseMetadata('{"meeting_url":"x","rec'), null)
})

test("a Matroska header's own date is read", () => {
  const date = new Date('2026-11-24T02:00:00.500Z')
  const nanoseconds = BigInt(date.getTime() - Date.UTC(2001, 0, 1)) * 1_000_000n
  const magic = Buffer.from([0x1a, 0x45, 0xdf, 0xa3])
  const field = Buffer.alloc(11)
  field.set([0x44, 0x61, 0x88])
  field.writeBigInt64BE(nanoseconds, 3)
  assert.equal(dateInHeader(Buffer.concat([magic, Buffer.alloc(50), field]))?.getTime(), date.getTime())
  assert.equal(dateInHeader(Buffer.concat([magic, field.subarray(0, 9)])), null, 'cut')
  assert.equal(dateInHeader(Buffer.concat([Buffer.alloc(50), field])), null, 'no Matroska')
  assert.equal(dateInHeader(Buffer.alloc(100)), null)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filmChapters, filmGaps, filmLine } from '../../server/recordings/film.ts'

const liveAt = Date.parse('2026-12-15T02:00:00Z')
const minute = 60_000
const agenda = [
  { title: 'Khai mạc', minutes: 10 },
  { title: 'Trình bày', minutes: 30 },
  { title: 'Trao đổi', minutes: 30 },
  { title: 'Kết luận', minutes: 10 },
]
const part = (fromMinute: number | null, minutes: number | null) => ({
  startedAt: fromMinute === null ? null : liveAt + fromMinute * minute,
  durationMs: minutes === null ? null : minutes * minute,
})
const marks = (...parts: ReturnType<typeof part>[]) =>
  filmChapters(agenda, { liveAt, parts }).map(({ title, startMs }) => [title, startMs / minute])

test('chapters of one film lie within it', () => {
  assert.deepEqual(marks(part(0, 75)), [
    ['Khai mạc', 0],
    ['Trình bày', 10],
    ['Trao đổi', 40],
    ['Kết luận', 70],
  ])
  assert.deepEqual(marks(part(0, 40)), [
    ['Khai mạc', 0],
    ['Trình bày', 10],
  ])
  assert.deepEqual(marks(part(15, 1)), [['Trình bày', 0]])
  for (const nothing of [[], [part(0, 0)], [part(0, null)], [part(0, null), part(5, null)]])
    assert.deepEqual(marks(...nothing), [])
})

test('parts with a gap between them: a mark stands where its moment is seen, or where the next part begins', () => {
  // 0–20 and 45–60: “Trao đổi” began at 40, in the gap; “Kết luận” at 70, after the last picture.
  assert.deepEqual(marks(part(0, 20), part(45, 15)), [
    ['Khai mạc', 0],
    ['Trình bày', 10],
    ['Trao đổi', 20],
  ])
  // 0–5, 50–55, 72–80: nothing of “Trình bày” is seen, and “Kết luận” has 5 minutes of its own.
  assert.deepEqual(marks(part(0, 5), part(50, 5), part(72, 8)), [
    ['Khai mạc', 0],
    ['Trao đổi', 5],
    ['Kết luận', 10],
  ])
})

test('whatever the parts: marks rise, none is beyond the end, and gaps are never negative', () => {
  let seed = 7
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed / 2_147_483_648
  }
  for (let round = 0; round < 500; round++) {
    const parts = Array.from({ length: Math.floor(random() * 5) }, () =>
      part(random() < 0.2 ? null : random() * 90 - 5, random() < 0.1 ? null : random() * 40),
    ).toSorted((one, other) => (one.startedAt ?? 9e15) - (other.startedAt ?? 9e15))
    const length = filmLine(parts, liveAt).reduce((sum, { durationMs }) => sum + durationMs, 0)
    const starts = filmChapters(agenda, { liveAt, parts }).map(({ startMs }) => startMs)
    for (const [index, startMs] of starts.entries()) {
      assert.ok(startMs >= 0 && startMs < length, `round ${round}: ${startMs} of ${length}`)
      if (index > 0) assert.ok(startMs > (starts[index - 1] ?? 0), `round ${round}`)
    }
    for (const { atMs, lostMs } of filmGaps({ parts, liveAt, endedAt: null }))
      assert.ok(lostMs > 0 && atMs >= 0 && atMs <= length)
  }
})

test('a gap is what no part shows, also when two recorders overlapped', () => {
  const gaps = (...parts: ReturnType<typeof part>[]) =>
    filmGaps({ parts, liveAt, endedAt: null }).map(({ atMs, lostMs }) => [atMs / minute, lostMs / minute])
  assert.deepEqual(gaps(part(0, 20), part(45, 15)), [[20, 25]])
  assert.deepEqual(gaps(part(2, 20)), [[0, 2]])
  assert.deepEqual(gaps(part(0, 20), part(10, 5), part(21, 5)), [[25, 1]])
  assert.deepEqual(gaps(part(0, 20), part(20, 5)), [])
  const endedAt = liveAt + 30 * minute
  assert.deepEqual(filmGaps({ parts: [part(0, 20)], liveAt, endedAt }), [{ atMs: 20 * minute, lostMs: 10 * minute }])
  assert.deepEqual(filmGaps({ parts: [part(0, 20)], liveAt, endedAt: liveAt }), [])
})

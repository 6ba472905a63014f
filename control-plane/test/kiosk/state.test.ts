import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Board } from '../../contract/kiosk.ts'
import { begin, inWords, type Kiosk, mayEnter, next, placeAtBegin, placeOf, reconnectMs } from '../../kiosk/state.ts'

const opensAt = Date.parse('2026-12-15T01:00:00Z')
const closesAt = Date.parse('2026-12-15T08:00:00Z')
const hearing: NonNullable<Board['hearing']> = {
  id: '00000000-0000-4000-8000-000000000001',
  code: 'BT-2026-001',
  title: 'Buổi tiếp',
  status: 'ready',
  startsAt: '2026-12-15T02:00:00Z',
  endsAt: '2026-12-15T04:00:00Z',
  opensAt: new Date(opensAt).toISOString(),
  closesAt: new Date(closesAt).toISOString(),
  present: false,
  elsewhere: null,
  asked: false,
}
const board: Board = {
  serverTime: '2026-12-15T00:00:00Z',
  endpoint: { id: '00000000-0000-4000-8000-000000000002', name: 'Phường Pleiku', kind: 'delegate' },
  device: { id: '00000000-0000-4000-8000-000000000003', label: 'Máy 1' },
  hearing,
  others: [],
  tests: [],
  lastTest: null,
}
const said = (kiosk: Kiosk, message: Parameters<typeof next>[1] & { is: 'said' }) => next(kiosk, message)

test('it begins by asking for a code; enrolled, it connects; with a kept board it shows that until the server speaks', () => {
  assert.deepEqual(begin(undefined, board), { at: 'enrolling' })
  assert.deepEqual(begin('credential', undefined), { at: 'connecting' })
  assert.deepEqual(begin('credential', board), { at: 'shown', board, link: 'down' })
  // As an earlier release kept it.
  const { others: _, ...older } = board
  assert.deepEqual(begin('credential', older as Board), { at: 'shown', board, link: 'down' })
  assert.deepEqual(next({ at: 'enrolling' }, { is: 'enrolled' }), { at: 'connecting' })
})

test('the board is shown and stays while the link is down', () => {
  const shown = said({ at: 'connecting' }, { is: 'said', message: { type: 'board', board } })
  assert.deepEqual(shown, { at: 'shown', board, link: 'up' })
  const down = next(shown, { is: 'link-down' })
  assert.deepEqual(down, { at: 'shown', board, link: 'down' })
  const fresh = { ...board, hearing: null }
  assert.deepEqual(said(down, { is: 'said', message: { type: 'board', board: fresh } }), {
    at: 'shown',
    board: fresh,
    link: 'up',
  })
  assert.deepEqual(next({ at: 'connecting' }, { is: 'link-down' }), { at: 'connecting' })
})

test('an old token is the link’s matter; revoked and replaced are told to the room', () => {
  const shown: Kiosk = { at: 'shown', board, link: 'up' }
  const refused = (why: 'revoked' | 'token' | 'replaced') =>
    said(shown, { is: 'said', message: { type: 'refused', why } })
  assert.equal(refused('token'), shown)
  assert.deepEqual(refused('revoked'), { at: 'revoked' })
  assert.deepEqual(refused('replaced'), { at: 'replaced' })
  assert.deepEqual(next(shown, { is: 'credential-refused' }), { at: 'revoked' })
  assert.deepEqual(next({ at: 'revoked' }, { is: 'begin-anew' }), { at: 'enrolling' })
  assert.equal(said(shown, { is: 'said', message: { type: 'pong', at: 1, serverTime: 2 } }), shown)
})

test('the room may be entered from the opening to the closing, and for as long as the hearing is live', () => {
  assert.equal(mayEnter(null, opensAt), false)
  assert.deepEqual(
    [opensAt - 1, opensAt, closesAt - 1, closesAt].map((now) => mayEnter(hearing, now)),
    [false, true, true, false],
  )
  assert.equal(mayEnter({ ...hearing, status: 'live' }, closesAt + 1), true)
})

test('a room is in the hearing that the board shows; one that is over or gave way to another is taken leave of, not shown', () => {
  const inside = { at: 'inside', hearingId: hearing.id } as const
  const live = { ...hearing, status: 'live' } as const
  assert.deepEqual(placeOf(inside, { ...board, hearing: live }), { at: 'inside', hearing: live })
  assert.deepEqual(placeOf(inside, { ...board, hearing: null }), { at: 'parting' })
  assert.deepEqual(placeOf(inside, { ...board, hearing: { ...live, id: board.device.id } }), { at: 'parting' })
  // Another one is shown large: the room stays in the one that it entered.
  const beside = { ...board, hearing: { ...live, id: board.device.id }, others: [live] }
  assert.deepEqual(placeOf(inside, beside), { at: 'inside', hearing: live })
  assert.deepEqual(placeOf({ at: 'free' }, board), { at: 'free' })
  assert.deepEqual(placeOf({ at: 'parting' }, board), { at: 'parting' })
})

test('loaded anew, the page is where it was: back in the hearing that may still be entered, and nowhere by itself otherwise', () => {
  const inside = { at: 'inside', hearingId: hearing.id } as const
  assert.deepEqual(
    placeAtBegin(hearing.id, { ...board, hearing: { ...hearing, status: 'live' } }, closesAt + 1),
    inside,
  )
  assert.deepEqual(placeAtBegin(hearing.id, board, opensAt), inside)
  for (const [kept, shown, now] of [
    [undefined, hearing, opensAt],
    [hearing.id, null, opensAt],
    [hearing.id, { ...hearing, id: board.device.id }, opensAt],
    [hearing.id, hearing, opensAt - 1],
    [hearing.id, hearing, closesAt],
  ] as const)
    assert.deepEqual(placeAtBegin(kept, { ...board, hearing: shown }, now), { at: 'free' })
})

test('the time left in words, never below nothing', () => {
  const minute = 60_000
  const cases: [number, string][] = [
    [-5, '0 phút 00 giây'],
    [59_999, '0 phút 59 giây'],
    [12 * minute + 5_000, '12 phút 05 giây'],
    [60 * minute, '1 giờ 0 phút'],
    [26 * 60 * minute, '1 ngày 2 giờ'],
  ]
  for (const [ms, words] of cases) assert.equal(inWords(ms), words)
})

test('it waits 1 s before trying the server again, doubling to 15 s, without end', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 1_000].map(reconnectMs), [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
})

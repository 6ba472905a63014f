import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Invitation } from '../../contract/rooms.ts'
import type { ProblemDocument } from '../../contract/route.ts'
import { begin, type Join, next } from '../../join/state.ts'
import { nextAttempt, rejoinDelayMs } from '../../media/stay.ts'

const key = { token: 't'.repeat(43) }
const invitation = (state: 'waiting' | 'open'): Invitation => ({
  state,
  elsewhere: false,
  displayName: 'Lê Văn Cường',
  shownAs: 'Lê Văn Cường',
  hearing: {
    code: 'BT-2026-001',
    title: 'Buổi tiếp',
    status: 'approved',
    startsAt: '2026-12-15T02:00:00Z',
    endsAt: '2026-12-15T04:00:00Z',
    endpointNames: ['Phường Pleiku'],
  },
  opensAt: '2026-12-15T01:00:00Z',
  closesAt: '2026-12-15T08:00:00Z',
  serverTime: '2026-12-15T00:00:00Z',
})
const problem = (status: number): ProblemDocument => ({ type: 't', title: 'Vì sao', status })
const checking: Join = { at: 'checking', key }
const asking: Join = { at: 'asking-code', fault: null }
const waiting: Join = { at: 'waiting', key, invitation: invitation('waiting') }
const elsewhere: Join = { at: 'elsewhere', key, invitation: invitation('open'), wasInside: false }
const open: Join = { at: 'open', key, invitation: invitation('open'), fault: null }
const inside: Join = { at: 'inside', key, invitation: invitation('open'), takesOver: false }

test('a link’s fragment is the key; without one the page asks for the code; half of one is told', () => {
  assert.deepEqual(begin(key.token), checking)
  assert.deepEqual(begin(''), asking)
  const half = begin('muc-luc')
  assert.ok(half.at === 'refused' && half.key === null && !half.retryable)
  assert.match(half.why, /thiếu hoặc hỏng/)
  assert.deepEqual(next({ ...asking, fault: 'x' }, { is: 'key', key: { code: 'ABCDE-23456' } }), {
    at: 'checking',
    key: { code: 'ABCDE-23456' },
  })
})

test('another link in the same tab is another key, wherever the page is; the same one, or none, changes nothing', () => {
  const refused: Join = { at: 'refused', why: 'x', retryable: false, key }
  const all: Join[] = [asking, checking, open, inside, waiting, elsewhere, refused]
  const other = 'o'.repeat(43)
  for (const join of all) {
    assert.deepEqual(next(join, { is: 'address', fragment: `#${other}.` }), { at: 'checking', key: { token: other } })
    assert.equal(next(join, { is: 'address', fragment: '' }), join)
  }
  for (const join of [checking, open, inside, waiting, elsewhere])
    assert.equal(next(join, { is: 'address', fragment: `#${key.token}` }), join)
  // What was refused may have been made good in between.
  assert.deepEqual(next(refused, { is: 'address', fragment: `#${key.token}` }), checking)
  for (const join of all) {
    const half = next(join, { is: 'address', fragment: '#half' })
    assert.equal(half.at, join.at === 'inside' ? 'inside' : 'refused')
  }
})

test('before the window it waits, within it the door is shown, after a reload inside it goes straight back in', () => {
  const told = (state: 'waiting' | 'open', wasInside: boolean) =>
    next(checking, { is: 'invitation', invitation: invitation(state), wasInside }).at
  assert.equal(told('waiting', false), 'waiting')
  assert.equal(told('waiting', true), 'waiting')
  assert.equal(told('open', false), 'open')
  assert.equal(told('open', true), 'inside')
})

test('in by a press, out to the door, and put out means being asked about anew', () => {
  assert.equal(next(open, { is: 'entered' }).at, 'inside')
  assert.deepEqual(next(inside, { is: 'left' }), open)
  assert.deepEqual(next(inside, { is: 'put-out' }), checking)
  assert.equal(next(checking, { is: 'entered' }), checking)
  assert.equal(next(open, { is: 'left' }), open)
})

test('a refusal is final, an outage can be tried again', () => {
  const retryable = (status: number) => {
    const refused = next(checking, { is: 'failed', problem: problem(status) })
    return refused.at === 'refused' && refused.retryable
  }
  assert.deepEqual([404, 410, 0, 429, 503].map(retryable), [false, false, true, true, true])
  assert.equal(next(inside, { is: 'failed', problem: problem(410) }).at, 'refused')
  const early = { ...problem(409), type: 'urn:tiepdan:problem:grant-early' }
  assert.deepEqual(next(inside, { is: 'failed', problem: early }), checking)
})

test('a wrong code is told beside the field', () => {
  const byCode: Join = { at: 'checking', key: { code: 'abcde 23456' } }
  for (const status of [400, 404, 422, 429]) {
    const told = next(byCode, { is: 'failed', problem: problem(status) })
    assert.deepEqual(told, { at: 'asking-code', fault: 'Vì sao' })
  }
  assert.equal(next(byCode, { is: 'failed', problem: problem(410) }).at, 'refused')
})

test('a broken call is entered again after 1, 2, 4, 8 s, then every 15 s', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 100].map(rejoinDelayMs), [1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
})

test('a call that held is entered again at the shortest wait; one that breaks at once again waits longer each time', () => {
  assert.deepEqual(
    [0, 29_999, 30_000].map((heldMs) => rejoinDelayMs(nextAttempt(3, heldMs))),
    [8_000, 8_000, 1_000],
  )
})

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
const open: Join = { at: 'open', key, invitation: invitation('open'), fault: null }
const inside: Join = { at: 'inside', key, invitation: invitation('open'), takesOver: false }

test('a link’s fragment is the key; without one the page asks for the code', () => {
  assert.deepEqual(begin(key.token), checking)
  for (const fragment of ['', 'muc-luc']) assert.deepEqual(begin(fragment), { at: 'asking-code', fault: null })
  assert.deepEqual(next({ at: 'asking-code', fault: 'x' }, { is: 'key', key: { code: 'ABCDE-23456' } }), {
    at: 'checking',
    key: { code: 'ABCDE-23456' },
  })
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

test('a refusal is final, an outage can be tried again, an unknown link or code leads to the code', () => {
  const retryable = (status: number) => {
    const refused = next(checking, { is: 'failed', problem: problem(status) })
    return refused.at === 'refused' && refused.retryable
  }
  assert.deepEqual([410, 0, 429, 503].map(retryable), [false, true, true, true])
  const byCode: Join = { at: 'checking', key: { code: 'ABCDE-23456' } }
  for (const asked of [checking, byCode]) {
    assert.deepEqual(next(asked, { is: 'failed', problem: problem(404) }), { at: 'asking-code', fault: 'Vì sao' })
  }
  assert.equal(next(inside, { is: 'failed', problem: problem(410) }).at, 'refused')
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

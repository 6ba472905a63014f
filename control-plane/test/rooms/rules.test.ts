import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hourMs, minuteMs } from '../../server/platform/clock.ts'
import { admission, hearingWindow, mayExist, newRoomName, quorum, tokenWindow } from '../../server/rooms/room.ts'

const startsAt = Date.parse('2026-12-15T02:00:00Z')
const endsAt = startsAt + 2 * hourMs
const room = { ...hearingWindow({ startsAt, endsAt }), closed: false }
const valid = { revoked: false }

test('a grant waits before its window, opens in it and is refused after it', () => {
  const opensAt = startsAt - hourMs
  const closesAt = endsAt + 4 * hourMs
  const at = (now: number, status: 'approved' | 'ready' = 'ready') => admission(room, { status }, valid, now)
  assert.deepEqual(at(opensAt - 1), { is: 'waiting', opensAt })
  assert.deepEqual(at(opensAt), { is: 'open' })
  assert.deepEqual(at(startsAt, 'approved'), { is: 'open' })
  assert.deepEqual(at(closesAt - 1), { is: 'open' })
  assert.deepEqual(at(closesAt), { is: 'refused', why: 'over' })
})

test('a live hearing lets in whatever the clock says, but never a revoked grant', () => {
  const late = room.closesAt + 20 * hourMs
  assert.deepEqual(admission({ ...room, closed: true }, { status: 'live' }, valid, late), { is: 'open' })
  assert.deepEqual(admission(room, { status: 'live' }, { revoked: true }, startsAt), { is: 'refused', why: 'revoked' })
})

test('an ended, archived, cancelled or postponed hearing lets nobody in, even within the window', () => {
  for (const status of ['ended', 'archived'] as const)
    assert.deepEqual(admission(room, { status }, valid, startsAt), { is: 'refused', why: 'over' })
  for (const status of ['cancelled', 'postponed'] as const)
    assert.deepEqual(admission(room, { status }, valid, startsAt), { is: 'refused', why: status })
})

test('Prosody may make the room two minutes early, because clocks differ', () => {
  assert.equal(mayExist(room, { status: 'ready' }, room.opensAt - 2 * minuteMs), true)
  assert.equal(mayExist(room, { status: 'ready' }, room.opensAt - 2 * minuteMs - 1), false)
  assert.equal(mayExist(room, null, room.closesAt), false)
})

test('a token begins a little early and outlives the planned end, and an overrun', () => {
  const early = tokenWindow(room, startsAt)
  assert.ok(early.notBefore <= startsAt - minuteMs)
  assert.ok(early.expires >= endsAt + 4 * hourMs)
  const overrun = room.closesAt + hourMs
  assert.ok(tokenWindow(room, overrun).expires >= overrun + 8 * hourMs)
})

test('room names are 128 bits in lower-case hex and do not repeat', () => {
  const names = new Set(Array.from({ length: 1_000 }, newRoomName))
  assert.equal(names.size, 1_000)
  for (const name of names) assert.match(name, /^[0-9a-f]{32}$/)
})

const member = (id: string, more: object = {}) => ({
  id,
  displayName: id,
  endpointId: id,
  participantId: null,
  required: true,
  revoked: false,
  ...more,
})
const names = (members: { name: string }[]) => members.map(({ name }) => name)

test('the quorum wants every endpoint and every required person at the same time', () => {
  const all = [member('centre'), member('pleiku'), member('an', { endpointId: null, participantId: 'an' })]
  const short = quorum(all, new Set(['centre', 'an']))
  assert.equal(short.met, false)
  assert.deepEqual(names(short.missing), ['pleiku'])
  assert.deepEqual(names(short.present), ['centre', 'an'])
  assert.equal(quorum(all, new Set(['centre', 'an', 'pleiku', 'stranger'])).met, true)
  assert.equal(quorum([], new Set()).met, false)
})

test('who is not required is not waited for', () => {
  assert.equal(quorum([member('centre'), member('guest', { required: false })], new Set(['centre'])).met, true)
})

test('revoking a grant does not lower the quorum, and the new grant takes its place', () => {
  const old = member('old', { endpointId: 'pleiku', displayName: 'Pleiku', revoked: true })
  const centre = member('centre')
  const gone = quorum([centre, old], new Set(['centre', 'old']))
  assert.equal(gone.met, false)
  assert.deepEqual(names(gone.missing), ['Pleiku'])
  const fresh = { ...old, id: 'new', revoked: false }
  const back = quorum([centre, old, fresh], new Set(['centre', 'new']))
  assert.equal(back.met, true)
  assert.deepEqual(
    back.present.map(({ grantId }) => grantId),
    ['centre', 'new'],
  )
})

test('a person listed twice is waited for twice, and no more once one of the two grants is revoked', () => {
  const centre = member('centre')
  const first = member('an', { endpointId: null, participantId: 'an', displayName: 'Nguyễn Văn An' })
  const again = member('an-2', { endpointId: null, participantId: 'an-2', displayName: 'Nguyễn Văn An' })
  assert.equal(quorum([centre, first, again], new Set(['centre', 'an'])).met, false)
  const revoked = quorum([centre, first, { ...again, revoked: true }], new Set(['centre', 'an']))
  assert.equal(revoked.met, true)
  assert.deepEqual(names(revoked.released), ['Nguyễn Văn An'])
  // Made anew, the person counts again; and a hearing of which everybody was released has no quorum.
  const anew = { ...again, id: 'an-3' }
  assert.equal(quorum([centre, first, { ...again, revoked: true }, anew], new Set(['centre', 'an'])).met, false)
  assert.equal(quorum([{ ...first, revoked: true }], new Set()).met, false)
})

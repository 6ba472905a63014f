import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roomPcOf } from '../../server/endpoints/room-pc.ts'

const now = Date.parse('2026-12-01T02:00:00Z')
const pc = (endpointId: string, silentMs: number | null, showing?: string) => ({
  endpointId,
  lastSeenAt: silentMs === null ? null : new Date(now - silentMs),
  state: showing === undefined ? null : { showing },
})
const of = (...devices: ReturnType<typeof pc>[]) => roomPcOf('ours', devices, now)

test('where an endpoint’s room PCs stand', () => {
  assert.equal(of(), 'none')
  assert.equal(of(pc('other', 1_000)), 'none')
  assert.equal(of(pc('ours', 29_000)), 'free')
  assert.equal(of(pc('ours', 1_000, 'test-call')), 'free')
  assert.equal(of(pc('ours', 1_000, 'hearing')), 'in-hearing')
  assert.equal(of(pc('ours', 1_000, 'hearing'), pc('ours', 1_000, 'idle')), 'free')
  assert.equal(of(pc('ours', 30_000, 'hearing'), pc('other', 1_000)), 'silent')
})

test('when nobody of the province is heard it may be the server that is not', () => {
  assert.equal(of(pc('ours', null), pc('other', 31_000)), 'all-silent')
})

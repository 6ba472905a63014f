import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOtherEnd, measuredProperty, type OtherEnd } from '../../media/other-end.ts'
import type { RoomEvent } from '../../media/room.ts'

const measured: RoomEvent = { is: 'property', id: 'b', name: measuredProperty, value: 'true' }
const never = new AbortController().signal

/** Whether the end that waits has gone on after what was heard; its longest wait is far longer than the test. */
async function isDone(hear: (other: OtherEnd) => void, when: 'before' | 'after', signal = never): Promise<boolean> {
  const other = createOtherEnd()
  if (when === 'before') hear(other)
  let done = false
  const stop = new AbortController()
  const waiting = other.doneWithin(60_000, AbortSignal.any([signal, stop.signal])).then(() => {
    done = !stop.signal.aborted
  })
  if (when === 'after') hear(other)
  await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  await waiting
  return done
}

for (const when of ['before', 'after'] as const)
  test(`who has measured waits for the other to say so, or to go; told ${when} the waiting begins`, async () => {
    assert.equal(await isDone((other) => other.hear(measured), when), true)
    assert.equal(await isDone((other) => other.hear({ is: 'user-left', id: 'b' }), when), true)
    assert.equal(await isDone((other) => other.hear({ is: 'lost', why: 'connection.droppedError' }), when), true)
    for (const event of [
      { is: 'signalled' },
      { is: 'joined' },
      { is: 'user-joined', id: 'b' },
      { is: 'property', id: 'b', name: 'codecList', value: 'av1' },
    ] satisfies RoomEvent[])
      assert.equal(await isDone((other) => other.hear(event), when), false, event.is)
  })

test('the wait has an end by itself and by its order', async () => {
  await createOtherEnd().doneWithin(1, never)
  await createOtherEnd().doneWithin(60_000, AbortSignal.abort())
})

test('who leaves is gone, who comes back is there; one’s own lost call is the end', () => {
  const other = createOtherEnd()
  assert.equal(other.isGone(), false)
  other.hear({ is: 'user-left', id: 'b' })
  assert.equal(other.isGone(), true)
  other.hear({ is: 'user-joined', id: 'c' })
  assert.equal(other.isGone(), false)
  other.hear({ is: 'lost', why: 'kicked' })
  other.hear({ is: 'user-joined', id: 'd' })
  assert.equal(other.isGone(), true)
})

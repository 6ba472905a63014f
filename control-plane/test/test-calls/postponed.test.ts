import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { HearingAnswer } from '../../contract/hearings.ts'
import type { TestCall } from '../../contract/test-calls.ts'
import { dayMs, hourMs } from '../../server/platform/clock.ts'
import { testCalls } from '../../server/test-calls/tables.ts'
import { aRoomWorld, endsAt, type RoomWorld, startsAt } from '../rooms/world.ts'

let world: RoomWorld
before(async () => {
  world = await aRoomWorld()
})
after(() => world.close())

test('a postponed hearing is tested anew for its new time; what was tested for the old one stays on the record and counts for nothing', async () => {
  const { db, as } = world
  const hearing = await world.aHearing()
  const listed = async () =>
    (await as('office', 'GET', `/api/test-calls?hearingId=${hearing.id}`)).body.items as unknown as TestCall[]
  const old = await listed()
  assert.equal(old.length, 4)
  // As the runner would: three passed, one failed.
  const finishedAt = new Date(world.clock.now())
  await db
    .update(testCalls)
    .set({ status: 'done', verdict: 'passed', finishedAt })
    .where(eq(testCalls.hearingId, hearing.id))
  const failed = old[0]?.id ?? ''
  await db.update(testCalls).set({ verdict: 'failed' }).where(eq(testCalls.id, failed))
  const said = async (role: 'reception-board' | 'chairman', step: string, body: object): Promise<HearingAnswer> => {
    const before = (await as('office', 'GET', `/api/hearings/${hearing.id}`)).body as unknown as HearingAnswer
    const answer = await as(role, 'POST', `/api/hearings/${hearing.id}/${step}`, { version: before.version, ...body })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body as unknown as HearingAnswer
  }
  const moved = {
    startsAt: new Date(startsAt + 14 * dayMs).toISOString(),
    endsAt: new Date(endsAt + 14 * dayMs).toISOString(),
  }
  await said('reception-board', 'postpone', { reason: 'Mưa bão', ...moved })
  await said('reception-board', 'submit', { lateReason: 'Vụ việc cấp bách' })
  await said('chairman', 'approve', { decisionNumber: '13/TB-UBND' })

  const all = await listed()
  const fresh = all.filter((call) => call.supersededAt === null)
  assert.deepEqual(
    fresh.map((call) => [call.status, startsAt + 14 * dayMs - Date.parse(call.dueAt)]).sort(),
    [
      ['due', 24 * hourMs],
      ['due', 24 * hourMs],
      ['due', 2 * hourMs],
      ['due', 2 * hourMs],
    ].sort(),
  )
  assert.deepEqual(
    all
      .filter((call) => call.supersededAt !== null)
      .map((call) => [call.id, call.status])
      .sort(),
    old.map((call) => [call.id, 'done']).sort(),
  )
  const waived = await as('office', 'POST', `/api/test-calls/${failed}/waive`, {
    reason: 'Đã kiểm tra bằng điện thoại',
  })
  assert.equal(waived.status, 409)
  assert.equal((await as('office', 'GET', `/api/hearings/${hearing.id}`)).body.status, 'approved')
})

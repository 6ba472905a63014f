import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { asc, eq, sql } from 'drizzle-orm'
import type { HearingAnswer, HearingListItem } from '../../contract/hearings.ts'
import { endpoints } from '../../server/endpoints/tables.ts'
import { hearings } from '../../server/hearings/tables.ts'
import { hourMs } from '../../server/platform/clock.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { testNow } from '../support/application.ts'
import { aCase, aConsentedCase, aDraft, aPlan, as, aWorld, moved, type World } from './world.ts'

let world: World
before(async () => {
  world = await aWorld()
})
beforeEach(async () => {
  world.clock.set(testNow)
  // One room cannot be in two hearings at once: each test has the rooms for itself.
  await world.db.execute(sql`update hearings set status = 'cancelled'`)
})
after(() => world.close())

const post = <T = HearingAnswer>(role: Parameters<typeof as>[1], id: string, step: string, body?: unknown) =>
  as<T>(world, role, 'POST', `/api/hearings/${id}/${step}`, body)

test('a draft has a code, the central endpoint, its parts in order, and says what may be done next', async () => {
  const draft = await aDraft(world, { delegates: [world.endpoints.pleiku.id, world.endpoints.anPhu.id] })
  assert.match(draft.code, /^BT-2026-\d{3}$/)
  assert.deepEqual(
    draft.endpoints.map((at) => at.shortName),
    ['Trung tâm', 'An Phú', 'Pleiku'],
  )
  assert.deepEqual(
    draft.agenda.map((item) => item.title),
    ['Khai mạc', 'Công dân trình bày'],
  )
  assert.deepEqual(
    draft.participants.map((one) => one.email),
    [null, 'cuong@example.vn'],
  )
  assert.deepEqual(draft.may, ['edit', 'submit', 'cancel'])
  assert.deepEqual(draft.warnings, [])
  assert.deepEqual(draft.limits, {
    workingDaysLeft: 10,
    demanded: 5,
    latestDate: '2026-12-08',
    advisedDate: '2026-12-07',
    standing: 'in-time',
  })
  assert.deepEqual(
    draft.history.map((move) => [move.from, move.to]),
    [[null, 'draft']],
  )
})

test('faults of a draft are 422 by field, a missing field is a 400 that names it', async () => {
  const plan = await aPlan(world, { caseIds: [] })
  const wrong = await as(world, 'reception-board', 'POST', '/api/hearings', {
    ...plan,
    endsAt: plan.startsAt,
    delegates: [world.endpoints.central.id],
  })
  assert.equal(wrong.status, 422)
  assert.deepEqual(
    wrong.body.faults?.map((fault) => fault.field),
    ['endsAt', 'delegates.0'],
  )
  const { startsAt: _, ...without } = plan
  const missing = await as(world, 'reception-board', 'POST', '/api/hearings', without)
  assert.equal(missing.status, 400)
  assert.deepEqual(
    missing.body.faults?.map((fault) => fault.field),
    ['body.startsAt'],
  )
  const date = await as(world, 'reception-board', 'POST', '/api/hearings', { ...plan, startsAt: '15/12/2026' })
  assert.equal(date.body.faults?.[0]?.field, 'body.startsAt')
  assert.equal((await as(world, 'office', 'POST', '/api/hearings', plan)).status, 403)
})

test('a draft may lack agenda and cases, submitting names what is missing', async () => {
  const draft = await aDraft(world, { agenda: [], participants: [], caseIds: [] })
  assert.deepEqual(
    draft.warnings.map((warning) => warning.field),
    ['caseIds', 'agenda', 'participants'],
  )
  const refused = await post('reception-board', draft.id, 'submit', { version: draft.version })
  assert.equal(refused.status, 422)
  assert.deepEqual(
    refused.body.faults?.map((fault) => fault.field),
    ['caseIds', 'agenda', 'participants'],
  )
})

test('a case without the chairman’s consent cannot be submitted (4.2)', async () => {
  const asked = await as<{ id: string }>(world, 'reception-board', 'POST', '/api/cases', aCase())
  const draft = await aDraft(world, { caseIds: [await aConsentedCase(world), asked.body.id] })
  const refused = await post('reception-board', draft.id, 'submit', { version: draft.version })
  assert.equal(refused.body.faults?.[0]?.field, 'caseIds.1')
  assert.match(refused.body.faults?.[0]?.message ?? '', /chưa có ý kiến đồng ý của Chủ tịch/)
})

test('editing replaces the plan, needs the version that was read, and is told in the audit trail', async () => {
  const draft = await aDraft(world)
  const url = `/api/hearings/${draft.id}`
  const plan = await aPlan(world, { title: 'Buổi tiếp đột xuất', agenda: [{ title: 'Chỉ một bước', minutes: 5 }] })
  const edited = await as<HearingAnswer>(world, 'inspector', 'PUT', url, { ...plan, version: draft.version })
  assert.equal(edited.body.title, 'Buổi tiếp đột xuất')
  assert.equal(edited.body.agenda.length, 1)
  assert.equal(edited.body.version, draft.version + 1)
  const stale = await as(world, 'inspector', 'PUT', url, { ...plan, version: draft.version })
  assert.equal(stale.status, 409)
  assert.match(stale.body.title ?? '', /^Người thử inspector đã cập nhật lúc 09:00/)
  const rows = await world.db
    .select()
    .from(auditTrail)
    .where(eq(auditTrail.subject, `hearing:${draft.id}`))
    .orderBy(asc(auditTrail.seq))
  assert.deepEqual(
    rows.map((row) => row.action),
    ['hearing.drafted', 'hearing.edited'],
  )
  assert.deepEqual(rows[1]?.detail.changed, ['title', 'agenda', 'caseIds'])
})

test('a late submission names days and date, needs a reason, and is marked for ever', async () => {
  world.clock.set(Date.parse('2026-12-09T02:00:00Z'))
  const draft = await aDraft(world)
  assert.equal(draft.limits?.standing, 'late')
  const refused = await post('reception-board', draft.id, 'submit', { version: draft.version })
  assert.equal(refused.status, 422)
  assert.equal(refused.body.type, 'urn:tiepdan:problem:late-submission')
  assert.equal(refused.body.workingDaysLeft, 4)
  assert.equal(refused.body.latestDate, '2026-12-08')
  const late = await post('reception-board', draft.id, 'submit', {
    version: draft.version,
    lateReason: 'Vụ việc cấp bách',
  })
  assert.equal(late.body.late, true)
  const returned = await post('chairman', draft.id, 'return', { version: late.body.version, reason: 'Dời ngày' })
  const plan = await aPlan(world, { startsAt: '2027-01-12T02:00:00Z', endsAt: '2027-01-12T04:00:00Z' })
  const edited = await as<HearingAnswer>(world, 'reception-board', 'PUT', `/api/hearings/${draft.id}`, {
    ...plan,
    version: returned.body.version,
  })
  const inTime = await moved(world, edited.body, 'submit')
  assert.equal(inTime.late, true)
  assert.equal(inTime.lateReason, 'Vụ việc cấp bách')
})

test('exactly five working days is in time, with a soft warning', async () => {
  world.clock.set(Date.parse('2026-12-08T09:00:00Z'))
  const draft = await aDraft(world)
  assert.equal(draft.limits?.standing, 'tight')
  assert.match(draft.warnings[0]?.message ?? '', /07\/12\/2026/)
  assert.equal((await moved(world, draft, 'submit')).late, false)
})

test('the list: upcoming first, filtered by status, time and endpoint, and an unknown status is named', async () => {
  const later = await aDraft(world, { startsAt: '2026-12-23T02:00:00Z', endsAt: '2026-12-23T03:10:00Z' })
  const sooner = await aDraft(world, { delegates: [world.endpoints.anPhu.id] })
  const past = await aDraft(world, { startsAt: '2026-12-01T03:00:00Z', endsAt: '2026-12-01T04:10:00Z' })
  world.clock.set(Date.parse('2026-12-10T02:00:00Z'))
  const ids = async (query: string) => {
    const answer = await as<{ items: HearingListItem[]; total: number }>(
      world,
      'office',
      'GET',
      `/api/hearings?${query}`,
    )
    return answer.body.items.map((item) => item.id)
  }
  assert.deepEqual(await ids('status=draft'), [sooner.id, later.id, past.id])
  assert.deepEqual(await ids('status=draft&from=2026-12-20T00:00:00Z'), [later.id])
  assert.deepEqual(await ids(`status=draft,submitted&endpointId=${world.endpoints.anPhu.id}`), [sooner.id])
  assert.deepEqual(await ids(`q=${later.code.toLowerCase()}`), [later.id])
  const unknown = await as(world, 'office', 'GET', '/api/hearings?status=nonsense')
  assert.equal(unknown.body.faults?.[0]?.field, 'status')
  const leap = await as(world, 'office', 'GET', '/api/hearings?from=2026-12-31T23:59:60Z')
  assert.equal(leap.body.faults?.[0]?.field, 'querystring.from')
  const ancient = await as(world, 'office', 'GET', '/api/hearings?to=0000-01-01T00:00:00Z')
  assert.equal(ancient.body.faults?.[0]?.field, 'querystring.to')
})

test('an endpoint that was closed after the draft stops the submission', async () => {
  const draft = await aDraft(world)
  const { id } = world.endpoints.pleiku
  await world.db.update(endpoints).set({ active: false }).where(eq(endpoints.id, id))
  const refused = await post('reception-board', draft.id, 'submit', { version: draft.version })
  await world.db.update(endpoints).set({ active: true }).where(eq(endpoints.id, id))
  assert.match(refused.body.faults?.[0]?.message ?? '', /ngừng hoạt động/)
})

test('two drafts at once have two codes; the audit chain of all this is whole', async () => {
  const drafts = await Promise.all(Array.from({ length: 6 }, () => aDraft(world, { caseIds: [] })))
  assert.equal(new Set(drafts.map((draft) => draft.code)).size, 6)
  assert.equal((await world.platform.audit.verify(world.db)).is, 'whole')
  assert.equal(
    (await world.db.select().from(hearings)).every((row) => row.version >= 1),
    true,
  )
})

test('a clock that is set back between two moves turns nothing round: the history keeps its order and marks it', async () => {
  const draft = await aDraft(world, { caseIds: [await aConsentedCase(world)] })
  world.clock.advance(-2 * hourMs)
  const { body } = await post('reception-board', draft.id, 'submit', { version: draft.version, lateReason: 'Cấp bách' })
  assert.deepEqual(
    body.history.map(({ to, clockStepped }) => [to, clockStepped]),
    [
      ['draft', false],
      ['submitted', true],
    ],
  )
  const liveAt = new Date(world.clock.now())
  await world.db.update(hearings).set({ status: 'live', liveAt }).where(eq(hearings.id, draft.id))
  world.clock.advance(-hourMs)
  const ended = await post('office', draft.id, 'end')
  assert.equal(ended.status, 200)
  assert.equal(ended.body.endedAt, liveAt.toISOString())
  assert.equal(ended.body.history.at(-1)?.clockStepped, true)
})

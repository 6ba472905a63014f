import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { eq, sql } from 'drizzle-orm'
import type { HearingAnswer, HearingListItem } from '../../contract/hearings.ts'
import type { HearingMoved } from '../../server/hearings/index.ts'
import { hearingMoves } from '../../server/hearings/tables.ts'
import { systemActor } from '../../server/platform/actor.ts'
import { minuteMs } from '../../server/platform/clock.ts'
import { testNow } from '../support/application.ts'
import { aDraft, aPlan, as, aWorld, moved, type World } from './world.ts'

let world: World
const followed: HearingMoved[] = []
let failFollower = false
before(async () => {
  world = await aWorld()
  world.hearings.onMove(async (_tx, move) => {
    followed.push(move)
    if (failFollower) throw new Error('follower failed')
  })
})
beforeEach(async () => {
  world.clock.set(testNow)
  world.edge.missing = []
  world.edge.lacks = []
  // One room cannot be in two hearings at once: each test has the rooms for itself.
  await world.db.execute(sql`update hearings set status = 'cancelled'`)
})
after(() => world.close())

const post = <T = HearingAnswer>(role: Parameters<typeof as>[1], id: string, step: string, body?: unknown) =>
  as<T>(world, role, 'POST', `/api/hearings/${id}/${step}`, body)

test('submitted, returned with a reason, edited, submitted again, approved with a decision number', async () => {
  const submitted = await moved(world, await aDraft(world), 'submit')
  assert.equal(submitted.late, false)
  assert.equal(submitted.limits, null)
  const locked = await as(world, 'reception-board', 'PUT', `/api/hearings/${submitted.id}`, {
    ...(await aPlan(world)),
    version: submitted.version,
  })
  assert.equal(locked.status, 409)
  const mute = await post('chairman', submitted.id, 'return', { version: submitted.version, reason: ' ' })
  assert.equal(mute.body.faults?.[0]?.field, 'reason')
  const returned = await post('chairman', submitted.id, 'return', {
    version: submitted.version,
    reason: 'Bổ sung Thanh tra',
  })
  assert.equal(returned.body.returnReason, 'Bổ sung Thanh tra')
  const again = await moved(world, returned.body, 'submit')
  const blank = await post('chairman', again.id, 'approve', { version: again.version, decisionNumber: '' })
  assert.equal(blank.body.faults?.[0]?.field, 'decisionNumber')
  const approved = await moved(world, again, 'approve')
  assert.equal(approved.decisionNumber, '12/TB-UBND')
  assert.equal(approved.returnReason, null)
  assert.deepEqual(
    approved.history.map((move) => move.to),
    ['draft', 'submitted', 'returned', 'submitted', 'approved'],
  )
  assert.deepEqual(followed.at(-1)?.hearing.status, 'approved')
  assert.equal(followed.at(-1)?.from, 'submitted')
})

test('only the chairman approves', async () => {
  const submitted = await moved(world, await aDraft(world), 'submit')
  const body = { version: submitted.version, decisionNumber: '1' }
  for (const role of ['reception-board', 'office', 'inspector', 'commune-officer', 'administrator'] as const) {
    assert.equal((await post(role, submitted.id, 'approve', body)).status, 403, role)
  }
})

test('of two who submit, approve or return at once, one wins and the other gets 409', async () => {
  const draft = await aDraft(world)
  const submits = await Promise.all(
    [1, 2, 3].map(() => post('reception-board', draft.id, 'submit', { version: draft.version })),
  )
  assert.deepEqual(submits.map((answer) => answer.status).sort(), [200, 409, 409])
  const version = draft.version + 1
  const before = followed.length
  const decisions = await Promise.all([
    post('chairman', draft.id, 'approve', { version, decisionNumber: '1/QĐ' }),
    post('chairman', draft.id, 'approve', { version, decisionNumber: '2/QĐ' }),
    post('chairman', draft.id, 'return', { version, reason: 'Chưa rõ' }),
  ])
  assert.deepEqual(decisions.map((answer) => answer.status).sort(), [200, 409, 409])
  assert.equal(followed.length - before, 1)
  const history = await world.db.select().from(hearingMoves).where(eq(hearingMoves.hearingId, draft.id))
  assert.equal(history.length, 3)
})

test('a follower that fails undoes the whole move', async () => {
  const submitted = await moved(world, await aDraft(world), 'submit')
  failFollower = true
  const failed = await post('chairman', submitted.id, 'approve', { version: submitted.version, decisionNumber: '1' })
  failFollower = false
  assert.equal(failed.status, 500)
  const now = await as<HearingAnswer>(world, 'chairman', 'GET', `/api/hearings/${submitted.id}`)
  assert.equal(now.body.status, 'submitted')
  assert.equal(now.body.version, submitted.version)
  assert.equal(now.body.history.length, 2)
})

test('a room is not approved for two hearings at the same time, even when both are approved at once', async () => {
  const one = await moved(world, await aDraft(world), 'submit')
  const other = await moved(world, await aDraft(world, { delegates: [world.endpoints.anPhu.id] }), 'submit')
  const seen = await as<HearingAnswer>(world, 'chairman', 'GET', `/api/hearings/${other.id}`)
  assert.match(seen.body.warnings[0]?.message ?? '', new RegExp(`cũng được đề nghị cho buổi tiếp ${one.code}`))
  const answers = await Promise.all(
    [one, other].map(({ id, version }) => post('chairman', id, 'approve', { version, decisionNumber: '1' })),
  )
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 422])
  const refused = answers.find((answer) => answer.status === 422)
  assert.match(refused?.body.faults?.[0]?.message ?? '', /Điểm cầu trung tâm đã có buổi tiếp/)
})

test('a hearing starts only when tested, in its window and with everybody there, then ends and is archived', async () => {
  const approved = await moved(world, await aDraft(world), 'submit', 'approve')
  const untested = await post('office', approved.id, 'start')
  assert.equal(untested.body.type, 'urn:tiepdan:problem:tests-missing')
  await moved(world, approved, 'ready')
  const early = await post('office', approved.id, 'start')
  assert.equal(early.body.type, 'urn:tiepdan:problem:start-too-early')
  world.clock.set(Date.parse(approved.startableFrom))
  world.edge.missing = [{ name: 'Phường Pleiku' }]
  const alone = await post('office', approved.id, 'start')
  assert.equal(alone.status, 409)
  assert.equal(alone.body.type, 'urn:tiepdan:problem:quorum-missing')
  assert.deepEqual(alone.body.missing, [{ name: 'Phường Pleiku' }])
  assert.match(alone.body.title ?? '', /còn thiếu Phường Pleiku/)
  world.edge.missing = []
  const starts = await Promise.all([
    post('office', approved.id, 'start'),
    post('reception-board', approved.id, 'start'),
  ])
  assert.deepEqual(starts.map((answer) => answer.status).sort(), [200, 409])
  world.clock.advance(30 * minuteMs)
  const ended = await post('office', approved.id, 'end')
  assert.equal(Date.parse(ended.body.endedAt ?? '') - Date.parse(ended.body.liveAt ?? ''), 30 * minuteMs)
  assert.deepEqual(ended.body.may, ['archive'])
  world.edge.lacks = ['bản sao lưu']
  assert.equal((await post('office', approved.id, 'archive')).body.type, 'urn:tiepdan:problem:archive-missing')
  world.edge.lacks = []
  assert.equal((await post('office', approved.id, 'archive')).body.status, 'archived')
})

test('a postponed hearing keeps its history, takes its new time through approval again', async () => {
  const approved = await moved(world, await aDraft(world), 'submit', 'approve')
  const past = { version: approved.version, reason: 'Mưa bão', startsAt: '2026-11-01T02:00:00Z' }
  assert.equal((await post('reception-board', approved.id, 'postpone', past)).body.faults?.[0]?.field, 'startsAt')
  const body = { ...past, startsAt: '2026-12-22T02:00:00Z' }
  const postponed = await post('reception-board', approved.id, 'postpone', body)
  assert.equal(postponed.body.status, 'postponed')
  assert.equal(postponed.body.endsAt, '2026-12-22T04:00:00.000Z')
  assert.deepEqual(postponed.body.may, ['edit', 'submit', 'cancel'])
  const again = await moved(world, postponed.body, 'submit', 'approve')
  assert.deepEqual(
    again.history.map((move) => move.to),
    ['draft', 'submitted', 'approved', 'postponed', 'submitted', 'approved'],
  )
  assert.equal(again.history[3]?.reason, 'Mưa bão')
})

test('a hearing whose time passed without a start is an alert, until somebody postpones it', async () => {
  const approved = await moved(world, await aDraft(world), 'submit', 'approve')
  const mine = async () =>
    (await world.platform.alerts.open(world.db)).filter((alert) => alert.subject === `hearing:${approved.id}`)
  const watch = async () => {
    for (const reconciliation of world.hearings.module.reconciliations ?? []) await reconciliation.run()
  }
  await watch()
  assert.equal((await mine()).length, 0)
  world.clock.set(Date.parse(approved.endsAt) + 1)
  await watch()
  await watch()
  assert.deepEqual(
    (await mine()).map((alert) => alert.kind),
    ['hearing-not-started'],
  )
  await post('reception-board', approved.id, 'postpone', { version: approved.version, reason: 'Mất điện' })
  assert.equal((await mine()).length, 0)
})

test('a cancelled hearing needs a reason and is final', async () => {
  const draft = await aDraft(world)
  assert.equal((await post('chairman', draft.id, 'cancel', { version: draft.version, reason: '' })).status, 422)
  const done = await post('chairman', draft.id, 'cancel', { version: draft.version, reason: 'Công dân rút đơn' })
  assert.deepEqual(done.body.may, [])
  const refused = await post('reception-board', draft.id, 'submit', { version: done.body.version })
  assert.equal(refused.status, 409)
  assert.equal(refused.body.type, 'urn:tiepdan:problem:move-refused')
})

test('a commune officer sees its own approved hearings, without cases and addresses', async () => {
  const draft = await aDraft(world)
  const { pleiku, anPhu } = world.endpoints
  const url = `/api/hearings/${draft.id}`
  assert.equal((await as(world, 'commune-officer', 'GET', url, undefined, pleiku.id)).status, 404)
  await moved(world, draft, 'submit', 'approve')
  const mine = await as<HearingAnswer>(world, 'commune-officer', 'GET', url, undefined, pleiku.id)
  assert.equal(mine.status, 200)
  assert.deepEqual(mine.body.cases, [])
  assert.deepEqual(mine.body.may, [])
  assert.ok(mine.body.participants.every((one) => one.email === null))
  assert.equal((await as(world, 'commune-officer', 'GET', url, undefined, anPhu.id)).status, 404)
  const list = (endpointId?: string) =>
    as<{ items: HearingListItem[] }>(
      world,
      'commune-officer',
      'GET',
      '/api/hearings?status=approved',
      undefined,
      endpointId,
    )
  assert.deepEqual(
    (await list(pleiku.id)).body.items.map((item) => item.id),
    [draft.id],
  )
  assert.deepEqual((await list(anPhu.id)).body.items, [])
  assert.deepEqual((await list()).body.items, [])
})

test('other modules: a plan, plans of a window, and a move that lets a hearing elsewhere alone', async () => {
  const approved = await moved(world, await aDraft(world), 'submit', 'approve')
  const plan = await world.hearings.plan(world.db, approved.id)
  assert.equal(plan?.startsAt, Date.parse(approved.startsAt))
  assert.equal(plan?.endpoints[0]?.kind, 'central')
  const window = {
    from: Date.parse(approved.startsAt) + 1,
    to: Date.parse(approved.startsAt) + 2,
    now: world.clock.now(),
  }
  const held = (endpointId: string) =>
    world.hearings.plansBetween(world.db, { ...window, statuses: ['approved'], endpointId })
  assert.equal((await held(world.endpoints.pleiku.id)).length, 1)
  assert.equal((await held(world.endpoints.anPhu.id)).length, 0)
  const order = { hearingId: approved.id, to: 'ready' as const, actor: systemActor, from: 'approved' as const }
  const first = await world.db.transaction((tx) => world.hearings.move(tx, order))
  assert.equal(first?.status, 'ready')
  assert.equal(await world.db.transaction((tx) => world.hearings.move(tx, order)), undefined)
})

test('the audit chain of all these moves is whole', async () => {
  assert.equal((await world.platform.audit.verify(world.db)).is, 'whole')
})

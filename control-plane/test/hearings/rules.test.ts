import assert from 'node:assert/strict'
import { test } from 'node:test'
import { approvalHolds, hearingTimes, moveTimeLabels } from '../../contract/hearing-times.ts'
import { type HearingStatus, hearingStatuses, type Role, roles } from '../../contract/words.ts'
import {
  allowedActions,
  hearingCode,
  isEditable,
  isVisibleTo,
  mayMove,
  moves,
  neglectOf,
  startTiming,
} from '../../server/hearings/hearing.ts'
import {
  completenessFaults,
  draftFaults,
  type PlanSurroundings,
  planWarnings,
  type TidyPlan,
} from '../../server/hearings/plan.ts'
import { calendarWarnings, lateSubmissionTitle, submissionLimits } from '../../server/hearings/submission.ts'
import { hourMs, minuteMs } from '../../server/platform/clock.ts'
import { staffOf } from './world.ts'

const now = Date.parse('2026-12-01T02:00:00Z')
const startsAt = Date.parse('2026-12-15T02:00:00Z')
const around: PlanSurroundings = {
  now,
  central: { id: 'central' },
  endpoints: [
    { id: 'pleiku', kind: 'delegate', name: 'Phường Pleiku', active: true },
    { id: 'closed', kind: 'delegate', name: 'Xã Cũ', active: false },
    { id: 'central', kind: 'central', name: 'Trung tâm', active: true },
  ],
  cases: [
    { id: 'case', code: 'VV-2026-0001', title: 'Đất', criterion: 'a', consent: 'consented' },
    { id: 'asked', code: 'VV-2026-0002', title: 'Đất', criterion: 'a', consent: 'asked' },
    { id: 'refused', code: 'VV-2026-0003', title: 'Đất', criterion: 'a', consent: 'refused' },
  ],
}
const person = {
  name: 'Trần Thị Bình',
  jobTitle: null,
  organisation: null,
  role: 'chair' as const,
  endpointId: 'central',
  required: true,
  email: null,
}
const plan = (changes: Partial<TidyPlan> = {}): TidyPlan => ({
  title: 'Buổi tiếp',
  startsAt,
  endsAt: startsAt + 2 * hourMs,
  delegates: ['pleiku'],
  agenda: [{ title: 'Khai mạc', minutes: 120, speaker: null }],
  participants: [person],
  caseIds: ['case'],
  ...changes,
})
const faultsOf = (changes: Partial<TidyPlan>, surroundings = around) =>
  [...draftFaults(plan(changes), surroundings), ...completenessFaults(plan(changes), surroundings)].map(
    (one) => one.field,
  )

test('a whole plan has no fault', () => {
  assert.deepEqual(faultsOf({}), [])
})

test('each fault of a plan names its field', () => {
  const tables: [Partial<TidyPlan>, string[]][] = [
    [{ title: '' }, ['title']],
    [{ startsAt: now, endsAt: now + 2 * hourMs }, ['startsAt']],
    [{ endsAt: startsAt }, ['endsAt']],
    [{ endsAt: startsAt + 12 * hourMs + 1 }, ['endsAt']],
    [{ startsAt: startsAt + 400 * 24 * hourMs, endsAt: startsAt + 400 * 24 * hourMs + 2 * hourMs }, ['startsAt']],
    [{ startsAt: Number.NaN }, ['startsAt']],
    [{ delegates: [] }, ['delegates']],
    [{ delegates: ['pleiku', 'pleiku'] }, ['delegates.1']],
    [{ delegates: ['unknown'] }, ['delegates.0']],
    [{ delegates: ['closed'] }, ['delegates.0']],
    [{ delegates: ['central'] }, ['delegates.0']],
    [{ agenda: [{ title: '', minutes: 0, speaker: null }] }, ['agenda.0.title', 'agenda.0.minutes']],
    [{ agenda: [{ title: 'Dài', minutes: 121, speaker: null }] }, ['agenda']],
    [{ agenda: [] }, ['agenda']],
    [{ participants: [] }, ['participants']],
    [{ participants: [{ ...person, name: '' }] }, ['participants.0.name']],
    [{ participants: [{ ...person, endpointId: 'elsewhere' }] }, ['participants.0.endpointId']],
    [{ participants: [{ ...person, email: 'a@b' }] }, ['participants.0.email']],
    [{ caseIds: [] }, ['caseIds']],
    [{ caseIds: ['case', 'case'] }, ['caseIds.1']],
    [{ caseIds: ['unknown'] }, ['caseIds.0']],
    [{ caseIds: ['asked', 'refused'] }, ['caseIds.0', 'caseIds.1']],
  ]
  for (const [changes, fields] of tables) assert.deepEqual(faultsOf(changes), fields, JSON.stringify(changes))
  assert.deepEqual(faultsOf({ participants: [{ ...person, endpointId: null }] }, { ...around, central: undefined }), [
    'delegates',
  ])
})

test('the limit is formula A, between A and B there is a warning, below A it is late', () => {
  const word = { latestDate: '2026-12-08', advisedDate: '2026-12-07', onWorkingDay: true, unapprovedYears: [] }
  const standing = (workingDaysLeft: number) => submissionLimits({ ...word, workingDaysLeft }).standing
  assert.deepEqual([4, 5, 6].map(standing), ['late', 'tight', 'in-time'])
  assert.equal(calendarWarnings({ ...word, workingDaysLeft: 6 }, true).length, 0)
  assert.match(calendarWarnings({ ...word, workingDaysLeft: 5 }, true)[0]?.message ?? '', /07\/12\/2026/)
  assert.match(lateSubmissionTitle(submissionLimits({ ...word, workingDaysLeft: 3 })), /còn 03 ngày.*08\/12\/2026/)
  const doubtful = { ...word, workingDaysLeft: 9, onWorkingDay: false, unapprovedYears: [2027] }
  assert.deepEqual(
    calendarWarnings(doubtful, true).map((warning) => warning.message.slice(0, 24)),
    ['Ngày đã chọn là ngày ngh', 'Chưa có lịch nghỉ chính '],
  )
})

test('the table of moves: nothing leaves the two final statuses, every other status leads on', () => {
  for (const from of hearingStatuses) {
    const final = from === 'archived' || from === 'cancelled'
    assert.equal(moves[from].length === 0, final, from)
    assert.ok(!mayMove(from, from), from)
    assert.ok(!mayMove(from, 'draft'), from)
  }
  assert.ok(!mayMove('approved', 'live'), 'untested hearings do not start')
  assert.ok(!mayMove('live', 'cancelled'), 'what was held is not undone')
  assert.deepEqual(hearingStatuses.filter(isEditable), ['draft', 'returned', 'postponed'])
})

test('the office may put off a hearing that nobody came to, and no other', () => {
  const startsAt = 1_000_000
  const offered = (role: Role, status: HearingStatus, now: number) =>
    allowedActions(staffOf(role), { status, startsAt }, now).includes('postpone')
  for (const status of hearingStatuses) {
    const waits = status === 'approved' || status === 'ready'
    assert.equal(offered('office', status, startsAt - 1), false, status)
    assert.equal(offered('office', status, startsAt), waits, status)
    assert.equal(offered('reception-board', status, startsAt - 1), waits, status)
    for (const role of ['inspector', 'commune-officer', 'administrator'] as const)
      assert.equal(offered(role, status, startsAt), false, role)
  }
})

test('only the chairman decides, and nobody is offered what the table forbids', () => {
  const startsAt = 1_000_000
  const offered = (role: Role) => allowedActions(staffOf(role), { status: 'submitted', startsAt }, 0)
  assert.deepEqual(offered('chairman'), ['approve', 'return', 'cancel'])
  assert.deepEqual(offered('reception-board'), ['cancel'])
  for (const role of roles) {
    for (const status of hearingStatuses) {
      const actions = allowedActions(staffOf(role), { status, startsAt }, startsAt)
      if (role !== 'chairman') assert.ok(!actions.includes('approve') && !actions.includes('return'), role)
      if (status === 'archived' || status === 'cancelled') assert.deepEqual(actions, [])
      if (role === 'commune-officer' || role === 'administrator') assert.deepEqual(actions, [])
    }
  }
})

test('a commune officer sees its own endpoint’s hearings once they were approved', () => {
  const endpoints = [{ endpointId: 'mine', kind: 'delegate' as const, name: '', shortName: '', slug: '' }]
  const officer = staffOf('commune-officer', 'mine')
  assert.ok(isVisibleTo(officer, { endpoints, decisionNumber: '1/QĐ' }))
  assert.ok(!isVisibleTo(officer, { endpoints, decisionNumber: null }))
  assert.ok(!isVisibleTo(staffOf('commune-officer', 'other'), { endpoints, decisionNumber: '1/QĐ' }))
  assert.ok(!isVisibleTo(staffOf('commune-officer'), { endpoints, decisionNumber: '1/QĐ' }))
  assert.ok(isVisibleTo(staffOf('administrator'), { endpoints, decisionNumber: null }))
})

test('a hearing starts from the opening of its room until its planned end', () => {
  const time = { startsAt, endsAt: startsAt + hourMs }
  assert.equal(startTiming(time, startsAt - 60 * minuteMs - 1), 'too-early')
  assert.equal(startTiming(time, startsAt - 60 * minuteMs), 'open')
  assert.equal(startTiming(time, startsAt + hourMs), 'over')
})

test('what was left undone past its time is named', () => {
  const time = { startsAt, endsAt: startsAt + hourMs }
  assert.equal(neglectOf({ ...time, status: 'submitted' }, startsAt - 25 * hourMs), undefined)
  assert.equal(neglectOf({ ...time, status: 'submitted' }, startsAt - 23 * hourMs), 'hearing-undecided')
  assert.equal(neglectOf({ ...time, status: 'ready' }, startsAt + hourMs), undefined)
  assert.equal(neglectOf({ ...time, status: 'ready' }, startsAt + hourMs + 1), 'hearing-not-started')
  assert.equal(neglectOf({ ...time, status: 'live' }, startsAt + 3 * hourMs), undefined)
  assert.equal(neglectOf({ ...time, status: 'live' }, startsAt + 3 * hourMs + 1), 'hearing-not-ended')
  assert.equal(neglectOf({ ...time, status: 'ended' }, startsAt + 9 * hourMs), undefined)
})

test('codes carry the year and at least three digits', () => {
  assert.equal(hearingCode(2026, 1), 'BT-2026-001')
  assert.equal(hearingCode(2026, 1234), 'BT-2026-1234')
})

test('one person in two lines is warned of, however the name is typed; two people at two places are not', () => {
  const line = (name: string, endpointId: string | null, email: string | null = null) => ({
    ...person,
    name,
    endpointId,
    email,
  })
  const warned = (...participants: TidyPlan['participants']) =>
    planWarnings(plan({ participants }), around, []).filter(({ message }) => message.includes('bỏ bớt một dòng'))
  const an = line('Nguyễn Văn An', null, 'an@example.vn')
  for (const again of [
    line('nguyễn  văn an', null, 'an2@example.vn'),
    line('Nguyễn Văn An'.normalize('NFD'), null, 'an3@example.vn'),
    line('NGUYEN VAN AN', null, 'an4@example.vn'),
    line('Bà An', 'pleiku', 'AN@example.vn'),
  ])
    assert.equal(warned(an, line('Trần Thị Bình', 'central'), again).length, 1, again.name)
  const [warning] = warned(an, line('Nguyễn Văn An', null, 'an@example.vn'))
  assert.equal(warning?.field, 'participants.1.name')
  assert.match(warning?.message ?? '', /Người thứ 1 .* người thứ 2/)
  assert.deepEqual(warned(an, line('Nguyễn Văn An', 'pleiku', 'khac@example.vn')), [])
  assert.deepEqual(warned(line('', 'pleiku'), line('', 'pleiku')), [])
})

test('each move of a hearing shows its time under its own word', () => {
  const move = (to: HearingStatus, hour: number) => ({
    from: null,
    to,
    at: new Date(startsAt + hour * hourMs).toISOString(),
    actorName: 'x',
    reason: null,
    clockStepped: false,
  })
  const labels = (...tos: HearingStatus[]) =>
    hearingTimes(tos.map((to, index) => move(to, index))).map((one) => one.label)
  assert.deepEqual(labels('draft', 'submitted', 'returned'), ['Trình lúc', 'Trả lại lúc'])
  assert.deepEqual(labels('draft', 'submitted', 'cancelled'), ['Trình lúc', 'Hủy lúc'])
  assert.deepEqual(labels('draft', 'submitted', 'approved', 'postponed', 'submitted', 'returned'), [
    'Phê duyệt lúc',
    'Hoãn lúc',
    'Trình lúc',
    'Trả lại lúc',
  ])
  for (const status of hearingStatuses.filter((one) => one !== 'draft')) {
    const [time] = hearingTimes([move('draft', 0), move(status, 1)])
    assert.equal(time?.label, moveTimeLabels[status])
    assert.equal(time?.at, move(status, 1).at)
  }
  assert.equal(new Set(Object.values(moveTimeLabels)).size, hearingStatuses.length - 1, 'no word serves two moves')
  const approved = [move('submitted', 0), move('approved', 1)]
  assert.equal(approvalHolds(approved), true)
  assert.equal(approvalHolds([...approved, move('live', 2)]), true)
  for (const undone of ['postponed', 'cancelled'] as const)
    assert.equal(approvalHolds([...approved, move(undone, 2)]), false)
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { createCalendar } from '../../server/calendar/index.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

let app: TestApplication
let administrator: Record<string, string>
let board: Record<string, string>
before(async () => {
  app = await testApplication()
  administrator = await signedIn(app, 'administrator')
  board = await signedIn(app, 'reception-board')
})
after(() => app.close())

const get = (url: string, headers = board) => app.http.inject({ method: 'GET', url, headers })
const put = (url: string, payload: object, headers = administrator) =>
  app.http.inject({ method: 'PUT', url, payload, headers })
const day = { kind: 'off', reason: 'Nghỉ bão', legalSource: 'Công điện 01', certainty: 'sure' }

test('the known tables are there from the first start, and a second start changes nothing', async () => {
  const year = (await get('/api/calendar?year=2026')).json()
  assert.equal(year.approved, true)
  assert.equal(year.days.length, 16)
  assert.deepEqual(year.may, [])
  const next = (await get('/api/calendar?year=2027', administrator)).json()
  assert.equal(next.approved, false)
  assert.deepEqual(next.may, ['manage', 'approve'])
  assert.match(next.warnings[0], /Chưa có lịch nghỉ chính thức của năm 2027/)
  await put('/api/calendar/days/2027-11-24', { ...day, kind: 'ordinary' })
  await createCalendar(app.platform).module.start?.()
  assert.ok(!(await get('/api/calendar?year=2027')).body.includes('2027-11-24'), 'what was removed stays removed')
})

test('the latest day to submit, with the days left and the warnings', async () => {
  const answer = await get(`/api/calendar/latest-submission?startsAt=${encodeURIComponent('2026-12-15T01:00:00Z')}`)
  assert.deepEqual(answer.json(), {
    latestA: '2026-12-08',
    latestB: '2026-12-07',
    workingDaysLeft: 10,
    standing: 'in-time',
    warnings: [],
  })
  const far = await get('/api/calendar/latest-submission?startsAt=9998-12-15T01:00:00Z')
  assert.equal(far.statusCode, 422)
  assert.equal((await get('/api/calendar/latest-submission?startsAt=tomorrow')).statusCode, 400)
})

test('an administrator sets a day, which is counted at once, takes back the approval and is on record', async () => {
  const answer = await put('/api/calendar/days/2026-12-10', day)
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.json().approved, false)
  const { latestA } = (await get('/api/calendar/latest-submission?startsAt=2026-12-15T01:00:00Z')).json()
  assert.equal(latestA, '2026-12-07')
  const [row] = await app.platform.db.select().from(auditTrail).where(eq(auditTrail.subject, 'calendar-day:2026-12-10'))
  assert.equal(row?.action, 'calendar.day-set')
  const approved = await app.http.inject({
    method: 'POST',
    url: '/api/calendar/years/2026/approve',
    headers: administrator,
  })
  assert.equal(approved.json().approved, true)
})

test('days that make no sense are refused by name', async () => {
  const onSaturday = await put('/api/calendar/days/2026-12-12', day)
  assert.deepEqual([onSaturday.statusCode, onSaturday.json().faults[0].field], [422, 'kind'])
  const onMonday = await put('/api/calendar/days/2026-12-14', { ...day, kind: 'makeup-work' })
  assert.equal(onMonday.statusCode, 422)
  assert.equal((await put('/api/calendar/days/2026-02-30', day)).statusCode, 400)
  assert.equal((await put('/api/calendar/days/2026-12-14', { ...day, reason: ' ' })).statusCode, 400)
})

test('others than the administrator are refused, on record', async () => {
  const refused = await put('/api/calendar/days/2026-12-11', day, board)
  assert.equal(refused.statusCode, 403)
  const denied = await app.platform.db.select().from(auditTrail).where(eq(auditTrail.action, 'permission.denied'))
  assert.equal(denied.length, 1)
})

test('office hours are a setting', async () => {
  const { word } = createCalendar(app.platform)
  const when = { now: Date.parse('2026-12-08T11:00:00Z'), startsAt: Date.parse('2026-12-22T01:00:00Z') }
  assert.equal((await word(app.platform.db, when)).workingDaysLeft, 8)
  const set = await put('/api/calendar/settings', { afterHoursCountsNextDay: false, workdayEnds: '17:00' })
  assert.equal(set.statusCode, 200)
  assert.equal((await word(app.platform.db, when)).workingDaysLeft, 9)
  assert.equal(
    (await put('/api/calendar/settings', { afterHoursCountsNextDay: true, workdayEnds: '25:00' })).statusCode,
    400,
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { officialDays, officialYears } from '../../server/calendar/official-days.ts'
import * as rules from '../../server/calendar/working-days.ts'

const calendar: rules.WorkingCalendar = {
  exceptions: new Map(officialDays.map((day) => [day.date, day])),
  approvedYears: new Set(officialYears),
  settings: { afterHoursCountsNextDay: true, workdayEnds: '17:00' },
}
/** An instant at this time in Việt Nam. */
const at = (day: string, time = '09:00') => Date.parse(`${day}T${time}:00+07:00`)

// procedures.md §1.4
const vectors = [
  ['2026-02-23', '2026-02-09', '2026-02-06', 'jumps Tết'],
  ['2026-08-26', '2026-08-20', '2026-08-19', 'Saturday 22/08 counts as working'],
  ['2026-09-03', '2026-08-24', '2026-08-22', 'jumps 29/08–02/09'],
  ['2026-11-27', '2026-11-19', '2026-11-18', 'jumps 24/11'],
  ['2026-12-15', '2026-12-08', '2026-12-07', 'plain weeks'],
  ['2027-02-15', '2027-02-01', '2027-01-29', 'jumps 4–10/02'],
  ['2027-05-05', '2027-04-26', '2027-04-23', 'jumps 30/04–03/05'],
] as const

for (const [event, latestA, latestB, why] of vectors) {
  test(`a hearing on ${event}: latest ${latestA}, advised ${latestB} (${why})`, () => {
    const seen = (day: string) => rules.latestSubmission(calendar, { now: at(day), startsAt: at(event) })
    const onB = seen(latestB)
    assert.deepEqual([onB.latestA, onB.latestB], [latestA, latestB])
    assert.deepEqual([onB.workingDaysLeft, onB.standing], [6, 'in-time'])
    const onA = seen(latestA)
    assert.deepEqual([onA.workingDaysLeft, onA.standing], [5, 'tight'])
    const after = seen(rules.workingDayFrom(calendar, rules.addDays(latestA, 1)))
    assert.deepEqual([after.workingDaysLeft, after.standing], [4, 'late'])
  })
}

test('the sum over whole weeks agrees with counting day by day, on every span of three years', () => {
  const start = '2025-01-01'
  for (let from = 0; from < 1000; from += 37) {
    let counted = 0
    for (let span = 0; span < 90; span++) {
      const [a, b] = [rules.addDays(start, from), rules.addDays(start, from + span)]
      assert.equal(rules.workingDaysBetween(calendar, a, b), counted, `${a} – ${b}`)
      if (rules.isWorkingDay(calendar, b)) counted++
    }
  }
})

test('a make-up Saturday is worked, its exchanged weekday is off, an ordinary Saturday is off', () => {
  assert.equal(rules.isWorkingDay(calendar, '2026-08-22'), true)
  assert.equal(rules.isWorkingDay(calendar, '2026-08-31'), false)
  assert.equal(rules.isWorkingDay(calendar, '2026-08-29'), false)
})

test('after hours counts as the next working day, unless set otherwise; a day off always does', () => {
  assert.equal(rules.submissionDay(calendar, at('2026-12-08', '16:59')), '2026-12-08')
  assert.equal(rules.submissionDay(calendar, at('2026-12-08', '17:00')), '2026-12-09')
  assert.equal(rules.submissionDay(calendar, at('2026-12-11', '18:00')), '2026-12-14', 'Friday evening is Monday')
  assert.equal(rules.submissionDay(calendar, at('2026-11-24')), '2026-11-25')
  const lenient = { ...calendar, settings: { afterHoursCountsNextDay: false, workdayEnds: '17:00' } }
  assert.equal(rules.submissionDay(lenient, at('2026-12-08', '23:00')), '2026-12-08')
  assert.equal(rules.submissionDay(lenient, at('2026-12-12')), '2026-12-14', 'a Saturday is Monday')
})

test('the evening of the last day is late; the day is that of Việt Nam, not of UTC', () => {
  const startsAt = at('2026-12-15')
  assert.equal(rules.latestSubmission(calendar, { now: at('2026-12-08', '16:00'), startsAt }).standing, 'tight')
  assert.equal(rules.latestSubmission(calendar, { now: at('2026-12-08', '17:30'), startsAt }).standing, 'late')
  assert.equal(rules.vietnamDay(Date.parse('2026-12-07T17:30:00Z')), '2026-12-08')
})

test('a hearing on a day off is said so, and the days before it are counted', () => {
  const seen = rules.latestSubmission(calendar, { now: at('2026-12-07'), startsAt: at('2026-12-12') })
  assert.equal(seen.onWorkingDay, false)
  assert.equal(seen.workingDaysLeft, 5)
  assert.equal(seen.latestA, '2026-12-07')
  assert.match(rules.submissionWarnings(seen)[0] ?? '', /ngày nghỉ/)
})

test('a year without an approved table and an unsure day are warned of', () => {
  const seen = rules.latestSubmission(calendar, { now: at('2026-12-20'), startsAt: at('2027-09-08') })
  assert.deepEqual(seen.unapprovedYears, [2027])
  const warnings = rules.submissionWarnings(seen)
  assert.ok(warnings.includes('Chưa có lịch nghỉ chính thức của năm 2027; đề nghị quản trị hệ thống cập nhật.'))
  assert.ok(warnings.some((warning) => warning.startsWith('Ngày 03/09/2027')))
  assert.deepEqual(
    rules.latestSubmission(calendar, { now: at('2026-12-01'), startsAt: at('2026-12-15') }).unapprovedYears,
    [],
  )
})

test('a hearing that has passed leaves nothing', () => {
  const seen = rules.latestSubmission(calendar, { now: at('2026-12-15'), startsAt: at('2026-12-08') })
  assert.deepEqual([seen.workingDaysLeft, seen.standing], [0, 'late'])
})

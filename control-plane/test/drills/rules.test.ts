import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DrillStep, type DrillStepKey, drillStepKeys } from '../../contract/drills.ts'
import {
  cutOff,
  drillSettings,
  isNightlyDue,
  leftOut,
  refusalsOf,
  type Surroundings,
  verdictOf,
  withStep,
} from '../../server/drills/drill.ts'

const nothing: Surroundings = { live: [], near: [], tests: 0, recordings: 0, otherDrill: false }
const step = (key: DrillStepKey, is: DrillStep['is'] = 'passed'): DrillStep => ({
  ...{ key, is, at: '2026-12-01T02:00:00Z', ms: 1_000, figures: [] },
  fault: is === 'failed' ? 'Hỏng.' : null,
})
const all = (): DrillStep[] => drillStepKeys.map((key) => step(key))

test('refused while anything is live, near, being tested or recorded, or another drill is on: each said, with what to do', () => {
  assert.deepEqual(refusalsOf(nothing), [])
  const startsAt = Date.parse('2026-12-01T03:30:00Z')
  const busy: [Partial<Surroundings>, RegExp][] = [
    [{ live: ['BT-2026-001'] }, /BT-2026-001 đang diễn ra.*sau khi/],
    [{ near: [{ code: 'BT-2026-002', startsAt }] }, /BT-2026-002 bắt đầu lúc 10:30.*hoãn hoặc hủy/],
    [{ tests: 1 }, /kiểm thử.*Chờ/],
    [{ recordings: 1 }, /bản ghi.*chờ/],
    [{ otherDrill: true }, /diễn tập khác.*Chờ/],
  ]
  for (const [seen, words] of busy) {
    const [refusal, ...others] = refusalsOf({ ...nothing, ...seen })
    assert.deepEqual(others, [])
    assert.match(refusal ?? '', words)
  }
  assert.equal(refusalsOf(Object.assign({ ...nothing }, ...busy.map(([seen]) => seen))).length, busy.length)
})

test('passed only when every step has passed; stopped is neither passed nor failed', () => {
  assert.equal(verdictOf(all(), null), 'passed')
  assert.equal(verdictOf(all(), 'Người diễn tập đã dừng.'), 'stopped')
  for (const key of drillStepKeys.filter((one) => one !== 'cleared')) {
    assert.equal(verdictOf(withStep(all(), step(key, 'failed')), null), 'failed', key)
    assert.equal(verdictOf(withStep(all(), step(key, 'skipped')), null), 'failed', key)
    assert.equal(
      verdictOf(
        all().filter((one) => one.key !== key),
        null,
      ),
      'failed',
      key,
    )
  }
  assert.equal(verdictOf(withStep(all(), step('media', 'failed')), 'Nhường chỗ'), 'failed')
})

test('a step that cannot be judged is left out, and says which one it needs; strangers are tried whatever else fails', () => {
  assert.match(leftOut('media', [step('enter', 'failed')]) ?? '', /vào phòng qua trang/)
  assert.match(leftOut('content', [step('stored', 'skipped')]) ?? '', /về kho/)
  assert.equal(leftOut('media', [step('enter')]), undefined)
  assert.equal(leftOut('strangers', [step('enter', 'failed')]), undefined)
  assert.equal(leftOut('enter', []), undefined)
})

test('what ran when the process died has failed; what was over stays as it was', () => {
  const found = cutOff([step('enter'), step('media', 'running')])
  assert.deepEqual(
    found.map(({ is }) => is),
    ['passed', 'failed'],
  )
})

test('steps stand in their order, each once', () => {
  const steps = withStep(withStep([step('media')], step('enter')), step('media', 'failed'))
  assert.deepEqual(
    steps.map(({ key, is }) => [key, is]),
    [
      ['enter', 'passed'],
      ['media', 'failed'],
    ],
  )
})

test('the nightly drill: once after its hour of each night in Việt Nam, not in the day, not without an hour', () => {
  const at = (text: string): number => Date.parse(`${text}+07:00`)
  const night = at('2026-12-02T02:30:00')
  assert.equal(isNightlyDue('02:30', null, night - 1), false)
  assert.equal(isNightlyDue('02:30', null, night), true)
  assert.equal(isNightlyDue('02:30', night + 60_000, night + 120_000), false)
  assert.equal(isNightlyDue('02:30', night - 86_400_000 + 60_000, night), true)
  assert.equal(isNightlyDue('02:30', null, night + drillSettings.nightMs), false)
  assert.equal(isNightlyDue('', null, night), false)
  // A night that begins before midnight goes on after it.
  assert.equal(isNightlyDue('23:30', null, at('2026-12-02T00:30:00')), true)
  assert.equal(isNightlyDue('23:30', at('2026-12-01T23:31:00'), at('2026-12-02T00:30:00')), false)
})

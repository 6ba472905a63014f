import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measurement } from '../../contract/test-calls.ts'
import { isReady, nextStep, pauseMs, planTests, type ReadinessTest } from '../../server/test-calls/schedule.ts'
import { defaultThresholds, thresholdFaults } from '../../server/test-calls/thresholds.ts'
import { judge } from '../../server/test-calls/verdict.ts'

const flow = { bitrateKbps: 1_200, lossPercent: 0.1, jitterMs: 5, width: 1280, height: 720, framesPerSecond: 25 }
const end = (side: 'agent' | 'kiosk', change: Partial<Measurement> = {}): Measurement => ({
  side,
  signalMs: 200,
  connectedMs: 900,
  firstFrameMs: 1_200,
  candidate: { local: 'host', remote: 'host', protocol: 'udp', relayed: false },
  send: flow,
  receive: flow,
  rttMs: 40,
  microphoneLevel: side === 'kiosk' ? 0.05 : null,
  picture: 'moving',
  tone: side === 'agent' ? { heard: true, levelDb: -30, delayMs: 300 } : null,
  clockOffsetMs: side === 'kiosk' ? 20 : null,
  errors: [],
  ...change,
})
const verdict = (agent: Partial<Measurement>, kiosk: Partial<Measurement> = {}) =>
  judge({ is: 'measured', agent: end('agent', agent), kiosk: end('kiosk', kiosk) }, defaultThresholds)
const codes = (seen: ReturnType<typeof verdict>): string[] =>
  seen.reasons.map((reason) => `${reason.code}:${reason.severity}`)

test('good figures pass without a reason', () => {
  assert.deepEqual(verdict({}), { is: 'passed', reasons: [] })
})

test('what was not measured says nothing of the line: not there, in another hearing, or our own servers by name', () => {
  const told = (['absent', 'room-busy', 'servers'] as const).map((is) => judge({ is }, defaultThresholds))
  assert.deepEqual(
    told.map((seen) => [seen.is, seen.reasons.map((reason) => reason.code)]),
    [
      ['absent', ['absent']],
      ['absent', ['room-busy']],
      ['failed', ['servers']],
    ],
  )
  assert.match(told[2]?.reasons[0]?.text ?? '', /không phải lỗi của điểm cầu/)
})

test('one that came and could not connect has failed, told apart by how far it got', () => {
  assert.deepEqual(codes(verdict({ connectedMs: null }, { connectedMs: null })), ['not-connected:failed'])
  assert.deepEqual(codes(verdict({ connectedMs: null }, { signalMs: null, connectedMs: null })), ['no-signal:failed'])
})

test('a figure that nobody measured is no fault of the room: it is named, as a warning, and no limit speaks of it', () => {
  const none = {
    bitrateKbps: null,
    lossPercent: null,
    jitterMs: null,
    width: null,
    height: null,
    framesPerSecond: null,
  }
  const gaps: [Partial<Measurement>, Partial<Measurement>, RegExp][] = [
    [{}, { microphoneLevel: null }, /mức micro của phòng/],
    [{ tone: null }, {}, /âm thử/],
    [{ rttMs: null }, { rttMs: null }, /độ trễ khứ hồi/],
    [{ receive: { ...flow, lossPercent: null } }, {}, /: mất gói từ điểm cầu về trung tâm\./],
    [{}, { receive: { ...flow, jitterMs: null, height: null } }, /: biến động trễ từ trung tâm đến điểm cầu\./],
    [{}, { receive: none }, /tốc độ, mất gói, biến động trễ, số hình mỗi giây từ trung tâm/],
  ]
  for (const [agent, kiosk, words] of gaps) {
    const seen = verdict(agent, kiosk)
    assert.deepEqual([seen.is, codes(seen)], ['warned', ['not-measured:warned']])
    assert.match(seen.reasons[0]?.text ?? '', words)
    assert.match(seen.reasons[0]?.text ?? '', /chưa kết luận được/)
  }
  assert.deepEqual(verdict({ rttMs: null }), { is: 'passed', reasons: [] }, 'the other end measured it')
  const notes: Partial<Measurement> = { clockOffsetMs: null, candidate: null, firstFrameMs: null }
  assert.deepEqual(verdict({}, notes), { is: 'passed', reasons: [] }, 'never more than a note')
})

test('an end that measured nothing, or told nothing, proves nothing: failed, and no word on camera, microphone or line', () => {
  const none = {
    bitrateKbps: null,
    lossPercent: null,
    jitterMs: null,
    width: null,
    height: null,
    framesPerSecond: null,
  }
  const cut: Partial<Measurement> = {
    firstFrameMs: null,
    candidate: null,
    send: none,
    receive: none,
    rttMs: null,
    microphoneLevel: null,
    picture: 'none',
    tone: null,
    clockOffsetMs: null,
    errors: ['aborted'],
  }
  assert.deepEqual(codes(verdict(cut)), ['nothing-measured:failed'])
  assert.deepEqual(codes(verdict({}, cut)), ['nothing-measured:failed'])
  assert.match(verdict({}, cut).reasons[0]?.text ?? '', /ở máy phòng họp: chưa kết luận được/)
  const silent = judge({ is: 'measured', agent: end('agent'), kiosk: null }, defaultThresholds)
  assert.deepEqual([silent.is, codes(silent)], ['failed', ['no-report:failed']])
})

test('what was measured as zero is zero: it stays a fault', () => {
  const still = { ...flow, bitrateKbps: 0, framesPerSecond: 0 }
  assert.deepEqual(codes(verdict({ receive: still, picture: 'none' })), [
    'bitrate-up:failed',
    'frames-up:failed',
    'picture-none:failed',
  ])
})

const limits: [string, Partial<Measurement>, Partial<Measurement>, string, string][] = [
  ['round trip', { rttMs: 301 }, {}, 'warned', 'rtt:warned'],
  ['round trip', {}, { rttMs: 801 }, 'failed', 'rtt:failed'],
  ['loss up', { receive: { ...flow, lossPercent: 2.1 } }, {}, 'warned', 'loss-up:warned'],
  ['loss down', {}, { receive: { ...flow, lossPercent: 9 } }, 'failed', 'loss-down:failed'],
  ['jitter', { receive: { ...flow, jitterMs: 41 } }, {}, 'warned', 'jitter-up:warned'],
  ['bitrate', {}, { receive: { ...flow, bitrateKbps: 119 } }, 'failed', 'bitrate-down:failed'],
  ['frames', { receive: { ...flow, framesPerSecond: 4 } }, {}, 'failed', 'frames-up:failed'],
  ['black picture', { picture: 'black' }, {}, 'failed', 'picture-black:failed'],
  ['frozen picture', { picture: 'frozen' }, {}, 'failed', 'picture-frozen:failed'],
  ['silent microphone', {}, { microphoneLevel: 0 }, 'failed', 'microphone:failed'],
  ['tone not heard', { tone: { heard: false, levelDb: -90, delayMs: null } }, {}, 'warned', 'tone:warned'],
  [
    'relay',
    {},
    { candidate: { local: 'relay', remote: 'host', protocol: 'udp', relayed: true } },
    'warned',
    'relayed:warned',
  ],
  ['clock', {}, { clockOffsetMs: -2_500 }, 'warned', 'clock:warned'],
  ['stall', {}, { errors: ['stalled'] }, 'failed', 'stalled:failed'],
]
for (const [name, agent, kiosk, is, code] of limits) {
  test(`${name} beyond its limit: ${code}`, () => {
    const seen = verdict(agent, kiosk)
    assert.equal(seen.is, is)
    assert.deepEqual(codes(seen), [code])
    for (const reason of seen.reasons) assert.ok(reason.text.length > 5 && reason.remedy.length > 5)
  })
}

test('at its limit a figure is still good', () => {
  assert.equal(
    verdict({
      rttMs: 300,
      receive: { ...flow, lossPercent: 2, jitterMs: 40, bitrateKbps: 400, height: 360, framesPerSecond: 12 },
    }).is,
    'passed',
  )
})

test('a tone that is demanded and does not come back is a failure', () => {
  const agent = end('agent', { tone: { heard: false, levelDb: -90, delayMs: null } })
  const seen = judge({ is: 'measured', agent, kiosk: end('kiosk') }, { ...defaultThresholds, toneRequired: 1 })
  assert.equal(seen.is, 'failed')
})

test('6.1.b: both tests for the centre and every delegate endpoint, one day and two hours before', () => {
  const startsAt = Date.parse('2026-12-15T01:00:00Z')
  const planned = planTests({ startsAt, endpoints: [{ endpointId: 'c' }, { endpointId: 'd' }] })
  assert.equal(planned.length, 4)
  assert.deepEqual(
    planned.filter((plan) => plan.endpointId === 'd').map((plan) => [plan.kind, new Date(plan.dueAt).toISOString()]),
    [
      ['day-before', '2026-12-14T01:00:00.000Z'],
      ['two-hours-before', '2026-12-14T23:00:00.000Z'],
    ],
  )
})

const done = (
  kind: ReadinessTest['kind'],
  verdictWord: ReadinessTest['verdict'],
  finishedAt: number,
  change: Partial<ReadinessTest> = {},
): ReadinessTest => ({
  endpointId: 'd',
  kind,
  status: 'done',
  verdict: verdictWord,
  waived: false,
  superseded: false,
  finishedAt,
  ...change,
})

test('ready: both passed or warned; waived with a name; made good by a later test on demand, not by an earlier one', () => {
  const both = [done('day-before', 'passed', 1), done('two-hours-before', 'warned', 2)]
  assert.equal(isReady(['d'], both), true)
  assert.equal(isReady(['d', 'e'], both), false)
  assert.equal(isReady(['d'], both.slice(0, 1)), false)
  const failed = [done('day-before', 'failed', 1), done('two-hours-before', 'absent', 5)]
  assert.equal(isReady(['d'], failed), false)
  assert.equal(
    isReady(
      ['d'],
      failed.map((seen) => ({ ...seen, waived: true })),
    ),
    true,
  )
  assert.equal(isReady(['d'], [...failed, done('on-demand', 'passed', 6)]), true)
  assert.equal(isReady(['d'], [...failed, done('on-demand', 'passed', 3)]), false)
  assert.equal(isReady(['d'], [...failed, done('on-demand', 'failed', 6)]), false)
  assert.equal(
    isReady(
      ['d'],
      both.map((seen) => ({ ...seen, superseded: true })),
    ),
    false,
  )
})

test('a room PC has its time to come back after the server; one that is not enrolled or stays away is absent', () => {
  const held = { heldSince: 1_000_000, givesUpAt: 9_000_000 }
  const step = (roomPc: Parameters<typeof nextStep>[0], afterMs: number) => {
    const seen = nextStep(roomPc, held, held.heldSince + afterMs)
    return seen.is === 'wait' ? seen.for : seen.is === 'over' ? seen.outcome.is : seen.is
  }
  assert.equal(step('free', 0), 'call')
  assert.equal(step('silent', 39_000), 'room-pc')
  assert.equal(step('silent', 40_000), 'absent')
  assert.equal(step('all-silent', 299_000), 'room-pc')
  assert.equal(step('all-silent', 300_000), 'absent')
  assert.equal(step('in-hearing', 7_999_999), 'hearing')
  assert.equal(step('in-hearing', 8_000_000), 'room-busy')
  assert.equal(step('none', 0), 'absent')
})

test('the pause after a call that our own side broke grows to five minutes', () => {
  assert.deepEqual([1, 2, 3, 6, 40].map(pauseMs), [10_000, 20_000, 40_000, 300_000, 300_000])
})

test('a failure that would begin before its warning is refused at its field', () => {
  assert.deepEqual(thresholdFaults(defaultThresholds), [])
  const wrong = { ...defaultThresholds, rttFailMs: 299, bitrateFailKbps: 401 }
  assert.deepEqual(
    thresholdFaults(wrong).map(({ field }) => field),
    ['rttFailMs', 'bitrateFailKbps'],
  )
})

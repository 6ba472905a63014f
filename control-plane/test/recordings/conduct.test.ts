import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conductLimits, decide, restartDelayMs, type Situation } from '../../server/recordings/conduct.ts'
import { gapStep } from '../../server/recordings/gaps.ts'
import { freeAt, freshMs, recordedNow, type Told, wordOn } from '../../server/recordings/host-word.ts'
import { isOver } from '../../server/recordings/orders.ts'
import { chapterMetadata, chaptersOf, recordingStatus } from '../../server/recordings/recording.ts'
import { follow, fromRecorder } from '../../server/recordings/seen.ts'
import { aReport } from './recorder-host.ts'

const t0 = 1_000_000
const situation = (change: Partial<Situation>): Situation => ({
  wanted: 'on',
  seen: { is: 'none' },
  joinedAt: t0,
  askedAt: null,
  stopAskedAt: null,
  stoppingSessionId: null,
  word: null,
  unheardMs: 0,
  unheardTold: false,
  orphan: null,
  orphanTold: false,
  freeAt: null,
  lastFault: null,
  triedAt: null,
  restartAskedAt: null,
  failures: 0,
  lastFailureAt: null,
  ...change,
})
const on = (since: number) => ({ is: 'on', sessionId: 's1', since }) as const

test('a conductor that has just joined looks first, so that a running recording is taken over and never doubled', () => {
  assert.deepEqual(decide(situation({}), t0 + 1_000), { do: 'wait' })
  assert.deepEqual(decide(situation({}), t0 + conductLimits.settleMs), { do: 'start' })
  assert.deepEqual(decide(situation({ seen: on(t0 + 500) }), t0 + 5_000), { do: 'wait' })
})

test('a start is asked for once, and an unanswered one is a fault', () => {
  const asked = situation({ askedAt: t0 + 3_000 })
  assert.deepEqual(decide(asked, t0 + 20_000), { do: 'wait' })
  assert.deepEqual(decide(asked, t0 + 3_000 + conductLimits.pendingMs), { do: 'fault', fault: 'start-unanswered' })
})

test('pending for too long is a fault within the minute', () => {
  const pending = situation({ seen: { is: 'pending', sessionId: 's1', since: t0 } })
  assert.deepEqual(decide(pending, t0 + conductLimits.pendingMs), { do: 'wait' })
  assert.deepEqual(decide(pending, t0 + conductLimits.pendingMs + 1), { do: 'fault', fault: 'pending-too-long' })
  assert.ok(conductLimits.pendingMs < 60_000)
})

test('an off that nobody asked for is a fault, then a start; one that was asked for is none', () => {
  const seen = { is: 'off', sessionId: 's1', since: t0 + 9_000 } as const
  assert.deepEqual(decide(situation({ seen }), t0 + 9_001), { do: 'fault', fault: 'stopped-unasked' })
  const told = situation({ seen, failures: 1, lastFailureAt: t0 + 9_001 })
  assert.deepEqual(decide(told, t0 + 9_500), { do: 'wait' })
  assert.deepEqual(decide(told, t0 + 10_001), { do: 'start' })
  assert.deepEqual(decide(situation({ seen, stoppingSessionId: 's1' }), t0 + 9_001), { do: 'start' })
})

test('an error is told once and answered by starts that never end, at most 10 s apart', () => {
  const seen = { is: 'error', sessionId: null, error: 'service-unavailable', since: t0 } as const
  assert.deepEqual(decide(situation({ seen }), t0 + 1), { do: 'fault', fault: 'recorder-service-unavailable' })
  const told = situation({ seen, failures: 1, lastFailureAt: t0 + 1 })
  assert.deepEqual(decide(told, t0 + 500), { do: 'wait' })
  assert.deepEqual(decide(told, t0 + 1_001), { do: 'start' })
  assert.equal(restartDelayMs(1_000), 10_000)
})

test('an error that comes with the state "on" is an error', () => {
  assert.deepEqual(fromRecorder({ is: 'recorder', status: 'on', sessionId: 's1', error: 'error' }, t0), {
    is: 'error',
    sessionId: 's1',
    error: 'error',
    since: t0,
  })
})

test('"on" that no host has is stopped and started elsewhere within two minutes; growth keeps it', () => {
  const late = t0 + conductLimits.confirmMs + 1
  const absent = situation({ seen: on(t0), word: { is: 'absent', since: t0 } })
  assert.deepEqual(decide(absent, late), { do: 'stop', sessionId: 's1', fault: 'unconfirmed' })
  assert.deepEqual(decide(absent, late - 1), { do: 'wait' })
  const recording = (grewAt: number) =>
    situation({ seen: on(t0), word: { is: 'recording', host: 'a', grewAt, since: t0 } })
  assert.deepEqual(decide(recording(late - 5_000), late), { do: 'wait' })
  assert.deepEqual(decide(recording(t0), late), { do: 'stop', sessionId: 's1', fault: 'not-growing' })
  assert.ok(conductLimits.confirmMs < 120_000)
})

test('a session that hosts told of for an hour is not given up for one report without it', () => {
  const late = t0 + 3_600_000
  const justNow = situation({ seen: on(t0), word: { is: 'absent', since: late - 5_000 } })
  assert.deepEqual(decide(justNow, late), { do: 'wait' })
})

test('that nobody tells of a running session is told to people, once, and never cuts it off', () => {
  const late = t0 + 3_600_000
  const unheard = (unheardMs: number, unheardTold: boolean) =>
    decide(situation({ seen: on(t0), word: { is: 'unheard', since: t0 }, unheardMs, unheardTold }), late)
  assert.deepEqual(unheard(conductLimits.confirmMs, false), { do: 'wait' }, 'nobody listened for longer than that')
  assert.deepEqual(unheard(conductLimits.confirmMs + 1, false), { do: 'tell', fault: 'unheard' })
  assert.deepEqual(unheard(3_600_000, true), { do: 'wait' })
})

test('when the hearing has ended a running recorder is stopped once and waited for, not for ever', () => {
  const ending = situation({ wanted: 'off', seen: on(t0) })
  assert.deepEqual(decide(ending, t0 + 5_000), { do: 'stop', sessionId: 's1', fault: null })
  assert.deepEqual(decide({ ...ending, stopAskedAt: t0 + 5_000 }, t0 + 6_000), { do: 'wait' })
  assert.deepEqual(decide({ ...ending, stopAskedAt: t0 }, t0 + conductLimits.stopMs + 1), {
    do: 'finish',
    fault: 'stop-unconfirmed',
  })
  assert.deepEqual(decide(situation({ wanted: 'off', seen: { is: 'off', sessionId: 's1', since: t0 } }), t0 + 1), {
    do: 'finish',
    fault: null,
  })
})

const report = (host: string, reportedAt: number, sessions: Record<string, number>): Told => ({
  host,
  reportedAt,
  report: {
    ...aReport({ host, jibri: 'busy' }),
    sessions: Object.entries(sessions).map(([sessionId, stillForMs]) => ({
      ...{ sessionId, fileName: 'a.mkv', bytes: 1, stillForMs },
    })),
  },
})
const wordAt = (now: number, ...told: Told[]) =>
  wordOn(told, ({ sessionId }) => sessionId === 's1', { now, recorder: null })

test('growth is the newest that any recorder host tells of the session, by our clock whatever the host’s says', () => {
  const told = [report('a', t0, { s1: 500 }), report('b', t0 + 5_000, { s1: 9_000 })]
  assert.deepEqual(wordAt(t0 + 5_000, ...told), { is: 'recording', host: 'a', grewAt: t0 - 500 })
})

test('only fresh reports tell anything: from a stale one neither growth nor standing still nor absence follows', () => {
  const stale = t0 + freshMs
  assert.deepEqual(wordAt(stale, report('a', t0, { s1: 0 })), { is: 'unheard' })
  assert.deepEqual(wordAt(stale, report('a', t0, { s1: 80_000 })), { is: 'unheard' })
  assert.deepEqual(wordAt(stale, report('a', t0, {})), { is: 'unheard' })
  assert.deepEqual(wordAt(t0), { is: 'unheard' }, 'no host is known')
})

test('a session is absent when every known host is heard and none has it; one silent host may have it', () => {
  const [idle, other] = [report('a', t0, {}), report('b', t0, { s2: 0 })]
  assert.deepEqual(wordAt(t0, idle, other), { is: 'absent' })
  assert.deepEqual(wordAt(t0 + freshMs, idle, report('b', t0 + freshMs, {})), { is: 'unheard' })
  assert.equal(wordAt(t0 + freshMs, report('c', t0 + freshMs, { s1: 0 }), idle).is, 'recording')
})

test('a recording is not ready while a session that recorded has sent no file', () => {
  const facts = {
    wanted: 'off',
    state: 'off',
    sessions: [
      { sessionId: 'a', wasOn: true },
      { sessionId: 'b', wasOn: true },
    ],
    parts: [{ sessionId: 'a', status: 'ready' }],
  } as const
  const mutable = { ...facts, sessions: [...facts.sessions], parts: [...facts.parts] }
  assert.equal(recordingStatus(mutable, 60_000), 'uploading')
  assert.equal(recordingStatus(mutable, 31 * 60_000), 'missing')
  assert.equal(
    recordingStatus({ ...mutable, parts: [...facts.parts, { sessionId: 'b', status: 'broken' }] }, 0),
    'broken',
  )
  assert.equal(
    recordingStatus({ ...mutable, parts: [...facts.parts, { sessionId: 'b', status: 'ready' }] }, 0),
    'ready',
  )
})

test('chapters follow the agenda as seen from the first picture', () => {
  const agenda = [
    { title: 'Khai mạc', minutes: 1 },
    { title: 'Ý kiến = công dân; #1', minutes: 10 },
    { title: 'Kết luận', minutes: 5 },
  ]
  const chapters = chaptersOf(agenda, { liveAt: t0, recordingStartedAt: t0 + 5_000, durationMs: 120_000 })
  assert.deepEqual(chapters, [
    { title: 'Khai mạc', startMs: 0 },
    { title: 'Ý kiến = công dân; #1', startMs: 55_000 },
  ])
  assert.match(chapterMetadata(chapters, 120_000), /START=55000\nEND=120000\ntitle=Ý kiến \\= công dân\\; \\#1/)
})

const told = (status: 'pending' | 'on' | 'off', sessionId: string | null, error: string | null = null) =>
  ({ is: 'recorder', status, sessionId, error }) as const

test('a session that gave way to another is not heard any more, however late its browser leaves the room', () => {
  const over = new Set<string>()
  const events = [
    told('pending', 's1'),
    told('on', 's1'),
    told('on', 's1', 'error'),
    told('pending', 's2'),
    // The killed Jibri's browser is ended, and Prosody gives it up fifteen seconds later.
    told('off', 's1', 'error'),
    told('on', 's2'),
    told('off', 's1'),
    told('on', 's1'),
  ]
  let seen = follow({ is: 'none' }, over, told('off', null), t0)
  for (const [step, event] of events.entries()) seen = follow(seen, over, event, t0 + step)
  assert.deepEqual(seen, { is: 'on', sessionId: 's2', since: t0 + 5 })
  assert.deepEqual(follow(seen, over, told('off', 's2', 'error'), t0 + 9), {
    is: 'error',
    sessionId: 's2',
    error: 'error',
    since: t0 + 9,
  })
})

test('what is known to have ended before this page was opened does not come back', () => {
  const over = new Set(['s1'])
  assert.deepEqual(follow({ is: 'none' }, over, told('on', 's1'), t0), { is: 'none' })
  assert.deepEqual(follow(on(t0), new Set(), told('off', 's0', 'error'), t0 + 1), on(t0))
})

test('a session ends once: what is said of it afterwards is no further fault', () => {
  const error = follow(on(t0), new Set(), told('on', 's1', 'error'), t0 + 1)
  const again = follow(error, new Set(), told('off', 's1', 'error'), t0 + 60_000)
  assert.deepEqual(again, { is: 'error', sessionId: 's1', error: 'error', since: t0 + 1 })
  const told1 = situation({ seen: again, failures: 1, lastFailureAt: t0 + 2 })
  assert.deepEqual(decide(told1, t0 + 60_000), { do: 'start' })
})

test('the host that recorded says that its Jibri is gone: a new start within seconds, unless another has begun meanwhile', () => {
  const gone = (elsewhere: boolean, forMs: number) =>
    decide(situation({ seen: on(t0), word: { is: 'gone', host: 'a', elsewhere, since: t0 } }), t0 + forMs)
  assert.deepEqual(gone(false, conductLimits.goneMs - 1), { do: 'wait' }, 'an end in order is told meanwhile')
  assert.deepEqual(gone(false, conductLimits.goneMs), { do: 'stop', sessionId: 's1', fault: 'recorder-gone' })
  assert.deepEqual(gone(true, conductLimits.pendingMs - 1), { do: 'wait' }, 'Jicofo moves it')
  assert.deepEqual(gone(true, conductLimits.pendingMs), { do: 'stop', sessionId: 's1', fault: 'recorder-gone' })
  assert.ok(conductLimits.goneMs <= 5_000)
})

const jibri = (state: 'idle' | 'busy' | 'unhealthy' | 'down', told: Told): Told => ({
  ...told,
  report: { ...told.report, jibri: state },
})

test('gone is what the recording host itself says: idle, down, or busy with something else; its old ffmpeg counts for nothing', () => {
  const ask = (recorder: string | null, ...told: Told[]) =>
    wordOn(told, ({ sessionId }) => sessionId === 's1', { now: t0, recorder })
  const gone = { is: 'gone', host: 'a', elsewhere: false }
  assert.deepEqual(ask('a', jibri('idle', report('a', t0, {}))), gone)
  assert.deepEqual(ask('a', jibri('down', report('a', t0, { s1: 0 }))), gone, 'ffmpeg outlived its Jibri')
  assert.deepEqual(ask('a', jibri('idle', report('a', t0, { s1: 0 }))), gone, 'and a Jibri that is back')
  assert.deepEqual(ask('a', report('a', t0, { s2: 0 })), gone)
  assert.deepEqual(ask('a', report('a', t0, {}), report('b', t0, { s1: 0 })), {
    is: 'recording',
    host: 'b',
    grewAt: t0,
  })
  const moving = ask('a', jibri('idle', report('a', t0, {})), report('b', t0, {}))
  assert.deepEqual(moving, { ...gone, elsewhere: true })
  assert.deepEqual(ask('a', report('a', t0 - freshMs, {})), { is: 'unheard' }, 'silent is not gone')
  assert.deepEqual(ask(null, jibri('idle', report('a', t0, {}))), { is: 'absent' })
  assert.equal(ask('a', jibri('unhealthy', report('a', t0, { s1: 0 }))).is, 'recording')
})

test('a start that found no recorder is made again as soon as a host says that it is free', () => {
  const seen = { is: 'off', sessionId: 's1', since: t0 } as const
  const failed = { seen, stoppingSessionId: 's1', failures: 5, lastFailureAt: t0 + 100 }
  const lack = { ...failed, lastFault: 'recorder-resource-constraint' }
  assert.deepEqual(decide(situation(lack), t0 + 1_200), { do: 'wait' })
  assert.deepEqual(decide(situation({ ...lack, freeAt: t0 + 50 }), t0 + 1_200), { do: 'wait' }, 'told before')
  assert.deepEqual(decide(situation({ ...lack, freeAt: t0 + 900 }), t0 + 1_200), { do: 'start' })
  const ill = { ...failed, lastFault: 'recorder-error', freeAt: t0 + 900 }
  assert.deepEqual(decide(situation(ill), t0 + 1_200), { do: 'wait' }, 'it is free and cannot record')
  assert.equal(freeAt([jibri('idle', report('a', t0, {})), report('b', t0 + 5, {})], t0 + 10), t0)
  assert.equal(freeAt([jibri('idle', report('a', t0, {}))], t0 + freshMs), null)
})

test('a session that the focus does not know goes on: people are told once, and another recorder is asked for at ease', () => {
  const orphan = { sessionId: 's1', grewAt: t0 }
  for (const seen of [
    { is: 'none' },
    { is: 'off', sessionId: null, since: t0 },
    { is: 'error', sessionId: null, error: 'resource-constraint', since: t0 },
  ] as const) {
    const beside = (change: Partial<Situation>, afterMs: number) =>
      decide(situation({ seen, orphan, ...change }), t0 + afterMs)
    assert.deepEqual(beside({}, 1_000), { do: 'wait' }, 'the focus may tell of it yet')
    assert.deepEqual(beside({}, 3_000), { do: 'tell', fault: 'orphaned' })
    assert.deepEqual(beside({ orphanTold: true }, 3_000), { do: 'start' })
    const tried = { orphanTold: true, triedAt: t0 + 3_000, failures: 9, askedAt: t0 + 3_000 }
    assert.deepEqual(beside(tried, 3_000 + conductLimits.orphanRetryMs - 1), { do: 'wait' })
    assert.deepEqual(beside(tried, 3_000 + conductLimits.orphanRetryMs), { do: 'start' })
    assert.deepEqual(beside({ wanted: 'off' }, 3_000), { do: 'finish', fault: null })
  }
})

test('a host is told to stop a session when the hearing is over or another runs in its stead, and never one that is conducted', () => {
  const over = (recording: Parameters<typeof isOver>[1]['recording'], isHeld = true) =>
    isOver('s1', { recording, isHeld })
  assert.equal(over({ wanted: 'off', state: 'off', currentSessionId: 's1' }), true)
  assert.equal(over({ wanted: 'off', state: 'stopping', currentSessionId: 's1' }), false, 'the focus ends it in order')
  assert.equal(over({ wanted: 'on', state: 'on', currentSessionId: 's1' }), false)
  assert.equal(over({ wanted: 'on', state: 'on', currentSessionId: 's2' }), true)
  assert.equal(over({ wanted: 'on', state: 'on', currentSessionId: 's2' }, false), false, 'nobody is seen to record it')
  for (const state of ['idle', 'starting', 'pending', 'fault', 'off'] as const)
    assert.equal(over({ wanted: 'on', state, currentSessionId: 's2' }), false, state)
})

test('a gap begins with the last word of it being recorded, and only where a host says that it is not', () => {
  const step = (word: Parameters<typeof gapStep>[0]['word'], isOpen = false, recordedAt: number | null = t0) =>
    gapStep({ word, recordedAt, toldAt: t0 + 9_000, isOpen })
  const gone = { is: 'gone', host: 'a', elsewhere: true } as const
  assert.deepEqual(step(gone), { do: 'open', beganAt: t0 })
  assert.deepEqual(step({ is: 'absent' }), { do: 'open', beganAt: t0 })
  assert.deepEqual(step({ is: 'unheard' }), { do: 'nothing' })
  assert.deepEqual(step(gone, true), { do: 'nothing' })
  assert.deepEqual(step(gone, false, null), { do: 'nothing' }, 'it had not begun')
  const recording = { is: 'recording', host: 'b', grewAt: t0 } as const
  assert.deepEqual(step(recording, true), { do: 'close', endedAt: t0 + 9_000 })
  assert.deepEqual(step(recording), { do: 'nothing' })
  assert.deepEqual(
    recordedNow([jibri('down', report('a', t0, { s1: 0 }))], () => true, t0),
    [],
  )
})

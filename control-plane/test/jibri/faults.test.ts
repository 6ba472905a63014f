import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from './host.ts'
import { aRecorder } from './recorder.ts'

test('a file that stands still without a word is seen, told, and its Jibri restarted', async (t) => {
  const { receiver, focus, recorder, hasWritten } = await aRecorder(t, { NOT_GROWING_MS: '6000' })
  await focus.start(recorder.url, 'phien-1')
  await focus.heard('phien-1', 'on')
  const before = recorder.pid()
  await hasWritten()
  await recorder.fault('disk-full')
  const begun = performance.now()
  const report = await until('fault told', () => receiver.reports.find((one) => one.fault?.kind === 'not-growing'))
  t.diagnostic(`told after ${Math.round(performance.now() - begun)} ms with a limit of 6000`)
  assert.equal(report.fault?.sessionId, 'phien-1')
  assert.deepEqual(focus.statuses('phien-1'), ['pending', 'on'], 'Jibri itself says nothing')
  await until('another process', () => recorder.pid() !== undefined && recorder.pid() !== before)
  await until('idle again', async () => (await focus.state(recorder.url).catch(() => null))?.busyStatus === 'IDLE')
  await until('what was written is stored', () => receiver.stored().length === 1)
  assert.equal(receiver.stored()[0]?.metadata.orderly, 'false')
})

test('the other failures of a Jibri are as real ones are', async (t) => {
  const { receiver, focus, recorder, nothingHere, hasWritten } = await aRecorder(t, { SETTLED_MS: '600000' })
  await focus.start(recorder.url, 'phien-1')
  await focus.heard('phien-1', 'on')
  await hasWritten()
  let at = performance.now()
  await recorder.fault('ffmpeg-dies')
  const died = await focus.heard('phien-1', 'error')
  assert.ok(died.at - at > 1_800 && died.at - at < 10_000, `ffmpeg's death seen after ${died.at - at} ms`)
  await until('idle', async () => (await focus.state(recorder.url)).busyStatus === 'IDLE')

  await focus.start(recorder.url, 'phien-2')
  await focus.heard('phien-2', 'on')
  at = performance.now()
  await recorder.fault('chromium-gone')
  const gone = await focus.heard('phien-2', 'error')
  assert.ok(gone.at - at > 5_800 && gone.at - at < 15_000, `Chromium's end seen after ${gone.at - at} ms`)
  await until('whole files of both, through metadata and hook', () => receiver.stored().length === 2)
  assert.ok(
    receiver.stored().every((one) => one.metadata.orderly === 'true' && one.metadata.recordingId === 'ban-ghi-1'),
  )
  await nothingHere()

  await recorder.fault('unwritable')
  await focus.start(recorder.url, 'phien-3')
  await focus.heard('phien-3', 'error')
  assert.deepEqual(focus.statuses('phien-3'), ['pending', 'error'])
  assert.equal(await focus.start(recorder.url, 'phien-4'), 409, 'UNHEALTHY until restarted')
  await until('told', () => receiver.reports.some((report) => report.fault?.kind === 'unhealthy'))
  await until('restarted by the watch', async () => {
    const state = await focus.state(recorder.url).catch(() => null)
    return state?.healthStatus === 'HEALTHY'
  })
  assert.equal(existsSync(join(recorder.recordingsFolder, 'phien-3')), false)
  assert.ok(readFileSync(join(recorder.recordingsFolder, '..', 'log'), 'utf8').includes('Jibri: restart'))
})

test('a session that the control plane calls over is ended in its Jibri at once, as a whole file; another one is left alone', async (t) => {
  const { receiver, focus, recorder, hasWritten, nothingHere } = await aRecorder(t)
  await focus.start(recorder.url, 'phien-1')
  await focus.heard('phien-1', 'on')
  await hasWritten()
  const before = recorder.pid()
  receiver.play.stop = ['phien-cu']
  const counted = receiver.reports.length
  await until('told twice more', () => receiver.reports.length > counted + 1)
  assert.equal((await focus.state(recorder.url)).busyStatus, 'BUSY')
  const begun = performance.now()
  receiver.play.stop = ['phien-1']
  await focus.heard('phien-1', 'off')
  t.diagnostic(`ended after ${Math.round(performance.now() - begun)} ms`)
  await until('stored', () => receiver.stored().length === 1)
  assert.equal(receiver.stored()[0]?.metadata.orderly, 'true')
  assert.equal(receiver.stored()[0]?.metadata.recordingId, 'ban-ghi-1')
  assert.equal(recorder.pid(), before, 'nothing was restarted')
  await nothingHere()
})

test('one that cannot end it is restarted, and its file is a part all the same', async (t) => {
  const { receiver, focus, recorder, hasWritten } = await aRecorder(t)
  await focus.start(recorder.url, 'phien-1')
  await focus.heard('phien-1', 'on')
  await hasWritten()
  const before = recorder.pid()
  await recorder.fault('disk-full')
  receiver.play.stop = ['phien-1']
  await until('another process', () => recorder.pid() !== undefined && recorder.pid() !== before, 60_000)
  await until('what was written is stored', () => receiver.stored().length === 1)
})

test('a Jibri that dies is told within five seconds, and a report that was not taken is told again at the next look', async (t) => {
  const { receiver, focus, recorder, hasWritten } = await aRecorder(t, { REPORT_MS: '60000', LOOK_MS: '2000' })
  await focus.start(recorder.url, 'phien-1')
  await focus.heard('phien-1', 'on')
  await hasWritten().catch(() => undefined)
  const begun = performance.now()
  receiver.revokeTokens()
  await recorder.killJibri()
  const told = await until('told', () => receiver.reports.find(({ jibri }) => jibri === 'down'))
  const took = Math.round(performance.now() - begun)
  t.diagnostic(`told after ${took} ms`)
  assert.ok(took < 5_000)
  assert.equal(told.jibri, 'down')
})

test('a Jibri that was killed and is busy again records the new session alone; the old one’s file lies there still', async (t) => {
  const { receiver, focus, recorder, hasWritten } = await aRecorder(t, { SETTLED_MS: '600000' })
  await focus.start(recorder.url, 'phien-1')
  await focus.heard('phien-1', 'on')
  await hasWritten()
  await until('told', () => receiver.reports.some(({ sessions }) => sessions.length === 1))
  await recorder.restartJibri()
  await until('idle', async () => (await focus.state(recorder.url).catch(() => null))?.busyStatus === 'IDLE')
  await focus.start(recorder.url, 'phien-2')
  await focus.heard('phien-2', 'on')
  const seen = await until('the new one is told', () =>
    receiver.reports.find(({ sessions }) => sessions.some(({ sessionId }) => sessionId === 'phien-2')),
  )
  const last = await until('alone', () => {
    const report = receiver.reports.at(-1)
    return report?.sessions.length === 1 ? report : undefined
  })
  assert.deepEqual([seen.jibri, last.sessions.map(({ sessionId }) => sessionId)], ['busy', ['phien-2']])
  assert.ok(existsSync(join(recorder.recordingsFolder, 'phien-1')))
  assert.ok(receiver.reports.every(({ fault }) => fault === undefined || fault.kind === 'unhealthy'))
})

test('a Jibri that needs long to come up is let come up: people are told, and it is not started again', async (t) => {
  const { receiver, recorder } = await aRecorder(t, { DOWN_MS: '2500', START_MS: '60000', RESTART_PAUSE_MS: '1000' })
  await until('idle', () => receiver.reports.some(({ jibri }) => jibri === 'idle'))
  recorder.play.comesUpMs = 12_000
  const { starts } = recorder.play
  await recorder.killJibri()
  const told = await until(
    'told',
    () => receiver.reports.find((one) => /đang khởi động/.test(one.fault?.detail ?? '')),
    60_000,
  )
  assert.equal(told.fault?.kind, 'unhealthy')
  const counted = receiver.reports.length
  await until('it has come up', () => receiver.reports.slice(counted).some(({ jibri }) => jibri === 'idle'), 60_000)
  assert.equal(recorder.play.starts, starts + 1)
})

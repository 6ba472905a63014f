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

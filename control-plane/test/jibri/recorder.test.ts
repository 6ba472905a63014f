import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createMediaSandbox } from '../../server/recordings/media-sandbox.ts'
import { createMediaTools } from '../../server/recordings/media-tools.ts'
import { writersBelow } from '../stage/jibri-process.ts'
import { until } from './host.ts'
import { aRecorder } from './recorder.ts'

const media = createMediaTools(createMediaSandbox('where-possible'))

/** A killed Matroska can be read too: picture and sound. */
async function factsOf(path: string) {
  const found = await media.probe(path, AbortSignal.timeout(10_000))
  assert.equal(found.is, 'media')
  assert.deepEqual([found.facts.videoCodec, found.facts.audioCodec], ['h264', 'aac'])
  return found.facts
}

test('an orderly recording goes through the hook into the store, with its id', async (t) => {
  const { receiver, focus, recorder, nothingHere, film } = await aRecorder(t, { SWEEP_MS: '600000' })
  assert.equal(await focus.start(recorder.url, 'phien-1', 'r-42'), 200)
  assert.equal(await focus.start(recorder.url, 'phien-2'), 409, 'one room at a time')
  const pending = await focus.heard('phien-1', 'pending')
  const on = await focus.heard('phien-1', 'on')
  t.diagnostic(`pending to on: ${Math.round(on.at - pending.at)} ms`)
  assert.equal((await focus.state(recorder.url)).busyStatus, 'BUSY')
  await until('the watch tells of the running file', () =>
    receiver.reports.some((report) => report.sessions.some((one) => one.room === 'phong-thu' && one.bytes > 0)),
  )
  const asked = performance.now()
  assert.equal(await focus.stop(recorder.url, 'phien-1'), 200)
  const off = await focus.heard('phien-1', 'off')
  t.diagnostic(`off ${Math.round(off.at - asked)} ms after the stop`)
  await until('stored', () => receiver.stored().length === 1)
  await nothingHere()
  assert.equal((await focus.state(recorder.url)).busyStatus, 'IDLE')
  const [arrival] = receiver.stored()
  assert.equal(arrival?.metadata.recordingId, 'r-42')
  assert.equal(arrival?.metadata.orderly, 'true')
  const facts = await factsOf(film(arrival?.id))
  assert.equal(Date.parse(arrival?.metadata.startedAt ?? ''), Date.parse(facts.creationTime ?? '-'))
  assert.deepEqual(focus.statuses('phien-1'), ['pending', 'on', 'off'])
})

test("a killed Jibri's folder is taken only after its orphaned ffmpeg has closed the file", async (t) => {
  // The service manager stays away, as on a host where nobody ends the control group.
  const { receiver, focus, recorder, nothingHere, hasWritten, film } = await aRecorder(t, { DOWN_MS: '600000' })
  await focus.start(recorder.url, 'phien-1')
  await focus.heard('phien-1', 'on')
  await hasWritten()
  await recorder.fault('kill')
  await until('Jibri is gone', () => recorder.pid() === undefined)
  const [orphan = 0] = writersBelow(recorder.recordingsFolder)
  assert.notEqual(orphan, 0, 'ffmpeg lives on')
  await pause(4_000)
  assert.equal(receiver.arrivals.length, 0, 'far beyond the settling time, but still written')
  process.kill(orphan, 'SIGKILL')
  await until('stored', () => receiver.stored().length === 1)
  await nothingHere()
  assert.equal(receiver.stored()[0]?.metadata.orderly, 'false')
  assert.equal(receiver.stored()[0]?.metadata.recordingId ?? null, null)
  await factsOf(film(receiver.stored()[0]?.id))
})

test('a Jibri that is silent is ended with its orphans and comes back; both parts of its session arrive', async (t) => {
  const { receiver, focus, recorder, nothingHere, hasWritten } = await aRecorder(t, { DOWN_MS: '1000' })
  await focus.start(recorder.url, 'phien-1')
  await focus.heard('phien-1', 'on')
  await hasWritten()
  await recorder.killJibri()
  await until('fault told', () => receiver.reports.some((report) => report.fault?.kind === 'unhealthy'))
  await until('Jibri is back', () => recorder.pid() !== undefined)
  await until('it answers', () => focus.state(recorder.url).catch(() => null))
  // Jicofo gives the same session id again: to this one, had it been another.
  assert.equal(await focus.start(recorder.url, 'phien-1'), 200)
  await pause(2_500)
  assert.equal(await focus.stop(recorder.url, 'phien-1'), 200)
  await until('both parts', () => receiver.stored().length === 2)
  await nothingHere()
  assert.deepEqual(new Set(receiver.stored().map((one) => one.metadata.sessionId)), new Set(['phien-1']))
  assert.equal(new Set(receiver.stored().map((one) => one.metadata.fileName)).size, 2)
})

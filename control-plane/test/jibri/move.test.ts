import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { createRecorders, type PublishedState } from '../stage/focus-recorders.ts'
import { type StageRecorder, startStageRecorder } from '../stage/jibri.ts'
import { until } from './host.ts'
import { startReceiver } from './receiver.ts'

/** Two recorder hosts and the stage's Jicofo rules (without a room) over them. */
async function twoRecorders(t: TestContext, daemon: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-move-'))
  const receiver = await startReceiver(join(folder, 'store'))
  const published: PublishedState[] = []
  const server = createServer(async (request, response) => {
    recorders.report(JSON.parse(await text(request)))
    response.writeHead(204).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const recorders = createRecorders({ jibris: [], publish: (_room, state) => published.push(state) })
  const hosts: StageRecorder[] = []
  for (const name of ['jibri-1', 'jibri-2']) {
    const host = await startStageRecorder({
      folder,
      name,
      focusUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      controlPlaneUrl: `http://127.0.0.1:${receiver.port}`,
      serviceSecret: 'right',
      daemon: {
        SWEEP_MS: '300',
        SETTLED_MS: '1500',
        LOOK_MS: '300',
        REPORT_MS: '700',
        NOT_GROWING_MS: '6000',
        ...daemon,
      },
    })
    recorders.add(host.url)
    hosts.push(host)
  }
  t.after(async () => {
    recorders.close()
    for (const host of hosts) await host.stop()
    server.close()
    await receiver.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const begun = await recorders.start(
    'phong',
    JSON.stringify({ file_recording_metadata: { recordingId: 'r-1' } }),
    'vp',
  )
  assert.equal(begun.is, 'started')
  const grows = (host: string) =>
    until(`${host} writes`, () =>
      receiver.reports.findLast((one) => one.host === host)?.sessions.some((session) => session.bytes > 0),
    )
  await grows('jibri-1')
  return { receiver, recorders, published, hosts, grows, sessionId: begun.is === 'started' ? begun.sessionId : '' }
}

test('a killed Jibri: the recording goes on at the other under the same session, and both parts arrive', async (t) => {
  const { receiver, recorders, published, hosts, grows, sessionId } = await twoRecorders(t, { DOWN_MS: '8000' })
  // Away for longer than Prosody holds its connection: only then Jicofo sees that it is gone.
  await hosts[0]?.killJibri()
  const killed = performance.now()
  await grows('jibri-2')
  t.diagnostic(`growing elsewhere ${Math.round(performance.now() - killed)} ms after the kill`)
  assert.equal(await recorders.stop('phong'), true)
  await until('both parts', () => receiver.stored().length === 2)
  assert.deepEqual(
    receiver
      .stored()
      .map((one) => one.metadata.orderly)
      .sort(),
    ['false', 'true'],
  )
  assert.ok(receiver.stored().every((one) => one.metadata.sessionId === sessionId))
  assert.ok(
    published.every((state) => state.error === undefined),
    'nobody was told of an error',
  )
  assert.equal(published.at(-1)?.status, 'off')
})

test('a silent failure: the watch ends the Jibri and says so; Jicofo saw nothing, and asked anew the recording goes on', async (t) => {
  const { receiver, recorders, published, hosts, sessionId } = await twoRecorders(t, {})
  await hosts[0]?.fault('disk-full')
  const stood = performance.now()
  await until('fault told', () => receiver.reports.some((one) => one.fault?.kind === 'not-growing'))
  await until('told that it records no more', () => {
    const last = receiver.reports.findLast((one) => one.host === 'jibri-1')
    return last?.jibri === 'idle' && last.sessions.length === 0
  })
  assert.deepEqual(
    published.map(({ status }) => status),
    ['on'],
    'back before its connection was given up: to Jicofo it records on',
  )
  // What the conductor does at that word.
  assert.equal(await recorders.stop('phong'), true)
  const anew = await recorders.start('phong', '{}', 'vp')
  if (anew.is !== 'started') throw new Error(anew.reason)
  await until('recorded anew', () =>
    receiver.reports.some(({ sessions }) => sessions.some((one) => one.sessionId === anew.sessionId && one.bytes > 0)),
  )
  t.diagnostic(`growing again ${Math.round(performance.now() - stood)} ms after it stood still, with a limit of 6000`)
  assert.equal(await recorders.stop('phong'), true)
  await until('both parts', () => receiver.stored().length === 2)
  assert.deepEqual(
    new Set(receiver.stored().map((one) => one.metadata.sessionId)),
    new Set([sessionId, anew.sessionId]),
  )
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startStageRecorder } from '../stage/jibri.ts'
import { startFocusEar } from './focus.ts'
import { filesBelow, until } from './host.ts'
import { startReceiver } from './receiver.ts'

const mayMount = process.getuid?.() === 0 && process.platform === 'linux'

test('a really full disk is seen though Jibri says nothing; what was recorded still reaches the store, and then Jibri comes back', {
  skip: mayMount ? false : 'needs root to mount a small tmpfs',
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-disk-'))
  const host = join(folder, 'jibri-1')
  mkdirSync(host)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', host])
  const receiver = await startReceiver(join(folder, 'store'))
  const focus = await startFocusEar()
  const recorder = await startStageRecorder({
    folder,
    name: 'jibri-1',
    focusUrl: focus.url,
    controlPlaneUrl: `http://127.0.0.1:${receiver.port}`,
    serviceSecret: 'right',
    daemon: {
      SWEEP_MS: '300',
      SETTLED_MS: '1000',
      LOOK_MS: '300',
      REPORT_MS: '1000',
      MIN_FREE_BYTES: '600000',
      FAULT_SHOWN_MS: '1000',
    },
  })
  t.after(async () => {
    await recorder.stop()
    await receiver.stop()
    focus.close()
    execFileSync('umount', ['-l', host])
    rmSync(folder, { recursive: true, force: true })
  })
  const free = (): number => statfsSync(host).bavail * statfsSync(host).bsize

  await focus.start(recorder.url, 'phien-1')
  await focus.heard('phien-1', 'on')
  // Something else fills the disk but for 900 kB: ffmpeg itself meets ENOSPC a few seconds on.
  receiver.play.refuse = 507
  writeFileSync(join(recorder.recordingsFolder, 'ballast'), Buffer.alloc(free() - 900_000))
  const begun = performance.now()
  const report = await until('fault told', () => receiver.reports.find((one) => one.fault?.kind === 'disk-full'))
  t.diagnostic(
    `told ${Math.round(performance.now() - begun)} ms after the disk began to fill; ${report.freeBytes} bytes free`,
  )
  assert.equal(report.fault?.sessionId, 'phien-1')
  assert.deepEqual(focus.statuses('phien-1'), ['pending', 'on'], 'Jibri itself says nothing')
  await until('Jibri is out, so that the recording moves on and none comes here', () => recorder.pid() === undefined)

  // Not one byte free: neither the sweep nor the uploader may need any.
  const waiting = await until('taken by the sweep', () =>
    filesBelow(join(recorder.spoolFolder, 'waiting')).find((name) => name.endsWith('.mkv')),
  )
  try {
    writeFileSync(join(recorder.recordingsFolder, 'last'), Buffer.alloc(8_000_000))
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
  }
  assert.equal(free(), 0)
  receiver.play.refuse = null
  await until('stored from the full disk', () => receiver.stored().length === 1)
  assert.equal(receiver.stored()[0]?.metadata.fileName, waiting)
  assert.ok((receiver.stored()[0]?.size ?? 0) > 0)
  assert.equal(recorder.pid(), undefined, 'still full: still out')

  for (const name of ['ballast', 'last']) rmSync(join(recorder.recordingsFolder, name))
  await until('Jibri is back', async () => (await focus.state(recorder.url).catch(() => null))?.busyStatus === 'IDLE')
  await until('the fault is over', () => receiver.reports.at(-1)?.fault === undefined)
  assert.ok(statSync(join(recorder.spoolFolder, 'waiting')).isDirectory())
})

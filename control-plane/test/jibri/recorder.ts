import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startStageRecorder } from '../stage/jibri.ts'
import { startFocusEar } from './focus.ts'
import { filesBelow, until } from './host.ts'
import { startReceiver } from './receiver.ts'

/** A stage Jibri with the real hook and daemon, a receiver, and an ear where Jicofo is. */
export async function aRecorder(t: TestContext, daemon: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-recorder-'))
  const receiver = await startReceiver(join(folder, 'store'))
  const focus = await startFocusEar()
  const recorder = await startStageRecorder({
    folder,
    name: 'jibri-1',
    focusUrl: focus.url,
    controlPlaneUrl: `http://127.0.0.1:${receiver.port}`,
    serviceSecret: 'right',
    daemon: { SWEEP_MS: '300', SETTLED_MS: '1500', LOOK_MS: '300', REPORT_MS: '1000', ...daemon },
  })
  t.after(async () => {
    await recorder.stop()
    await receiver.stop()
    focus.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const nothingHere = () =>
    until('nothing left on the host', () =>
      [recorder.recordingsFolder, join(recorder.spoolFolder, 'waiting')].every((path) => filesBelow(path).length === 0),
    )
  const film = (id: string | undefined): string => join(folder, 'store', id ?? '')
  /** ffmpeg writes in blocks of 256 KiB: before the first, a kill leaves an empty file. */
  const hasWritten = () =>
    until('a block is written', () => receiver.reports.at(-1)?.sessions.some((session) => session.bytes > 0))
  return { receiver, focus, recorder, nothingHere, hasWritten, film }
}

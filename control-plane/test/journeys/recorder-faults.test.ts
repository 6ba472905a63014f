import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { listAlerts, readAudit } from '../../contract/audit.ts'
import { endHearing } from '../../contract/hearings.ts'
import type { StageRecorder } from '../stage/jibri.ts'
import type { StageFault } from '../stage/jibri-process.ts'
import type { Trial } from '../stage/trial.ts'
import { chromiumOf, launchBrowser } from './browser.ts'
import { conductorsIn } from './hearing-room.ts'
import { until } from './people.ts'
import { aLiveHearing } from './quick-hearing.ts'
import { standTrial, unlessOn } from './stand.ts'

suite('failures of recorders in one live hearing', { skip: unlessOn('pglite') }, () => {
  // One live hearing; the failures of jitsi-integration §7 one after the other, each on the recorder that records at that moment.
  let trial: Trial
  let browser: Browser
  let held: Awaited<ReturnType<typeof aLiveHearing>>
  before(async () => {
    trial = await standTrial({ recorders: 3, daemon: { DOWN_MS: '8000', NOT_GROWING_MS: '15000' } })
    browser = await launchBrowser()
    held = await aLiveHearing(trial, browser)
  })
  after(async () => {
    await browser.close()
    await trial.stop()
  })

  interface Writing {
    recorder: StageRecorder
    sessionId: string
    bytes: number
  }

  /** The recorder that says it records, and whose file has grown within the last five seconds. */
  async function growing(): Promise<Writing | undefined> {
    const seen = await held.recording()
    for (const { sessionId } of seen?.sessions.toReversed() ?? []) {
      for (const recorder of trial.recorders) {
        // The ffmpeg of a killed Jibri writes on: only a living one's counts.
        if ((await sessionAt(recorder)) !== sessionId) continue
        for (const name of filesIn(join(recorder.recordingsFolder, sessionId)).filter((file) =>
          file.endsWith('.mkv'),
        )) {
          const { size, mtimeMs } = statSync(join(recorder.recordingsFolder, sessionId, name))
          if (Date.now() - mtimeMs < 5_000 && size > 30_000) return { recorder, sessionId, bytes: size }
        }
      }
    }
    return undefined
  }

  const sessionAt = (recorder: StageRecorder): Promise<string | undefined> =>
    fetch(`${recorder.url}/state`, { signal: AbortSignal.timeout(1_000) })
      .then((answer) => answer.json() as Promise<{ sessionId?: string }>)
      .then(
        (state) => state.sessionId,
        () => undefined,
      )

  const filesIn = (folder: string): string[] => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  }

  async function writing(): Promise<Writing> {
    const seen = await until('a recorder writes', 60_000, growing, (found) => found !== undefined)
    if (seen === undefined) throw new Error('nobody writes')
    return seen
  }

  const elsewhere = (before: Writing, seen: Writing | undefined): boolean =>
    seen !== undefined && (seen.recorder !== before.recorder || seen.sessionId !== before.sessionId)

  /** The first alarm about a recorder or the recording since this moment, still open or not; a gap's warning may come beside it and is none. */
  async function alarmSince(begun: number) {
    const { open, recent } = await held.cast.office.does(listAlerts, {})
    return [...open, ...recent].find(
      ({ kind, severity, raisedAt }) =>
        severity === 'critical' && /^record(er|ing)-/.test(kind) && Date.parse(raisedAt) >= begun,
    )
  }

  /** Plays a fault on the recorder that writes; how long until the alarm, and until the recording goes on elsewhere. */
  async function played(fault: StageFault, alarmWithinMs: number): Promise<string> {
    const before = await writing()
    const begun = Date.now()
    await before.recorder.fault(fault)
    const alarm = await until(
      'an alarm',
      alarmWithinMs,
      () => alarmSince(begun),
      (seen) => seen !== undefined,
    )
    const told = Date.now() - begun
    const next = await until('it is recorded again', 60_000, growing, (seen) => elsewhere(before, seen))
    return `${alarm?.kind} after ${told} ms; ${before.recorder.name} → ${next?.recorder.name}, writing again after ${Date.now() - begun} ms`
  }

  test('Chromium of a recorder gone: told, and recorded anew', async (t) => {
    t.diagnostic(await played('chromium-gone', 60_000))
  })

  test('a full disk without a word: told within two minutes, and recorded elsewhere', async (t) => {
    t.diagnostic(await played('disk-full', 120_000))
  })

  test('an unwritable folder at the start: told, and recorded elsewhere', async (t) => {
    const before = await writing()
    // The others cannot write; the one that records goes down, and Jicofo tries them.
    const others = trial.recorders.filter((recorder) => recorder !== before.recorder)
    await others[0]?.fault('unwritable')
    const begun = Date.now()
    await before.recorder.fault('chromium-gone')
    await until(
      'an alarm',
      60_000,
      () => alarmSince(begun),
      (seen) => seen !== undefined,
    )
    const next = await until('it is recorded again', 90_000, growing, (seen) => elsewhere(before, seen))
    t.diagnostic(`on ${next?.recorder.name} after ${Date.now() - begun} ms`)
  })

  test('a killed Jibri: its session is moved, and goes on elsewhere', async (t) => {
    const before = await writing()
    const begun = Date.now()
    await before.recorder.fault('kill')
    const next = await until('it is recorded again', 60_000, growing, (seen) => elsewhere(before, seen))
    t.diagnostic(`${before.recorder.name} → ${next?.recorder.name} after ${Date.now() - begun} ms`)
  })

  /** Plays what ends the conductor; a new one must come and find the running recording, and never start a second. */
  async function takenOver(end: () => Promise<void>): Promise<string> {
    const before = await writing()
    const told = async () => {
      const seen = await held.recording()
      return { sessions: seen?.sessions.length, faults: seen?.faults, starts: trial.stage.focus.recorders.starts() }
    }
    const counted = await told()
    const known = await conductorsIn(trial)
    const begun = Date.now()
    await end()
    await until(
      'a new conductor is in the room',
      40_000,
      () => conductorsIn(trial),
      (seen) => seen.some((id) => !known.includes(id)),
    )
    const back = Date.now() - begun
    // A second recording would be asked for as soon as the new conductor had settled.
    await pause(5_000)
    const { recorder, sessionId, bytes } = await writing()
    assert.deepEqual([recorder.name, sessionId], [before.recorder.name, before.sessionId])
    assert.deepEqual(await told(), counted)
    assert.ok(bytes > before.bytes)
    assert.equal((await held.recording())?.status, 'recording')
    return `a new conductor after ${back} ms, ${bytes - before.bytes} bytes more, no further start`
  }

  test('kill -9 of the conductor’s browser: the running session is taken over, no second one is started', async (t) => {
    const told = await takenOver(async () => {
      const killed = chromiumOf(trial.pid())
      assert.ok(killed.length > 0)
      for (const pid of killed) process.kill(pid, 'SIGKILL')
    })
    const audit = await held.cast.administrator.does(readAudit, {
      querystring: { action: 'recording.fault', limit: 1 },
    })
    assert.equal(audit.items[0]?.detail.fault, 'conductor-lost')
    t.diagnostic(told)
  })

  test('kill -9 of the control plane: the running session is taken over, no second one is started', async (t) => {
    const told = await takenOver(async () => {
      await trial.killControlPlane()
      await trial.startControlPlane()
    })
    t.diagnostic(told)
  })

  test('a killed Jicofo: its session is adopted, another recorder takes over, and the orphan is stopped where it is', async (t) => {
    const before = await writing()
    const begun = Date.now()
    await trial.stage.focus.crash()
    const next = await until(
      'another session records',
      90_000,
      growing,
      (seen) => seen !== undefined && seen.sessionId !== before.sessionId,
    )
    const taken = Date.now() - begun
    await until(
      'the orphan has ended',
      30_000,
      () => sessionAt(before.recorder),
      (seen) => seen !== before.sessionId,
    )
    const ended = Date.now() - begun
    const audit = await held.cast.administrator.does(readAudit, {
      querystring: { action: 'recording.orphan-adopted', limit: 1 },
    })
    assert.equal(audit.items[0]?.detail.sessionId, before.sessionId)
    const seen = await held.recording()
    assert.ok(
      seen?.gaps.every((gap) => Date.parse(gap.beganAt) < begun),
      'no gap',
    )
    t.diagnostic(
      `${before.recorder.name} → ${next?.recorder.name} after ${taken} ms, the orphan ended after ${ended} ms`,
    )
  })

  test('none free: an alarm stands until one is, then it is recorded', async (t) => {
    const before = await writing()
    const begun = Date.now()
    // Without their daemons nobody starts the Jibris again; the one that records goes last, when there is none to move to.
    for (const recorder of trial.recorders) await recorder.killDaemon()
    for (const recorder of trial.recorders) if (recorder !== before.recorder) await recorder.killJibri()
    await before.recorder.killJibri()
    const stands = async () => {
      const { open } = await held.cast.office.does(listAlerts, {})
      const alarm = open.find(({ kind }) => kind === 'recording-fault')
      return (await held.recording())?.status === 'fault' ? alarm : undefined
    }
    // Jicofo gives a lost recorder up only after Prosody has.
    const alarm = await until('the alarm stands', 60_000, stands, (seen) => seen !== undefined)
    const told = Date.now() - begun
    await pause(5_000)
    assert.ok(await stands(), 'it goes on standing')
    for (const recorder of trial.recorders) recorder.startDaemon()
    const next = await until('it is recorded again', 90_000, growing, (seen) => elsewhere(before, seen))
    t.diagnostic(`${alarm?.kind} after ${told} ms, on ${next?.recorder.name} after ${Date.now() - begun} ms`)
  })

  type Session = NonNullable<Awaited<ReturnType<typeof held.recording>>>['sessions'][number]
  const isNothing = ({ onAt, endedAt }: Session): boolean =>
    onAt !== null && endedAt !== null && Date.parse(endedAt) - Date.parse(onAt) < 2_000

  test('the alarms end, and every part arrives and belongs to the one recording', async (t) => {
    await writing()
    await until(
      'no alarm is left',
      60_000,
      () => held.cast.office.does(listAlerts, {}),
      ({ open }) => open.every(({ kind }) => kind !== 'recording-fault'),
    )
    await held.cast.office.does(endHearing, { params: { id: held.hearingId } })
    const stored = await until('all parts are in the store', 150_000, held.recording, (seen) => {
      if (seen?.status !== 'ready' && seen?.status !== 'uploading') return false
      const awaited = seen.sessions.filter(
        ({ sessionId, onAt }) => onAt !== null && !seen.parts.some((part) => part.sessionId === sessionId),
      )
      if (awaited.length === 0) return seen.status === 'ready'
      return seen.parts.every(({ status }) => status === 'ready') && awaited.every(isNothing)
    })
    // Of a session that ended in its first moment there is nothing to send, and its host says so.
    if (stored?.status === 'uploading') {
      const { open } = await held.cast.office.does(listAlerts, {})
      assert.ok(
        open.some(({ kind }) => kind === 'recorder-empty-file'),
        'an empty session is told',
      )
    }
    assert.ok(stored)
    const hosts = new Set(stored.parts.map((part) => part.host))
    assert.ok(stored.parts.length >= 6, `${stored.parts.length} parts`)
    assert.ok(hosts.size >= 2)
    t.diagnostic(
      `${stored.parts.length} parts of ${stored.sessions.length} sessions on ${hosts.size} hosts, ${stored.faults} faults counted`,
    )
  })
})

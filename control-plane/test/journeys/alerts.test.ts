import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { listAlerts } from '../../contract/audit.ts'
import { createCase, listCases } from '../../contract/cases.ts'
import { listRecordings } from '../../contract/recordings.ts'
import { startMailCatcher } from '../stage/mail.ts'
import { startTrial, type Trial } from '../stage/trial.ts'
import { startPostgres } from '../support/databases.ts'
import { demandNobodyIn } from '../support/logs.ts'
import { Refused, until } from './people.ts'
import { aCaseToEnter, aCast, type Cast } from './quick-hearing.ts'
import { unlessOn } from './stand.ts'

const mayMount = process.getuid?.() === 0 && process.platform === 'linux'

// What the house stands on is taken away piece by piece; a PostgreSQL of its own, for it is stopped too.
suite('each failure has a named alert, on the screen and in /metrics, ends when it is over, and loses nothing', {
  skip: unlessOn('postgres'),
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tdj-'))
  const store = join(folder, 'small')
  const chromium = join(folder, 'chromium')
  let server: Awaited<ReturnType<typeof startPostgres>>
  let trial: Trial
  let cast: Cast
  before(async () => {
    mkdirSync(store)
    if (mayMount) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', store])
    symlinkSync(process.env.TIEPDAN_CHROMIUM_PATH ?? '/usr/bin/chromium', chromium)
    server = await startPostgres({ survivesHalt: true })
    trial = await startTrial({
      folder,
      recorders: 1,
      databaseUrl: server.url,
      environment: {
        TIEPDAN_CHROMIUM_PATH: chromium,
        TIEPDAN_STORE_FOLDER: store,
        TIEPDAN_STORE_RESERVE_MB: '1',
      },
    })
    cast = await aCast(trial)
  })
  after(async () => {
    await trial.stop()
    server.stop()
    if (mayMount) execFileSync('umount', ['-l', store])
    const log = readFileSync(join(folder, 'control-plane.log'), 'utf8')
    rmSync(folder, { recursive: true, force: true })
    demandNobodyIn(log, 'the control plane')
  })

  const metrics = async (): Promise<string> => (await fetch(`${trial.url}/metrics`)).text()
  const isMeasured = async (kind: string): Promise<boolean> =>
    new RegExp(`^tiepdan_open_alerts\\{kind="${kind}",.*\\} [1-9]`, 'm').test(await metrics())
  const isOpen = async (kind: string): Promise<boolean> =>
    (await cast.office.does(listAlerts, {})).open.some((alert) => alert.kind === kind)

  async function opens(kind: string, withinMs: number): Promise<number> {
    const begun = Date.now()
    await until(
      `the alert ${kind} is up`,
      withinMs,
      () => isOpen(kind),
      (open) => open,
    )
    assert.ok(await isMeasured(kind), `${kind} in /metrics`)
    return Date.now() - begun
  }

  async function ends(kind: string, withinMs: number): Promise<number> {
    const begun = Date.now()
    await until(
      `the alert ${kind} is over`,
      withinMs,
      () => isOpen(kind),
      (open) => !open,
    )
    assert.equal(await isMeasured(kind), false, `${kind} in /metrics`)
    const { recent } = await cast.office.does(listAlerts, {})
    assert.ok(recent.some((alert) => alert.kind === kind))
    return Date.now() - begun
  }

  test('Prosody down and the mail server down: both are told, and the mail about Prosody arrives once mail is back', async (t) => {
    const { port } = new URL(trial.mail.url)
    const count = trial.mail.mails.length
    await trial.mail.stop()
    await trial.stage.prosody.kill()
    const [prosody, mail] = [await opens('prosody-down', 25_000), await opens('mail-server-down', 20_000)]
    await trial.stage.prosody.start()
    const over = await ends('prosody-down', 25_000)
    assert.equal(trial.mail.mails.length, count)
    const again = await startMailCatcher({ folder: join(folder, 'mails-again'), port: Number(port) })
    t.after(() => again.stop())
    const late = await again.waitForMail((caught) => caught.text.includes('prosody-down'), 60_000)
    assert.match(late.subject, /Cảnh báo/)
    await ends('mail-server-down', 30_000)
    assert.equal(again.mails.filter((caught) => caught.text.includes('prosody-down')).length, 1)
    t.diagnostic(`Prosody told after ${prosody} ms and over after ${over} ms, mail told ${mail} ms later`)
  })

  test('Chromium missing', async (t) => {
    rmSync(chromium)
    const told = await opens('chromium-missing', 40_000)
    symlinkSync(process.env.TIEPDAN_CHROMIUM_PATH ?? '/usr/bin/chromium', chromium)
    t.diagnostic(`told after ${told} ms, over after ${await ends('chromium-missing', 40_000)} ms`)
  })

  test('the store’s disk full: the upload is refused, kept by its sender, and finished when there is room', {
    skip: mayMount ? false : 'needs root to mount a small tmpfs',
  }, async (t) => {
    const [recorder] = trial.recorders
    assert.ok(recorder)
    const { bavail, bsize } = statfsSync(store)
    writeFileSync(join(store, 'ballast'), Buffer.alloc(bavail * bsize - 500_000))
    const session = join(recorder.recordingsFolder, 'phiendaydiaxxxxx')
    const film = join(session, 'phong_2026-12-01-09-00-00.mkv')
    mkdirSync(session)
    execFileSync('ffmpeg', [
      '-loglevel',
      'error',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=320x180:rate=10:duration=4',
      film,
    ])
    writeFileSync(join(session, 'metadata.json'), '{"meeting_url":"","participants":[]}')
    const told = await opens('store-full', 60_000)
    assert.deepEqual((await cast.office.does(listRecordings, { querystring: {} })).items, [])
    rmSync(join(store, 'ballast'))
    const over = await ends('store-full', 60_000)
    const films = () =>
      readdirSync(store, { recursive: true, encoding: 'utf8' }).filter(
        (name) => name.endsWith('.mkv') && !name.startsWith('.'),
      )
    await until(
      'the film is in the store',
      60_000,
      async () => films(),
      (found) => found.length === 1,
    )
    t.diagnostic(`told after ${told} ms, over ${over} ms after there was room; ${films().join()}`)
  })

  test('the database gone: 503 with a problem, named in /metrics, and everything goes on when it is back', async (t) => {
    const entered = await cast.board.does(createCase, {
      querystring: { despiteTwin: true },
      body: aCaseToEnter('Vụ việc trước khi mất cơ sở dữ liệu'),
    })
    server.halt()
    const begun = Date.now()
    await until(
      'it is in /metrics',
      20_000,
      () => isMeasured('database-unavailable').catch(() => false),
      (seen) => seen,
    )
    const told = Date.now() - begun
    const refused = await cast.board.does(listCases, { querystring: {} }).catch((error: unknown) => error)
    assert.ok(refused instanceof Refused, String(refused))
    assert.equal(refused.problem.status, 503)
    assert.equal(refused.problem.type, 'urn:tiepdan:problem:database-unavailable')
    const written = await cast.board
      .does(createCase, { querystring: { despiteTwin: true }, body: aCaseToEnter('Vụ việc trong lúc mất') })
      .catch((error: unknown) => error)
    assert.ok(written instanceof Refused && written.problem.status === 503, String(written))
    assert.equal((await fetch(`${trial.url}/healthz`)).status, 200)
    assert.equal((await fetch(`${trial.url}/readyz`)).status, 503)
    await pause(10_000)
    server.resume()
    const back = Date.now()
    await until(
      'it is ready again',
      10_000,
      () => fetch(`${trial.url}/readyz`).then((answer) => answer.ok),
      (ready) => ready,
    )
    const readyMs = Date.now() - back
    const recent = await until(
      'the office finds it among the alerts',
      30_000,
      () => cast.office.does(listAlerts, {}).then((seen) => seen.recent),
      (seen) => seen.some((alert) => alert.kind === 'database-unavailable'),
    )
    assert.ok(recent.length > 0)
    assert.equal(await isMeasured('database-unavailable'), false)
    const { items } = await cast.board.does(listCases, { querystring: {} })
    assert.deepEqual(
      items.map((item) => item.id),
      [entered.id],
    )
    const pid = trial.pid()
    assert.ok(pid !== undefined && process.kill(pid, 0), 'the process outlived it')
    // Background work goes on too: queue, notices and reconciler have their connections back.
    await trial.stage.prosody.kill()
    await opens('prosody-down', 30_000)
    await trial.stage.prosody.start()
    await ends('prosody-down', 30_000)
    t.diagnostic(`told after ${told} ms, ready ${readyMs} ms after it was back`)
  })
})

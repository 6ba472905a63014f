import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { checkFolders, readSettings } from '../../../jibri/settings.ts'
import { aHost, end, filesBelow, until } from './host.ts'
import { aWorld, settled, sha256 } from './world.ts'

test('a line that breaks and a receiver that is away lose nothing and send no byte range twice from the start', async (t) => {
  const { host, receiver, line } = await aWorld(t)
  host.aSession('phien-1', { bytes: 40_000_000 })
  host.start()
  await until('under way', () => receiver.arrivals.length === 1)
  await pause(200)
  line.cut()
  await pause(400)
  await line.down()
  await pause(1_500)
  assert.equal(host.waiting().filter((name) => name.endsWith('.mkv')).length, 1)
  await line.up()
  await until('stored', settled(host))
  assert.equal(receiver.arrivals.length, 1, 'one upload, resumed')
})

test('a line that freezes is given up and tried again', async (t) => {
  const { host, receiver, line } = await aWorld(t, { STALL_MS: '800' })
  host.aSession('phien-1', { bytes: 20_000_000 })
  host.start()
  await until('under way', () => receiver.arrivals.length === 1)
  line.play.frozen = true
  await until('given up', () => host.lines.some((told) => told.includes('nothing moved')))
  line.play.frozen = false
  await until('stored', settled(host))
})

test('bytes spoilt on the way are sent again, and the copy stays until the right ones are confirmed', async (t) => {
  const { host, receiver, line, storedBytes } = await aWorld(t)
  const content = host.aSession('phien-1', { bytes: 5_000_000 })
  line.play.spoilOneByte = true
  host.start()
  await until('mismatch seen', () => receiver.arrivals.some((one) => one.state === 'mismatch'))
  await until('stored', settled(host))
  assert.equal(sha256(storedBytes(receiver.stored()[0]?.id ?? '')), sha256(content))
})

test('a store that confirms other bytes is not believed', async (t) => {
  const { host, receiver } = await aWorld(t)
  host.aSession('phien-1', { bytes: 100_000 })
  receiver.play.lieAboutHash = true
  host.start()
  await until('sent more than once', () => receiver.arrivals.length > 2)
  assert.equal(host.waiting().filter((name) => name.endsWith('.mkv')).length, 1)
  receiver.play.lieAboutHash = false
  await until('stored', settled(host))
})

test('a full store and a revoked credential are waited out', async (t) => {
  const { host, receiver } = await aWorld(t)
  host.aSession('phien-1', { bytes: 100_000 })
  receiver.play.refuse = 507
  const daemon = host.start()
  await until('refused', () => host.lines.some((told) => told.includes('507')))
  receiver.play.refuse = 503
  await until('refused', () => host.lines.some((told) => told.includes('503')))
  receiver.play.secret = 'changed'
  receiver.revokeTokens()
  receiver.play.refuse = null
  await until('no token', () => host.lines.some((told) => told.includes('service token refused (401)')))
  assert.equal(host.waiting().filter((name) => name.endsWith('.mkv')).length, 1)
  receiver.play.secret = 'right'
  await until('stored', settled(host))
  assert.equal(daemon.exitCode, null)
  assert.ok(!host.lines.some((told) => told.includes('right')), 'no secret in the log')
})

test('an empty file is reported and set aside, and does not hold up the others', async (t) => {
  const { host, receiver } = await aWorld(t)
  host.aSession('a-trong', { bytes: 0 })
  host.aSession('b-day', { bytes: 50_000, orderly: false })
  host.start()
  await until('stored', () => receiver.stored().length === 1)
  await until('nothing waits', settled(host))
  assert.equal(receiver.arrivals.length, 1)
  assert.equal(receiver.arrivals[0]?.metadata.orderly, 'false')
  assert.ok(filesBelow(join(host.spool, 'set-aside')).some((name) => name.endsWith('.mkv')))
  assert.ok(host.lines.some((told) => told.includes('empty recording file set aside')))
  await until('told', () => receiver.reports.some((report) => report.spool.setAside === 1))
})

test('a file that the store cannot give to a hearing is kept and counted apart until somebody has', async (t) => {
  const { host, receiver } = await aWorld(t, { REPORT_MS: '200' })
  receiver.play.unmatched = true
  host.aSession('phien-la', { bytes: 50_000 })
  host.start()
  await until('held', () => receiver.reports.some((report) => report.spool.held === 1 && report.spool.waiting === 0))
  assert.equal(receiver.stored().length, 1)
  assert.equal(host.waiting().filter((name) => name.endsWith('.mkv')).length, 1)
  receiver.play.unmatched = false
  await until('let go', settled(host))
  assert.equal(receiver.arrivals.length, 1, 'sent once')
})

test('two folders of one session arrive as two files', async (t) => {
  const { host, receiver } = await aWorld(t)
  host.aSession('phien-1', { bytes: 200_000 })
  host.start()
  await until('first', () => receiver.stored().length === 1)
  host.aSession('phien-1', { bytes: 300_000, orderly: false })
  await until('second', () => receiver.stored().length === 2)
  assert.deepEqual(new Set(receiver.stored().map((one) => one.metadata.sessionId)), new Set(['phien-1']))
})

test('a second daemon on one spool refuses, and the place is free after a kill', async (t) => {
  const { host } = await aWorld(t)
  const first = host.start()
  await until('ready', () => host.lines.some((told) => told.includes('ready')))
  const second = host.start()
  await until('refused', () => second.exitCode !== null)
  assert.equal(second.exitCode, 2)
  assert.ok(host.lines.some((told) => told.includes('một tiến trình khác')))
  await end(first, 'SIGKILL')
  const third = host.start()
  await until('ready again', () => host.lines.filter((told) => told.includes('daemon ready')).length === 2)
  assert.equal(third.exitCode, null)
})

test('the daemon stops cleanly in the middle of an upload', async (t) => {
  const { host, receiver, line } = await aWorld(t)
  host.aSession('phien-1', { bytes: 40_000_000 })
  const daemon = host.start()
  await until('under way', () => receiver.arrivals.length === 1)
  line.play.frozen = true
  const begun = performance.now()
  assert.equal(await end(daemon, 'SIGTERM'), 0)
  const took = performance.now() - begun
  t.diagnostic(`stopped in ${Math.round(took)} ms`)
  assert.ok(took < 10_000)
  assert.ok(existsSync(host.spool))
})

test('folders that would lose recordings later are refused at the start', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-folders-'))
  const elsewhere = mkdtempSync('/dev/shm/tiepdan-')
  t.after(() => {
    for (const path of [folder, elsewhere]) rmSync(path, { recursive: true, force: true })
  })
  mkdirSync(join(folder, 'recordings'))
  const settings = (spoolFolder: string) =>
    readSettings({
      TIEPDAN_JIBRI_HOST: 'may-ghi-1',
      TIEPDAN_JIBRI_CONTROL_PLANE_URL: 'http://127.0.0.1:9/',
      TIEPDAN_JIBRI_SERVICE_NAME: 'recorder-1',
      TIEPDAN_JIBRI_SERVICE_SECRET: 'right',
      TIEPDAN_JIBRI_RECORDINGS_FOLDER: join(folder, 'recordings'),
      TIEPDAN_JIBRI_SPOOL_FOLDER: spoolFolder,
    })
  const owner = process.getuid?.() ?? 0
  checkFolders(settings(folder), owner)
  assert.throws(() => checkFolders(settings(elsewhere), owner), /cùng hệ thống tệp/)
  // Neither root nor Jibri's user: it would not see who has the files open.
  assert.throws(() => checkFolders(settings(folder), owner + 12_345), /người dùng của Jibri/)
})

test('all faults of the settings are told at once', async () => {
  const host = aHost('ftp://somewhere', { HOST: '', SWEEP_MS: '-1', STOP_COMMAND: 'true' })
  const daemon = host.start()
  await until('ended', () => daemon.exitCode !== null)
  assert.equal(daemon.exitCode, 2)
  const told = host.lines.join('\n')
  for (const name of ['HOST', 'CONTROL_PLANE_URL', 'SWEEP_MS', 'START_COMMAND']) assert.match(told, new RegExp(name))
  rmSync(host.folder, { recursive: true })
})

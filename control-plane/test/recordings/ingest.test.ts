import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { HearingPlan } from '../../server/hearings/index.ts'
import { sha256Hex } from '../../server/platform/secrets.ts'
import { createIngest } from '../../server/recordings/ingest.ts'
import { createMediaSandbox } from '../../server/recordings/media-sandbox.ts'
import { createMediaTools } from '../../server/recordings/media-tools.ts'
import * as store from '../../server/recordings/store.ts'
import { recordingParts } from '../../server/recordings/tables.ts'
import { createUploads } from '../../server/recordings/uploads.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { until } from './recorder-host.ts'

let app: TestApplication
let films: string
before(async () => {
  app = await testApplication({ start: false })
  films = mkdtempSync(join(tmpdir(), 'tiepdan-films-'))
  mkdirSync(app.platform.config.storeFolder, { recursive: true })
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc=size=320x180:rate=10',
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440',
    '-t',
    '4',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '10',
    '-c:a',
    'aac',
    join(films, 'whole.mkv'),
  ])
  // What a killed recorder leaves: Matroska without its end.
  const whole = readFileSync(join(films, 'whole.mkv'))
  writeFileSync(join(films, 'killed.mkv'), whole.subarray(0, Math.floor(whole.length * 0.7)))
  writeFileSync(join(films, 'noise.mkv'), randomBytes(50_000))
})
after(async () => {
  await app.close()
  rmSync(films, { recursive: true, force: true })
})

const noSignal = new AbortController().signal
const sandbox = createMediaSandbox('required')
const media = createMediaTools(sandbox)

/** A part as tus leaves it: the file in staging, the row at `verifying`. */
async function received(film: string, declaredSha256?: string, plan?: HearingPlan) {
  const uploads = createUploads(app.platform)
  await uploads.prepare()
  const uploadId = randomUUID()
  copyFileSync(join(films, film), uploads.stagedPath(uploadId))
  const bytes = readFileSync(join(films, film))
  const part = await app.platform.db.transaction((tx) =>
    store.insertPart(tx, {
      sessionId: `session-${uploadId}`,
      fileName: 'room_2026-12-01-09-00-00.mkv',
      host: 'jibri-1',
      uploadId,
      declaredSha256: declaredSha256 ?? sha256Hex(bytes),
      declaredSize: bytes.length,
      orderly: true,
      status: 'verifying',
      startedAt: new Date(app.clock.now()),
      createdAt: new Date(app.clock.now()),
    }),
  )
  const { ingest } = createIngest({ platform: app.platform, uploads, hearingPlan: async () => plan })
  return { part, uploads, ingest, sha256: sha256Hex(bytes) }
}

const inStore = (path: string | null | undefined): string => join(app.platform.config.storeFolder, path ?? 'nowhere')

test('a received file lies in the store with its hash, as a fast-start MP4 and with a poster; the staged copy is gone', async () => {
  const { part, ingest, uploads, sha256 } = await received('whole.mkv')
  await ingest(part.id, noSignal)
  const row = await store.partById(app.platform.db, part.id)
  assert.equal(row?.status, 'ready')
  assert.equal(sha256Hex(readFileSync(inStore(row?.originalPath))), sha256)
  assert.equal(sha256Hex(readFileSync(inStore(row?.playablePath))), row?.playableSha256)
  assert.ok(statSync(inStore(row?.posterPath)).size > 500)
  const head = readFileSync(inStore(row?.playablePath))
  assert.ok(head.indexOf('moov') < head.indexOf('mdat'), 'the index stands before the media')
  assert.ok(Math.abs((row?.durationMs ?? 0) - 4_000) < 300)
  assert.equal(existsSync(uploads.stagedPath(part.uploadId)), false)
  assert.match(readFileSync(join(inStore(row?.playablePath), '../part.json'), 'utf8'), new RegExp(sha256))
})

test('run twice, it changes nothing', async () => {
  const { part, ingest } = await received('whole.mkv')
  await ingest(part.id, noSignal)
  const first = await store.partById(app.platform.db, part.id)
  await ingest(part.id, noSignal)
  assert.deepEqual(await store.partById(app.platform.db, part.id), first)
})

test('what a killed recorder left is playable up to its last whole block', async () => {
  const { part, ingest } = await received('killed.mkv')
  await ingest(part.id, noSignal)
  const row = await store.partById(app.platform.db, part.id)
  assert.equal(row?.status, 'ready')
  const seen = await media.probeMade(inStore(row?.playablePath), noSignal)
  assert.ok(seen.is === 'media' && seen.facts.durationMs > 1_500)
})

test('a file that is no film is kept with its hash and told as broken', async () => {
  const { part, ingest, sha256 } = await received('noise.mkv')
  await ingest(part.id, noSignal)
  const row = await store.partById(app.platform.db, part.id)
  assert.equal(row?.status, 'broken')
  assert.match(row?.fault ?? '', /^unreadable/)
  assert.equal(sha256Hex(readFileSync(inStore(row?.originalPath))), sha256)
  const open = await app.platform.alerts.open(app.platform.db)
  assert.ok(
    open.some((alert) => alert.kind === 'recording-part-broken' && alert.subject === `recording-part:${part.id}`),
  )
})

test('a manifest that names another film of this machine brings nothing of it into the store', async () => {
  const secret = join(films, 'whole.mkv')
  const manifest = `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT4S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>${secret}</BaseURL></Representation></AdaptationSet></Period></MPD>`
  writeFileSync(join(films, 'manifest.mkv'), manifest)
  const { part, ingest } = await received('manifest.mkv')
  await ingest(part.id, noSignal)
  const row = await store.partById(app.platform.db, part.id)
  assert.deepEqual([row?.status, row?.fault, row?.playablePath], ['broken', 'unreadable: not-matroska', null])
  assert.equal(readFileSync(inStore(row?.originalPath), 'utf8'), manifest)
  assert.deepEqual(readdirSync(join(inStore(row?.originalPath), '..')).sort(), ['original.mkv', 'part.json'])
  const told = (await app.platform.alerts.open(app.platform.db)).find(
    (alert) => alert.kind === 'recording-part-broken' && alert.subject === `recording-part:${part.id}`,
  )
  assert.match(told?.message ?? '', /không phải Matroska.*vẫn được giữ trong kho/)
})

test('an ingest that our own server cannot do is told with its reason, loses nothing, and ends by itself', async () => {
  const { part, ingest, uploads } = await received('whole.mkv')
  const told = async () =>
    (await app.platform.alerts.open(app.platform.db)).find(
      (alert) => alert.kind === 'ingest-failed' && alert.subject === `recording-part:${part.id}`,
    )
  const path = process.env.PATH
  process.env.PATH = ''
  await assert.rejects(ingest(part.id, noSignal), /ffprobe/).finally(() => {
    process.env.PATH = path
  })
  assert.match((await told())?.message ?? '', /ffprobe ENOENT.*tự thử lại/)
  assert.equal(existsSync(uploads.stagedPath(part.uploadId)), true)
  await ingest(part.id, noSignal)
  assert.equal((await store.partById(app.platform.db, part.id))?.status, 'ready')
  assert.equal(await told(), undefined)
})

test('bytes that differ from what the sender declared never reach the store', async () => {
  const { part, ingest } = await received('whole.mkv', 'ab'.repeat(32))
  await ingest(part.id, noSignal)
  // A word of progress that lands late must not undo the outcome.
  await app.platform.db.transaction((tx) => store.notePartProgress(tx, part.id, 'verifying', 100))
  const row = await store.partById(app.platform.db, part.id)
  assert.deepEqual([row?.status, row?.fault, row?.originalPath], ['broken', 'mismatch', null])
})

test('what was aborted has let go of its files when it says so', async () => {
  const folder = join(films, 'endless')
  mkdirSync(folder)
  const target = join(folder, 'endless.mkv')
  const stop = new AbortController()
  const source = ['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=10', '-c:v', 'libx264', '-preset', 'ultrafast']
  const limits = { cpuSeconds: 60, memoryBytes: 512 * 1024 ** 2, outputBytes: 1024 ** 3, wallMs: 60_000 }
  const running = sandbox.run('ffmpeg', ['-v', 'error', '-y', ...source, 'file:/out/endless.mkv'], {
    ...{ input: join(films, 'whole.mkv'), output: folder, limits, signal: stop.signal },
  })
  await until('ffmpeg writes', async () => existsSync(target))
  stop.abort()
  await assert.rejects(running, { name: 'AbortError' })
  const writers = readdirSync('/proc').filter((process) => {
    try {
      return readFileSync(join('/proc', process, 'cmdline'), 'utf8').includes('/out/endless.mkv')
    } catch {
      return false
    }
  })
  assert.deepEqual(writers, [])
})

test('killed after any of its steps, the next run finishes with the same bytes', async () => {
  for (const film of ['whole.mkv', 'noise.mkv']) {
    const { part, ingest, uploads, sha256 } = await received(film)
    const work = join(app.platform.config.stagingFolder, 'work', part.id)
    // After a half-made work folder.
    mkdirSync(work, { recursive: true })
    writeFileSync(join(work, 'playable.mp4'), 'half')
    await ingest(part.id, noSignal)
    const done = await store.partById(app.platform.db, part.id)
    // After the move into the store, before the row: the row still says `storing`, the staged file is gone.
    await app.platform.db
      .update(recordingParts)
      .set({ status: 'storing', originalPath: null, playablePath: null, storedAt: null, claimedAt: null })
      .where(eq(recordingParts.id, part.id))
    await ingest(part.id, noSignal)
    const again = await store.partById(app.platform.db, part.id)
    assert.deepEqual(
      [again?.status, again?.originalPath, again?.playableSha256],
      [done?.status, done?.originalPath, done?.playableSha256],
    )
    assert.equal(sha256Hex(readFileSync(inStore(again?.originalPath))), sha256)
    assert.equal(existsSync(uploads.stagedPath(part.uploadId)), false)
  }
})

test('two workers on one part: one works, the other finds nothing', async () => {
  const { part, ingest } = await received('whole.mkv')
  await Promise.all([ingest(part.id, noSignal), ingest(part.id, noSignal)])
  const row = await store.partById(app.platform.db, part.id)
  assert.equal(row?.status, 'ready')
  assert.equal(readdirSync(join(inStore(row?.originalPath), '..')).length, 4)
})

/** The film with the chapters that its MP4 got: titles, and where they begin and end in milliseconds. */
async function chaptersIn(film: string): Promise<{ durationMs: number; chapters: [string, number, number][] }> {
  // The recording began 56.5 s after the hearing: of the items of one minute the second begins at 3.5 s and the third beyond any film here.
  const agenda = ['Khai mạc', 'Trình bày', 'Kết luận'].map((title) => ({ id: title, title, minutes: 1, speaker: null }))
  const plan = { code: 'BT-2026-001', liveAt: app.clock.now() - 56_500, agenda } as unknown as HearingPlan
  const { part, ingest } = await received(film, undefined, plan)
  const hearingId = randomUUID()
  const recording = await app.platform.db.transaction((tx) =>
    store.expectRecording(tx, { hearingId, roomName: randomUUID(), now: new Date(app.clock.now()) }),
  )
  await app.platform.db
    .update(recordingParts)
    .set({ recordingId: recording?.id ?? null })
    .where(eq(recordingParts.id, part.id))
  await ingest(part.id, noSignal)
  const row = await store.partById(app.platform.db, part.id)
  assert.equal(row?.status, 'ready', `${film}: ${row?.fault}`)
  const asked = ['-v', 'error', '-i', inStore(row?.playablePath), '-f', 'ffmetadata', '-']
  const told = execFileSync('ffmpeg', asked, { encoding: 'utf8' })
  const blocks = told.matchAll(/\[CHAPTER\]\nTIMEBASE=1\/1000\nSTART=(\d+)\nEND=(\d+)\ntitle=(.*)/g)
  return {
    durationMs: row?.durationMs ?? 0,
    chapters: [...blocks].map(([, start, end, title = '']) => [title, Number(start), Number(end)]),
  }
}

test('no chapter lies beyond the film, whatever its header says of its length', async () => {
  // A killed recorder leaves no length, a cut file a longer one than it has.
  const piped = execFileSync('ffmpeg', [
    '-v',
    'error',
    '-i',
    join(films, 'whole.mkv'),
    '-c',
    'copy',
    '-f',
    'matroska',
    '-',
  ])
  writeFileSync(join(films, 'lengthless.mkv'), piped)
  for (const [film, titles] of [
    ['whole.mkv', ['Khai mạc', 'Trình bày']],
    ['lengthless.mkv', ['Khai mạc', 'Trình bày']],
    ['killed.mkv', ['Khai mạc']],
  ] as const) {
    const { durationMs, chapters } = await chaptersIn(film)
    assert.deepEqual(
      chapters.map(([title]) => title),
      titles,
      film,
    )
    for (const [, startMs, endMs] of chapters)
      assert.ok(startMs < endMs && endMs <= durationMs + 50, `${film} ${endMs}`)
  }
})

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { RecordedContent } from '../../contract/recording-content.ts'
import { minuteMs } from '../../server/platform/clock.ts'
import { sha256Hex } from '../../server/platform/secrets.ts'
import { contentFaults, pictureless, without } from '../../server/recordings/content.ts'
import { createContentWatch } from '../../server/recordings/content-watch.ts'
import { createIngest } from '../../server/recordings/ingest.ts'
import * as store from '../../server/recordings/store.ts'
import { recordingParts } from '../../server/recordings/tables.ts'
import { createUploads } from '../../server/recordings/uploads.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { aFilmOf, type FilmKind } from './films.ts'

let app: TestApplication
let films: string
before(async () => {
  app = await testApplication()
  films = mkdtempSync(join(tmpdir(), 'tiepdan-content-'))
  mkdirSync(app.platform.config.storeFolder, { recursive: true })
})
after(async () => {
  await app.close()
  rmSync(films, { recursive: true, force: true })
})

const noSignal = new AbortController().signal
const watchOf = () => createContentWatch(app.platform, async () => undefined)

/** A film of that kind in the store, as the ingest left it. */
async function stored(kind: FilmKind): Promise<string> {
  const film = await aFilmOf(kind, films)
  const uploads = createUploads(app.platform)
  await uploads.prepare()
  const uploadId = randomUUID()
  copyFileSync(film, uploads.stagedPath(uploadId))
  const bytes = readFileSync(film)
  const at = new Date(app.clock.now())
  const part = await app.platform.db.transaction((tx) =>
    store.insertPart(tx, {
      sessionId: `session-${uploadId}`,
      fileName: 'phong_2026-12-01-09-00-00.mkv',
      host: 'jibri-1',
      uploadId,
      declaredSha256: sha256Hex(bytes),
      declaredSize: bytes.length,
      orderly: true,
      status: 'verifying',
      // Its own row in the claim: nobody else's reconciliation measures it first.
      measureClaimedAt: at,
      startedAt: at,
      createdAt: at,
    }),
  )
  await createIngest({ platform: app.platform, uploads, hearingPlan: async () => undefined }).ingest(part.id, noSignal)
  assert.equal((await store.partById(app.platform.db, part.id))?.status, 'ready')
  await app.platform.db.update(recordingParts).set({ measureClaimedAt: null }).where(eq(recordingParts.id, part.id))
  return part.id
}

async function measured(id: string): Promise<RecordedContent> {
  await watchOf().measure(id, noSignal)
  const deadline = performance.now() + 20_000
  for (;;) {
    const row = await store.partById(app.platform.db, id)
    if (row?.content) return row.content
    // The application's own rounds may have taken it.
    if (performance.now() > deadline) throw new Error('never measured')
    await new Promise((resume) => setTimeout(resume, 50))
  }
}

const alertsFor = async (id: string) =>
  (await app.platform.alerts.open(app.platform.db)).filter(({ subject }) => subject === `recording-part:${id}`)

/** Bands in whole seconds; what is measured at key frames is right to two of them. */
const told = ({ bands }: RecordedContent) =>
  bands.map(({ kind, fromMs, toMs }) => `${kind} ${Math.round(fromMs / 1000)}–${Math.round(toMs / 1000)}`)

const expected: [FilmKind, string[], string[]][] = [
  ['whole', [], []],
  ['four seconds of sound', ['silence 0–8', 'silence 12–20'], ['recording-no-sound']],
  ['silent', ['silence 0–20'], ['recording-no-sound']],
  ['hiss', ['silence 0–20'], ['recording-no-sound']],
  ['no sound', ['no-sound 0–20'], ['recording-no-sound']],
  ['sound ends early', ['silence 8–20'], ['recording-no-sound']],
  ['no picture', ['no-picture 0–20'], ['recording-no-picture']],
  ['black', ['black 0–20'], ['recording-no-picture']],
  ['black at the end', ['black 10–20'], ['recording-no-picture']],
  ['frozen', ['frozen 0–20'], ['recording-no-picture']],
]
for (const [kind, bands, alerts] of expected) {
  test(`a stored film is measured and its lack told: ${kind}`, async () => {
    const id = await stored(kind)
    const content = await measured(id)
    assert.deepEqual(told(content), bands)
    assert.deepEqual((await alertsFor(id)).map((alert) => alert.kind).sort(), alerts)
    for (const alert of await alertsFor(id)) {
      assert.equal(alert.severity, 'critical')
      assert.match(alert.message, /phong_2026-12-01-09-00-00\.mkv.*0:00:\d\d trong 0:00:20: .*(Nghe|Xem) lại/)
    }
  })
}

test('the rounds find what is due, older films too, and measure each once, whoever dies in between', async () => {
  const id = await stored('silent')
  // A worker that died with the claim.
  await app.platform.db
    .update(recordingParts)
    .set({ measureClaimedAt: new Date(app.clock.now()) })
    .where(eq(recordingParts.id, id))
  await watchOf().measure(id, noSignal)
  assert.equal((await store.partById(app.platform.db, id))?.content, null)
  app.clock.advance(minuteMs)
  await watchOf().watch()
  assert.deepEqual(told(await measured(id)), ['silence 0–20'])
  const first = await store.partById(app.platform.db, id)
  await watchOf().measure(id, noSignal)
  assert.deepEqual(await store.partById(app.platform.db, id), first)
})

const silence = (fromSeconds: number, toSeconds: number) => ({
  kind: 'silence' as const,
  fromMs: fromSeconds * 1000,
  toMs: toSeconds * 1000,
})
const severities = (durationMinutes: number, ...bands: RecordedContent['bands']) =>
  contentFaults({ sound: 'measured', picture: 'measured', bands }, durationMinutes * minuteMs).map(
    ({ about, severity }) => `${about} ${severity}`,
  )

test('a hearing has its pauses: only what is too long for one is told', () => {
  const pauses = Array.from({ length: 30 }, (_, index) => silence(index * 200, index * 200 + 40))
  assert.deepEqual(severities(120, ...pauses), [])
  assert.deepEqual(severities(120, silence(600, 600 + 299)), [])
  assert.deepEqual(severities(120, silence(600, 600 + 301)), ['sound warning'])
  assert.deepEqual(severities(120, silence(0, 3_700)), ['sound critical'])
  const black = { kind: 'black' as const, fromMs: 0, toMs: 61_000 }
  assert.deepEqual(severities(120, black), ['picture warning'])
  assert.deepEqual(severities(120, { ...black, kind: 'frozen' }), [])
  assert.deepEqual(severities(120, { ...black, kind: 'frozen', toMs: 301_000 }), ['picture warning'])
})

test('the recorder is told to make a key frame every two seconds: by itself Jibri tells its encoder nothing', () => {
  const settings = readFileSync(join(import.meta.dirname, '../../../jibri/config/jibri.conf.j2'), 'utf8')
  assert.match(settings, /gop-size = \{\{ jibri_framerate \| int \* 2 \}\}/)
  assert.match(settings, /video-params = \[[^\]]*"-g", \$\{jibri\.ffmpeg\.gop-size\}\s*\]/)
})

test('where no key frame comes there is no picture; where they are rare, nothing is said', () => {
  const frames = (...seconds: number[]) => seconds.map((second) => ({ atMs: second * 1000, isBlack: false }))
  assert.deepEqual(pictureless(frames(0, 2, 4, 6, 30, 32, 34), 36_000), [{ fromMs: 8_000, toMs: 30_000 }])
  assert.deepEqual(pictureless(frames(0, 2, 4), 60_000), [{ fromMs: 6_000, toMs: 60_000 }])
  assert.deepEqual(pictureless(frames(20, 22, 24), 26_000), [{ fromMs: 0, toMs: 20_000 }])
  // As x264 writes them when nobody names a distance, at 15 frames a second.
  assert.deepEqual(pictureless(frames(0, 16, 32), 40_000), [])
  assert.deepEqual(pictureless(frames(0, 17, 34, 51, 100), 110_000), [{ fromMs: 68_000, toMs: 100_000 }])
  assert.deepEqual(pictureless(frames(0, 17), 22_000), [])
  assert.equal(pictureless(frames(0, 30, 60), 80_000), undefined)
  assert.equal(pictureless(frames(0), 40_000), undefined)
  assert.deepEqual(pictureless([], 40_000), [{ fromMs: 0, toMs: 40_000 }])
  assert.deepEqual(pictureless(frames(0), 4_000), [])
  assert.deepEqual(without([{ fromMs: 0, toMs: 10 }], [{ fromMs: 3, toMs: 5 }]), [
    { fromMs: 0, toMs: 3 },
    { fromMs: 5, toMs: 10 },
  ])
})

import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIngest } from '../../server/recordings/ingest.ts'
import { hashFile } from '../../server/recordings/media-tools.ts'
import * as store from '../../server/recordings/store.ts'
import { createUploads } from '../../server/recordings/uploads.ts'
import { testApplication } from '../support/application.ts'
import { type Figure, interleaved, rounded, type Tell, timed } from './rounds.ts'

const wantedBytes = 1_000_000_000

/**
 * One received recording of 1 GB, from staging to `ready` in the store: hash checked, probed, remuxed, poster, moved, synced to the disk.
 * Baseline: `cp` of the same file, synced, and `sha256sum` of the copy.
 */
export async function ingest(tell: Tell): Promise<Figure[]> {
  const app = await testApplication({ start: false })
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-bench-'))
  try {
    const film = makeFilm(folder)
    const { size, sha256 } = await hashFile(film)
    tell(`ingest: phim ${Math.round(size / 1e6)} MB`)
    mkdirSync(app.platform.config.storeFolder, { recursive: true })
    const uploads = createUploads(app.platform)
    await uploads.prepare()
    const bench = createIngest({ platform: app.platform, uploads, hearingPlan: async () => undefined })
    const copy = join(folder, 'copy')
    const { baselineMs, workMs } = await interleaved(
      3,
      async () => {
        const ms = await timed(() => {
          execFileSync('cp', [film, copy])
          execFileSync('sync', [copy])
          execFileSync('sha256sum', [copy])
        })
        rmSync(copy)
        return ms
      },
      async (round) => {
        const uploadId = randomUUID()
        // The received file is there already: a second name for the same bytes costs nothing.
        linkSync(film, uploads.stagedPath(uploadId))
        const part = await app.platform.db.transaction((tx) =>
          store.insertPart(tx, {
            sessionId: `bench-${round}`,
            fileName: 'room_2026-12-01-09-00-00.mkv',
            host: 'jibri-1',
            uploadId,
            declaredSha256: sha256,
            declaredSize: size,
            orderly: true,
            status: 'verifying',
            startedAt: new Date(app.clock.now()),
            createdAt: new Date(app.clock.now()),
          }),
        )
        const ms = await timed(() => bench.ingest(part.id, new AbortController().signal))
        const stored = await store.partById(app.platform.db, part.id)
        if (stored?.status !== 'ready') throw new Error(`not ready but ${stored?.status} ${stored?.fault}`)
        for (const name of readdirSync(app.platform.config.storeFolder).filter((entry) => !entry.startsWith('.')))
          rmSync(join(app.platform.config.storeFolder, name), { recursive: true })
        return ms
      },
    )
    const rate = (ms: number): number => rounded(size / 1e6 / (ms / 1000), 0)
    return [
      {
        name: 'ingest',
        value: rate(workMs),
        unit: 'MB/s',
        baseline: rate(baselineMs),
        ratio: rounded(baselineMs / workMs),
        goal: '≥ 0.8',
      },
    ]
  } finally {
    await app.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Matroska with H.264 and AAC at Jibri's bit rate, made of one minute that is copied until the size is reached. */
export function makeFilm(folder: string): string {
  const minute = join(folder, 'minute.mkv')
  const film = join(folder, 'film.mkv')
  const quiet = ['-nostdin', '-v', 'error', '-y']
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30', '-f', 'lavfi', '-i', 'sine=frequency=440']
  const rate = ['-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '3M', '-minrate', '3M', '-maxrate', '3M']
  const rest = ['-bufsize', '3M', '-x264-params', 'nal-hrd=cbr', '-g', '60', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  execFileSync('ffmpeg', [...quiet, ...picture, '-t', '60', ...rate, ...rest, minute])
  const times = Math.ceil(wantedBytes / statSync(minute).size)
  execFileSync('ffmpeg', [...quiet, '-stream_loop', String(times - 1), '-i', minute, '-c', 'copy', film])
  return film
}

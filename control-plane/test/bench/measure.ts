import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContentTools } from '../../server/recordings/content-tools.ts'
import { createMediaSandbox } from '../../server/recordings/media-sandbox.ts'
import { createMediaTools } from '../../server/recordings/media-tools.ts'
import { makeFilm } from './ingest.ts'
import { type Figure, rounded, type Tell, timed } from './rounds.ts'

/** How many times faster than real time a stored film is measured: its whole sound and the key frames of its picture (1280×720, 30 frames). */
export async function measure(tell: Tell): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-bench-'))
  try {
    const film = makeFilm(folder)
    const path = join(folder, 'playable.mp4')
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', film, '-c', 'copy', path])
    const sandbox = createMediaSandbox('where-possible')
    const { signal } = new AbortController()
    const probed = await createMediaTools(sandbox).probeMade(path, signal)
    if (probed.is !== 'media') throw new Error(`no film: ${probed.why}`)
    const { durationMs } = probed.facts
    tell(`measure: phim ${Math.round(durationMs / 60_000)} phút`)
    const tools = createContentTools(sandbox)
    const stored = { path, durationMs, hasSound: true, hasPicture: true }
    const times: number[] = []
    for (let round = 0; round < 3; round++)
      times.push(
        await timed(async () => {
          const content = await tools.measure(stored, signal)
          if (content.sound !== 'measured' || content.picture !== 'measured') throw new Error(JSON.stringify(content))
        }),
      )
    const ms = times.toSorted((one, other) => one - other)[1] ?? Number.NaN
    return [
      {
        name: 'measure',
        value: rounded(durationMs / ms, 0),
        unit: '× thời gian thực',
        baseline: null,
        ratio: rounded(durationMs / ms, 0),
        goal: '≥ 100',
      },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

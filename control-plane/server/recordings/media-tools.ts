import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'

export interface MediaFacts {
  durationMs: number
  width: number | null
  height: number | null
  videoCodec: string | null
  audioCodec: string | null
  /** ISO instant from the container, when it tells one. */
  creationTime: string | null
}

export type Probe = { is: 'media'; facts: MediaFacts } | { is: 'unreadable'; why: string }

/**
 * Runs a program to its end; resolves to its exit code and the tail of what it said. Kills it on abort, and rejects once it is gone:
 * until then it may still write.
 */
export async function run(
  program: string,
  args: string[],
  signal: AbortSignal,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { signal, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] })
    let failure: Error | undefined
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => {
      said.stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      said.stderr = (said.stderr + chunk.toString()).slice(-4_000)
    })
    child.on('error', (error) => {
      // One that never started has nothing to wait for.
      if (child.pid === undefined) reject(error)
      else failure = error
    })
    child.on('close', (code) => (failure === undefined ? resolve({ code: code ?? 1, ...said }) : reject(failure)))
  })
}

/** SHA-256 of a file in lower-case hex, read as a stream; 1 MiB blocks are 2–4 times quicker than Node's default. */
export async function hashFile(
  path: string,
  onBytes?: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream(path, {
    highWaterMark: 1024 * 1024,
    ...(signal ? { signal } : {}),
  }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
    onBytes?.(size)
  }
  return { sha256: hash.digest('hex'), size }
}

/** Brings a file's or folder's bytes to the disk, so that a power cut after the rename finds them. */
export async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

interface ProbeAnswer {
  format?: { duration?: string; tags?: { creation_time?: string } }
  streams?: { codec_type?: string; codec_name?: string; width?: number; height?: number; duration?: string }[]
}

/** What ffprobe says of a file; a file that is no media is an outcome, not an error. */
export async function probe(path: string, signal: AbortSignal): Promise<Probe> {
  const answer = await run('ffprobe', ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', path], signal)
  if (answer.code !== 0) return { is: 'unreadable', why: answer.stderr.trim().split('\n').at(-1) ?? 'ffprobe' }
  const parsed = JSON.parse(answer.stdout) as ProbeAnswer
  const video = parsed.streams?.find((stream) => stream.codec_type === 'video')
  const audio = parsed.streams?.find((stream) => stream.codec_type === 'audio')
  if (video === undefined && audio === undefined) return { is: 'unreadable', why: 'no audio or video stream' }
  return {
    is: 'media',
    facts: {
      // A killed recorder leaves Matroska without a duration: it is known after the remux.
      durationMs: Math.round(Number(parsed.format?.duration ?? 0) * 1000) || 0,
      width: video?.width ?? null,
      height: video?.height ?? null,
      videoCodec: video?.codec_name ?? null,
      audioCodec: audio?.codec_name ?? null,
      creationTime: parsed.format?.tags?.creation_time ?? null,
    },
  }
}

/** Copies the streams into a fast-start MP4 with chapters; nothing is encoded again. Throws when ffmpeg fails. */
export async function remux(source: string, chapterFile: string, target: string, signal: AbortSignal): Promise<void> {
  const answer = await run(
    'ffmpeg',
    [
      '-nostdin',
      '-hide_banner',
      '-nostats',
      '-v',
      'error',
      '-y',
      '-i',
      source,
      '-i',
      chapterFile,
      '-map',
      '0:v?',
      '-map',
      '0:a?',
      '-map_metadata',
      '0',
      '-map_chapters',
      '1',
      '-c',
      'copy',
      '-movflags',
      '+faststart',
      target,
    ],
    signal,
  )
  if (answer.code === 0) return
  const failed = new Error(`ffmpeg: ${answer.stderr.trim().split('\n').at(-1)}`)
  // ffmpeg tells a full disk in words only.
  throw /No space left on device/.test(answer.stderr) ? Object.assign(failed, { code: 'ENOSPC' }) : failed
}

/** One picture from the first tenth of the film (at most 10 s in), 640 pixels wide. False when there is no picture. */
export async function poster(
  source: string,
  durationMs: number,
  target: string,
  signal: AbortSignal,
): Promise<boolean> {
  const at = Math.min(10, durationMs / 10_000)
  const answer = await run(
    'ffmpeg',
    [
      '-nostdin',
      '-v',
      'error',
      '-y',
      '-ss',
      String(at),
      '-i',
      source,
      '-frames:v',
      '1',
      '-vf',
      'scale=640:-2',
      '-q:v',
      '4',
      target,
    ],
    signal,
  )
  return answer.code === 0
}

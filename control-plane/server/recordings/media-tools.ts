import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { containerOfFile, type Refusal } from './container.ts'
import type { MediaSandbox, RunLimits, RunOutcome } from './media-sandbox.ts'

export interface MediaFacts {
  durationMs: number
  width: number | null
  height: number | null
  videoCodec: string | null
  audioCodec: string | null
  /** ISO instant from the container, when it tells one. */
  creationTime: string | null
}

/** A received film that was looked at. */
export interface Source {
  path: string
  bytes: number
  facts: MediaFacts
}

type Refused = { is: 'refused'; why: Refusal; detail: string }
/** `detail`: ffmpeg's own last words, for whoever looks into it. */
export type Probe = { is: 'media'; facts: MediaFacts } | Refused

/** SHA-256 of a file in lower-case hex, read as a stream; 1 MiB blocks are 2–4 times quicker than Node's default. */
export async function hashFile(
  path: string,
  onBytes?: (bytes: number) => void | Promise<void>,
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
    await onBytes?.(size)
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

// What Jibri writes (jibri.conf: libx264, aac) and no more: every further decoder is one more that foreign bytes can reach.
const codecs = 'h264,aac'
/** Rooms send 1280×720; a picture of 16000×16000 takes 1.5 GB to look at. */
const largestPicture = { width: 4096, height: 2304 }
const largestPixels = largestPicture.width * largestPicture.height
/** No hearing lasts two days, but a header can say 200 years. */
const longestMs = 48 * 3600_000
const megabyte = 1024 ** 2

/** How the two containers are read: never by guessing, never anything but files, never another format behind the first. */
export const reading = (format: 'matroska' | 'mov'): string[] => [
  ...['-f', format, '-protocol_whitelist', 'file'],
  ...['-format_whitelist', format === 'matroska' ? 'matroska,webm' : 'mov,mp4,m4a,3gp,3g2,mj2'],
  ...['-codec_whitelist', codecs, '-max_streams', '8', '-max_pixels', String(largestPixels), '-threads', '1'],
]
export const quiet = ['-nostdin', '-hide_banner', '-nostats', '-v', 'error', '-y']
const looking: RunLimits = { cpuSeconds: 20, memoryBytes: 512 * megabyte, outputBytes: 0, wallMs: 120_000 }

/** A copy of the streams is about as large as they were; a packed Matroska that swells is ended here. */
const copying = (bytes: number): RunLimits => ({
  cpuSeconds: 60 + Math.ceil(bytes / (20 * megabyte)),
  memoryBytes: 768 * megabyte,
  outputBytes: Math.ceil(bytes * 1.25) + 32 * megabyte,
  wallMs: 10 * 60_000 + Math.ceil(bytes / (2 * megabyte)) * 1000,
})

interface ProbeAnswer {
  format?: { duration?: string; tags?: { creation_time?: string } }
  streams?: { codec_type?: string; codec_name?: string; width?: number; height?: number; duration?: string }[]
}

/** Looking at films, copying and picturing them, each in the sandbox. What the file is to blame for is a value; what we are, an error. */
export function createMediaTools(sandbox: MediaSandbox) {
  const asked = 'format=duration:format_tags=creation_time:stream=codec_type,codec_name,width,height,duration'

  async function look(path: string, format: 'matroska' | 'mov', signal: AbortSignal): Promise<Probe> {
    const args = ['-v', 'error', ...reading(format), '-of', 'json', '-show_entries', asked, 'file:/in/film']
    const answer = await sandbox.run('ffprobe', args, { input: path, limits: looking, signal })
    const refused = refusalOf(answer)
    if (refused !== undefined) return refused
    if (answer.is !== 'ended') return { is: 'refused', why: 'damaged', detail: '' }
    const told = JSON.parse(answer.stdout) as ProbeAnswer
    return judge(format === 'mov' ? withoutTitles(told) : told)
  }

  return {
    /** What a received file is: first by its first bytes, and only then by ffprobe. */
    async probe(path: string, signal: AbortSignal): Promise<Probe> {
      const container = await containerOfFile(path)
      return container === 'matroska' ? look(path, 'matroska', signal) : { is: 'refused', why: container, detail: '' }
    },

    /** The same of an MP4 that `remux` made. */
    probeMade: (path: string, signal: AbortSignal): Promise<Probe> => look(path, 'mov', signal),

    /**
     * Copies picture and sound into `<folder>/playable.mp4` (fast start) with the chapters of `<folder>/chapters.ffmeta`; nothing is encoded
     * again, and of the file's own tags only the time of its making goes along. Undefined when it is done.
     */
    async remux(source: Source, folder: string, signal: AbortSignal): Promise<Refused | undefined> {
      const { creationTime } = source.facts
      const args = [
        ...[...quiet, ...reading('matroska'), '-i', 'file:/in/film'],
        ...['-f', 'ffmetadata', '-protocol_whitelist', 'file', '-i', 'file:/out/chapters.ffmeta'],
        // A plain `-map_metadata -1` would take the chapters' titles too.
        ...['-map', '0:V:0?', '-map', '0:a:0?', '-map_metadata:g', '-1', '-map_metadata:s', '-1'],
        ...['-map_chapters', '1', '-c', 'copy'],
        ...(creationTime === null ? [] : ['-metadata', `creation_time=${creationTime}`]),
        ...['-movflags', '+faststart', '-f', 'mp4', 'file:/out/playable.mp4'],
      ]
      const limits = copying(source.bytes)
      const answer = await sandbox.run('ffmpeg', args, { input: source.path, output: folder, limits, signal })
      return refusalOf(answer)
    },

    /** One picture from the first tenth of the film (at most 10 s in), 640 pixels wide: `<folder>/poster.jpg`. False when there is none. */
    async poster(made: { path: string; durationMs: number }, folder: string, signal: AbortSignal): Promise<boolean> {
      const args = [
        ...[...quiet, ...reading('mov'), '-ss', String(Math.min(10, made.durationMs / 10_000)), '-i', 'file:/in/film'],
        ...['-map', '0:V:0', '-frames:v', '1', '-vf', 'scale=640:-2', '-q:v', '4'],
        ...['-f', 'image2', '-update', '1', 'file:/out/poster.jpg'],
      ]
      const limits = { ...looking, outputBytes: 4 * megabyte }
      const answer = await sandbox.run('ffmpeg', args, { input: made.path, output: folder, limits, signal })
      return answer.is === 'ended' && answer.code === 0
    },
  }
}

// Ffmpeg tells in words only that the disk, and not the film, is at fault.
const ours: [RegExp, string][] = [
  [/No space left on device/, 'ENOSPC'],
  [/Disk quota exceeded/, 'EDQUOT'],
  [/Permission denied/, 'EACCES'],
  [/Read-only file system/, 'EROFS'],
  // While writing: of a spoilt film the demuxer says the same words of its input, which was just read to its end for its hash.
  [/(?:writ|\/out\/).*Input\/output error/i, 'EIO'],
  [/^bwrap: /m, 'EPERM'],
]

/** @throws Error with a `code` when our own machine failed, and not the file. */
export function refusalOf(answer: RunOutcome): Refused | undefined {
  if (answer.is === 'limits') return { is: 'refused', why: 'too-heavy', detail: answer.why }
  if (answer.code === 0) return undefined
  const detail = (answer.stderr.trim().split('\n').at(-1) ?? '').slice(0, 300)
  const fault = ours.find(([words]) => words.test(answer.stderr))
  if (fault !== undefined) throw Object.assign(new Error(`ffmpeg: ${detail}`), { code: fault[1] })
  if (/Cannot allocate memory|File too large/.test(answer.stderr)) return { is: 'refused', why: 'too-heavy', detail }
  if (/not on whitelist/.test(answer.stderr)) return { is: 'refused', why: 'streams', detail }
  if (/max pixel count/.test(answer.stderr)) return { is: 'refused', why: 'picture', detail }
  return { is: 'refused', why: 'damaged', detail }
}

/** Whether that is what a recorder makes: at most one picture and one sound, of its codecs, sizes and lengths. Pure. */
function judge(answer: ProbeAnswer): Probe {
  const streams = answer.streams ?? []
  const refused = (why: Refusal, detail: string): Probe => ({ is: 'refused', why, detail })
  const told = streams
    .map((stream) => `${stream.codec_type}/${stream.codec_name}`)
    .join(', ')
    .slice(0, 300)
  const videos = streams.filter((stream) => stream.codec_type === 'video' && stream.codec_name === 'h264')
  const audios = streams.filter((stream) => stream.codec_type === 'audio' && stream.codec_name === 'aac')
  const known = videos.length + audios.length
  if (known === 0 || known !== streams.length || videos.length > 1 || audios.length > 1) return refused('streams', told)
  const [video] = videos
  const { width = 0, height = 0 } = video ?? {}
  if (width > largestPicture.width || height > largestPicture.height) return refused('picture', `${width}×${height}`)
  // A killed recorder leaves Matroska without a duration: it is known after the remux.
  const durationMs = Math.round(Number(answer.format?.duration ?? 0) * 1000) || 0
  if (durationMs < 0 || durationMs > longestMs) return refused('duration', `${durationMs} ms`)
  return {
    is: 'media',
    facts: {
      durationMs,
      width: video === undefined ? null : width,
      height: video === undefined ? null : height,
      videoCodec: video?.codec_name ?? null,
      audioCodec: audios[0]?.codec_name ?? null,
      creationTime: instantOf(answer.format?.tags?.creation_time),
    },
  }
}

/** In an MP4 of ours the chapters' titles are a track of their own, and the file's length is that of the longest track: theirs does not count. */
function withoutTitles(told: ProbeAnswer): ProbeAnswer {
  const streams = (told.streams ?? []).filter((one) => one.codec_type !== 'data' || one.codec_name !== 'bin_data')
  const seconds = Math.max(0, ...streams.map(({ duration }) => Number(duration) || 0))
  return { format: { ...told.format, duration: String(seconds) }, streams }
}

/** A tag can say anything; a time that no clock shows is none. */
function instantOf(text: string | undefined): string | null {
  const at = Date.parse(text ?? '')
  return at > Date.UTC(2020) && at < Date.UTC(2100) ? new Date(at).toISOString() : null
}

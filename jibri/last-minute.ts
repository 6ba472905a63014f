import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Content, judgePicture, judgeSound, readPeaks, readPicture, spanMs } from './content.ts'
import type { RunningFile } from './growth.ts'
import { log, wordsOf } from './log.ts'
import { readTail, type Tail } from './matroska-tail.ts'
import type { Settings } from './settings.ts'

const runMs = 30_000
const toldAtMost = 256 * 1024
/** Beside a recorder that needs every core: behind it, but not starved by it, and ended after a few seconds of processor time. */
const limited = 'prlimit'
const modestly = ['--cpu=15:20', `--as=${2 * 1024 ** 3}`, '--', 'nice', '-n', '10']
const fromTail = ['-nostdin', '-hide_banner', '-nostats', '-v', 'error', '-protocol_whitelist', 'pipe']
const asMatroska = ['-codec_whitelist', 'h264,aac', '-threads', '1', '-f', 'matroska', '-i', 'pipe:0']
const soundArgs = ['-map', '0:a:0', '-af']
const pictureArgs = ['-map', '0:V:0', '-vf']
const sound = 'aresample=16000,asetnsamples=n=16000:p=0,astats=metadata=1:reset=1,ametadata=mode=print:file=-'
const picture =
  'scale=320:180:flags=fast_bilinear,format=yuv420p,blackframe=amount=0:threshold=26,freezedetect=n=-50dB:d=45,metadata=mode=print:file=-'

interface Known {
  lookedAt: number
  content: Partial<Content>
  /** For how long looks have found the picture standing still, in milliseconds of the wall clock. */
  frozenSince: number | null
}

/** Looks at the last minute of what is being recorded, so that a hearing without sound is known while it runs. Instants in milliseconds. */
export function createLastMinute(settings: Pick<Settings, 'recordingsFolder' | 'contentMs'>) {
  const known = new Map<string, Known>()
  let looking = false

  /** Looks at files that are due, one at a time; waits for nothing, so that a slow look delays no other sign of life. */
  function follow(running: RunningFile[], now: number): void {
    const keys = new Set(running.map(keyOf))
    for (const key of known.keys()) if (!keys.has(key)) known.delete(key)
    const due = running.find((file) => now - (known.get(keyOf(file))?.lookedAt ?? 0) >= settings.contentMs)
    if (looking || due === undefined) return
    looking = true
    look(due, now)
      .catch((error: unknown) => {
        log('warn', 'last minute not looked at', { error: wordsOf(error) })
        note(due, now, { content: { sound: 'unmeasured', picture: 'unmeasured' }, frozenSince: null })
      })
      .finally(() => {
        looking = false
      })
  }

  async function look(file: RunningFile, now: number): Promise<void> {
    const before = known.get(keyOf(file))
    const tail = await readTail(join(settings.recordingsFolder, file.sessionId, file.fileName), spanMs)
    // MP4 has no beginning before its end: nothing of it can be read while it grows.
    if (tail === null) return note(file, now, { content: {}, frozenSince: null })
    const heard = tail.hasSound ? readIf(await tellOf(tail, [], [...soundArgs, sound]), readPeaks) : null
    const shown = tail.hasPicture
      ? readIf(await tellOf(tail, ['-skip_frame', 'nokey'], [...pictureArgs, picture]), readPicture)
      : null
    const frozenSince = shown?.isFrozen ? (before?.frozenSince ?? now) : null
    const content = {
      sound: judgeSound(heard, tail.hasSound, tail.spanMs),
      picture: judgePicture(shown, tail.hasPicture, tail.spanMs, frozenSince === null ? 0 : now - frozenSince),
    }
    note(file, now, { content: definedOf(content), frozenSince })
  }

  function note(file: RunningFile, lookedAt: number, found: Omit<Known, 'lookedAt'>): void {
    const before = known.get(keyOf(file))?.content
    if (before?.sound !== found.content.sound || before?.picture !== found.content.picture)
      log('info', 'last minute', { sessionId: file.sessionId, ...found.content })
    known.set(keyOf(file), { lookedAt, ...found })
  }

  return {
    follow,
    /** What was found in this file, for the report; nothing as long as there is too little of it, and what is not known is said to be so. */
    contentOf(file: Pick<RunningFile, 'sessionId' | 'fileName'>): { content?: Content } {
      const content = known.get(keyOf(file))?.content ?? {}
      if (content.sound === undefined && content.picture === undefined) return {}
      return { content: { sound: content.sound ?? 'unmeasured', picture: content.picture ?? 'unmeasured' } }
    },
  }
}

export type LastMinute = ReturnType<typeof createLastMinute>

const keyOf = ({ sessionId, fileName }: Pick<RunningFile, 'sessionId' | 'fileName'>): string =>
  `${sessionId}/${fileName}`
const readIf = <T>(told: string | null, read: (told: string) => T): T | null => (told === null ? null : read(told))
const definedOf = (content: { [K in keyof Content]: Content[K] | undefined }): Partial<Content> => ({
  ...(content.sound === undefined ? {} : { sound: content.sound }),
  ...(content.picture === undefined ? {} : { picture: content.picture }),
})

/** What ffmpeg prints of the tail; null when it could not read it, or took too long. The tail ends in the middle of a block: no error of it counts. */
function tellOf(tail: Tail, before: string[], filter: string[]): Promise<string | null> {
  const args = [...modestly, 'ffmpeg', ...fromTail, ...before, ...asMatroska, ...filter, '-f', 'null', '-']
  return new Promise((resolve, reject) => {
    const child = spawn(limited, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH },
      signal: AbortSignal.timeout(runMs),
      killSignal: 'SIGKILL',
    })
    let told = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told = (told + text).slice(0, toldAtMost)
    })
    // It ends without having read all when it cannot read the film.
    child.stdin.on('error', () => undefined)
    child.on('error', (error) => (error.name === 'AbortError' ? resolve(null) : reject(error)))
    child.on('close', (code) => resolve(code === 0 || told !== '' ? told : null))
    Readable.from(tail.film).pipe(child.stdin)
  })
}

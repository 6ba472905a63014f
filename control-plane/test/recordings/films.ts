import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const moving = 'testsrc2=size=640x360:rate=15'
const tone = 'sine=frequency=440:sample_rate=48000'
const input = (lavfi: string): string[] => ['-f', 'lavfi', '-i', lavfi]
/** As our Jibri codes (jibri.conf): a key frame every two seconds. */
const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '30', '-pix_fmt', 'yuv420p']

/** Inputs of ffmpeg for films of every kind that somebody complained of. */
export const filmKinds = {
  whole: [...input(moving), ...input(tone)],
  'four seconds of sound': [
    ...input(moving),
    ...input('aevalsrc=if(between(t\\,8\\,12)\\,0.2*sin(2000*t)\\,0):s=48000'),
  ],
  silent: [...input(moving), ...input('anullsrc=sample_rate=48000')],
  hiss: [...input(moving), ...input('anoisesrc=amplitude=0.0003:sample_rate=48000')],
  'no sound': input(moving),
  'no picture': input(tone),
  black: [...input('color=black:size=640x360:rate=15'), ...input(tone)],
  frozen: [...input(moving), ...input(tone), '-vf', 'loop=loop=-1:size=1:start=0,setpts=N/15/TB'],
  'black at the end': [
    ...input(moving),
    ...input(tone),
    ...['-vf', "drawbox=color=black:thickness=fill:enable='gte(t,10)'"],
  ],
  'sound ends early': [...input(moving), ...input('sine=frequency=440:sample_rate=48000:duration=8')],
} as const
export type FilmKind = keyof typeof filmKinds

/** A film of 20 s of that kind, as a recorder leaves it; resolves to its path. */
export async function aFilmOf(kind: FilmKind, folder: string): Promise<string> {
  const path = join(folder, `${kind.replaceAll(' ', '-')}.mkv`)
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...filmKinds[kind], '-t', '20', ...coding, '-c:a', 'aac', path])
  return path
}

import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Real ffmpeg writing Matroska at live pace: a moving picture, a tone, the wall clock and the words "chạy thử". Small and at 10 frames a
 * second, because several run beside a test. Writes in ffmpeg's own blocks, as Jibri's does: a crash loses the last one.
 */
export function startPicture(target: string, font: string): ChildProcess {
  const text = (words: string, y: string): string =>
    `drawtext=fontfile=${font}:text='${words}':fontcolor=white:box=1:boxcolor=black@0.6:x=20:y=${y}:fontsize=24`
  return spawn(
    'ffmpeg',
    // biome-ignore format: one option and its value a pair
    ['-nostdin', '-hide_banner', '-loglevel', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=10', '-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
      '-vf', `${text('CHẠY THỬ – không phải buổi tiếp thật', '20')},${text('%{localtime}', 'h-50')}`,
      '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-threads', '1', '-g', '20', '-b:v', '600k', '-c:a', 'aac', '-b:a', '64k',
      '-metadata', `creation_time=${new Date().toISOString()}`, '-f', 'matroska', target],
    { stdio: 'ignore' },
  )
}

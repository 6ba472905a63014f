import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { judgePicture, judgeSound, readPeaks, readPicture } from '../../../jibri/content.ts'
import { clustersIn, readTail } from '../../../jibri/matroska-tail.ts'
import { until } from './host.ts'
import { aWorld } from './world.ts'

const fileName = 'phong_2026-11-24-09-00-00.mkv'
/** A minute of the hearing passes in about two seconds. */
const quickly = ['-readrate', '25']
const input = (lavfi: string): string[] => [...quickly, '-f', 'lavfi', '-i', lavfi]
const moving = input('testsrc2=size=640x360:rate=10')
const tone = input('sine=frequency=440:sample_rate=48000')
/** As Jibri's ffmpeg codes and writes it (stage/jibri-picture.ts), Matroska that nobody closes. */
const coding =
  '-c:v libx264 -preset ultrafast -tune zerolatency -threads 1 -g 20 -b:v 600k -pix_fmt yuv420p -c:a aac -b:a 64k'.split(
    ' ',
  )

/** ffmpeg as it writes into a session's folder; the file grows until it is ended. */
function aWriter(recordings: string, sessionId: string, inputs: string[], format = 'matroska'): ChildProcess {
  const folder = join(recordings, sessionId)
  mkdirSync(folder, { recursive: true })
  const target = join(folder, fileName.replace('mkv', format === 'matroska' ? 'mkv' : 'mp4'))
  const args = ['-nostdin', '-loglevel', 'error', ...inputs, ...coding, '-f', format, target]
  return spawn('ffmpeg', args, { stdio: 'ignore' })
}

const kinds: Record<string, { inputs: string[]; content: object }> = {
  'tieng-va-hinh': { inputs: [...moving, ...tone], content: { sound: 'heard', picture: 'moving' } },
  'cam-lang': {
    inputs: [...moving, ...input('anullsrc=sample_rate=48000')],
    content: { sound: 'silent', picture: 'moving' },
  },
  'khong-am-thanh': { inputs: moving, content: { sound: 'none', picture: 'moving' } },
  'khong-hinh': { inputs: tone, content: { sound: 'heard', picture: 'none' } },
  'hinh-den': {
    inputs: [...input('color=black:size=640x360:rate=10'), ...tone],
    content: { sound: 'heard', picture: 'black' },
  },
}
for (const [sessionId, { inputs, content }] of Object.entries(kinds)) {
  test(`the daemon tells what is in the last minute of the file that grows: ${sessionId}`, async (t) => {
    const { host, receiver } = await aWorld(t, { CONTENT_MS: '500', LOOK_MS: '200', REPORT_MS: '1000' })
    const writer = aWriter(host.recordings, sessionId, inputs)
    t.after(() => writer.kill('SIGKILL'))
    host.start()
    t.after(() => t.diagnostic(host.lines.slice(-4).join('\n')))
    const heard = await until(
      'content told',
      () =>
        receiver.reports
          .flatMap((report) => report.sessions as { sessionId: string; content?: { sound: string; picture: string } }[])
          .find(
            ({ content: found }) =>
              found !== undefined && found.sound !== 'unmeasured' && found.picture !== 'unmeasured',
          ),
      60_000,
    )
    assert.equal(heard.sessionId, sessionId)
    assert.deepEqual(heard.content, content)
  })
}

test('sound that goes is told while the file grows, and so is its coming back', async (t) => {
  const { host, receiver } = await aWorld(t, { CONTENT_MS: '300', LOOK_MS: '200', REPORT_MS: '60000' })
  // Heard for 70 s, then nothing for twelve minutes, then heard again: half a minute here, also for a look that a busy machine delays.
  const gone = input("aevalsrc='if(between(t,70,800),0,0.2*sin(2000*t))':s=48000")
  const writer = aWriter(host.recordings, 'phien-1', [...moving, ...gone])
  t.after(() => writer.kill('SIGKILL'))
  host.start()
  const sounds = () =>
    receiver.reports
      .flatMap((report) => report.sessions as { content?: { sound: string } }[])
      .flatMap(({ content }) => (content === undefined || content.sound === 'unmeasured' ? [] : [content.sound]))
      .filter((sound, index, all) => sound !== all[index - 1])
  await until('silence and sound again', () => sounds().join() === 'heard,silent,heard', 150_000)
})

test('of a growing file only its end is read, from the cluster on that began a minute ago', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-tail-'))
  try {
    const path = join(folder, fileName)
    const long = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=10', '-f', 'lavfi', '-i', 'sine=sample_rate=48000']
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...long, '-t', '400', ...coding, '-b:v', '3M', path])
    const tail = await readTail(path, 60_000)
    assert.ok(tail !== null && tail.spanMs >= 60_000 && tail.spanMs < 70_000, `${tail?.spanMs}`)
    assert.deepEqual([tail.hasSound, tail.hasPicture], [true, true])
    const bytes = tail.film.reduce((sum, part) => sum + part.length, 0)
    assert.ok(bytes < statSync(path).size / 4, `${bytes} of ${statSync(path).size}`)
    for (const [name, content] of [
      ['rong.mkv', ''],
      ['khac.mkv', 'x'.repeat(5_000)],
      ['dau.mkv', Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), Buffer.alloc(400)])],
    ] as const) {
      writeFileSync(join(folder, name), content)
      assert.equal(await readTail(join(folder, name), 60_000), null, name)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('an MP4 that grows says nothing, and nothing is said of it', async (t) => {
  const { host, receiver } = await aWorld(t, { CONTENT_MS: '200', LOOK_MS: '200', REPORT_MS: '300' })
  const writer = aWriter(host.recordings, 'phien-1', [...moving, ...input('anullsrc=sample_rate=48000')], 'mp4')
  t.after(() => writer.kill('SIGKILL'))
  host.start()
  await until('it has grown', () => {
    const path = join(host.recordings, 'phien-1', fileName.replace('mkv', 'mp4'))
    return existsSync(path) && statSync(path).size > 4_000_000
  })
  await until('some reports', () => receiver.reports.length > 3)
  for (const report of receiver.reports)
    for (const session of report.sessions as { content?: object }[]) assert.equal(session.content, undefined)
})

test('a pause is no silence, and what is too little to judge is not judged', () => {
  const peaks = (audible: number) => ({
    peaksDb: Array.from({ length: 60 }, (_, index) => (index < audible ? -30 : Number.NEGATIVE_INFINITY)),
  })
  assert.equal(judgeSound(peaks(0), true, 60_000), 'silent')
  assert.equal(judgeSound(peaks(3), true, 60_000), 'silent')
  assert.equal(judgeSound(peaks(4), true, 60_000), 'heard')
  assert.equal(judgeSound(peaks(0), true, 30_000), undefined)
  assert.equal(judgeSound(null, true, 60_000), 'unmeasured')
  assert.equal(judgeSound(null, false, 5_000), 'none')
  const shown = (isBlack: boolean, isFrozen: boolean) => ({ keyFrames: Array(30).fill({ isBlack }), isFrozen })
  assert.equal(judgePicture(shown(true, true), true, 60_000, 0), 'black')
  assert.equal(judgePicture(shown(false, true), true, 60_000, 100_000), 'moving')
  assert.equal(judgePicture(shown(false, true), true, 60_000, 120_000), 'frozen')
  assert.equal(judgePicture({ keyFrames: [], isFrozen: false }, true, 60_000, 0), 'unmeasured')
  assert.deepEqual(readPeaks('lavfi.astats.Overall.Peak_level=-inf\nlavfi.astats.Overall.Peak_level=-12.5').peaksDb, [
    Number.NEGATIVE_INFINITY,
    -12.5,
  ])
  assert.equal(readPicture('lavfi.freezedetect.freeze_start=1\nlavfi.freezedetect.freeze_end=9').isFrozen, false)
  const chance = Buffer.from([0x1f, 0x43, 0xb6, 0x75, 0x84, 1, 2, 3, 4, 0x1f, 0x43, 0xb6, 0x75])
  assert.deepEqual(clustersIn(chance), [])
})

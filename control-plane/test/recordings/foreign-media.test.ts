import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { containerOf } from '../../server/recordings/container.ts'
import { partFaultCause } from '../../server/recordings/fault-words.ts'
import { createMediaSandbox } from '../../server/recordings/media-sandbox.ts'
import { createMediaTools } from '../../server/recordings/media-tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'tiepdan-foreign-'))
const sandbox = createMediaSandbox('required')
const media = createMediaTools(sandbox)
const signal = new AbortController().signal
const at = (name: string): string => join(folder, name)
const ffmpeg = (...args: string[]) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args])
const picture = (size: string, seconds = 1) => [
  '-f',
  'lavfi',
  '-t',
  String(seconds),
  '-i',
  `testsrc=size=${size}:rate=10`,
]
const tone = ['-f', 'lavfi', '-t', '1', '-i', 'sine=frequency=440']
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast']
const sneaked = 'SNEAKED-FROM-THE-DISK'

before(() => {
  ffmpeg(...picture('320x180', 2), ...tone, ...h264, '-g', '10', '-c:a', 'aac', at('whole.mkv'))
  ffmpeg(...picture('320x180'), ...h264, '-metadata', `title=${sneaked}`, at('secret.mp4'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, bytes: string | Buffer): string => {
  writeFileSync(at(name), bytes)
  return name
}

/** Everything that ffmpeg would open by guessing, and which then opens something else. */
const manifests: Record<string, () => string | Buffer> = {
  'dash manifest': () =>
    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>file:${at('secret.mp4')}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
  'hls playlist': () => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:${at('secret.mp4')}\n#EXT-X-ENDLIST\n`,
  'concat list': () => `ffconcat version 1.0\nfile '${at('secret.mp4')}'\n`,
  'svg picture': () =>
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="file:${at('secret.mp4')}"/></svg>`,
  'sdp session': () =>
    'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
  ffmetadata: () => ';FFMETADATA1\ntitle=x\n',
  mp4: () => readFileSync(at('secret.mp4')),
  'noise after the first four right bytes': () =>
    Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), Buffer.alloc(5000, 7)]),
  'a header of another DocType': () => {
    const bytes = readFileSync(at('whole.mkv'))
    bytes.write('matrosko', bytes.indexOf('matroska'), 'latin1')
    return bytes
  },
}

test('whatever is no Matroska is refused by its first bytes, before any program is run', async () => {
  const path = process.env.PATH
  for (const [what, bytes] of Object.entries(manifests)) {
    const name = write('-i manifest.mkv', bytes())
    // Without any program in reach: it is not even looked for.
    process.env.PATH = ''
    const seen = await media.probe(at(name), signal).finally(() => {
      process.env.PATH = path
    })
    assert.deepEqual([seen.is, seen.is === 'refused' && seen.why], ['refused', 'not-matroska'], what)
  }
  assert.equal(containerOf(Buffer.alloc(0)), 'empty')
  assert.equal(containerOf(Buffer.alloc(4096)), 'not-matroska', 'a sparse file of zeros')
  // Any beginning of a right file, cut anywhere, is judged without an exception.
  const head = readFileSync(at('whole.mkv')).subarray(0, 200)
  for (let length = 1; length < head.length; length++) assert.match(containerOf(head.subarray(0, length)), /matroska$/)
})

test('a film as a recorder makes it is taken, whole or cut off anywhere after its header', async () => {
  const whole = readFileSync(at('whole.mkv'))
  for (const share of [1, 0.7, 0.4]) {
    const seen = await media.probe(at(write('cut.mkv', whole.subarray(0, whole.length * share))), signal)
    assert.ok(seen.is === 'media', `${share}`)
    assert.deepEqual([seen.facts.width, seen.facts.videoCodec], [320, 'h264'])
  }
  const seen = await media.probe(at(write('cut.mkv', whole.subarray(0, 60))), signal)
  assert.equal(seen.is, 'refused')
})

const attach = (name: string, type: string): void => {
  const attachment = ['-attach', at(name), '-metadata:s:t', `mimetype=${type}`]
  ffmpeg('-i', at('whole.mkv'), '-c', 'copy', ...attachment, at('stranger.mkv'))
}

/** Real Matroska, but none that a recorder makes: [how it is made, why it is refused]. */
const strangers: Record<string, [() => void, RegExp]> = {
  'a picture of 16000×16000': [
    () => ffmpeg(...picture('16000x16000', 0.1), '-frames:v', '1', '-c:v', 'png', at('stranger.mkv')),
    /streams|picture/,
  ],
  'a picture of 4400×2400 in the right codec': [
    () => ffmpeg(...picture('4400x2400', 0.1), '-frames:v', '1', ...h264, at('stranger.mkv')),
    /picture/,
  ],
  'a huge attached picture': [
    () => {
      ffmpeg(...picture('9000x9000', 0.1), '-frames:v', '1', at('cover.png'))
      attach('cover.png', 'image/png')
    },
    /streams/,
  ],
  'an attached playlist': [
    () => {
      writeFileSync(at('list.m3u8'), `#EXTM3U\n#EXTINF:1,\nfile:${at('secret.mp4')}\n`)
      attach('list.m3u8', 'application/x-mpegurl')
    },
    /streams/,
  ],
  subtitles: [
    () => {
      writeFileSync(at('words.srt'), '1\n00:00:00,000 --> 00:00:01,000\nchữ\n')
      ffmpeg('-i', at('whole.mkv'), '-i', at('words.srt'), '-map', '0', '-map', '1', '-c', 'copy', at('stranger.mkv'))
    },
    /streams/,
  ],
  'another codec': [() => ffmpeg(...picture('320x180'), '-c:v', 'ffv1', at('stranger.mkv')), /streams/],
  'a hundred sounds': [
    () =>
      ffmpeg(...tone, ...Array.from({ length: 100 }, () => ['-map', '0:a']).flat(), '-c:a', 'aac', at('stranger.mkv')),
    /streams|damaged|too-heavy/,
  ],
  'a length of years': [
    () => {
      copyFileSync(at('whole.mkv'), at('stranger.mkv'))
      const bytes = readFileSync(at('stranger.mkv'))
      // Duration (RFC 9559 §5.1.2.10): id 4489, 8 bytes, a float in milliseconds.
      const found = bytes.indexOf(Buffer.from([0x44, 0x89, 0x88]))
      bytes.writeDoubleBE(200 * 365 * 86_400_000, found + 3)
      writeFileSync(at('stranger.mkv'), bytes)
    },
    /duration/,
  ],
}

test('Matroska that no recorder makes is refused with its reason, quickly and in little memory', async (t) => {
  for (const [what, [make, why]] of Object.entries(strangers)) {
    make()
    const begun = performance.now()
    const seen = await media.probe(at('stranger.mkv'), signal)
    t.diagnostic(`${what}: ${Math.round(performance.now() - begun)} ms, ${JSON.stringify(seen)}`)
    assert.equal(seen.is, 'refused', what)
    assert.match(seen.is === 'refused' ? seen.why : '', why, what)
    assert.match(partFaultCause(`unreadable: ${seen.is === 'refused' ? seen.why : ''}`) ?? '', /Bản gốc vẫn được giữ/)
    assert.ok(performance.now() - begun < 20_000, what)
  }
})

test('thousands of streams end at a limit, not at the machine’s', async () => {
  // Track entries without data, beside the film's own two: made by hand, since no muxer writes them.
  const bytes = readFileSync(at('whole.mkv'))
  const tracks = bytes.indexOf(Buffer.from([0x16, 0x54, 0xae, 0x6b]))
  const entry = (number: number) => {
    const body = Buffer.concat([
      Buffer.from([
        0xd7,
        0x82,
        number >> 8,
        number & 255,
        0x73,
        0xc5,
        0x82,
        number >> 8,
        number & 255,
        0x83,
        0x81,
        0x11,
        0x86,
        0x8b,
      ]),
      Buffer.from('S_TEXT/UTF8', 'latin1'),
    ])
    return Buffer.concat([Buffer.from([0xae, 0x80 + body.length]), body])
  }
  const many = Buffer.concat(Array.from({ length: 5_000 }, (_, index) => entry(index + 1)))
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(0x0100000000000000n + BigInt(many.length))
  const segmentEnds = bytes.indexOf(Buffer.from([0x18, 0x53, 0x80, 0x67])) + 4
  const unknown = Buffer.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
  assert.equal(bytes[segmentEnds], 0x01, 'the segment has a size of eight bytes')
  const made = Buffer.concat([
    bytes.subarray(0, segmentEnds),
    unknown,
    Buffer.from([0x16, 0x54, 0xae, 0x6b]),
    size,
    many,
    bytes.subarray(tracks),
  ])
  const seen = await media.probe(at(write('many.mkv', made)), signal)
  assert.equal(seen.is, 'refused')
  truncateSync(at('many.mkv'))
  assert.deepEqual(await media.probe(at('many.mkv'), signal), { is: 'refused', why: 'empty', detail: '' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toneLevelDb } from '../../media/signals.ts'
import {
  type Incoming,
  isWhole,
  type PictureLook,
  placeOf,
  receivedOf,
} from '../../server/room-agent/heard-and-seen.ts'
import { cellsOf, madePicture, madeSound, madeVideo, placesAtMost, toneOf } from '../../server/room-agent/made-media.ts'

const places = Array.from({ length: placesAtMost }, (_, place) => place)
const shown = (place: number, of = 220, to = 30): number[] => cellsOf(place).map((light) => (light ? of : to))

test('a made picture is a film that Chromium reads, another one for each place, and moves', () => {
  for (const place of places) {
    const film = madeVideo(place)
    const header = film.subarray(0, film.indexOf(10)).toString()
    assert.match(header, /^YUV4MPEG2 W640 H360 F20:1 /)
    const frameBytes = 6 + (madePicture.width * madePicture.height * 3) / 2
    const frames = (film.length - header.length - 1) / frameBytes
    assert.equal(frames, madePicture.rate * madePicture.seconds)
    // What Jitsi's library demands of a camera; below it the meeting has none.
    assert.ok(madePicture.rate >= 15 && madePicture.rate <= 30)
    const frame = (at: number) => film.subarray(header.length + 1 + at * frameBytes + 6).subarray(0, frameBytes - 6)
    const cells = [0, 1, 2, 3].map((cell) => frame(0)[60 * madePicture.width + cell * 160 + 80] ?? 0)
    assert.equal(placeOf(cells), place)
    assert.equal(frame(0).equals(frame(5)), false)
  }
})

test('a made sound is a tone in beats at its own place, far below at every other', () => {
  for (const place of places) {
    const wav = madeSound(place)
    assert.equal(wav.subarray(0, 4).toString(), 'RIFF')
    assert.equal(wav.readUInt32LE(40), wav.length - 44)
    const samples = Float32Array.from({ length: 4_096 }, (_, at) => wav.readInt16LE(44 + (2_000 + at) * 2) / 32_768)
    const own = toneLevelDb(samples, 48_000, toneOf(place))
    for (const other of places.filter((one) => one !== place))
      assert.ok(own - toneLevelDb(samples, 48_000, toneOf(other)) > 20, `${place} beside ${other}`)
    const pause = Float32Array.from({ length: 4_096 }, (_, at) => wav.readInt16LE(44 + (18_000 + at) * 2) / 32_768)
    assert.ok(toneLevelDb(pause, 48_000, toneOf(place)) < -60)
  }
})

test('whose picture it is shows through a codec, and another picture is nobody’s', () => {
  for (const place of places) assert.equal(placeOf(shown(place, 180, 70)), place)
  assert.equal(placeOf([200, 200, 200, 200]), undefined)
  assert.equal(placeOf([0, 0, 0, 0]), undefined)
  assert.equal(placeOf([220, 30, 220, 220]), undefined)
  assert.equal(placeOf([]), undefined)
})

const looks = (place: number, moving: boolean): PictureLook[] =>
  [0, 1, 2].map((at) => ({
    cells: shown(place),
    grid: Array.from({ length: 100 }, (_, i) => (moving && i === at * 3 ? 230 : 90)),
  }))
const sounds = (...heard: number[]): Incoming['sounds'] =>
  [0, 1, 2].map(() => ({ levels: places.map((place) => (heard.includes(place) ? -30 : -95)), ground: -100 }))
const size = { width: 640, height: 360, rate: 10 }

test('received: every other place by its own picture and tone, not by the number of streams', () => {
  const incoming: Incoming = {
    // The bridge's probing stream comes first and shows nothing; the first place comes twice.
    pictures: [
      { ...size, looks: [] },
      { ...size, looks: looks(0, true) },
      { ...size, looks: looks(0, true) },
    ],
    sounds: sounds(0),
  }
  const [first, second] = receivedOf(incoming, [0, 1])
  assert.ok(first && second)
  assert.equal(isWhole(first), true)
  assert.deepEqual([second.picture, second.heard, isWhole(second)], [null, 0, false])
})

test('a picture that stands still, and one without its tone, are not whole', () => {
  const still = receivedOf({ pictures: [{ ...size, looks: looks(1, false) }], sounds: sounds(1) }, [1])
  assert.deepEqual([still[0]?.picture?.moves, still.every(isWhole)], [false, false])
  const mute = receivedOf({ pictures: [{ ...size, looks: looks(1, true) }], sounds: sounds(2) }, [1])
  assert.deepEqual([mute[0]?.heard, mute.every(isWhole)], [0, false])
  assert.deepEqual(receivedOf({ pictures: [], sounds: [] }, [0]).map(isWhole), [false])
})

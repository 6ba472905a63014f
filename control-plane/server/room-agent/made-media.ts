/** Whose picture and sound it is: at most as many as two cells can tell apart. */
export const placesAtMost = 4

/**
 * The picture that a synthetic room PC's camera gives. Small enough for any line, large enough for Jitsi not to scale it away. Frames a second within
 * what the library demands of a camera (15 to 30): with fewer the meeting has no camera at all, seen on real servers.
 */
export const madePicture = { width: 640, height: 360, rate: 20, seconds: 2 } as const
const sampleRate = 48_000

/** The tone of each place, in hertz: no harmonic of another, all within what speech codecs carry. */
export const toneOf = (place: number): number => [620, 890, 1270, 1730][place] ?? 620

/**
 * The brightness of the four cells along the upper edge that tell whose picture it is: two bits, each beside its opposite, so that a picture of
 * something else is nobody's.
 */
export function cellsOf(place: number): boolean[] {
  const [high, low] = [(place & 2) !== 0, (place & 1) !== 0]
  return [high, !high, low, !low]
}

/**
 * A moving picture as Chromium's file camera reads it (YUV4MPEG2), repeated for ever: the place's cells, and below them a light square that
 * wanders over a grey ground.
 */
export function madeVideo(place: number): Buffer {
  const { width, height, rate, seconds } = madePicture
  const cells = cellsOf(place)
  const chroma = Buffer.alloc((width * height) / 2, 128)
  const parts: Buffer[] = [Buffer.from(`YUV4MPEG2 W${width} H${height} F${rate}:1 Ip A1:1 C420jpeg\n`)]
  const frames = rate * seconds
  for (let frame = 0; frame < frames; frame++) {
    const luma = Buffer.alloc(width * height, 90)
    for (let row = 0; row < height / 3; row++)
      for (const [cell, light] of cells.entries())
        luma.fill(light ? 220 : 30, row * width + (cell * width) / 4, row * width + ((cell + 1) * width) / 4)
    const left = Math.round((frame / frames) * (width - 100))
    for (let row = height / 2; row < height / 2 + 100; row++)
      luma.fill(230, row * width + left, row * width + left + 100)
    parts.push(Buffer.from('FRAME\n'), luma, chroma)
  }
  return Buffer.concat(parts)
}

/** The place's tone as Chromium's file microphone reads it (WAV, 16 bit, one channel), repeated for ever. In beats: noise suppression takes a steady one for noise. */
export function madeSound(place: number): Buffer {
  const seconds = 2
  const samples = sampleRate * seconds
  const sound = Buffer.alloc(44 + samples * 2)
  sound.write('RIFF', 0, 'latin1')
  sound.writeUInt32LE(36 + samples * 2, 4)
  sound.write('WAVEfmt ', 8, 'latin1')
  sound.writeUInt32LE(16, 16)
  sound.writeUInt16LE(1, 20)
  sound.writeUInt16LE(1, 22)
  sound.writeUInt32LE(sampleRate, 24)
  sound.writeUInt32LE(sampleRate * 2, 28)
  sound.writeUInt16LE(2, 32)
  sound.writeUInt16LE(16, 34)
  sound.write('data', 36, 'latin1')
  sound.writeUInt32LE(samples * 2, 40)
  const beat = sampleRate / 2
  for (let at = 0; at < samples; at++) {
    const within = (at % beat) / beat
    const level = within < 0.7 ? 0.5 * Math.min(1, within * 40, (0.7 - within) * 40) : 0
    sound.writeInt16LE(
      Math.round(32_000 * level * Math.sin((2 * Math.PI * toneOf(place) * at) / sampleRate)),
      44 + at * 2,
    )
  }
  return sound
}

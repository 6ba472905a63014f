/** Power of one frequency in a block of samples (Goertzel), in dB against a full-scale sine; silence is -120. */
export function toneLevelDb(samples: Float32Array, sampleRate: number, frequencyHz: number): number {
  const k = Math.round((samples.length * frequencyHz) / sampleRate)
  const coefficient = 2 * Math.cos((2 * Math.PI * k) / samples.length)
  let [before, beforeThat] = [0, 0]
  for (const sample of samples) {
    const now = sample + coefficient * before - beforeThat
    beforeThat = before
    before = now
  }
  const power = before * before + beforeThat * beforeThat - coefficient * before * beforeThat
  const amplitude = (2 * Math.sqrt(Math.max(0, power))) / samples.length
  return Math.max(-120, 20 * Math.log10(Math.max(amplitude, 1e-6)))
}

/** Root mean square of a block of samples, 0 to 1. */
export function rms(samples: Float32Array): number {
  let total = 0
  for (const sample of samples) total += sample * sample
  return Math.sqrt(total / Math.max(1, samples.length))
}

/** One look at a picture: mean brightness (0–255) and a coarse grid of it, to compare with the next look. */
export interface Look {
  brightness: number
  grid: number[]
}

/** Grey values of a small RGBA picture. */
export function lookAt(rgba: Uint8ClampedArray): Look {
  const grid: number[] = []
  for (let at = 0; at + 3 < rgba.length; at += 4)
    grid.push(0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0))
  const brightness = grid.reduce((total, value) => total + value, 0) / Math.max(1, grid.length)
  return { brightness, grid }
}

/** Black: never brighter than a closed lens. Frozen: no look differs from the one before by more than coding noise. */
export function judgePicture(looks: Look[]): 'moving' | 'frozen' | 'black' | 'none' {
  if (looks.length === 0) return 'none'
  if (looks.every((look) => look.brightness < 12)) return 'black'
  const differs = looks.some((look, index) => {
    const before = looks[index - 1]
    if (before === undefined) return false
    const difference =
      look.grid.reduce((total, value, at) => total + Math.abs(value - (before.grid[at] ?? 0)), 0) /
      Math.max(1, look.grid.length)
    return difference > 0.35
  })
  return differs ? 'moving' : 'frozen'
}

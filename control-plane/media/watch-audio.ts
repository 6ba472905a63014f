import { rms, toneLevelDb } from './signals.ts'

/** Listens to a stream and keeps its loudest level and, for one frequency, its level over the last block. Close it when done. */
export function watchAudio(
  stream: MediaStream,
  toneHz: number,
): { peakRms(): number; toneDb(): number; loudestToneDb(): number; close(): void } {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 4096
  context.createMediaStreamSource(stream).connect(analyser)
  const block = new Float32Array(analyser.fftSize)
  const seen = { peak: 0, tone: -120, loudest: -120 }
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(block)
    seen.peak = Math.max(seen.peak, rms(block))
    seen.tone = toneLevelDb(block, context.sampleRate, toneHz)
    seen.loudest = Math.max(seen.loudest, seen.tone)
  }, 80)
  return {
    peakRms: () => seen.peak,
    toneDb: () => seen.tone,
    loudestToneDb: () => seen.loudest,
    close() {
      clearInterval(timer)
      context.close().catch(() => undefined)
    },
  }
}

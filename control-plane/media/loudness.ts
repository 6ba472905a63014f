import { rms } from './signals.ts'

const audibleRms = 0.0005
const everyMs = 150

/**
 * Tells the loudness of a stream (0 to 1), and whether it has been silent for `silentMs`. A browser may leave the ears closed until somebody has
 * touched the page: what was not listened to is not called silent. Close it when done.
 */
export function listenTo(
  stream: MediaStream,
  silentMs: number,
  tell: (heard: { level: number; isSilent: boolean }) => void,
): { close(): void } {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  context.createMediaStreamSource(stream).connect(analyser)
  const block = new Float32Array(analyser.fftSize)
  let silentFor = 0
  let before = performance.now()
  const wake = (): void => void context.resume().catch(() => undefined)
  document.addEventListener('pointerdown', wake)
  const timer = setInterval(() => {
    const now = performance.now()
    // A machine that slept has not listened meanwhile.
    const listenedMs = context.state === 'running' ? Math.min(now - before, 10 * everyMs) : 0
    before = now
    analyser.getFloatTimeDomainData(block)
    const level = rms(block)
    silentFor = level > audibleRms ? 0 : silentFor + listenedMs
    tell({ level, isSilent: silentFor > silentMs })
  }, everyMs)
  return {
    close() {
      clearInterval(timer)
      document.removeEventListener('pointerdown', wake)
      context.close().catch(() => undefined)
    },
  }
}

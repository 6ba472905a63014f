/** One line of `scripts/bench --json`. `ratio` is the work's rate over the baseline's (1 = as quick), or value over baseline for a share. */
export interface Figure {
  name: string
  value: number
  unit: string
  baseline: number | null
  ratio: number | null
  /** What the issue asks for, as a person reads it. */
  goal?: string
}

export type Tell = (words: string) => void

export function median(values: number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/**
 * Baseline and work in turn, so that a machine that grows warm or busy touches both; returns the median of each in milliseconds.
 * Each function returns the milliseconds that count, so that its preparation does not.
 */
export async function interleaved(
  rounds: number,
  baseline: (round: number) => Promise<number>,
  work: (round: number) => Promise<number>,
): Promise<{ baselineMs: number; workMs: number }> {
  const seen = { baseline: [] as number[], work: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    seen.baseline.push(await baseline(round))
    seen.work.push(await work(round))
  }
  return { baselineMs: median(seen.baseline), workMs: median(seen.work) }
}

export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

export const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits))

import type { Trial } from '../stage/trial.ts'
import { Refused } from './people.ts'

/** The line broke, or the service was starting: nobody knows whether what was asked was done. */
const isBreak = (error: unknown): boolean =>
  !(error instanceof Refused) || error.problem.status >= 500 || error.problem.type.endsWith('/not-ready')

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

// Several kills may fall one after the other, each answered only after a start that takes half a minute on a busy machine.
const patienceMs = 180_000

/** Reads again until there is an answer. */
export async function patiently<T>(look: () => Promise<T>): Promise<T> {
  const end = performance.now() + patienceMs
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (!isBreak(error) || performance.now() > end) throw error
      await pause(500)
    }
  }
}

/**
 * What a person does at a screen whose service may die at any moment: looks, acts when it is not done, and after a break or a conflict looks
 * again before acting again. Resolves to what is seen when it is done.
 */
export async function achieve<T>(
  what: string,
  timeoutMs: number,
  look: () => Promise<T>,
  done: (seen: T) => boolean,
  act: (seen: T) => Promise<unknown>,
): Promise<T> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const seen = await patiently(look)
    if (done(seen)) return seen
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs / 1000} s`)
    await act(seen).catch((error: unknown) => {
      if (!isBreak(error) && !(error instanceof Refused && error.problem.status === 409)) throw error
    })
    await pause(300)
  }
}

/** Numbers below 1 from a seed, the same on every run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Killer {
  /** Does a part of the story; the kills drawn for it fall while it runs, or soon after when it was quicker. */
  during<T>(part: string, work: () => Promise<T>): Promise<T>
  /** Waits for the last restart; what was killed when. */
  settle(): Promise<string[]>
}

/** Kills the control plane (SIGKILL) `count` times at random moments of the parts, each as long as it usually takes in ms, and starts it at once. */
export function createKiller(trial: Trial, seed: number, count: number, parts: Record<string, number>): Killer {
  const random = randomFrom(seed)
  const names = Object.keys(parts)
  const drawn = Array.from({ length: count }, () => {
    const part = names[Math.floor(random() * names.length)] ?? ''
    return { part, afterMs: Math.round(random() * (parts[part] ?? 0)) }
  })
  const told: string[] = []
  let restarts = Promise.resolve()
  const restart = async (words: string): Promise<void> => {
    await trial.killControlPlane()
    const begun = performance.now()
    await trial.startControlPlane()
    told.push(`${words}, back after ${Math.round(performance.now() - begun)} ms`)
  }
  return {
    async during(part, work) {
      const due = drawn
        .filter((kill) => kill.part === part)
        .map(async ({ afterMs }) => {
          await pause(afterMs)
          restarts = restarts.then(() => restart(`${part} +${afterMs} ms`))
          return restarts
        })
      const [result] = await Promise.all([work(), ...due])
      return result
    },
    async settle() {
      await restarts
      return told
    },
  }
}

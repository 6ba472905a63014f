import type { DrillStep, DrillStepKey } from '../../contract/drills.ts'
import { ClaimLost } from '../platform/lease.ts'
import { wordsOf } from '../platform/plain-error.ts'
import type { Platform } from '../platform/platform.ts'
import { leftOut, withStep } from './drill.ts'
import * as store from './store.ts'

export type Figure = DrillStep['figures'][number]

/** What was found wrong, in words that say what to do; the figures that were measured until then stay. */
export class DrillFault extends Error {
  readonly figures: Figure[]
  constructor(words: string, figures: Figure[] = []) {
    super(words)
    this.figures = figures
  }
}

/** Writes the minutes of a drill that this process plays, step by step: what is written stays, whatever happens to the process. */
export function createMinutes(platform: Platform, row: store.DrillRow) {
  const { db, clock } = platform
  let steps = row.steps

  async function write(step: DrillStep): Promise<void> {
    steps = withStep(steps, step)
    await db.transaction(async (tx) => {
      if (!(await store.change(tx, row.id, 'running', { steps }))) throw new ClaimLost()
      await platform.changes.announce(tx, 'drills')
    })
  }

  return {
    steps: () => steps,
    /**
     * Plays one step: what it answers are its figures. One that needs a step which has not passed is left out; a fault ends the step, not the
     * drill. @throws when `signal` ended it.
     */
    async step(key: DrillStepKey, signal: AbortSignal, work: () => Promise<Figure[]>): Promise<void> {
      signal.throwIfAborted()
      const at = new Date(clock.now()).toISOString()
      const without = leftOut(key, steps)
      if (without !== undefined) return write({ key, is: 'skipped', at, ms: null, figures: [], fault: without })
      await write({ key, is: 'running', at, ms: null, figures: [], fault: null })
      const begunAt = performance.now()
      const took = (): number => Math.round(performance.now() - begunAt)
      try {
        const figures = await work()
        await write({ key, is: 'passed', at, ms: took(), figures, fault: null })
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof ClaimLost) throw error
        const figures = error instanceof DrillFault ? error.figures : []
        const fault = error instanceof DrillFault ? error.message : wordsOf(error).slice(0, 1_000)
        if (!(error instanceof DrillFault)) platform.log.warn({ err: error, drillId: row.id, step: key }, 'drill step')
        await write({ key, is: 'failed', at, ms: took(), figures, fault })
      }
    },
  }
}

import { schedule } from 'node-cron'
import type { Logger } from 'pino'

/** Compares what should exist with what does and enqueues or mends the difference; may run twice, and on several instances at once. */
export interface Reconciliation {
  name: string
  /** At least this long between two runs in this process, in milliseconds. */
  everyMs: number
  run(): Promise<void>
}

export interface Reconciler {
  start(): void
  /** Runs every reconciliation once, now; tests call it instead of waiting. Failures are collected and thrown. */
  runAll(): Promise<void>
  stop(): Promise<void>
}

/** Ticks the reconciliations by node-cron (design rule 4.3). One that fails is logged and tried at its next turn; the others go on. */
export function createReconciler(
  reconciliations: () => Reconciliation[],
  log: Logger,
  now: () => number,
  onFault: (name: string, error: unknown) => void = () => undefined,
): Reconciler {
  const lastRun = new Map<string, number>()
  const running = new Map<string, Promise<void>>()
  let task: ReturnType<typeof schedule> | undefined

  async function runOne(reconciliation: Reconciliation): Promise<void> {
    const current = running.get(reconciliation.name)
    if (current) return current
    const run = reconciliation.run().finally(() => running.delete(reconciliation.name))
    running.set(reconciliation.name, run)
    return run
  }

  function tick(): void {
    for (const reconciliation of reconciliations()) {
      if (now() - (lastRun.get(reconciliation.name) ?? 0) < reconciliation.everyMs) continue
      lastRun.set(reconciliation.name, now())
      runOne(reconciliation).catch((error: unknown) => {
        log.error({ err: error, reconciliation: reconciliation.name }, 'reconciliation failed')
        onFault(reconciliation.name, error)
      })
    }
  }

  return {
    start() {
      task = schedule('* * * * * *', tick)
      tick()
    },
    async runAll() {
      const outcomes = await Promise.allSettled(reconciliations().map(runOne))
      const faults = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      if (faults.length > 0) throw new AggregateError(faults, 'reconciliation failed')
    },
    async stop() {
      await task?.stop()
      task = undefined
      await Promise.allSettled(running.values())
    },
  }
}

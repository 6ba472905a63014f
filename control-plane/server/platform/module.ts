import type { CommandHandler } from './commands.ts'
import type { App } from './http.ts'
import type { JobHandler } from './jobs.ts'
import type { Reconciliation } from './reconciler.ts'

/** What a domain module gives to the composition root; each part is optional. */
export interface Module {
  name: string
  /** Registers the routes. */
  routes?(app: App): void | Promise<void>
  jobs?: JobHandler[]
  reconciliations?: Reconciliation[]
  /** What an operator on the server itself may ask for, by name (scripts/ call them through the running process). */
  commands?: Record<string, CommandHandler>
  /** Runs once after the database is open and before the first request; must mind neither a second run nor a second instance. */
  start?(): Promise<void>
  /** Ends what `start` began, within 10 s; may be called twice. */
  stop?(): Promise<void>
}

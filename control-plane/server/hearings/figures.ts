import { count } from 'drizzle-orm'
import { hearingStatuses } from '../../contract/words.ts'
import type { Platform } from '../platform/platform.ts'
import type { Reconciliation } from '../platform/reconciler.ts'
import { hearings } from './tables.ts'

/** How many hearings stand where, for `/metrics`. */
export function hearingFigures({ db, metrics }: Platform): Reconciliation {
  const gauge = metrics.gauge('tiepdan_hearings', 'Hearings by status', ['status'])
  return {
    name: 'hearings.figures',
    everyMs: 15_000,
    async run() {
      const rows = await db.select({ status: hearings.status, n: count() }).from(hearings).groupBy(hearings.status)
      for (const status of hearingStatuses) gauge.set({ status }, rows.find((row) => row.status === status)?.n ?? 0)
    },
  }
}

import { inArray } from 'drizzle-orm'
import { type Instant, minuteMs } from '../platform/clock.ts'
import type { Platform } from '../platform/platform.ts'
import type { Reconciliation } from '../platform/reconciler.ts'
import { neglectMessage, neglectOf, neglects } from './hearing.ts'
import { lockHearing, type MoveFollower } from './move.ts'
import type { HearingRow } from './store.ts'
import { hearings } from './tables.ts'

const watched = ['submitted', 'approved', 'ready', 'live'] as const

/** Raises an alert for each hearing that people have left undone past its time; raising again changes nothing. */
export function neglectWatch(platform: Platform): Reconciliation {
  return {
    name: 'hearings.neglect',
    everyMs: minuteMs,
    async run() {
      const now = platform.clock.now()
      const rows = await platform.db
        .select()
        .from(hearings)
        .where(inArray(hearings.status, [...watched]))
      for (const { id } of rows.filter((row) => neglectAt(row, now))) {
        await platform.db.transaction(async (tx) => {
          // Locked and judged again: an alert raised just after the move that answers it would never be cleared.
          const row = await lockHearing(tx, id)
          const kind = row && neglectAt(row, now)
          if (!kind) return
          const message = neglectMessage(row.code, kind)
          const alert = { kind, subject: `hearing:${id}`, severity: 'warning', message } as const
          if (await platform.alerts.raise(tx, alert)) await platform.changes.announce(tx, 'alerts')
        })
      }
    },
  }
}

const neglectAt = (row: HearingRow, now: Instant) =>
  neglectOf({ status: row.status, startsAt: row.startsAt.getTime(), endsAt: row.endsAt.getTime() }, now)

/** Any move is an answer to what was left undone. */
export function clearNeglect(platform: Platform): MoveFollower {
  return async (tx, { hearing }) => {
    for (const kind of neglects) await platform.alerts.clear(tx, kind, `hearing:${hearing.id}`)
    await platform.changes.announce(tx, 'alerts')
  }
}

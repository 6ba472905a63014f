import { hourMs, type Instant, minuteMs, secondMs } from '../platform/clock.ts'
import { type Listening, silentFor } from '../platform/intake.ts'
import type { Platform } from '../platform/platform.ts'
import type { Reconciliation } from '../platform/reconciler.ts'
import { type HearingPlan, holdingStatuses } from './hearing.ts'
import type { HearingDeps } from './ports.ts'
import type { PlanStore } from './store.ts'

const aheadMs = 24 * hourMs
/** A room PC that restarts is back within this; longer is worth a telephone call. */
const offlineMs = 2 * minuteMs
const kind = 'kiosk-offline'

interface OfflineEndpoint {
  endpointId: string
  name: string
  /** The next hearing that it takes part in. */
  code: string
}

/**
 * Endpoints of these hearings (earliest first) whose room PCs have all been silent, each once; only time in which they could have spoken
 * counts. Instants in milliseconds.
 */
export function offlineEndpoints(
  plans: Pick<HearingPlan, 'code' | 'endpoints'>[],
  lastWords: ReadonlyMap<string, Instant>,
  { listening, now }: { listening: Listening; now: Instant },
): OfflineEndpoint[] {
  const found = new Map<string, OfflineEndpoint>()
  for (const { code, endpoints } of plans) {
    for (const { endpointId, name } of endpoints) {
      if (silentFor(lastWords.get(endpointId) ?? 0, listening, now) < offlineMs || found.has(endpointId)) continue
      found.set(endpointId, { endpointId, name, code })
    }
  }
  return [...found.values()]
}

/** An alert for each endpoint of a hearing of the next 24 hours without a connected room PC; cleared when it connects or the hearing is over. */
export function offlineWatch(
  platform: Platform,
  deps: Pick<HearingDeps, 'endpoints'> & { store: Pick<PlanStore, 'loadPlansBetween'> },
): Reconciliation {
  const { db, clock, alerts } = platform
  return {
    name: 'hearings.kiosks',
    everyMs: 30 * secondMs,
    async run() {
      const now = clock.now()
      await db.transaction(async (tx) => {
        const listening = await platform.intake.listening(tx)
        const plans = await deps.store.loadPlansBetween(tx, {
          from: now,
          to: now + aheadMs,
          now,
          statuses: holdingStatuses,
        })
        const offline = offlineEndpoints(plans, await deps.endpoints.lastWords(tx), { listening, now })
        let changed = false
        for (const { endpointId, name, code } of offline) {
          const message = `${name} chưa có máy phòng họp kết nối, trong khi buổi tiếp ${code} diễn ra trong 24 giờ tới. Đề nghị gọi đầu mối kỹ thuật của điểm cầu: bật máy, mở trang thiết bị, kiểm tra cáp mạng.`
          const fresh = await alerts.raise(tx, {
            kind,
            subject: `endpoint:${endpointId}`,
            severity: 'warning',
            message,
          })
          changed ||= fresh
        }
        const wanted = new Set(offline.map(({ endpointId }) => `endpoint:${endpointId}`))
        for (const alert of await alerts.open(tx)) {
          if (alert.kind !== kind || wanted.has(alert.subject)) continue
          await alerts.clear(tx, kind, alert.subject)
          changed = true
        }
        if (changed) await platform.changes.announce(tx, 'alerts')
      })
    },
  }
}

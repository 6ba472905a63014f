import { type AlertAnswer, closeAlert, listAlerts } from '../../contract/audit.ts'
import { dayMs } from './clock.ts'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'
import { fail, notFound } from './problem.ts'
import type { alerts } from './tables.ts'

const recentMs = 7 * dayMs

const present = (row: typeof alerts.$inferSelect): AlertAnswer => ({
  id: row.id,
  kind: row.kind,
  subject: row.subject,
  severity: row.severity,
  message: row.message,
  raisedAt: row.raisedAt.toISOString(),
  seenAt: row.seenAt.toISOString(),
  clearedAt: row.clearedAt?.toISOString() ?? null,
})

/** What a person must know of now, and what was cleared within the last week. */
export function alertsRoutes(platform: Platform): Module {
  const { db, clock } = platform
  return {
    name: 'alerts',
    routes(app) {
      app.route({
        ...listAlerts,
        config: { may: 'alerts.read' },
        handler: async () => {
          const recent = await platform.alerts.closedSince(db, new Date(clock.now() - recentMs))
          return { open: (await platform.alerts.open(db)).map(present), recent: recent.map(present) }
        },
      })
      app.route({
        ...closeAlert,
        config: { may: 'settings.manage' },
        handler: async (request, reply) => {
          await db.transaction(async (tx) => {
            const alert = (await platform.alerts.openById(tx, request.params.id)) ?? fail(notFound('cảnh báo đang mở'))
            await platform.alerts.clear(tx, alert.kind, alert.subject)
            await platform.audit.write(tx, request.actor, 'alert.closed', `alert:${alert.id}`, {
              kind: alert.kind,
              about: alert.subject,
            })
            await platform.changes.announce(tx, 'alerts')
          })
          return reply.status(204).send(null)
        },
      })
    },
  }
}

import { Type } from 'typebox'
import type { Alert } from './alerts.ts'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'
import { Problem } from './problem.ts'

const databaseAlert: Alert = {
  kind: 'database-unavailable',
  subject: 'database',
  severity: 'critical',
  message:
    'Cơ sở dữ liệu không trả lời; hệ thống tạm gián đoạn và tự nối lại. Kiểm tra PostgreSQL và ổ đĩa của máy chủ.',
}

/**
 * An alert about the database cannot be a row while it is gone: `/metrics` and the 503 of every request tell of it then; once it is back
 * the row is made after all, so that the office hears of it and finds it among the recent ones.
 */
function watchDatabase({ database, db, alerts, clock, changes, log }: Platform): () => Promise<void> {
  let goneSince: number | null = null
  return async () => {
    try {
      await database.ping()
    } catch (error) {
      log.error({ err: error }, 'the database does not answer')
      goneSince ??= clock.now()
      return
    }
    const since = goneSince
    if (since === null) return
    const seconds = Math.round((clock.now() - since) / 1_000)
    await db.transaction(async (tx) => {
      const message = `Cơ sở dữ liệu đã không trả lời trong khoảng ${seconds} giây, nay hoạt động trở lại. Kiểm tra nhật ký PostgreSQL.`
      await alerts.raise(tx, { ...databaseAlert, message })
      await alerts.clear(tx, databaseAlert.kind, databaseAlert.subject)
      await changes.announce(tx, 'alerts')
    })
    goneSince = null
  }
}

/** `/healthz` (the process lives), `/readyz` (it can work), `/metrics`, the OpenAPI document, the outbox and the gauges of open alerts. */
export function observability(platform: Platform): Module {
  const { db, mail, alerts, metrics, log } = platform
  const subject = 'smtp'

  /** One series at a time; none while the database is away. */
  async function tellAuditHead(): Promise<void> {
    const head = await platform.audit.head(db).catch((error: unknown) => {
      log.error({ err: error }, 'audit head not read')
      return undefined
    })
    metrics.auditHead.reset()
    if (head === undefined) return
    metrics.auditRows.set(head.seq)
    metrics.auditHead.set({ hash: head.hash }, 1)
  }

  return {
    name: 'observability',
    routes(app) {
      app.addHook('onResponse', async (request, reply) => {
        metrics.requestSeconds.observe(
          { route: request.routeOptions.url ?? 'none', status: String(reply.statusCode) },
          reply.elapsedTime / 1000,
        )
      })
      app.get(
        '/healthz',
        { config: { may: 'public' }, schema: { response: { 200: Type.Object({ alive: Type.Boolean() }) } } },
        async () => ({ alive: true }),
      )
      app.get('/readyz', { config: { may: 'public' } }, async () => {
        await platform.database.ping().catch((cause: unknown) => {
          throw new Problem('database-unavailable', {
            status: 503,
            title: 'Cơ sở dữ liệu không trả lời. Kiểm tra PostgreSQL.',
            retryable: true,
            cause,
          })
        })
        return { ready: true, database: platform.database.kind }
      })
      app.get('/metrics', { config: { may: 'public' } }, async (_request, reply) => {
        const open = await alerts.open(db).catch((error: unknown) => {
          // Without its database the process still tells what it knows.
          log.error({ err: error }, 'alerts not read')
          return [databaseAlert]
        })
        metrics.openAlerts.reset()
        await tellAuditHead()
        for (const alert of open) metrics.openAlerts.inc({ kind: alert.kind, severity: alert.severity })
        return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
      })
      app.get('/api/openapi.json', { config: { may: 'public' }, schema: { hide: true } }, async () => app.swagger())
    },
    reconciliations: [
      { name: 'database', everyMs: 2_000, run: watchDatabase(platform) },
      {
        name: 'outbox',
        everyMs: 2_000,
        async run() {
          const tally = await mail.deliverDue()
          metrics.waitingMails.set(tally.waiting)
          if (tally.failed === 0 && tally.sent === 0 && tally.refused === 0) return
          await db.transaction(async (tx) => {
            if (tally.failed === 0) {
              await alerts.clear(tx, 'mail-server-down', subject)
              return
            }
            log.warn({ failed: tally.failed, waiting: tally.waiting, lastError: tally.lastError }, 'mail not delivered')
            await alerts.raise(tx, {
              kind: 'mail-server-down',
              subject,
              severity: 'warning',
              message: `Máy chủ thư không nhận thư (${tally.waiting} thư đang chờ). Hệ thống tự gửi lại; kiểm tra TIEPDAN_SMTP_URL và máy chủ thư.`,
            })
            await platform.changes.announce(tx, 'alerts')
          })
        },
      },
    ],
  }
}

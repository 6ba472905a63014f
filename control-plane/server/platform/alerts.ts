import { and, desc, eq, gt, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Clock } from './clock.ts'
import type { Database, Tx } from './database.ts'
import type { Mail } from './mail.ts'
import { alerts } from './tables.ts'

export interface Alert {
  /** Stable kebab-case name, also the label in `/metrics`, such as `recording-fault`. */
  kind: string
  /** What it is about, `kind:id`; one alert is open per kind and subject. */
  subject: string
  severity: 'warning' | 'critical'
  /** Vietnamese: what happened and what to do. */
  message: string
}

type AlertRow = typeof alerts.$inferSelect

export interface Alerts {
  /** Opens the alert, or refreshes the open one. A newly opened critical alert is mailed to the office. True when it is new. */
  raise(tx: Tx, alert: Alert): Promise<boolean>
  /** Closes the open alert of this kind and subject; false when there is none. */
  clear(tx: Tx, kind: string, subject: string): Promise<boolean>
  open(db: Database | Tx): Promise<AlertRow[]>
  openById(tx: Tx, id: string): Promise<AlertRow | undefined>
  /** The last ones that were closed after this instant, newest first. */
  closedSince(db: Database, since: Date): Promise<AlertRow[]>
}

export function createAlerts(clock: Clock, mail: Mail, officeMail: string): Alerts {
  return {
    async raise(tx, alert) {
      const now = new Date(clock.now())
      const openKey = `${alert.kind}:${alert.subject}`
      const [fresh] = await tx
        .insert(alerts)
        .values({ ...alert, raisedAt: now, seenAt: now, openKey })
        .onConflictDoNothing({ target: alerts.openKey })
        .returning()
      if (!fresh) {
        await tx.update(alerts).set({ seenAt: now, message: alert.message }).where(eq(alerts.openKey, openKey))
        return false
      }
      if (alert.severity === 'critical') {
        await mail.enqueue(tx, {
          key: `alert:${fresh.id}`,
          to: officeMail,
          subject: `[Cảnh báo] ${alert.message.slice(0, 120)}`,
          text: `${alert.message}\n\nMã cảnh báo: ${alert.kind} (${alert.subject})`,
        })
      }
      return true
    },
    async clear(tx, kind, subject) {
      const closed = await tx
        .update(alerts)
        // Never before it was raised, also when the clock was set back meanwhile.
        .set({
          clearedAt: sql`greatest(${alerts.raisedAt}, ${new Date(clock.now()).toISOString()}::timestamptz)`,
          openKey: null,
        })
        .where(and(eq(alerts.kind, kind), eq(alerts.subject, subject), isNull(alerts.clearedAt)))
        .returning({ id: alerts.id })
      return closed.length > 0
    },
    async openById(tx, id) {
      const [row] = await tx
        .select()
        .from(alerts)
        .where(and(eq(alerts.id, id), isNull(alerts.clearedAt)))
      return row
    },
    closedSince: (db, since) =>
      db
        .select()
        .from(alerts)
        .where(and(isNotNull(alerts.clearedAt), gt(alerts.clearedAt, since)))
        .orderBy(desc(alerts.clearedAt))
        .limit(50),
    open: (db) => db.select().from(alerts).where(isNull(alerts.clearedAt)).orderBy(desc(alerts.raisedAt)),
  }
}

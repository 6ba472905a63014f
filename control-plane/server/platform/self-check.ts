import { eq } from 'drizzle-orm'
import { Value } from 'typebox/value'
import { type Check, Checks, readSelfCheck } from '../../contract/self-check.ts'
import { secondMs } from './clock.ts'
import type { CommandHandler } from './commands.ts'
import type { Tx } from './database.ts'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'
import { outboxMails, selfChecks } from './tables.ts'

const alertKind = 'self-check-failed'
const subject = 'self-check'
const mailMs = 45 * secondMs

const failedText = (bad: Check[]): string =>
  `Lần tự kiểm tra máy chủ gần nhất có ${bad.length} mục không đạt: ${bad
    .slice(0, 3)
    .map((check) => `${check.name} (${check.host})`)
    .join('; ')}${bad.length > 3 ? '; …' : ''}. Xem cách xử lý tại mục Cảnh báo, sửa rồi chạy lại scripts/self-check.`

/** The last result of scripts/self-check for people, and what it asks of this process: keep the result, and send a mail for real. */
export function selfCheck(platform: Platform): Module {
  const { db, clock } = platform

  async function keep(tx: Tx, checks: Check[]): Promise<void> {
    const row = { at: new Date(clock.now()), checks }
    await tx.insert(selfChecks).values(row).onConflictDoUpdate({ target: selfChecks.id, set: row })
    const bad = checks.filter((check) => check.is === 'bad')
    if (bad.length === 0) await platform.alerts.clear(tx, alertKind, subject)
    else await platform.alerts.raise(tx, { kind: alertKind, subject, severity: 'warning', message: failedText(bad) })
    await platform.changes.announce(tx, 'self-check', 'alerts')
  }

  return {
    name: 'self-check',
    routes(app) {
      app.route({
        ...readSelfCheck,
        config: { may: 'self-check.read' },
        handler: async () => {
          const [row] = await db.select().from(selfChecks)
          return { last: row === undefined ? null : { at: row.at.toISOString(), checks: row.checks } }
        },
      })
    },
    commands: {
      'record-self-check': async ({ checks = '' }, say) => {
        const given: unknown = JSON.parse(checks)
        if (!Value.Check(Checks, given)) {
          say('Kết quả tự kiểm tra không đúng dạng; dùng scripts/self-check của cùng bản phát hành.')
          return false
        }
        await db.transaction((tx) => keep(tx, given))
        say(`Đã ghi kết quả tự kiểm tra: ${given.length} mục.`)
        return true
      },
      'send-test-mail': sendTestMail(platform),
    },
  }
}

/** A mail to the office by the way that all mails go; good only once the mail server has taken it. */
function sendTestMail({ db, mail, clock, config }: Platform): CommandHandler {
  return async (_given, say) => {
    const key = `self-check:${clock.now()}`
    await db.transaction((tx) =>
      mail.enqueue(tx, {
        key,
        to: config.officeMail,
        subject: 'Tự kiểm tra: thư thử',
        text: 'Thư này do lệnh tự kiểm tra gửi để biết đường thư hoạt động. Không cần làm gì.',
      }),
    )
    const until = performance.now() + mailMs
    for (;;) {
      await mail.deliverDue()
      const [row] = await db.select().from(outboxMails).where(eq(outboxMails.dedupeKey, key))
      if (row?.status === 'sent') {
        say(`Máy chủ thư đã nhận thư thử gửi tới ${config.officeMail}.`)
        return true
      }
      if (row === undefined || row.status === 'refused' || performance.now() > until) {
        say(`Máy chủ thư chưa nhận thư thử: ${row?.lastError ?? 'chưa tới lượt gửi'}`)
        // One that waits would be sent hours later, when nobody asks any more.
        await db.delete(outboxMails).where(eq(outboxMails.dedupeKey, key))
        return false
      }
      await new Promise((resolve) => setTimeout(resolve, secondMs))
    }
  }
}

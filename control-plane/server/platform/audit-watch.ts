import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AuditHead } from './audit.ts'
import type { ChainVerdict } from './audit-chain.ts'
import { auditVerdictText } from './audit-words.ts'
import { minuteMs } from './clock.ts'
import type { Platform } from './platform.ts'
import type { Reconciliation } from './reconciler.ts'

const alertKind = 'audit-trail-broken'
const alertSubject = 'audit:trail'

const dayInVietNam = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Ho_Chi_Minh', dateStyle: 'short' })

/** What this machine remembers of the trail, beside the database: whoever owns the database alone cannot make it forget. */
export const headPath = (dataFolder: string): string => join(dataFolder, 'audit-head.json')

export async function readRememberedHead(dataFolder: string): Promise<AuditHead | undefined> {
  try {
    const { seq, hash } = JSON.parse(await readFile(headPath(dataFolder), 'utf8')) as AuditHead
    return { seq, hash }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function remember(dataFolder: string, head: AuditHead): Promise<void> {
  const path = headPath(dataFolder)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  {
    await using file = await open(`${path}.new`, 'w', 0o600)
    await file.writeFile(JSON.stringify(head))
    await file.sync()
  }
  await rename(`${path}.new`, path)
}

/**
 * Looks at the trail from outside the database. Every minute: is the remembered row still there, and does what came since hold. Every day: the whole
 * chain, and its head to the journal and by mail, to be kept where nobody on these machines can change it.
 */
export function auditWatch(platform: Platform): Reconciliation[] {
  const { db, clock, audit, alerts, mail, changes, config, log } = platform
  let lastDay: string | undefined

  async function judge(verdict: ChainVerdict): Promise<void> {
    await db.transaction(async (tx) => {
      if (verdict.is === 'whole') {
        if (!(await alerts.clear(tx, alertKind, alertSubject))) return
      } else {
        log.error({ seq: verdict.seq, why: verdict.why }, 'audit trail broken')
        const message = auditVerdictText(verdict)
        await alerts.raise(tx, { kind: alertKind, subject: alertSubject, severity: 'critical', message })
      }
      await changes.announce(tx, 'alerts')
    })
  }

  async function watch(): Promise<void> {
    const before = await readRememberedHead(config.dataFolder)
    const verdict = await audit.verify(db, before === undefined ? {} : { from: before })
    await judge(verdict)
    // A broken trail does not become the new truth.
    if (verdict.is === 'whole') await remember(config.dataFolder, { seq: verdict.rows, hash: verdict.lastHash })
  }

  async function tellDaily(): Promise<void> {
    const day = dayInVietNam.format(clock.now())
    if (day === lastDay) return
    const before = await readRememberedHead(config.dataFolder)
    const verdict = await audit.verify(db, before === undefined ? {} : { remembered: [before] })
    await judge(verdict)
    const head = await audit.head(db)
    log.info({ day, rows: head?.seq ?? 0, hash: head?.hash ?? null, is: verdict.is }, 'audit head')
    await db.transaction((tx) =>
      mail.enqueue(tx, {
        key: `audit-head:${day}`,
        to: config.auditMail || config.officeMail,
        subject: `[Nhật ký hệ thống] ${day}: ${head?.seq ?? 0} dòng, ${verdict.is === 'whole' ? 'nguyên vẹn' : 'KHÔNG nguyên vẹn'}`,
        text: dailyText(day, head, verdict),
      }),
    )
    lastDay = day
  }

  return [
    { name: 'audit-watch', everyMs: minuteMs, run: watch },
    { name: 'audit-head', everyMs: 10 * minuteMs, run: tellDaily },
  ]
}

const dailyText = (day: string, head: AuditHead | undefined, verdict: ChainVerdict): string =>
  [
    `Nhật ký hệ thống ngày ${day}.`,
    '',
    auditVerdictText(verdict),
    '',
    `Số dòng: ${head?.seq ?? 0}`,
    `Mã băm cuối: ${head?.hash ?? 'chưa có'}`,
    '',
    'Giữ thư này. Về sau, để biết chắc chưa ai cắt bỏ hay lập lại nhật ký:',
    `scripts/verify-audit --expect ${head?.hash ?? '…'} --count ${head?.seq ?? 0}`,
    'hoặc nhập mã băm này tại Nhật ký hệ thống → Kiểm tra chuỗi mã băm.',
  ].join('\n')

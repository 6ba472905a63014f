import { readAudit, verifyAudit } from '../../contract/audit.ts'
import { auditPage } from './audit.ts'
import type { ChainVerdict, Remembered } from './audit-chain.ts'
import { auditWatch, readRememberedHead } from './audit-watch.ts'
import { auditVerdictText } from './audit-words.ts'
import type { CommandHandler } from './commands.ts'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'

const progressEveryRows = 5_000
const isHash = /^[0-9a-f]{64}$/

/** The audit trail for people: paged reading, and the check of its hash chain by route and by command (design rule 4.7). */
export function auditRoutes(platform: Platform): Module {
  const { db, audit, config } = platform

  /** Against what this machine remembers, and what the person kept elsewhere. */
  async function verify(kept: Remembered[], onProgress?: (rows: number) => void): Promise<ChainVerdict> {
    const own = await readRememberedHead(config.dataFolder)
    const remembered = own === undefined ? kept : [...kept, own]
    return audit.verify(db, { remembered, ...(onProgress === undefined ? {} : { onProgress }) })
  }

  const verifyCommand: CommandHandler = async ({ expect, count }, say) => {
    const seq = count === undefined ? undefined : Number(count)
    if (
      (expect !== undefined && !isHash.test(expect)) ||
      (seq !== undefined && !(Number.isSafeInteger(seq) && seq > 0))
    ) {
      say('Cách dùng: verify-audit --expect MÃ_BĂM (64 chữ số hex) [--count SỐ_DÒNG]')
      return false
    }
    if (seq !== undefined && expect === undefined) {
      say('Số dòng (--count) chỉ có nghĩa cùng mã băm (--expect).')
      return false
    }
    const kept = expect === undefined ? [] : [{ hash: expect, seq }]
    const verdict = await verify(kept, (rows) => {
      if (rows > 0 && rows % progressEveryRows === 0) say(`Đã kiểm tra ${rows} dòng…`)
    })
    say(auditVerdictText(verdict))
    if (verdict.is === 'whole' && expect !== undefined) say('Dòng mang mã băm đã giữ vẫn còn nguyên trong nhật ký.')
    return verdict.is === 'whole'
  }

  return {
    name: 'audit',
    routes(app) {
      app.route({
        ...readAudit,
        config: { may: 'audit.read' },
        handler: async (request) => {
          const { limit = 50, ...wanted } = request.query
          const rows = await auditPage(db, wanted, limit + 1)
          const items = rows.slice(0, limit).map((row) => ({ ...row, at: row.at.toISOString() }))
          return { items, next: rows.length > limit ? (items.at(-1)?.seq ?? null) : null }
        },
      })
      app.route({
        ...verifyAudit,
        // Reads the whole trail: a few times a minute is plenty.
        config: { may: 'audit.read', rateLimit: { max: 20, timeWindow: '1 minute' } },
        handler: async (request) => {
          const { expect, count: seq } = request.query
          const verdict = await verify(expect ? [{ hash: expect, seq }] : [])
          return { ...verdict, message: auditVerdictText(verdict) }
        },
      })
    },
    reconciliations: auditWatch(platform),
    commands: { 'verify-audit': verifyCommand },
    start: () => platform.db.transaction((tx) => audit.takeUpKey(tx)),
  }
}

import { readAudit, verifyAudit } from '../../contract/audit.ts'
import { auditPage, type ChainVerdict, verifyAuditTrail } from './audit.ts'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'

const whyBroken = { missing: 'bị xóa', changed: 'đã bị sửa', unlinked: 'không khớp với dòng liền trước' } as const
const progressEveryRows = 5_000

const verdictText = (verdict: ChainVerdict): string =>
  verdict.is === 'whole'
    ? `Nhật ký nguyên vẹn: ${verdict.rows} dòng, mã băm cuối ${verdict.lastHash}.`
    : `Nhật ký KHÔNG nguyên vẹn: dòng số ${verdict.seq} ${whyBroken[verdict.why]}. Giữ nguyên hệ thống và báo Thanh tra tỉnh.`

/** The audit trail for people: paged reading, and the check of its hash chain by route and by command (design rule 4.7). */
export function auditRoutes(platform: Platform): Module {
  const { db } = platform
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
        handler: async () => {
          const verdict = await verifyAuditTrail(db)
          return { ...verdict, message: verdictText(verdict) }
        },
      })
    },
    commands: {
      'verify-audit': async (_given, say) => {
        const verdict = await verifyAuditTrail(db, (rows) => {
          if (rows > 0 && rows % progressEveryRows === 0) say(`Đã kiểm tra ${rows} dòng…`)
        })
        say(verdictText(verdict))
        return verdict.is === 'whole'
      },
    },
  }
}

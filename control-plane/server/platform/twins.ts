import { type SQL, sql } from 'drizzle-orm'
import { type Instant, minuteMs } from './clock.ts'
import type { Tx } from './database.ts'
import { Problem } from './problem.ts'

/** What was made within this time and looks the same is asked about: two tabs, two clerks, a form filled in once more after a lost answer. */
export const twinWindowMs = 10 * minuteMs

/**
 * Lets those who look for twins of this kind through one after the other, until the transaction ends: of two made at the same moment, the second
 * sees the first.
 */
export async function lockTwins(tx: Tx, kind: string): Promise<void> {
  const lock: SQL = sql`select pg_advisory_xact_lock(hashtext(${`twins:${kind}`}))`
  await tx.execute(lock)
}

/** The earliest instant at which a twin can have been made. */
export const twinsSince = (now: Instant): Date => new Date(now - twinWindowMs)

/** 409: the same has just been made; the sender is asked whether he means another one (`despiteTwin`). `noun`: "vụ việc", "buổi tiếp". */
export function twinMade(noun: string, twin: { subject: string; code: string; at: Instant }, now: Instant): Problem {
  const minutes = Math.max(1, Math.round((now - twin.at) / minuteMs))
  return new Problem('twin-made', {
    status: 409,
    title: `Có vẻ ${noun} này đã được nhập cách đây ${minutes} phút, mã ${twin.code}. Vui lòng mở bản đã có để xem; nếu đây là một ${noun} khác, xác nhận để lưu thêm.`,
    extra: { made: twin.subject, code: twin.code },
  })
}

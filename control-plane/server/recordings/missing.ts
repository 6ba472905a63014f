import type { Tx } from '../platform/database.ts'
import { silentFor } from '../platform/intake.ts'
import type { Platform } from '../platform/platform.ts'
import { handOverMs, sessionsWithoutPart } from './recording.ts'
import * as store from './store.ts'

const lookBackMs = 30 * 24 * 3600_000

/**
 * Compares what was recorded with what has arrived: a session without a file after half an hour is told to a person, and once
 * everything is here the alarm of a recorder that did not confirm its end is over.
 */
export async function watchMissing(platform: Platform): Promise<void> {
  const { db, clock } = platform
  const now = clock.now()
  const since = new Date(now - lookBackMs)
  const rows = (await store.recordingsBetween(db, since, null)).filter(
    (row) => row.wanted === 'off' && row.state === 'off',
  )
  const listening = await platform.intake.listening(db)
  const ids = rows.map((row) => row.id)
  const sessions = await store.sessionsOf(db, ids)
  const parts = await store.partsOf(db, ids)
  for (const row of rows) {
    const arrived = parts.filter((part) => part.recordingId === row.id)
    const missing = sessionsWithoutPart({
      sessions: sessions
        .filter((session) => session.recordingId === row.id)
        .map((session) => ({ sessionId: session.sessionId, wasOn: session.onAt !== null })),
      parts: arrived,
    })
    await db.transaction(async (tx) => {
      if (missing.length === 0) return tellWhole(platform, tx, row.id, arrived.length > 0)
      // Only time in which a file could have come counts.
      if (silentFor(row.stateAt.getTime(), listening, now) >= handOverMs)
        await tellMissing(platform, tx, row.id, missing.length)
    })
  }
}

async function tellWhole(platform: Platform, tx: Tx, id: string, hasFiles: boolean): Promise<void> {
  for (const kind of ['recording-missing', ...(hasFiles ? ['recording-fault', 'recording-gap'] : [])])
    if (await platform.alerts.clear(tx, kind, `recording:${id}`)) await platform.changes.announce(tx, 'alerts')
}

async function tellMissing(platform: Platform, tx: Tx, id: string, count: number): Promise<void> {
  const fresh = await platform.alerts.raise(tx, {
    kind: 'recording-missing',
    subject: `recording:${id}`,
    severity: 'critical',
    message: `Buổi tiếp có ${count} lượt ghi hình chưa về kho sau 30 phút. Kiểm tra máy ghi và hàng chờ chuyển tệp trên máy đó; không xóa gì trên máy ghi.`,
  })
  if (fresh) await platform.changes.announce(tx, 'alerts')
}

import { statfs } from 'node:fs/promises'
import type { Tx } from '../platform/database.ts'
import { wordsOf } from '../platform/plain-error.ts'
import type { Platform } from '../platform/platform.ts'
import { partFaultCause } from './fault-words.ts'
import type { PartRow } from './store.ts'
import { StoreAway, tellStore } from './store-presence.ts'
import { raiseStoreFull } from './uploads.ts'
import { concernsPeople } from './whose.ts'

const failedKind = 'ingest-failed'
const subjectOf = (part: PartRow): string => `recording-part:${part.id}`

async function warn(platform: Platform, tx: Tx, part: PartRow, kind: string, message: string): Promise<void> {
  if (!(await concernsPeople(tx, part.recordingId))) return
  const fresh = await platform.alerts.raise(tx, { kind, subject: subjectOf(part), severity: 'warning', message })
  if (fresh) await platform.changes.announce(tx, 'alerts')
}

export const tellBroken = (platform: Platform, tx: Tx, part: PartRow, fault: string): Promise<void> =>
  warn(
    platform,
    tx,
    part,
    'recording-part-broken',
    `Tệp ${part.fileName} từ máy ghi ${part.host} bị từ chối. ${partFaultCause(fault)} Kiểm tra các phần khác của buổi tiếp.`,
  )

export const tellMismatch = (platform: Platform, tx: Tx, part: PartRow): Promise<void> =>
  warn(
    platform,
    tx,
    part,
    'upload-mismatch',
    `Tệp ${part.fileName} nhận về khác mã băm mà máy ghi ${part.host} khai báo. Máy ghi giữ bản gốc và tự gửi lại.`,
  )

/** An ingest that failed for a reason of ours: it is tried again by itself, and people are told why it does not get on. */
export async function tellIngestFailed(platform: Platform, part: PartRow, error: unknown): Promise<void> {
  const { db, config } = platform
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
    const disk = await statfs(config.storeFolder)
    return db.transaction((tx) => raiseStoreFull(platform, tx, disk.bavail * disk.bsize))
  }
  if (error instanceof StoreAway) return tellStore(platform, false)
  platform.metrics.faults.inc({ part: 'recordings.ingest' })
  const why = wordsOf(error).slice(0, 200)
  await db.transaction((tx) =>
    warn(
      platform,
      tx,
      part,
      failedKind,
      `Chưa đưa được tệp ${part.fileName} của máy ghi ${part.host} vào kho (${why}). Tệp vẫn nguyên và hệ thống tự thử lại; kiểm tra ffmpeg, quyền ghi và ổ đĩa của kho.`,
    ),
  )
}

export async function endIngestFailed(platform: Platform, tx: Tx, part: PartRow): Promise<void> {
  if (await platform.alerts.clear(tx, failedKind, subjectOf(part))) await platform.changes.announce(tx, 'alerts')
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { type Actor, systemActor } from '../platform/actor.ts'
import type { Platform } from '../platform/platform.ts'
import { forbidden, Problem } from '../platform/problem.ts'
import { storable } from '../platform/text.ts'

/** Who sends files and reports: always the credential that was proven, never what the input calls itself. */
export type Sender = Actor & { kind: 'service' }

/** @throws Problem 403 for anybody else; routes for `service` let only services in. */
export function senderOf(actor: Actor): Sender {
  if (actor.kind !== 'service') throw forbidden()
  return actor
}

/** Carries the sender of a tus request to tus' hooks, which are given the request alone. */
export const sending = new AsyncLocalStorage<Sender>()

/** @throws Error outside of a request. */
export function presentSender(): Sender {
  const sender = sending.getStore()
  if (sender === undefined) throw new Error('an upload without its sender')
  return sender
}

/** Who sent this part, for the audit trail. Rows from before senders were kept are the system's; their host stands in the detail. */
export const senderOfPart = (part: { senderId: string | null; senderName: string | null }): Actor =>
  part.senderId === null ? systemActor : { kind: 'service', id: part.senderId, name: part.senderName ?? '', hosts: [] }

/**
 * A host's name is a detail, and only one of the credential's own: else one recorder could speak for another, or under any name at all.
 * @throws Problem 403, after a person was told.
 */
export async function refuseForeignHost(platform: Platform, sender: Sender, host: string): Promise<void> {
  if (sender.hosts.includes(host)) return
  // A cut may leave half a character, which no database takes.
  const given = storable(host.slice(0, 60))
  await platform.db.transaction(async (tx) => {
    const fresh = await platform.alerts.raise(tx, {
      kind: 'recorder-host-refused',
      subject: `service:${sender.id}`,
      severity: 'critical',
      message: `Khóa dịch vụ ${sender.name} gửi tệp hoặc báo cáo dưới tên máy ghi “${given}”, không phải máy của khóa này (${sender.hosts.join(', ')}). Hệ thống đã từ chối; tệp vẫn nằm ở máy gửi. Kiểm tra tên máy ghi, hoặc khóa có bị lộ không.`,
    })
    if (!fresh) return
    await platform.audit.write(tx, sender, 'recorder.host-refused', `service:${sender.id}`, { host: given })
    await platform.changes.announce(tx, 'alerts')
  })
  throw new Problem('host-not-yours', {
    status: 403,
    title: `Khóa dịch vụ này không được dùng cho máy ghi “${given}”. Kiểm tra TIEPDAN_JIBRI_HOST của máy ghi và danh sách máy của khóa.`,
  })
}

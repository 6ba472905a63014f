import type { Hearings } from '../hearings/index.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import type { Objection } from './occupancy.ts'
import { grantNames } from './sealed-names.ts'
import * as store from './store.ts'

/** Something about one person in one room. */
interface Finding {
  roomName: string
  userId: string | null
  what: string
}

const differences = {
  missed: 'có trong phòng mà chưa được ghi là có mặt',
  lost: 'được ghi là có mặt mà không có trong phòng',
} as const
const objections: Record<Objection, string> = {
  roomUnknown: 'ở trong phòng mà hệ thống không biết',
  revoked: 'vẫn trong phòng dù thông tin đăng nhập đã bị thu hồi',
  otherRoom: 'dùng thông tin đăng nhập của phòng khác',
  unknown: 'không có thông tin đăng nhập nào của phòng này',
}
const alerts = {
  'attendance-differs': {
    title: 'sự có mặt đã ghi khác với máy chủ phòng họp',
    remedy: 'Hệ thống đã ghi lại theo máy chủ phòng họp. Đối chiếu với bản ghi hình và ghi vào biên bản.',
  },
  'occupant-not-allowed': {
    title: 'có người không được phép trong phòng',
    remedy: 'Hệ thống đang đưa người đó ra. Nhìn vào phòng; còn người lạ thì báo chủ trì tạm dừng.',
  },
} as const
type AlarmKind = keyof typeof alerts
// The longest list of people that a mail should carry; the rest is counted.
const mostNamed = 20

/** Alarms about who is in a room: one per kind and hearing (or room), which closes itself when the comparison finds nothing any more. */
export function createRoomAlarms(platform: Platform, { hearings }: { hearings: Pick<Hearings, 'brief'> }) {
  /** An alarm is mailed and kept: room PCs by their office's name, people on devices of their own by their grant, never by name. */
  async function who(tx: Tx, userId: string | null): Promise<string> {
    if (userId === null) return 'một người không rõ'
    const grant = store.isGrantId(userId) ? await store.grantById(tx, userId) : undefined
    if (grant?.kind === 'endpoint') return `điểm cầu ${grantNames(platform.secrets).open(grant.displayName)}`
    if (grant !== undefined) return `người dự bằng thiết bị riêng (mã ${grant.id.slice(0, 8)})`
    return userId.startsWith('agent:') ? 'máy điều khiển ghi hình' : `người có mã ${userId.slice(0, 60)}`
  }

  async function where(tx: Tx, roomName: string): Promise<{ subject: string; place: string }> {
    const room = await store.roomByName(tx, roomName)
    const hearing = room?.hearingId ? await hearings.brief(tx, room.hearingId) : undefined
    if (hearing === undefined)
      return { subject: `room:${roomName.slice(0, 80)}`, place: `Phòng ${roomName.slice(0, 8)}…` }
    return { subject: `hearing:${hearing.id}`, place: `Buổi tiếp ${hearing.code}` }
  }

  async function tell(tx: Tx, kind: AlarmKind, findings: Finding[]): Promise<void> {
    const told = new Map<string, { place: string; words: string[] }>()
    for (const finding of findings) {
      const { subject, place } = await where(tx, finding.roomName)
      const entry = told.get(subject) ?? { place, words: [] }
      entry.words.push(`${await who(tx, finding.userId)} ${finding.what}`)
      told.set(subject, entry)
    }
    let changed = false
    for (const [subject, { place, words }] of told) {
      const more = words.length > mostNamed ? ` và ${words.length - mostNamed} trường hợp khác` : ''
      const named = [...new Set(words)].slice(0, mostNamed).join('; ')
      const message = `${place}: ${alerts[kind].title}: ${named}${more}. ${alerts[kind].remedy}`
      changed = (await platform.alerts.raise(tx, { kind, subject, severity: 'critical', message })) || changed
    }
    for (const alert of await platform.alerts.open(tx))
      if (alert.kind === kind && !told.has(alert.subject))
        changed = (await platform.alerts.clear(tx, kind, alert.subject)) || changed
    if (changed) await platform.changes.announce(tx, 'alerts')
  }

  return {
    /** What the list and attendance do not agree on; none closes the alarms. */
    tellDifferences: (
      tx: Tx,
      found: { roomName: string; userId: string | null; is: keyof typeof differences }[],
    ): Promise<void> =>
      tell(
        tx,
        'attendance-differs',
        found.map((one) => ({ ...one, what: differences[one.is] })),
      ),
    /** Who is in a room that he may not be in; none closes the alarms. */
    tellIntruders: (tx: Tx, found: { roomName: string; userId: string | null; is: Objection }[]): Promise<void> =>
      tell(
        tx,
        'occupant-not-allowed',
        found.map((one) => ({ ...one, what: objections[one.is] })),
      ),
  }
}

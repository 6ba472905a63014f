import { randomUUID } from 'node:crypto'
import type { Instant } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import type { StaffRow } from './store.ts'

/** What a person is told of his own account, whoever did it. */
const events = {
  'password-changed': 'Mật khẩu đã được đổi; các phiên làm việc khác đã kết thúc.',
  'second-factor-set':
    'Thiết bị xác thực hai bước đã được thiết lập hoặc thay thế; các phiên làm việc khác đã kết thúc.',
  'email-changed': 'Địa chỉ thư của tài khoản đã được đổi.',
  reset:
    'Mật khẩu đã được cấp lại, xác thực hai bước phải thiết lập lại khi đăng nhập; mọi phiên làm việc đã kết thúc.',
  disabled: 'Tài khoản đã bị khóa; mọi phiên làm việc đã kết thúc.',
  enabled: 'Tài khoản đã được mở khóa.',
  'step-up-slowed':
    'Có người nhập sai mật khẩu hoặc mã xác thực nhiều lần trong một phiên làm việc đang mở của ông/bà. Nếu không phải ông/bà, phiên ấy đang ở trong tay người khác.',
} as const
export type AccountEvent = keyof typeof events

const inVietNam = new Intl.DateTimeFormat('vi-VN', {
  timeZone: 'Asia/Ho_Chi_Minh',
  dateStyle: 'short',
  timeStyle: 'medium',
})

/** The mail about an account. `by`: the administrator who did it, or null when it was done in the person's own session or on the server. */
export function noticeText(
  event: AccountEvent,
  about: { username: string; displayName: string; by: string | null; isOwnAddress: boolean },
  at: Instant,
): { subject: string; text: string } {
  const lines = [
    `Kính gửi ông/bà ${about.displayName},`,
    '',
    `Tài khoản "${about.username}", ${inVietNam.format(at)}: ${events[event]}`,
    ...(about.by === null ? [] : [`Người thực hiện: ${about.by}.`]),
    '',
    'Nếu ông/bà không làm hoặc không yêu cầu việc này: báo ngay quản trị hệ thống để khóa tài khoản, rồi vào "Tài khoản của tôi" kết thúc các phiên lạ và đổi mật khẩu.',
    ...(about.isOwnAddress
      ? []
      : ['', 'Tài khoản chưa có địa chỉ thư nên thông báo này gửi tới Văn phòng; đề nghị chuyển tới đúng người.']),
  ]
  return { subject: `[Tài khoản ${about.username}] ${events[event].split(/[;.]/)[0]}`, text: lines.join('\n') }
}

/** Tells the owner of an account of a change to it, by mail, in the transaction of that change. */
export function createNotices({ mail, clock, config }: Platform) {
  return {
    /** `key`: tells of one thing once only; without it each call is a mail of its own. `to`: also these addresses. */
    async tell(
      tx: Tx,
      staff: Pick<StaffRow, 'id' | 'username' | 'displayName' | 'email'>,
      event: AccountEvent,
      more: { by?: string; key?: string; to?: (string | null)[] } = {},
    ): Promise<void> {
      const addresses = new Set([staff.email, ...(more.to ?? [])].filter((one) => one !== null))
      const isOwnAddress = addresses.size > 0
      if (!isOwnAddress) addresses.add(config.officeMail)
      const about = { ...staff, by: more.by ?? null, isOwnAddress }
      const name = more.key ?? randomUUID()
      for (const to of addresses) {
        await mail.enqueue(tx, { key: `account:${event}:${name}:${to}`, to, ...noticeText(event, about, clock.now()) })
      }
    },
  }
}

export type Notices = ReturnType<typeof createNotices>

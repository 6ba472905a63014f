import type { HearingPlan } from '../hearings/index.ts'
import type { Instant } from '../platform/clock.ts'
import type { PersonalLink } from '../rooms/index.ts'

type Person = HearingPlan['participants'][number]
type About = Pick<HearingPlan, 'code' | 'title' | 'startsAt' | 'endsAt' | 'endpoints'>

export interface Letter {
  /** Names nobody (platform/mail.ts). */
  subject: string
  text: string
}

const dayText = new Intl.DateTimeFormat('vi-VN', {
  timeZone: 'Asia/Ho_Chi_Minh',
  weekday: 'long',
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
})
const timeText = new Intl.DateTimeFormat('vi-VN', { timeZone: 'Asia/Ho_Chi_Minh', hour: '2-digit', minute: '2-digit' })

/** "08:00 đến 11:00, Thứ Ba, 15/12/2026" in Việt Nam. */
const spokenTime = ({ startsAt, endsAt }: { startsAt: Instant; endsAt: Instant }): string =>
  `${timeText.format(startsAt)} đến ${timeText.format(endsAt)}, ${dayText.format(startsAt)}`

const facts = (about: About): string[] => [
  `Buổi tiếp: ${about.code} – ${about.title}`,
  `Thời gian: ${spokenTime(about)} (giờ Việt Nam)`,
]

/** How the office is reached; `phone` is empty where no number is set. */
export interface Office {
  mail: string
  phone: string
}

const signature = ({ mail, phone }: Office): string[] => [
  '',
  `Cần đổi thông tin hoặc không dự được, vui lòng báo Văn phòng UBND tỉnh: ${[phone === '' ? '' : `điện thoại ${phone}`, mail].filter(Boolean).join(', ')}.`,
  'Thư này do hệ thống tiếp công dân trực tuyến tỉnh Gia Lai gửi tự động.',
]

/**
 * To one who takes part, once the plan is approved (Điều 6.1.c, until formal letters exist): when, where, and for an own device the personal link
 * and how to try the device. `renewed`: a link in place of an earlier one.
 */
export function invitation(
  about: About,
  person: Person,
  how: { link: PersonalLink | undefined; publicUrl: string; office: Office; renewed: boolean },
): Letter {
  const room = about.endpoints.find(({ endpointId }) => endpointId === person.endpointId)
  const subject = how.renewed ? `Liên kết mới dự buổi tiếp ${about.code}` : `Mời dự buổi tiếp công dân ${about.code}`
  return {
    subject,
    text: [
      `Kính gửi ông/bà ${person.name},`,
      '',
      how.renewed
        ? 'Thông tin đăng nhập trước đây không còn dùng được; xin dùng liên kết trong thư này.'
        : 'UBND tỉnh trân trọng mời ông/bà dự buổi tiếp công dân trực tuyến:',
      '',
      ...facts(about),
      ...(how.link === undefined
        ? [`Địa điểm: ${room?.name ?? about.endpoints[0]?.name ?? ''}`, 'Xin có mặt trước giờ bắt đầu 15 phút.']
        : ownDevice(how.link, how.publicUrl)),
      '',
      'Buổi tiếp được ghi hình, ghi âm và lưu trữ theo Quy chế tiếp công dân trực tuyến của tỉnh.',
      ...signature(how.office),
    ].join('\n'),
  }
}

const ownDevice = ({ link, code }: PersonalLink, publicUrl: string): string[] => [
  'Hình thức: trực tuyến, bằng máy tính hoặc điện thoại của ông/bà.',
  '',
  'Liên kết riêng của ông/bà (không chuyển cho người khác; mỗi lúc chỉ dùng trên một thiết bị):',
  link,
  `Hoặc mở ${publicUrl}/vao và nhập mã: ${code}`,
  '',
  'Thử thiết bị trước:',
  '1. Dùng Chrome, Edge hoặc Safari bản mới; nên có tai nghe, nơi yên tĩnh, sạc đủ pin.',
  '2. Mở liên kết ngay hôm nay: trang cho biết liên kết đúng và còn bao lâu nữa phòng mở.',
  '3. Phòng mở trước giờ bắt đầu 60 phút. Mở liên kết khi đó, cho phép trang dùng camera và micro; trang hiện hình của ông/bà và mức âm thanh trước khi vào.',
]

/** To one who had been invited: the hearing is put off or will not be held, and the link is void. */
export function withdrawal(
  about: About,
  person: Person,
  how: { to: 'postponed' | 'cancelled'; office: Office },
): Letter {
  const isPutOff = how.to === 'postponed'
  return {
    subject: `Buổi tiếp công dân ${about.code} ${isPutOff ? 'được hoãn' : 'không tổ chức'}`,
    text: [
      `Kính gửi ông/bà ${person.name},`,
      '',
      isPutOff
        ? 'Buổi tiếp công dân dưới đây được hoãn. Khi có thời gian mới, ông/bà sẽ nhận được thư mời và liên kết mới.'
        : 'Buổi tiếp công dân dưới đây không tổ chức nữa.',
      '',
      ...facts(about),
      '',
      'Thư mời và liên kết đã gửi trước đây không còn dùng được. Rất mong ông/bà thông cảm.',
      ...signature(how.office),
    ].join('\n'),
  }
}

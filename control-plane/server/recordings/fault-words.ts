import type { Refusal } from './container.ts'

/** What each fault of a recorder is, and what happens or is to be done about it while the hearing runs. Vietnamese. */
const faults: Record<string, { cause: string; remedy: string } | undefined> = {
  'pending-too-long': {
    cause: 'Máy ghi hình nhận lệnh nhưng không bắt đầu',
    remedy: 'Hệ thống đang gọi máy ghi khác.',
  },
  'start-unanswered': {
    cause: 'Không có trả lời cho lệnh ghi hình',
    remedy: 'Hệ thống đang gọi lại; kiểm tra Jicofo và máy ghi.',
  },
  'stopped-unasked': {
    cause: 'Ghi hình dừng khi chưa có lệnh',
    remedy: 'Hệ thống đang bắt đầu lại; các phần được ghép thành một bản ghi.',
  },
  'recorder-error': { cause: 'Máy ghi hình báo lỗi', remedy: 'Hệ thống đang bắt đầu lại trên máy khác.' },
  'recorder-busy': {
    cause: 'Máy ghi hình đang bận',
    remedy: 'Hệ thống đang tìm máy khác; giải phóng một máy ghi nếu có thể.',
  },
  'recorder-resource-constraint': {
    cause: 'Tất cả máy ghi hình đang bận',
    remedy: 'Giải phóng hoặc khởi động thêm máy ghi; hệ thống tự gọi lại liên tục.',
  },
  'recorder-service-unavailable': {
    cause: 'Không có máy ghi hình nào',
    remedy: 'Khởi động máy ghi (Jibri) ngay; hệ thống tự gọi lại liên tục.',
  },
  'recorder-not-allowed': {
    cause: 'Lệnh ghi hình bị từ chối vì thiếu quyền chủ tọa phòng',
    remedy: 'Kiểm tra mô-đun Prosody của hệ thống.',
  },
  unconfirmed: {
    cause: 'Máy ghi báo đang ghi nhưng không có tệp nào lớn lên',
    remedy: 'Hệ thống đang bắt đầu lại; kiểm tra máy ghi và dịch vụ theo dõi trên máy đó.',
  },
  orphaned: {
    cause: 'Jicofo không còn biết phiên ghi này (thường vì Jicofo vừa khởi động lại)',
    remedy:
      'Máy ghi vẫn ghi, tệp vẫn lớn lên; hệ thống đang tìm máy ghi khác và dừng phiên này khi có máy khác ghi hoặc khi buổi tiếp kết thúc.',
  },
  'recorder-gone': {
    cause: 'Jibri của máy đang ghi đã dừng hoặc khởi động lại',
    remedy: 'Hệ thống đang bắt đầu lại; khoảng không ghi được có trong bản ghi hình.',
  },
  unheard: {
    cause: 'Máy ghi báo đang ghi nhưng không máy theo dõi nào xác nhận được tệp đang lớn lên',
    remedy: 'Việc ghi không bị dừng; kiểm tra dịch vụ theo dõi (tiepdan-recorder) và đường truyền của máy ghi ngay.',
  },
  'not-growing': {
    cause: 'Tệp ghi hình ngừng lớn lên (có thể đầy ổ đĩa)',
    remedy: 'Hệ thống đang chuyển sang máy ghi khác; kiểm tra dung lượng máy ghi.',
  },
  'stop-unconfirmed': {
    cause: 'Máy ghi không xác nhận lệnh dừng',
    remedy: 'Kiểm tra máy ghi; tệp vẫn được thu gom sau.',
  },
  'restart-asked': { cause: 'Ghi hình được bắt đầu lại theo yêu cầu', remedy: 'Không cần làm gì thêm.' },
  'conductor-lost': { cause: 'Mất trình điều khiển ghi hình', remedy: 'Một trình khác đang tiếp quản.' },
}

const unnamed = { cause: 'Máy ghi hình báo lỗi', remedy: 'Hệ thống đang bắt đầu lại trên máy khác.' }

/** For the alarm: what happened and what to do. */
export function faultMessage(fault: string): string {
  const { cause, remedy } = faults[fault] ?? unnamed
  return `${cause}. ${remedy}`
}

/** For whoever looks back: what happened. */
export const faultCause = (fault: string): string => `${(faults[fault] ?? unnamed).cause}.`

/** How a session ended (`endedBy` of its row) in words; null when it was asked to. */
export function endingCause(endedBy: string | null): string | null {
  if (endedBy === null || endedBy === 'asked') return null
  if (endedBy === 'superseded') return 'Đã chuyển sang phiên ghi khác.'
  if (endedBy === 'unasked') return faultCause('stopped-unasked')
  return faultCause(faults[endedBy] === undefined ? `recorder-${endedBy}` : endedBy)
}

const refusals: Record<Refusal, string> = {
  empty: 'Tệp rỗng (0 byte).',
  'not-matroska': 'Tệp không phải Matroska (.mkv) do máy ghi hình tạo ra, nên không được mở.',
  streams: 'Tệp có hình, tiếng hoặc phần đính kèm không do máy ghi hình tạo ra, nên không được mở.',
  picture: 'Khung hình lớn hơn mức máy ghi hình tạo ra (4096×2304), nên không được mở.',
  duration: 'Tệp tự ghi thời lượng dài hơn 48 giờ, nên không được mở.',
  'too-heavy': 'Đọc tệp vượt giới hạn bộ nhớ, thời gian xử lý hoặc dung lượng, nên đã dừng.',
  damaged: 'Tệp không đọc được như một bản ghi hình.',
}

/** What is wrong with a part (`fault` of its row) in words. */
export function partFaultCause(fault: string | null): string | null {
  if (fault === null) return null
  if (fault === 'mismatch') return 'Tệp nhận về khác mã băm mà máy ghi khai báo. Máy ghi giữ bản gốc và tự gửi lại.'
  if (fault.startsWith('unreadable')) {
    const why = /^unreadable: ([a-z-]+)/.exec(fault)?.[1] ?? ''
    const words = (refusals as Record<string, string>)[why] ?? refusals.damaged
    return `${words} Bản gốc vẫn được giữ trong kho để xem xét.`
  }
  return 'Tệp không còn ở vùng nhận. Máy ghi giữ bản gốc và tự gửi lại.'
}

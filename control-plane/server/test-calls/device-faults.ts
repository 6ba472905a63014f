import type { Reason } from '../../contract/test-calls.ts'

const devices = { camera: 'Camera', microphone: 'Micro' } as const

const faults: Record<string, { text: string; remedy: string }> = {
  none: { text: 'không tìm thấy', remedy: 'Cắm lại cáp, thử cổng USB khác.' },
  refused: { text: 'bị trình duyệt chặn', remedy: 'Cho phép trang thiết bị dùng camera và micro.' },
  busy: {
    text: 'đang bị chương trình khác dùng',
    remedy: 'Đóng các chương trình gọi hình khác (Zoom, Zalo, Teams…) trên máy phòng họp.',
  },
  'no-answer': { text: 'không trả lời', remedy: 'Rút ra, cắm lại; nếu vẫn vậy, khởi động lại máy.' },
  unsupported: {
    text: 'không dùng được trong trình duyệt này',
    remedy: 'Mở trang thiết bị bằng Chrome, ở địa chỉ bắt đầu bằng https.',
  },
}

/** What the room PC's page told of its own devices in its errors (`camera-busy`, `microphone-other`; media/own-tracks.ts), as reasons. Pure. */
export function deviceFaults(errors: string[]): Reason[] {
  return errors.flatMap((code): Reason[] => {
    const [, device, what = ''] = /^(camera|microphone)-([a-z-]+)$/.exec(code) ?? []
    if (device === undefined) return []
    const name = devices[device as keyof typeof devices]
    if (what === 'other') {
      const text = `${name} đã chọn của phòng không dùng được, đã kiểm thử bằng thiết bị khác.`
      const remedy = 'Cắm lại thiết bị đã chọn, hoặc chọn thiết bị khác trên màn hình phòng họp, rồi kiểm thử lại.'
      return [{ code, text, remedy, severity: 'warned' }]
    }
    const fault = faults[what]
    if (fault === undefined) return []
    return [{ code, text: `${name} của phòng ${fault.text}.`, remedy: fault.remedy, severity: 'failed' }]
  })
}

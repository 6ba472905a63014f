import type { Chosen, DeviceFault, DeviceKind } from './devices.ts'
import type { Held } from './hold-device.ts'

/** A meeting room's PC, or a person's own telephone or computer (which may show the page inside another app). */
export type Place = { is: 'room' } | { is: 'own'; inApp: boolean }

/** As the head of a line or a sentence. */
export const deviceNames: Record<DeviceKind, string> = { camera: 'Camera', microphone: 'Micro' }

const nouns: Record<DeviceKind, { one: string; gives: string; open: string }> = {
  camera: { one: 'camera', gives: 'hình', open: 'Mở nắp che, tắt nút khóa camera.' },
  microphone: { one: 'micro', gives: 'tín hiệu', open: 'Bật công tắc micro.' },
}

/** Where a page is shown inside an app that keeps devices from it: the one way out. */
export const openElsewhere =
  'Mở liên kết này bằng Chrome hoặc Safari: bấm nút “⋯” hoặc “⋮” ở góc màn hình, chọn “Mở bằng trình duyệt”, hoặc chép liên kết rồi dán vào trình duyệt.'

/** What is the matter and what to do about it, in a sentence or two, for any state of a device. */
export function deviceWords(kind: DeviceKind, held: Held, chosen: Chosen | undefined, place: Place): string {
  const { gives, open } = nouns[kind]
  switch (held.state) {
    case 'ok':
      return 'Hoạt động'
    case 'other':
      return `Đang dùng tạm “${held.name}”. ${otherWords(kind, held.because ?? 'none', chosen)}`
    case 'silent':
      return `Không có ${gives}. ${open}`
    case 'asking':
      return 'Đang chờ cho phép. Bấm “Cho phép” trong hộp hỏi của trình duyệt.'
    case 'unknown':
      return 'Đang kiểm tra…'
    default:
      return faultWords(kind, held.state, place)
  }
}

const otherWords = (kind: DeviceKind, because: DeviceFault, chosen: Chosen | undefined): string => {
  const name = chosen?.label ? `${nouns[kind].one} đã chọn “${chosen.label}”` : `${nouns[kind].one} đã chọn`
  if (because === 'busy') return `Có chương trình khác đang dùng ${name}: đóng chương trình đó.`
  if (because === 'no-answer') return `Không nhận được trả lời từ ${name}: rút ra, cắm lại.`
  return `Không tìm thấy ${name}: cắm lại cáp, hoặc chọn thiết bị khác.`
}

/** Why there is no picture or no sound from here, each cause with what to do. */
export function faultWords(kind: DeviceKind, fault: DeviceFault, place: Place): string {
  const { one } = nouns[kind]
  switch (fault) {
    case 'none':
      return place.is === 'room'
        ? `Không tìm thấy. Cắm lại cáp ${one}.`
        : `Không tìm thấy ${one}. Cắm ${one} vào máy; vẫn vào phòng được để nghe và xem.`
    case 'busy':
      return `Chương trình khác đang dùng ${one}. Đóng chương trình đó (Zoom, Zalo, Teams…); trang tự thử lại.`
    case 'no-answer':
      return place.is === 'room'
        ? `Không trả lời. Rút cáp ${one} ra, cắm lại; nếu vẫn vậy, khởi động lại máy.`
        : `Không trả lời. Đóng các ứng dụng khác, rút ${one} cắm lại, rồi bấm “Thử lại”.`
    case 'unsupported':
      return place.is === 'room'
        ? `Trình duyệt này không cho trang dùng ${one}. Mở trang bằng Chrome, ở địa chỉ bắt đầu bằng https.`
        : `Ứng dụng đang mở trang này không cho dùng ${one}. ${openElsewhere}`
    case 'refused':
      if (place.is === 'own' && place.inApp) return `Bị chặn trong ứng dụng này. ${openElsewhere}`
      return place.is === 'room'
        ? `Bị chặn. Cho phép trang dùng ${one}.`
        : `Bị chặn. Bấm biểu tượng ở đầu thanh địa chỉ, cho phép ${one}, rồi bấm “Thử lại”. Trên điện thoại, cho phép trình duyệt dùng ${one} trong phần Cài đặt.`
  }
}

import { bandLabels } from '../../contract/recording-content.ts'
import { spanClock } from '../../contract/words.ts'
import type { ContentFault } from './content.ts'

/** The alert of a stored part: what it lacks, where, and what to do. */
export function contentMessage(
  { about, bands, lackingMs }: ContentFault,
  part: { code: string | null; fileName: string; durationMs: number },
): string {
  const whose = part.code === null ? '' : ` của buổi tiếp ${part.code}`
  const told = bands
    .slice(0, 5)
    .map(({ kind, fromMs, toMs }) => `${bandLabels[kind]} ${spanClock(fromMs)}–${spanClock(toMs)}`)
  const more = bands.length > 5 ? ` và ${bands.length - 5} đoạn khác` : ''
  const remedy =
    about === 'sound'
      ? 'Nghe lại các đoạn này, ghi vào biên bản đoạn nào không có tiếng; kiểm tra âm thanh của máy ghi trước buổi tiếp sau.'
      : 'Xem lại các đoạn này, ghi vào biên bản đoạn nào không có hình; kiểm tra màn hình ảo của máy ghi trước buổi tiếp sau.'
  const lacks = about === 'sound' ? 'thiếu tiếng' : 'thiếu hình'
  return `Tệp ghi hình ${part.fileName}${whose} ${lacks} ${spanClock(lackingMs)} trong ${spanClock(part.durationMs)}: ${told.join('; ')}${more}. ${remedy}`
}

/** The alert while it is being recorded: the hearing goes on, so first what can be done now. */
export const soundNowMessage = (where: string, words: string): string =>
  `Bản ghi đang chạy (${where}) ${words}. Hỏi ngay trong phòng họp: mọi người có nghe thấy nhau không? Không nghe: nhắc bật micro. Có nghe: bấm “Ghi lại bằng máy khác” ở mục Phòng họp và ghi giờ vào biên bản. Nếu buổi tiếp đang tạm nghỉ thì không cần làm gì; cảnh báo tự hết khi có tiếng.`
export const pictureNowMessage = (where: string, words: string): string =>
  `Bản ghi đang chạy (${where}) ${words}. Xem ngay trong phòng họp: mọi người có nhìn thấy nhau không? Không thấy: nhắc bật camera. Có thấy: bấm “Ghi lại bằng máy khác” ở mục Phòng họp và ghi giờ vào biên bản. Cảnh báo tự hết khi có hình.`

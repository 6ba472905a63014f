import type { BrokenWhy, ChainVerdict } from './audit-chain.ts'

const whyBroken: Record<BrokenWhy, string> = {
  missing: 'bị xóa',
  changed: 'đã bị sửa',
  unlinked: 'không khớp với dòng liền trước',
  unkeyed: 'không có khóa: có người đã tính lại mã băm từ dòng này',
  'retired-key': 'mang khóa cũ ở chỗ phải dùng khóa hiện hành: có người giữ khóa cũ đã viết tiếp hoặc viết lại',
  'unknown-key': 'mang một khóa mà hệ thống không có',
  replaced: 'không phải là dòng đã được ghi nhớ: nhật ký đã bị viết lại',
  cut: 'trở đi đã bị cắt: không còn dòng mang mã băm đã được ghi nhớ',
}

/** The verdict as people read it, on the screen, by the command, in the alert and in the daily mail. */
export function auditVerdictText(verdict: ChainVerdict): string {
  if (verdict.is === 'broken')
    return `Nhật ký KHÔNG nguyên vẹn: dòng số ${verdict.seq} ${whyBroken[verdict.why]}. Giữ nguyên hệ thống và báo Thanh tra tỉnh.`
  const { rows, lastHash, keyedFrom } = verdict
  const keyed =
    keyedFrom === 1 ? 'Mọi dòng đều có khóa.' : `Có khóa từ dòng số ${keyedFrom}; trước đó là bản cũ chưa có khóa.`
  return `Nhật ký nguyên vẹn: ${rows} dòng, mã băm cuối ${lastHash}. ${keyed}`
}

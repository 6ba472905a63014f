import { enrolmentCodeLength } from '../../contract/short-code.ts'
import { minuteMs } from '../platform/clock.ts'
import type { Draw } from '../platform/press.ts'
import { codeFrom } from '../platform/short-code.ts'

/** An enrolment code holds for this long, and once. */
export const codeLifeMs = 15 * minuteMs

/** Eight characters in two groups (36 bits, 15 minutes, a try a second). */
export const newEnrolmentCode = (draw: Draw): string => codeFrom(draw(32), enrolmentCodeLength)

/** Why a code enrols nothing; `code` undefined: there is none like it. */
export function whyRefused(code: { usedAt: Date | null } | undefined): string {
  if (code === undefined)
    return 'Mã ghi danh không đúng. Vui lòng so lại từng ký tự với mã được đọc, hoặc đề nghị Văn phòng cấp mã mới.'
  return code.usedAt === null
    ? 'Mã ghi danh đã quá 15 phút nên hết hạn. Đề nghị Văn phòng cấp mã mới.'
    : 'Mã ghi danh này đã dùng; mỗi mã chỉ ghi danh một máy. Đề nghị Văn phòng cấp mã mới.'
}

/** A device counts as connected for this long after its last word (it speaks every 10 s). */
export const connectedMs = 30_000

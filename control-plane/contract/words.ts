import { type Static, Type } from 'typebox'

/** The words of design §2 that code, SQL and screens share, each with its Vietnamese label. */
export const roles = ['chairman', 'reception-board', 'office', 'inspector', 'commune-officer', 'administrator'] as const
export type Role = (typeof roles)[number]
export const Role = Type.Unsafe<Role>({ type: 'string', enum: [...roles] })
export const roleLabels: Record<Role, string> = {
  chairman: 'Chủ tịch UBND tỉnh',
  'reception-board': 'Ban Tiếp công dân',
  office: 'Văn phòng UBND tỉnh',
  inspector: 'Thanh tra tỉnh',
  'commune-officer': 'Cán bộ xã, phường',
  administrator: 'Quản trị hệ thống',
}

export const hearingStatuses = [
  'draft',
  'submitted',
  'returned',
  'approved',
  'ready',
  'live',
  'ended',
  'archived',
  'postponed',
  'cancelled',
] as const
export type HearingStatus = (typeof hearingStatuses)[number]
export const HearingStatus = Type.Unsafe<HearingStatus>({ type: 'string', enum: [...hearingStatuses] })
export const hearingStatusLabels: Record<HearingStatus, string> = {
  draft: 'Bản nháp',
  submitted: 'Đã trình',
  returned: 'Trả lại (để chỉnh sửa)',
  approved: 'Đã phê duyệt',
  ready: 'Sẵn sàng',
  live: 'Đang diễn ra',
  ended: 'Đã kết thúc',
  archived: 'Đã lưu trữ',
  postponed: 'Hoãn',
  cancelled: 'Hủy',
}

/** Điều 4.1 a–d. */
export const criteria = ['a', 'b', 'c', 'd'] as const
export type Criterion = (typeof criteria)[number]
export const Criterion = Type.Unsafe<Criterion>({ type: 'string', enum: [...criteria] })
export const criterionLabels: Record<Criterion, string> = {
  a: 'a) Chủ tịch UBND tỉnh đã chỉ đạo giải quyết nhưng còn khó khăn, vướng mắc, công dân vẫn tiếp tục khiếu nại, kiến nghị, phản ánh',
  b: 'b) Đã giải quyết đúng thẩm quyền, trình tự, quyết định đã có hiệu lực nhưng công dân vẫn tiếp tục khiếu nại, kiến nghị, phản ánh vượt cấp',
  c: 'c) Liên quan đến nhiều cơ quan, nhiều địa phương hoặc địa bàn ở xa Trụ sở Tiếp công dân tỉnh, đi lại khó khăn, tốn kém',
  d: 'd) Vụ việc khác khi cần thiết',
}

export const caseKinds = ['complaint', 'petition', 'feedback'] as const
export type CaseKind = (typeof caseKinds)[number]
export const CaseKind = Type.Unsafe<CaseKind>({ type: 'string', enum: [...caseKinds] })
export const caseKindLabels: Record<CaseKind, string> = {
  complaint: 'Khiếu nại',
  petition: 'Kiến nghị',
  feedback: 'Phản ánh',
}

export const testCallKinds = ['day-before', 'two-hours-before', 'on-demand'] as const
export type TestCallKind = (typeof testCallKinds)[number]
export const TestCallKind = Type.Unsafe<TestCallKind>({ type: 'string', enum: [...testCallKinds] })
export const testCallKindLabels: Record<TestCallKind, string> = {
  'day-before': 'Kiểm thử trước 01 ngày',
  'two-hours-before': 'Kiểm thử trước 02 giờ',
  'on-demand': 'Kiểm thử theo yêu cầu',
}

export const verdicts = ['passed', 'warned', 'failed', 'absent'] as const
export type VerdictWord = (typeof verdicts)[number]
export const VerdictWord = Type.Unsafe<VerdictWord>({ type: 'string', enum: [...verdicts] })
export const verdictLabels: Record<VerdictWord, string> = {
  passed: 'Đạt',
  warned: 'Đạt, có lưu ý',
  failed: 'Không đạt',
  absent: 'Vắng',
}

/** Ids, UTC instants (ISO 8601) and short texts as they stand in requests and answers. */
// The length keeps out `urn:uuid:…`, which the format allows and PostgreSQL does not.
export const Id = Type.String({ format: 'uuid', maxLength: 36 })
export const InstantText = Type.String({ format: 'date-time', maxLength: 40 })
export const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '\\S' })
export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()])
/** How often a row was changed, as the screen read it (an `integer` column). */
export const Version = Type.Integer({ minimum: 0, maximum: 2_147_483_647 })
/** The parameters of a route with one row in its address. */
export const ById = Type.Object({ id: Id }, { additionalProperties: false })
/** Said by whoever was asked about a twin (409 `twin-made`): it is another one. */
export const DespiteTwin = Type.Object({ despiteTwin: Type.Optional(Type.Boolean()) }, { additionalProperties: false })
export type Id = Static<typeof Id>

/** A span of time as a clock shows it, `h:mm:ss`; milliseconds, rounded to the second. */
export function spanClock(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${Math.floor(seconds / 3600)}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`
}

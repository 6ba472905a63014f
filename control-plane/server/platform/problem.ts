/** One fault of an input: where it is (JSON pointer or field name) and what to do about it, in Vietnamese. */
export interface Fault {
  field: string
  message: string
}

interface ProblemOptions {
  title: string
  status?: number
  detail?: string
  faults?: Fault[]
  /** True when the same request may succeed later without a change. */
  retryable?: boolean
  cause?: unknown
  /** Further members of the problem document (RFC 9457 §3.2); never secrets or citizens' data. */
  extra?: Record<string, unknown>
}

/**
 * A refusal or failure that a person is told about, as an RFC 9457 problem document.
 * `type` is stable and in kebab case; `title` is Vietnamese and says what to do.
 */
export class Problem extends Error {
  readonly type: string
  readonly status: number
  readonly title: string
  readonly detail: string | undefined
  readonly faults: Fault[]
  readonly retryable: boolean
  readonly extra: Record<string, unknown>

  constructor(type: string, options: ProblemOptions) {
    super(`${type}: ${options.title}`, { cause: options.cause })
    this.type = type
    this.title = options.title
    this.status = options.status ?? 500
    this.detail = options.detail
    this.faults = options.faults ?? []
    this.retryable = options.retryable ?? false
    this.extra = options.extra ?? {}
  }
}

/** The problem document sent to the client. */
export function problemDocument(problem: Problem): Record<string, unknown> {
  return {
    type: `urn:tiepdan:problem:${problem.type}`,
    title: problem.title,
    status: problem.status,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    ...(problem.faults.length === 0 ? {} : { faults: problem.faults }),
    ...(problem.retryable ? { retryable: true } : {}),
    ...problem.extra,
  }
}

/** 404: what does not exist, or what the actor may not see; `what` is the Vietnamese noun ("buổi tiếp"). */
export const notFound = (what: string): Problem =>
  new Problem('not-found', { status: 404, title: `Không tìm thấy ${what}. Vui lòng tải lại danh sách.` })

/** 422: the input breaks a rule; every fault is named at once. */
export const invalid = (faults: Fault[], title = 'Dữ liệu chưa hợp lệ. Vui lòng sửa các mục được nêu.'): Problem =>
  new Problem('invalid-input', { status: 422, title, faults })

/** 409: somebody else changed the thing in between. */
export const conflict = (
  title = 'Dữ liệu đã được người khác cập nhật. Đề nghị tải lại trang trước khi lưu.',
  extra: Record<string, unknown> = {},
): Problem => new Problem('conflict', { status: 409, title, extra })

export const forbidden = (): Problem =>
  new Problem('forbidden', {
    status: 403,
    title: 'Ông/bà không có quyền thực hiện thao tác này. Vui lòng liên hệ quản trị hệ thống.',
  })

/** Throws, so that it can stand on the right of `??`. */
export function fail(problem: Problem): never {
  throw problem
}

import { Server } from '@tus/server'
import { isDatabaseGone } from '../platform/database-faults.ts'
import { Problem, problemDocument } from '../platform/problem.ts'

/** What tus finds wrong by itself, each in words for the person who reads the recorder's log. */
const titles: Record<number, string> = {
  404: 'Không có lượt gửi này. Máy ghi tự gửi lại từ đầu.',
  409: 'Vị trí gửi tiếp không khớp với phần đã nhận. Máy ghi hỏi lại rồi gửi tiếp.',
  410: 'Lượt gửi này đã bị bỏ. Máy ghi tự gửi lại từ đầu.',
  412: 'Phiên bản giao thức gửi tệp không được hỗ trợ. Kiểm tra phiên bản dịch vụ trên máy ghi.',
  413: 'Tệp gửi lên lớn hơn dung lượng đã khai báo.',
  415: 'Kiểu nội dung gửi lên không đúng. Kiểm tra phiên bản dịch vụ trên máy ghi.',
}
const anyTitle = 'Yêu cầu gửi tệp không hợp lệ. Kiểm tra phiên bản dịch vụ trên máy ghi.'

type Options = ConstructorParameters<typeof Server>[0]
type Reported = (error: unknown) => void

/** The problem that an error of an upload is to its sender: never its own text, which may be a statement or a path. */
function asProblem(error: unknown, report: Reported): Problem {
  if (error instanceof Problem) return error
  const { status_code: status, code } = error as { status_code?: number; code?: string }
  // An address that no file can have.
  if (code === 'ENAMETOOLONG' || code === 'ERR_INVALID_ARG_VALUE') return refusal(404)
  if (status !== undefined && status < 500) return refusal(status)
  report(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return storeFull()
  const isGone = isDatabaseGone(error)
  return new Problem(isGone ? 'database-unavailable' : 'internal', {
    status: isGone ? 503 : 500,
    title: 'Hệ thống đang tạm gián đoạn. Tệp vẫn nằm ở máy ghi và tự gửi lại.',
    retryable: true,
  })
}

const refusal = (status: number): Problem =>
  new Problem('upload-refused', { status, title: titles[status] ?? anyTitle })

/** 507: the disk of the store has no room; the sender keeps the file and tries again. */
export const storeFull = (): Problem =>
  new Problem('store-full', {
    status: 507,
    title: 'Kho lưu trữ trung tâm đã đầy. Tệp vẫn nằm ở máy ghi; hệ thống tự gửi lại khi kho có chỗ.',
    retryable: true,
  })

/** The tus server, whose refusals are problem documents like everybody's (design rule 4.5); `report` hears of what was a surprise. */
export class ProblemServer extends Server {
  constructor(options: Options, report: Reported) {
    super({
      ...options,
      onResponseError: async (_request, error) => {
        const problem = asProblem(error, report)
        return { status_code: problem.status, body: JSON.stringify(problemDocument(problem)) }
      },
    })
  }

  /** Every refusal comes by here: those above, and what tus says of headers and methods in words of its own. */
  override async write(...[context, headers, status, body]: Parameters<Server['write']>) {
    if (status < 400) return super.write(context, headers, status, body)
    headers.set('content-type', 'application/problem+json')
    const text = body?.startsWith('{"type":') ? body : JSON.stringify(problemDocument(refusal(status)))
    return super.write(context, headers, status, text)
  }
}

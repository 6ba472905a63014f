import type { CaseAnswer } from '../../contract/cases.ts'
import { createCase } from '../../contract/cases.ts'
import { listEndpoints } from '../../contract/endpoints.ts'
import type { NewHearing } from '../../contract/hearing-plan.ts'
import { createHearing, type HearingAnswer } from '../../contract/hearings.ts'
import { does, type Office } from './desk.ts'

/** A case as the reception board enters it. */
export const aCase = (office: Office, title = 'Khiếu nại về bồi thường, giải phóng mặt bằng'): Promise<CaseAnswer> =>
  does(office, 'reception-board', createCase, {
    querystring: { despiteTwin: true },
    body: {
      title,
      summary: 'Công dân đề nghị xem xét lại đơn giá bồi thường đất và tài sản trên đất.\nĐã được giải quyết lần hai.',
      kind: 'complaint',
      criterion: 'c',
      criterionReason: 'Địa bàn ở xa Trụ sở Tiếp công dân tỉnh, đi lại khó khăn, tốn kém cho công dân.',
      citizen: { name: 'Nguyễn Văn An', idNumber: '052080001234', phone: '0905123456', address: 'Phường Quy Nhơn' },
    },
  })

/** A draft with agenda and people, `inMs` from now. */
export async function aHearing(
  office: Office,
  given: { inMs: number; caseIds?: string[]; title?: string; slugs?: string[] },
): Promise<HearingAnswer> {
  const { items } = await does(office, 'reception-board', listEndpoints, { querystring: {} })
  const central = items.find((endpoint) => endpoint.kind === 'central')
  const delegates = items.filter((endpoint) => (given.slugs ?? ['quy-nhon']).includes(endpoint.slug))
  const startsAt = office.app.clock.now() + given.inMs
  const body: NewHearing = {
    title: given.title ?? 'Tiếp công dân trực tuyến phường Quy Nhơn',
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(startsAt + 90 * 60_000).toISOString(),
    delegates: delegates.map(({ id }) => id),
    agenda: [
      { title: 'Khai mạc, giới thiệu thành phần', minutes: 5, speaker: 'Chủ trì' },
      { title: 'Công dân trình bày', minutes: 30, speaker: 'Nguyễn Văn An' },
      { title: 'Kết luận', minutes: 15, speaker: 'Chủ trì' },
    ],
    participants: [
      {
        name: 'Trần Văn Chủ',
        jobTitle: 'Chủ tịch',
        organisation: 'UBND tỉnh',
        role: 'chair',
        endpointId: central?.id ?? null,
        required: true,
      },
      { name: 'Nguyễn Văn An', role: 'citizen', endpointId: delegates[0]?.id ?? null, required: true },
      {
        name: 'Lê Thị Quan Sát',
        jobTitle: 'Chuyên viên',
        organisation: 'Sở Nông nghiệp và Môi trường',
        role: 'observer',
        endpointId: null,
        required: false,
        email: 'quan.sat@tiepdan.invalid',
      },
    ],
    caseIds: given.caseIds ?? [],
  }
  return does(office, 'reception-board', createHearing, { querystring: { despiteTwin: true }, body })
}

import type { Endpoint } from '../../contract/endpoints.ts'
import { participantRoleLabels } from '../../contract/hearing-plan.ts'
import type { Part } from '../parts/conflict-sides.ts'
import { when } from '../parts/words.ts'
import type { TypedPlan } from './typed-plan.ts'

const part = <K extends keyof TypedPlan>(
  name: K,
  label: string,
  text: (value: TypedPlan[K]) => string,
): Part<TypedPlan> => ({
  name,
  label,
  text: (of) => text(of[name]),
  take: (from, into) => ({ ...into, [name]: from[name] }),
})

/** The fields of a plan as people compare them; whole lists, a row a line. */
export function partsOf(
  endpoints: Endpoint[],
  cases: { id: string; code: string; title: string }[],
): Part<TypedPlan>[] {
  const placeOf = (id: string | null): string =>
    id === null ? 'thiết bị riêng' : (endpoints.find((one) => one.id === id)?.name ?? 'điểm cầu khác')
  const caseOf = (id: string): string => {
    const known = cases.find((one) => one.id === id)
    return known === undefined ? 'vụ việc mới chọn' : `${known.code} – ${known.title}`
  }
  return [
    part('title', 'Tên buổi tiếp', (title) => title),
    part('startsAt', 'Bắt đầu', when),
    part('endsAt', 'Kết thúc', when),
    part('delegates', 'Điểm cầu đại biểu', (ids) => ids.map(placeOf).join('\n')),
    part('caseIds', 'Vụ việc', (ids) => ids.map(caseOf).join('\n')),
    part('agenda', 'Kịch bản', (rows) =>
      rows
        .map(({ title, minutes, speaker }) => `${minutes} phút: ${title}${speaker ? ` (${speaker})` : ''}`)
        .join('\n'),
    ),
    part('participants', 'Thành phần tham dự', (rows) =>
      rows
        .map((row) => {
          const about = [
            participantRoleLabels[row.role],
            row.jobTitle,
            row.organisation,
            placeOf(row.endpointId),
            row.email,
          ]
          return [row.name, ...about, row.required && 'bắt buộc có mặt'].filter(Boolean).join(', ')
        })
        .join('\n'),
    ),
  ]
}

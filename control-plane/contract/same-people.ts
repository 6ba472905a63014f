import type { ParticipantInput } from './hearing-plan.ts'
import { cleanText, foldForSearch } from './text.ts'

type Person = Pick<ParticipantInput, 'name' | 'endpointId' | 'email'>

/** Two people of a plan who may be one: `index` is the later of the two. */
export interface SamePeople {
  index: number
  before: number
  by: 'name' | 'email'
}

/**
 * People who seem to be listed twice: the same name at the same place, or the same address. Each required line must be there by itself
 * (Điều 2.4), so one person in two of them keeps the hearing from ever starting.
 */
export function samePeople(people: Person[]): SamePeople[] {
  const found: SamePeople[] = []
  const firstOf = new Map<string, number>()
  const seen = (index: number, by: SamePeople['by'], key: string): boolean => {
    const before = firstOf.get(key)
    if (before === undefined) firstOf.set(key, index)
    else found.push({ index, before, by })
    return before !== undefined
  }
  for (const [index, { name, endpointId, email }] of people.entries()) {
    const folded = foldForSearch(name)
    if (folded !== '' && seen(index, 'name', `name ${endpointId?.toLowerCase() ?? ''} ${folded}`)) continue
    const address = cleanText(email ?? '').toLowerCase()
    if (address !== '') seen(index, 'email', `email ${address}`)
  }
  return found
}

/** The warning's words; the field is the later person's. */
export function samePeopleWords({ index, before, by }: SamePeople, people: Person[]): string {
  const shared = by === 'name' ? 'trùng họ tên và nơi tham dự' : 'trùng thư điện tử'
  return `Người thứ ${before + 1} (${people[before]?.name}) và người thứ ${index + 1} (${people[index]?.name}) ${shared}. Nếu là một người, vui lòng bỏ bớt một dòng: mỗi dòng bắt buộc phải có mặt riêng thì buổi tiếp mới bắt đầu được.`
}

import type { AgendaItemInput, NewHearing, ParticipantInput } from '../../contract/hearing-plan.ts'
import { samePeople, samePeopleWords } from '../../contract/same-people.ts'
import type { CaseBrief } from '../cases/index.ts'
import { dayMs, hourMs, type Instant, minuteMs } from '../platform/clock.ts'
import type { Fault } from '../platform/problem.ts'
import { cleanName, cleanOptional, cleanText, foldForSearch } from '../platform/text.ts'

const longestMs = 12 * hourMs
// The working calendar is loaded for every year up to the start, and nobody plans further ahead.
const furthestMs = 366 * dayMs

/** A plan as it is stored: texts tidied, instants in milliseconds (NaN when unreadable). */
export interface TidyPlan {
  title: string
  startsAt: Instant
  endsAt: Instant
  delegates: string[]
  agenda: { title: string; minutes: number; speaker: string | null }[]
  participants: {
    name: string
    jobTitle: string | null
    organisation: string | null
    role: ParticipantInput['role']
    endpointId: string | null
    required: boolean
    email: string | null
  }[]
  caseIds: string[]
}

/** What the rules must know about the things a plan names. */
export interface PlanSurroundings {
  now: Instant
  central: { id: string } | undefined
  /** The endpoints that the plan names and that exist. */
  endpoints: { id: string; kind: 'central' | 'delegate'; name: string; active: boolean }[]
  /** The cases that the plan names and that exist. */
  cases: CaseBrief[]
}

/** Another hearing at the same time in the same room. */
export interface Overlap {
  code: string
  endpointName: string
  spokenTime: string
  /** Approved, ready or live: it holds the room. Otherwise it only asks for it. */
  holds: boolean
}

export function tidyPlan(input: NewHearing): TidyPlan {
  return {
    title: cleanText(input.title),
    startsAt: Date.parse(input.startsAt),
    endsAt: Date.parse(input.endsAt),
    delegates: input.delegates.map((id) => id.toLowerCase()),
    agenda: input.agenda.map(tidyItem),
    participants: input.participants.map(tidyParticipant),
    caseIds: input.caseIds.map((id) => id.toLowerCase()),
  }
}

const tidyItem = (item: AgendaItemInput) => ({
  title: cleanText(item.title),
  minutes: item.minutes,
  speaker: cleanName(item.speaker ?? '') || null,
})

const tidyParticipant = (person: ParticipantInput) => ({
  name: cleanName(person.name),
  jobTitle: cleanOptional(person.jobTitle),
  organisation: cleanOptional(person.organisation),
  role: person.role,
  endpointId: person.endpointId?.toLowerCase() || null,
  required: person.required,
  email: cleanOptional(person.email),
})

/** Whether two plans look like the same hearing: the same start, with the same title or in the same rooms. */
export function isTwin(one: TidyPlan, other: TidyPlan): boolean {
  const rooms = (plan: TidyPlan): string => plan.delegates.toSorted().join()
  const sameTitle = foldForSearch(one.title) === foldForSearch(other.title)
  return one.startsAt === other.startsAt && (sameTitle || rooms(one) === rooms(other))
}

/** Faults of the planned time: in the future, within a year, the end after the start, at most 12 hours. */
export function timeFaults({ startsAt, endsAt }: { startsAt: Instant; endsAt: Instant }, now: Instant): Fault[] {
  const faults: (Fault | false)[] = [
    Number.isNaN(startsAt) && { field: 'startsAt', message: 'Thời gian bắt đầu không hợp lệ. Vui lòng chọn lại.' },
    Number.isNaN(endsAt) && { field: 'endsAt', message: 'Thời gian kết thúc không hợp lệ. Vui lòng chọn lại.' },
    startsAt <= now && {
      field: 'startsAt',
      message: 'Thời gian bắt đầu đã qua. Vui lòng chọn thời gian trong tương lai.',
    },
    startsAt > now + furthestMs && {
      field: 'startsAt',
      message: 'Thời gian bắt đầu quá xa. Vui lòng chọn trong vòng 12 tháng tới.',
    },
    endsAt <= startsAt && { field: 'endsAt', message: 'Thời gian kết thúc phải sau thời gian bắt đầu.' },
    endsAt - startsAt > longestMs && {
      field: 'endsAt',
      message: 'Buổi tiếp không được dài quá 12 giờ. Vui lòng chia thành nhiều buổi.',
    },
  ]
  return faults.filter((fault) => fault !== false)
}

/** What even a draft must hold to: every fault at once, each with the field's name (`agenda.0.title`). */
export function draftFaults(plan: TidyPlan, around: PlanSurroundings): Fault[] {
  return [
    ...(plan.title === '' ? [{ field: 'title', message: 'Vui lòng nhập tên buổi tiếp.' }] : []),
    ...timeFaults(plan, around.now),
    ...endpointFaults(plan, around),
    ...plan.agenda.flatMap(itemFaults),
    ...plan.participants.flatMap((person, index) => participantFaults(person, index, plan, around)),
    ...caseFaults(plan, around),
  ]
}

function endpointFaults(plan: TidyPlan, around: PlanSurroundings): Fault[] {
  const faults: Fault[] = []
  if (!around.central) {
    faults.push({
      field: 'delegates',
      message: 'Chưa có điểm cầu trung tâm. Đề nghị Văn phòng khai báo điểm cầu trung tâm trước.',
    })
  }
  if (plan.delegates.length === 0) {
    faults.push({ field: 'delegates', message: 'Vui lòng chọn ít nhất một điểm cầu đại biểu.' })
  }
  for (const [index, id] of plan.delegates.entries()) {
    const field = `delegates.${index}`
    const endpoint = around.endpoints.find((known) => known.id === id)
    if (plan.delegates.indexOf(id) !== index) {
      faults.push({ field, message: 'Điểm cầu này đã được chọn. Vui lòng bỏ dòng trùng.' })
    } else if (!endpoint) {
      faults.push({ field, message: 'Không tìm thấy điểm cầu. Vui lòng chọn lại từ danh sách.' })
    } else if (endpoint.kind === 'central') {
      faults.push({ field, message: 'Điểm cầu trung tâm luôn tham gia; vui lòng chỉ chọn điểm cầu đại biểu.' })
    } else if (!endpoint.active) {
      faults.push({ field, message: `Điểm cầu ${endpoint.name} đang ngừng hoạt động. Vui lòng chọn điểm cầu khác.` })
    }
  }
  return faults
}

function itemFaults(item: TidyPlan['agenda'][number], index: number): Fault[] {
  const faults: (Fault | false)[] = [
    item.title === '' && { field: `agenda.${index}.title`, message: 'Vui lòng nhập nội dung của bước kịch bản.' },
    !(item.minutes >= 1 && item.minutes <= 720) && {
      field: `agenda.${index}.minutes`,
      message: 'Thời lượng phải từ 1 đến 720 phút.',
    },
  ]
  return faults.filter((fault) => fault !== false)
}

function participantFaults(
  person: TidyPlan['participants'][number],
  index: number,
  plan: TidyPlan,
  around: PlanSurroundings,
): Fault[] {
  const rooms = [around.central?.id, ...plan.delegates]
  const faults: (Fault | false)[] = [
    person.name === '' && {
      field: `participants.${index}.name`,
      message: 'Vui lòng nhập họ và tên người tham dự.',
    },
    person.endpointId !== null &&
      !rooms.includes(person.endpointId) && {
        field: `participants.${index}.endpointId`,
        message: 'Điểm cầu của người tham dự không thuộc buổi tiếp này. Vui lòng chọn lại.',
      },
    person.email !== null &&
      !/^[^\s@<>(),;:"\\]+@[^\s@<>(),;:"\\]+\.[^\s@<>(),;:"\\.]+$/.test(person.email) && {
        field: `participants.${index}.email`,
        message: 'Địa chỉ thư điện tử không hợp lệ. Vui lòng kiểm tra lại.',
      },
  ]
  return faults.filter((fault) => fault !== false)
}

function caseFaults(plan: TidyPlan, around: PlanSurroundings): Fault[] {
  return plan.caseIds.flatMap((id, index): Fault[] => {
    const field = `caseIds.${index}`
    if (plan.caseIds.indexOf(id) !== index)
      return [{ field, message: 'Vụ việc này đã được chọn. Vui lòng bỏ dòng trùng.' }]
    if (around.cases.some((known) => known.id === id)) return []
    return [{ field, message: 'Không tìm thấy vụ việc. Vui lòng chọn lại từ danh sách.' }]
  })
}

/** What a plan still lacks to be submitted or approved, on top of `draftFaults` (Điều 4.2, 6.1.a). */
export function completenessFaults(plan: TidyPlan, around: PlanSurroundings): Fault[] {
  const faults: Fault[] = []
  if (plan.caseIds.length === 0) faults.push({ field: 'caseIds', message: 'Vui lòng chọn ít nhất một vụ việc.' })
  faults.push(...unconsented(plan, around))
  if (plan.agenda.length === 0) faults.push({ field: 'agenda', message: 'Vui lòng lập kịch bản buổi tiếp.' })
  faults.push(...agendaTooLong(plan))
  if (!plan.participants.some((person) => person.role === 'chair')) {
    faults.push({ field: 'participants', message: 'Vui lòng nêu người chủ trì trong thành phần tham dự.' })
  }
  return faults
}

function unconsented(plan: TidyPlan, around: PlanSurroundings): Fault[] {
  return plan.caseIds.flatMap((id, index): Fault[] => {
    const known = around.cases.find((brief) => brief.id === id)
    if (!known || known.consent === 'consented') return []
    const message =
      known.consent === 'refused'
        ? `Chủ tịch không đồng ý vụ việc ${known.code}. Đề nghị bỏ vụ việc này khỏi buổi tiếp.`
        : `Vụ việc ${known.code} chưa có ý kiến đồng ý của Chủ tịch (Điều 4 khoản 2). Đề nghị xin ý kiến trước khi trình.`
    return [{ field: `caseIds.${index}`, message }]
  })
}

function agendaTooLong(plan: TidyPlan): Fault[] {
  const planned = plan.agenda.reduce((sum, item) => sum + item.minutes, 0)
  const available = Math.floor((plan.endsAt - plan.startsAt) / minuteMs)
  // An unreadable or reversed time is a fault of its own.
  if (!(available > 0) || planned <= available) return []
  const message = `Kịch bản dài ${planned} phút, vượt thời lượng buổi tiếp (${available} phút). Vui lòng điều chỉnh.`
  return [{ field: 'agenda', message }]
}

/** Rooms already taken by another approved hearing at the same time: a room cannot be in two hearings at once. */
export function overlapFaults(overlaps: Overlap[]): Fault[] {
  return overlaps
    .filter((overlap) => overlap.holds)
    .map(({ code, endpointName, spokenTime }) => ({
      field: 'startsAt',
      message: `Điểm cầu ${endpointName} đã có buổi tiếp ${code} (${spokenTime}). Đề nghị chọn thời gian hoặc điểm cầu khác.`,
    }))
}

/** One line for all of them: twenty lines that say the same hide the others. */
function withoutMail({ participants }: TidyPlan): Fault[] {
  const without = participants.filter(({ endpointId, email }) => endpointId === null && email === null)
  if (without.length === 0) return []
  const names = without.map(({ name }) => name).join(', ')
  const who = without.length === 1 ? names : `${without.length} người (${names})`
  const message = `${who} tham dự bằng thiết bị riêng nhưng chưa có thư điện tử; Văn phòng cần chuyển thông tin đăng nhập theo cách khác.`
  return [{ field: 'participants', message }]
}

/** What refuses nothing yet, and a person should look at: what the plan still lacks to be submitted, among others. */
export function planWarnings(plan: TidyPlan, around: PlanSurroundings, overlaps: Overlap[]): Fault[] {
  const warnings = [...draftFaults(plan, around), ...completenessFaults(plan, around), ...overlapFaults(overlaps)]
  for (const { code, endpointName, spokenTime, holds } of overlaps) {
    if (holds) continue
    const message = `Điểm cầu ${endpointName} cũng được đề nghị cho buổi tiếp ${code} (${spokenTime}), chưa được phê duyệt.`
    warnings.push({ field: 'startsAt', message })
  }
  warnings.push(...withoutMail(plan))
  for (const same of samePeople(plan.participants)) {
    const field = `participants.${same.index}.${same.by}`
    warnings.push({ field, message: samePeopleWords(same, plan.participants) })
  }
  return warnings
}

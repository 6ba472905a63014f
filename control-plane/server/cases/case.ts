import type { CaseAction, CitizenInput, Consent, NewCase } from '../../contract/cases.ts'
import type { Criterion } from '../../contract/words.ts'
import { type Permission, roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import type { Fault } from '../platform/problem.ts'
import {
  cleanIdNumber,
  cleanName,
  cleanOptional,
  cleanPhone,
  cleanText,
  foldForSearch,
  isPhone,
} from '../platform/text.ts'

export interface Citizen {
  name: string
  idNumber: string | null
  phone: string | null
  address: string | null
}

/** The matter of a case: what the chairman consents to (Điều 4). */
export interface Matter {
  title: string
  summary: string
  kind: NewCase['kind']
  criterion: Criterion
  criterionReason: string
}

/** What a hearing needs to know of a case. */
export interface CaseBrief {
  id: string
  code: string
  title: string
  criterion: Criterion
  consent: Consent
}

/** Moves of the chairman's consent (Điều 4.2); a refused case is asked again by editing it. */
const consentMoves = {
  asked: ['consented', 'refused'],
  consented: [],
  refused: ['asked'],
} as const satisfies Record<Consent, readonly Consent[]>

export const mayDecide = (consent: Consent): boolean =>
  (consentMoves[consent] as readonly Consent[]).includes('consented')

export const actorMay = (actor: Actor, permission: Permission): boolean =>
  actor.kind === 'staff' && roleMay(actor.role, permission)

/** What this actor may do with a case whose consent stands so. */
export function allowedActions(actor: Actor, consent: Consent): CaseAction[] {
  const writes = actorMay(actor, 'case.write')
  return [
    ...(writes && consent !== 'consented' ? (['edit'] as const) : []),
    // Mistakes in a citizen's details must be correctable for as long as the case is kept (Luật Bảo vệ dữ liệu cá nhân).
    ...(writes ? (['edit-citizen'] as const) : []),
    ...(actorMay(actor, 'case.consent') && mayDecide(consent) ? (['consent', 'refuse'] as const) : []),
  ]
}

/** The input as it is stored: trimmed, without separators in numbers. */
export function tidyCase(input: NewCase): { matter: Matter; citizen: Citizen } {
  return {
    matter: {
      title: cleanText(input.title),
      summary: cleanText(input.summary),
      kind: input.kind,
      criterion: input.criterion,
      criterionReason: cleanText(input.criterionReason),
    },
    citizen: tidyCitizen(input.citizen),
  }
}

function tidyCitizen(input: CitizenInput): Citizen {
  return {
    name: cleanName(input.name),
    idNumber: cleanIdNumber(input.idNumber ?? '') || null,
    phone: cleanPhone(input.phone ?? '') || null,
    address: cleanOptional(input.address),
  }
}

/** Every fault of a tidied case, each with the field's name. */
export function caseFaults({ matter, citizen }: { matter: Matter; citizen: Citizen }): Fault[] {
  const faults: (Fault | false)[] = [
    matter.title === '' && { field: 'title', message: 'Vui lòng nhập tên vụ việc.' },
    matter.summary === '' && { field: 'summary', message: 'Vui lòng nhập tóm tắt nội dung vụ việc.' },
    matter.criterionReason === '' && {
      field: 'criterionReason',
      message: 'Vui lòng nêu lý do vụ việc đáp ứng tiêu chí đã chọn (Điều 4 khoản 1).',
    },
    citizen.name === '' && { field: 'citizen.name', message: 'Vui lòng nhập họ và tên công dân.' },
    citizen.name !== '' &&
      !/^[\p{L}\p{M} .’-]+$/u.test(citizen.name) && {
        field: 'citizen.name',
        message: `Họ và tên chỉ gồm chữ cái, khoảng trắng, dấu nháy, gạch nối; vui lòng bỏ ký tự ${oddOnes(citizen.name)}.`,
      },
    citizen.idNumber !== null &&
      !/^[0-9]{12}$/.test(citizen.idNumber) && {
        field: 'citizen.idNumber',
        message: 'Số căn cước không hợp lệ. Vui lòng kiểm tra lại (gồm 12 chữ số).',
      },
    citizen.phone !== null &&
      !isPhone(citizen.phone) && {
        field: 'citizen.phone',
        message:
          'Số điện thoại không hợp lệ. Vui lòng nhập một số của Việt Nam, 10 hoặc 11 chữ số tính cả số 0 đầu, ví dụ 0912345678.',
      },
  ]
  return faults.filter((fault) => fault !== false)
}

/** What a name cannot hold, as it is shown to the person: each sign once, in quotation marks. */
const oddOnes = (name: string): string =>
  [...new Set(name.match(/[^\p{L}\p{M} .’-]/gu) ?? [])].map((sign) => `“${sign}”`).join(', ')

/** The reason for a refusal, tidied; its fault when it is missing. */
export function refusalFaults(reason: string | null): Fault[] {
  return reason === null ? [{ field: 'reason', message: 'Vui lòng nêu lý do không đồng ý.' }] : []
}

interface Entered {
  matter: Pick<Matter, 'title' | 'summary'>
  citizen: Citizen
}

/** Whether two entries look like the same case: the same citizen (by number, else by name) with the same title or the same summary. */
export function isTwin(one: Entered, other: Entered): boolean {
  const alike = (left: string, right: string): boolean => foldForSearch(left) === foldForSearch(right)
  const { citizen, matter } = one
  const bothNumbered = citizen.idNumber !== null && other.citizen.idNumber !== null
  const sameCitizen = bothNumbered
    ? citizen.idNumber === other.citizen.idNumber
    : alike(citizen.name, other.citizen.name)
  return sameCitizen && (alike(matter.title, other.matter.title) || alike(matter.summary, other.matter.summary))
}

/** Names of the matter's members that differ. */
export function changedFields<T extends object>(before: T, after: T): string[] {
  return (Object.keys(after) as (keyof T & string)[]).filter((field) => before[field] !== after[field])
}

/** The citizen as shown to roles that may not read personal data: initials and the last three digits. */
export function maskCitizen(citizen: Citizen): Citizen {
  const initials = citizen.name.split(/\s+/).map((word) => `${word.slice(0, 1)}.`)
  return {
    name: initials.join(' '),
    idNumber: citizen.idNumber && `•••••••••${citizen.idNumber.slice(-3)}`,
    phone: citizen.phone && `•••••••${citizen.phone.slice(-3)}`,
    address: citizen.address && '•••••',
  }
}

/** VV-2026-0001: the year in Việt Nam and a running number. */
export const caseCode = (year: number, number: number): string => `VV-${year}-${String(number).padStart(4, '0')}`

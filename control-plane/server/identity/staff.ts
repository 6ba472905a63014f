import type { SignInStep } from '../../contract/identity.ts'
import type { Role } from '../../contract/words.ts'
import type { Fault } from '../platform/problem.ts'

/** What the sign-in rules look at. */
export interface SecondFactorState {
  role: Role
  totpConfirmedAt: Date | null
}

const mustHaveSecondFactor: readonly Role[] = ['office', 'administrator']

/** The second factor is asked of every office and administrator account, and of whoever set one up. */
export const needsSecondFactor = (staff: SecondFactorState): boolean =>
  mustHaveSecondFactor.includes(staff.role) || staff.totpConfirmedAt !== null

/** What is still missing before a session with (or without) a proven second factor counts. */
export function nextStep(staff: SecondFactorState, secondFactorAt: Date | null): SignInStep {
  if (!needsSecondFactor(staff) || secondFactorAt !== null) return 'done'
  return staff.totpConfirmedAt === null ? 'enrol-totp' : 'totp'
}

/** User names are compared without regard to case or blanks around. */
export const normalUsername = (typed: string): string => typed.normalize('NFC').trim().toLowerCase()

const shortestPassword = 12

/** Length over composition (NIST SP 800-63B): long, not the user name, not the old one. */
export function passwordFaults(fresh: string, about: { username: string; current?: string }): Fault[] {
  const faults: Fault[] = []
  const say = (message: string) => faults.push({ field: 'fresh', message })
  if ([...fresh].length < shortestPassword) say(`Mật khẩu mới phải có ít nhất ${shortestPassword} ký tự.`)
  if (fresh.toLowerCase().includes(about.username)) say('Mật khẩu mới không được chứa tên đăng nhập.')
  if (new Set(fresh).size < 5) say('Mật khẩu mới lặp lại quá ít ký tự. Vui lòng chọn mật khẩu khác.')
  if (fresh === about.current) say('Mật khẩu mới phải khác mật khẩu hiện tại.')
  return faults
}

/** What speaks against telling somebody at this address; none at all is allowed. */
export const emailFaults = (email: string | null): Fault[] =>
  email === null || /^[^\s@<>(),;:"\\]+@[^\s@<>(),;:"\\]+\.[^\s@<>(),;:"\\.]+$/.test(email)
    ? []
    : [{ field: 'email', message: 'Địa chỉ thư điện tử chưa đúng.' }]

export interface StaffDraft {
  username: string
  displayName: string
  role: Role
  endpointId: string | null
}

/** Everything that speaks against making this account. */
export function staffFaults(draft: StaffDraft): Fault[] {
  const faults: Fault[] = []
  if (!/^[a-z0-9][a-z0-9._-]{1,58}$/.test(draft.username)) {
    faults.push({
      field: 'username',
      message: 'Tài khoản gồm 2–59 chữ cái không dấu, chữ số, dấu chấm, gạch ngang hoặc gạch dưới.',
    })
  }
  if (draft.displayName === '') faults.push({ field: 'displayName', message: 'Vui lòng nhập họ và tên.' })
  if (draft.role === 'commune-officer' && draft.endpointId === null) {
    faults.push({ field: 'endpointId', message: 'Vui lòng chọn điểm cầu của cán bộ xã, phường.' })
  }
  if (draft.role !== 'commune-officer' && draft.endpointId !== null) {
    faults.push({ field: 'endpointId', message: 'Chỉ cán bộ xã, phường gắn với một điểm cầu.' })
  }
  return faults
}

import type { Role } from '../../contract/words.ts'

const everyStaff: Role[] = ['chairman', 'reception-board', 'office', 'inspector', 'commune-officer', 'administrator']
const provincial: Role[] = ['chairman', 'reception-board', 'office', 'inspector', 'administrator']

/**
 * Who may do what: the one place. A route names one of these; a route that names none does not start.
 * Which rows an actor sees is decided where they are loaded (a commune officer sees only its endpoint).
 */
const permissions = {
  'session.own': everyStaff,
  'staff.manage': ['administrator'],
  'audit.read': ['inspector', 'office', 'administrator', 'chairman'],
  'alerts.read': ['office', 'administrator', 'reception-board', 'chairman', 'inspector'],
  'self-check.read': ['office', 'administrator'],
  'settings.manage': ['administrator', 'office'],
  'calendar.read': provincial,
  'calendar.manage': ['administrator'],
  'endpoint.read': everyStaff,
  'endpoint.manage': ['office', 'administrator'],
  'device.manage': ['office', 'administrator'],
  'case.read': ['chairman', 'reception-board', 'inspector', 'office'],
  'case.read-citizen': ['chairman', 'reception-board', 'inspector'],
  'case.write': ['reception-board', 'inspector'],
  'case.consent': ['chairman'],
  'hearing.read': everyStaff,
  'hearing.write': ['reception-board', 'inspector'],
  'hearing.submit': ['reception-board'],
  'hearing.decide': ['chairman'],
  'hearing.conduct': ['office', 'reception-board'],
  'hearing.cancel': ['reception-board', 'chairman'],
  /** The office: only one that nobody came to (hearings/hearing.ts). */
  'hearing.postpone': ['reception-board', 'chairman', 'office'],
  'grant.read': ['office', 'reception-board'],
  'grant.manage': ['office'],
  'room.watch': ['office', 'reception-board', 'chairman', 'inspector'],
  'test-call.read': everyStaff,
  'test-call.run': ['office', 'commune-officer'],
  'test-call.waive': ['office'],
  'recording.read': ['inspector', 'reception-board', 'chairman', 'office'],
  'recording.watch': ['inspector', 'reception-board', 'chairman', 'office'],
  'recording.operate': ['office'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof permissions

/** Decisions that the regulation gives to one role: an attempt by anybody else goes on record (`permission.denied`). */
const decisions: readonly Permission[] = [
  'case.consent',
  'hearing.submit',
  'hearing.decide',
  'hearing.conduct',
  'hearing.cancel',
  'hearing.postpone',
  'test-call.waive',
  'grant.manage',
  'device.manage',
  'recording.watch',
  'recording.operate',
  'staff.manage',
  'settings.manage',
  'calendar.manage',
]
export const isDecision = (permission: Permission): boolean => decisions.includes(permission)

export const isPermission = (name: string): name is Permission => Object.hasOwn(permissions, name)

export const roleMay = (role: Role, permission: Permission): boolean =>
  (permissions[permission] as readonly Role[]).includes(role)

/** Everything a role may do, for the screens: answers carry what the caller may do next. */
export const permissionsOf = (role: Role): Permission[] =>
  (Object.keys(permissions) as Permission[]).filter((permission) => roleMay(role, permission))

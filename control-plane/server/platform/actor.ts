import type { Role } from '../../contract/words.ts'
import type { Press } from './press.ts'

/** Who acts: a member of staff, an enrolled device, a service (a recorder host), or the system itself. */
export type Actor = Who & {
  /** By which press of a button, where the request said so: the audit row of what it makes keeps it (press.ts). */
  press?: Press
}

type Who =
  | { kind: 'staff'; id: string; name: string; role: Role; endpointId: string | null; sessionId: string }
  | { kind: 'device'; id: string; name: string; endpointId: string }
  /** `hosts`: the machines that this credential may speak for. */
  | { kind: 'service'; id: string; name: string; hosts: readonly string[] }
  | { kind: 'system'; id: string; name: string }
  | { kind: 'anonymous'; id: string; name: string }

export const systemActor: Actor = { kind: 'system', id: 'system', name: 'Hệ thống' }
/** Somebody who has not signed in; `id` is the request's address or a grant's id. */
export const anonymousActor = (id: string): Actor => ({ kind: 'anonymous', id, name: 'Chưa đăng nhập' })

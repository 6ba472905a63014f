import type { Actor } from '../platform/actor.ts'
import { type Permission, roleMay } from './permissions.ts'

/** Who may hear that something of this noun changed: whoever may read it. A noun that is not here is the servers' own affair. */
const heardBy: Record<string, Permission> = {
  alerts: 'alerts.read',
  calendar: 'calendar.read',
  case: 'case.read',
  cases: 'case.read',
  drills: 'self-check.read',
  endpoint: 'endpoint.read',
  endpoints: 'endpoint.read',
  hearing: 'hearing.read',
  hearings: 'hearing.read',
  recorders: 'recording.read',
  recording: 'recording.read',
  recordings: 'recording.read',
  room: 'room.watch',
  'self-check': 'self-check.read',
  'test-call': 'test-call.read',
  'test-calls': 'test-call.read',
  'test-call-thresholds': 'settings.manage',
}

/** The endpoints whose officers may read the thing of this id. */
export type EndpointsOf = (id: string) => Promise<readonly string[]>
export type Audience = (topic: string, actors: readonly Actor[]) => Promise<ReadonlySet<Actor>>

/**
 * Which of these people may hear of a topic: an id alone tells that something exists and when it is at work. A commune officer hears of
 * his own endpoint's things only; `endpointsOf` says whose they are, by noun.
 */
export const createAudience =
  (endpointsOf: Record<string, EndpointsOf>): Audience =>
  async (topic, actors) => {
    const [noun = '', id] = topic.split(':')
    const permission = heardBy[noun]
    if (permission === undefined) return new Set()
    const may = actors.filter((actor) => actor.kind === 'staff' && roleMay(actor.role, permission))
    const isLocal = (actor: Actor): boolean => actor.kind === 'staff' && actor.role === 'commune-officer'
    // Asked once for all of them, and not at all while none is there.
    if (id === undefined || !may.some(isLocal)) return new Set(may)
    const theirs = (await endpointsOf[noun]?.(id)) ?? []
    return new Set(
      may.filter((actor) => !isLocal(actor) || (actor.kind === 'staff' && theirs.includes(actor.endpointId ?? ''))),
    )
  }

import * as contract from '../../contract/rooms.ts'
import type { App } from '../platform/http.ts'
import type { Platform } from '../platform/platform.ts'
import { forbidden } from '../platform/problem.ts'
import { listGrants, roomBoard } from './board.ts'
import type { EntryDesk } from './entry.ts'
import type { GrantDesk } from './grant-desk.ts'

interface Deps {
  platform: Platform
  entry: EntryDesk
  desk: GrantDesk
  isCurrent(): boolean
}

/** HTTP of grants and of the live room. */
export function roomRoutes(app: App, deps: Deps): void {
  const { platform, entry, desk } = deps
  // A whole province may stand behind one address; guessing of codes is slowed apart (guesses.ts).
  const rateLimit = { max: 600, timeWindow: '1 minute' }
  app.route({
    ...contract.lookAtGrant,
    config: { may: 'public', rateLimit },
    handler: (request) => {
      const { seat, ...key } = request.body
      return entry.look(key, request.ip, seat)
    },
  })
  app.route({
    ...contract.enterByGrant,
    config: { may: 'public', rateLimit },
    handler: (request) => {
      const { acceptsRecording, seat, takesOver = false, ...key } = request.body
      return entry.enterByKey(key, request.ip, { acceptsRecording, seat, takesOver })
    },
  })
  app.route({
    ...contract.keepSeat,
    config: { may: 'public', rateLimit },
    handler: (request) => {
      const { seat, ...key } = request.body
      return entry.keepSeat(key, request.ip, seat)
    },
  })
  app.route({
    ...contract.enterAsDevice,
    config: { may: 'device' },
    handler: (request) => {
      if (request.actor.kind !== 'device') throw forbidden()
      return entry.enterAsDevice(request.params.id, request.actor, request.query.takesOver ?? false)
    },
  })
  app.route({
    ...contract.listGrants,
    config: { may: 'grant.read' },
    handler: (request) => listGrants(platform, request.params.id, request.actor),
  })
  app.route({
    ...contract.revealGrant,
    // Each look stands in the audit trail.
    config: { may: 'grant.read', stepUp: true, once: 'never' },
    handler: (request) => desk.reveal(request.params.id, request.actor),
  })
  app.route({
    ...contract.revokeGrant,
    config: { may: 'grant.manage' },
    handler: async (request, reply) => {
      await desk.revoke(request.params.id, request.actor, request.body.reason)
      return reply.status(204).send(null)
    },
  })
  app.route({
    ...contract.renewGrant,
    config: { may: 'grant.manage', once: ({ id }) => ({ id }) },
    handler: (request) => desk.renew(request.params.id, request.actor, request.body.reason),
  })
  app.route({
    ...contract.showRoom,
    config: { may: 'room.watch' },
    handler: (request) => roomBoard(platform, request.params.id, deps.isCurrent()),
  })
}

import * as contract from '../../contract/hearings.ts'
import type { App } from '../platform/http.ts'
import type { Made } from '../platform/once.ts'
import type { Decisions } from './decisions.ts'
import type { HearingDesk } from './desk.ts'
import { actionMoves } from './hearing.ts'

// A plan with 300 participants and 100 items, every text as long as it may be, in Vietnamese letters of three bytes.
const planBytes = 1024 * 1024

/** The hearing routes: schema, permission, call, answer. */
export function hearingRoutes(app: App, desk: HearingDesk, decisions: Decisions): void {
  // By its id in the audit row only where the address has none yet: a move writes rows of other things too.
  const once = ({ actor, id, params }: Made) => desk.get(actor, params.id ?? id)
  app.route({
    ...contract.listHearings,
    config: { may: 'hearing.read' },
    handler: (request) => {
      const { limit = 50, offset = 0, ...filter } = request.query
      return desk.list(request.actor, { limit, offset, ...filter })
    },
  })
  app.route({
    ...contract.getHearing,
    config: { may: 'hearing.read' },
    handler: ({ actor, params }) => desk.get(actor, params.id),
  })
  app.route({
    ...contract.createHearing,
    bodyLimit: planBytes,
    config: { may: 'hearing.write', once },
    handler: async ({ actor, body, query }, reply) => reply.status(201).send(await desk.create(actor, body, query)),
  })
  app.route({
    ...contract.editHearing,
    bodyLimit: planBytes,
    config: { may: 'hearing.write', once },
    handler: ({ actor, params, body }) => desk.edit(actor, params.id, body),
  })
  app.route({
    ...contract.submitHearing,
    config: { may: actionMoves.submit.may, once },
    handler: ({ actor, params, body }) => decisions.submit(actor, params.id, body),
  })
  app.route({
    ...contract.approveHearing,
    config: { may: actionMoves.approve.may, once },
    handler: ({ actor, params, body }) => decisions.approve(actor, params.id, body),
  })
  app.route({
    ...contract.returnHearing,
    config: { may: actionMoves.return.may, once },
    handler: ({ actor, params, body }) => decisions.sendBack(actor, params.id, body),
  })
  app.route({
    ...contract.startHearing,
    config: { may: actionMoves.start.may, once },
    handler: ({ actor, params }) => decisions.start(actor, params.id),
  })
  app.route({
    ...contract.endHearing,
    config: { may: actionMoves.end.may, once },
    handler: ({ actor, params }) => decisions.end(actor, params.id),
  })
  app.route({
    ...contract.postponeHearing,
    config: { may: actionMoves.postpone.may, once },
    handler: ({ actor, params, body }) => decisions.postpone(actor, params.id, body),
  })
  app.route({
    ...contract.cancelHearing,
    config: { may: actionMoves.cancel.may, once },
    handler: ({ actor, params, body }) => decisions.cancel(actor, params.id, body),
  })
  app.route({
    ...contract.archiveHearing,
    config: { may: actionMoves.archive.may, once },
    handler: ({ actor, params }) => decisions.archive(actor, params.id),
  })
}

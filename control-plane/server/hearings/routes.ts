import * as contract from '../../contract/hearings.ts'
import type { App } from '../platform/http.ts'
import type { Decisions } from './decisions.ts'
import type { HearingDesk } from './desk.ts'
import { actionMoves } from './hearing.ts'

// A plan with 300 participants and 100 items, every text as long as it may be, in Vietnamese letters of three bytes.
const planBytes = 1024 * 1024

/** The hearing routes: schema, permission, call, answer. */
export function hearingRoutes(app: App, desk: HearingDesk, decisions: Decisions): void {
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
    config: { may: 'hearing.write' },
    handler: async ({ actor, body }, reply) => reply.status(201).send(await desk.create(actor, body)),
  })
  app.route({
    ...contract.editHearing,
    bodyLimit: planBytes,
    config: { may: 'hearing.write' },
    handler: ({ actor, params, body }) => desk.edit(actor, params.id, body),
  })
  app.route({
    ...contract.submitHearing,
    config: { may: actionMoves.submit.may },
    handler: ({ actor, params, body }) => decisions.submit(actor, params.id, body),
  })
  app.route({
    ...contract.approveHearing,
    config: { may: actionMoves.approve.may },
    handler: ({ actor, params, body }) => decisions.approve(actor, params.id, body),
  })
  app.route({
    ...contract.returnHearing,
    config: { may: actionMoves.return.may },
    handler: ({ actor, params, body }) => decisions.sendBack(actor, params.id, body),
  })
  app.route({
    ...contract.startHearing,
    config: { may: actionMoves.start.may },
    handler: ({ actor, params }) => decisions.start(actor, params.id),
  })
  app.route({
    ...contract.endHearing,
    config: { may: actionMoves.end.may },
    handler: ({ actor, params }) => decisions.end(actor, params.id),
  })
  app.route({
    ...contract.postponeHearing,
    config: { may: actionMoves.postpone.may },
    handler: ({ actor, params, body }) => decisions.postpone(actor, params.id, body),
  })
  app.route({
    ...contract.cancelHearing,
    config: { may: actionMoves.cancel.may },
    handler: ({ actor, params, body }) => decisions.cancel(actor, params.id, body),
  })
  app.route({
    ...contract.archiveHearing,
    config: { may: actionMoves.archive.may },
    handler: ({ actor, params }) => decisions.archive(actor, params.id),
  })
}

import * as contract from '../../contract/cases.ts'
import type { App } from '../platform/http.ts'
import type { Made } from '../platform/once.ts'
import type { CaseDesk } from './desk.ts'

/** The case routes: schema, permission, call, answer. */
export function caseRoutes(app: App, desk: CaseDesk): void {
  const once = ({ actor, id }: Made) => desk.get(actor, id)
  app.route({
    ...contract.listCases,
    config: { may: 'case.read' },
    handler: (request) => {
      const { limit = 50, offset = 0, ...filter } = request.query
      return desk.list(request.actor, { limit, offset, ...filter })
    },
  })
  app.route({
    ...contract.getCase,
    config: { may: 'case.read' },
    handler: (request) => desk.get(request.actor, request.params.id),
  })
  app.route({
    ...contract.createCase,
    config: { may: 'case.write', once },
    handler: async (request, reply) =>
      reply.status(201).send(await desk.create(request.actor, request.body, request.query)),
  })
  app.route({
    ...contract.editCase,
    config: { may: 'case.write', once },
    handler: (request) => desk.edit(request.actor, request.params.id, request.body),
  })
  app.route({
    ...contract.consentCase,
    config: { may: 'case.consent', once },
    handler: ({ actor, params, body }) =>
      desk.decide(actor, params.id, { version: body.version, consent: 'consented', reason: body.reason }),
  })
  app.route({
    ...contract.refuseCase,
    config: { may: 'case.consent', once },
    handler: ({ actor, params, body }) =>
      desk.decide(actor, params.id, { version: body.version, consent: 'refused', reason: body.reason }),
  })
}

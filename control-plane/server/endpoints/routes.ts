import * as contract from '../../contract/endpoints.ts'
import * as kioskContract from '../../contract/kiosk.ts'
import type { App } from '../platform/http.ts'
import type { EndpointDesk } from './desk.ts'

/** HTTP of endpoints, their devices and enrolment. */
export function endpointRoutes(app: App, desk: EndpointDesk): void {
  app.route({
    ...contract.listEndpoints,
    config: { may: 'endpoint.read' },
    handler: async (request) => ({ items: await desk.list(request.actor, request.query.q ?? '') }),
  })
  app.route({
    ...contract.showEndpoint,
    config: { may: 'endpoint.read' },
    handler: (request) => desk.show(request.actor, request.params.id),
  })
  app.route({
    ...contract.editContact,
    config: { may: 'endpoint.manage' },
    handler: (request) => desk.editContact(request.actor, request.params.id, request.body),
  })
  app.route({
    ...contract.makeEnrolmentCode,
    config: { may: 'device.manage', stepUp: true, once: ({ draw }) => desk.codeAgain(draw) },
    handler: async (request, reply) =>
      reply.status(201).send(await desk.makeCode(request.actor, request.params.id, request.body.label)),
  })
  app.route({
    ...contract.revokeDevice,
    config: { may: 'device.manage' },
    handler: async (request, reply) => {
      await desk.revoke(request.actor, request.params.id, request.body.reason)
      return reply.status(204).send(null)
    },
  })
  // A try a second from one address against 36 bits that live for 15 minutes. Fewer, and one person behind a province's address kept every room there out.
  const rateLimit = { max: 60, timeWindow: '1 minute' }
  app.route({
    ...kioskContract.enrolDevice,
    config: { may: 'public', rateLimit, once: ({ id, draw }) => desk.enrolledAgain(id, draw) },
    handler: async ({ actor, body, ip }, reply) => reply.status(201).send(await desk.enrol(body.code, ip, actor.press)),
  })
  app.route({
    ...kioskContract.openDeviceSession,
    config: { may: 'public', rateLimit: { max: 120, timeWindow: '1 minute' } },
    handler: (request) => desk.openSession(request.body.credential),
  })
}

import * as contract from '../../contract/test-calls.ts'
import type { App } from '../platform/http.ts'
import { forbidden } from '../platform/problem.ts'
import type { TestDesk } from './desk.ts'

/** HTTP of test calls, for staff and for room PCs. */
export function testCallRoutes(app: App, desk: TestDesk): void {
  app.route({
    ...contract.listTestCalls,
    config: { may: 'test-call.read' },
    handler: async (request) => ({ items: await desk.list(request.actor, request.query) }),
  })
  app.route({
    ...contract.readThresholds,
    config: { may: 'settings.manage' },
    handler: () => desk.thresholds(),
  })
  app.route({
    ...contract.setThresholds,
    config: { may: 'settings.manage' },
    handler: (request) => desk.setThresholds(request.actor, request.body),
  })
  app.route({
    ...contract.showTestCall,
    config: { may: 'test-call.read' },
    handler: (request) => desk.show(request.actor, request.params.id),
  })
  app.route({
    ...contract.runTestCall,
    config: {
      may: 'test-call.run',
      once: async ({ actor, id }) => ({ ...(await desk.show(actor, id)), already: false }),
    },
    handler: async (request, reply) => {
      if (request.actor.kind !== 'staff') throw forbidden()
      const ordered = await desk.order(request.actor, request.body)
      return reply.status(ordered.already ? 200 : 201).send(ordered)
    },
  })
  app.route({
    ...contract.waiveTestCall,
    config: { may: 'test-call.waive', once: ({ actor, params }) => desk.show(actor, params.id ?? '') },
    handler: (request) => desk.waive(request.actor, request.params.id, request.body.reason),
  })
  app.route({
    ...contract.kioskTestProgress,
    config: { may: 'device' },
    handler: async (request, reply) => {
      if (request.actor.kind !== 'device') throw forbidden()
      await desk.kioskProgress(request.actor, request.params.id, request.body.attempt)
      return reply.status(204).send(null)
    },
  })
  app.route({
    ...contract.kioskTestMeasurement,
    config: { may: 'device' },
    handler: async (request, reply) => {
      if (request.actor.kind !== 'device') throw forbidden()
      await desk.kioskMeasurement(request.actor, request.params.id, request.body)
      return reply.status(204).send(null)
    },
  })
}

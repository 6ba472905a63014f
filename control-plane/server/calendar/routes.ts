import * as contract from '../../contract/calendar.ts'
import type { App } from '../platform/http.ts'
import type { CalendarDesk } from './desk.ts'

export function calendarRoutes(app: App, desk: CalendarDesk): void {
  app.route({
    ...contract.readCalendar,
    config: { may: 'calendar.read' },
    handler: (request) => desk.year(request.query.year, request.actor),
  })
  app.route({
    ...contract.latestSubmission,
    config: { may: 'calendar.read' },
    handler: (request) => desk.latest(Date.parse(request.query.startsAt)),
  })
  app.route({
    ...contract.setCalendarDay,
    config: { may: 'calendar.manage' },
    handler: (request) => desk.setDay(request.actor, { ...request.body, date: request.params.date }),
  })
  app.route({
    ...contract.approveCalendarYear,
    config: { may: 'calendar.manage', once: ({ actor, params }) => desk.year(Number(params.year), actor) },
    handler: (request) => desk.approve(request.actor, request.params.year),
  })
  app.route({
    ...contract.setCalendarSettings,
    config: { may: 'calendar.manage' },
    handler: (request) => desk.setSettings(request.actor, request.body),
  })
}

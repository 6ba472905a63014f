import { createCalendar } from './calendar/index.ts'
import { createCases } from './cases/index.ts'
import { createDrills } from './drills/index.ts'
import { createEndpoints } from './endpoints/index.ts'
import { createHearings } from './hearings/index.ts'
import { createAudience, createIdentity } from './identity/index.ts'
import { createInvitations } from './invitations/index.ts'
import { alertsRoutes } from './platform/alerts-routes.ts'
import { auditRoutes } from './platform/audit-routes.ts'
import { backup } from './platform/backup.ts'
import { changesSocket } from './platform/changes-socket.ts'
import { commandSocket } from './platform/commands.ts'
import { type App, createHttp } from './platform/http.ts'
import { intakeBeat } from './platform/intake.ts'
import type { Module } from './platform/module.ts'
import { observability } from './platform/observability.ts'
import { once } from './platform/once.ts'
import type { Platform } from './platform/platform.ts'
import { createReconciler, type Reconciler } from './platform/reconciler.ts'
import { selfCheck } from './platform/self-check.ts'
import { webPages } from './platform/web-pages.ts'
import { createRecordings } from './recordings/index.ts'
import { createRoomAgent } from './room-agent/index.ts'
import { createRooms } from './rooms/index.ts'
import { createTestCalls } from './test-calls/index.ts'

export interface Application {
  http: App
  platform: Platform
  modules: Module[]
  reconciler: Reconciler
  /** Opens the queue, the listeners and the ticking; not the port. */
  start(): Promise<void>
  /** Ends everything within 10 s; may be called twice. */
  stop(): Promise<void>
}

/** The composition root: the only file that knows every module. */
export async function createApplication(platform: Platform, options: { ticking?: boolean } = {}): Promise<Application> {
  const http = await createHttp(platform.config, platform.log)
  const identity = createIdentity(platform)
  const calendar = createCalendar(platform)
  const endpoints = createEndpoints(platform, { identity })
  const cases = createCases(platform)
  const hearings = createHearings(platform, {
    calendar,
    cases,
    endpoints,
    // Rooms follow hearings, so they are there only once hearings are.
    quorum: (tx, id) => rooms.quorum(tx, id),
  })
  const rooms = createRooms(platform, { hearings, endpoints })
  // After rooms: the links that its letters carry are made by the same move.
  createInvitations(platform, { hearings, rooms })
  const roomAgent = createRoomAgent(platform)
  const testCalls = createTestCalls(platform, { hearings, rooms, endpoints, roomAgent })
  const recordings = createRecordings(platform, { hearings, rooms, roomAgent })
  const drills = createDrills(platform, {
    ...{ hearings, testCalls, rooms, endpoints, roomAgent },
    recordings: recordings.drills,
  })
  const audience = createAudience({
    endpoint: async (id) => [id],
    hearing: (id) => hearings.toldEndpoints(platform.db, id),
    'test-call': (id) => testCalls.toldEndpoints(platform.db, id),
  })
  const modules: Module[] = [
    // Before every route: it wraps those that make something.
    once(platform),
    // Its guard stands before every route registered after it.
    identity.module,
    intakeBeat(platform),
    calendar.module,
    endpoints.module,
    cases.module,
    hearings.module,
    rooms.module,
    roomAgent.module,
    testCalls.module,
    recordings.module,
    drills.module,
    observability(platform),
    auditRoutes(platform),
    alertsRoutes(platform),
    selfCheck(platform),
    backup(platform),
    changesSocket(platform, audience),
    webPages(platform),
    // Last: accounts name endpoints that another module makes at its start.
    identity.seeding,
    commandSocket(platform, () => modules),
  ]
  for (const module of modules) await module.routes?.(http)
  const reconciler = createReconciler(
    () => modules.flatMap((module) => module.reconciliations ?? []),
    platform.log,
    () => platform.clock.now(),
    (name) => platform.metrics.faults.inc({ part: name }),
  )
  let stopping: Promise<void> | undefined
  return {
    http,
    platform,
    modules,
    reconciler,
    async start() {
      await platform.changes.start()
      for (const module of modules) await module.start?.()
      await platform.jobs.start(modules.flatMap((module) => module.jobs ?? []))
      if (options.ticking !== false) reconciler.start()
    },
    stop() {
      stopping ??= stopAll(http, platform, modules, reconciler)
      return stopping
    },
  }
}

// Nine seconds together: after ten the process is killed, and whatever still holds a claim then keeps it until it runs out.
const leaveMs = 4_000
const jobsMs = 3_000
const closeMs = 2_000

/**
 * A reconciliation may hang for as long as a mail server or Prosody does, so nothing waits for it but the database. Dependents stop before what
 * they stand on; jobs after the requests that may still send some.
 */
async function stopAll(http: App, platform: Platform, modules: Module[], reconciler: Reconciler): Promise<void> {
  const atMost = async (ms: number, what: string, work: Promise<unknown>): Promise<void> => {
    const late = Symbol('late')
    const timer = Promise.withResolvers<typeof late>()
    const waiting = setTimeout(() => timer.resolve(late), ms)
    const ended = await Promise.race([work, timer.promise]).catch((error: unknown) => {
      platform.log.error({ err: error, what }, 'stop failed')
    })
    clearTimeout(waiting)
    if (ended === late) platform.log.warn({ what, ms }, 'stop did not wait any longer')
  }
  const stopModules = async (): Promise<void> => {
    for (const module of [...modules].reverse()) await module.stop?.()
  }
  await Promise.all([
    atMost(leaveMs, 'reconciliations', reconciler.stop()),
    atMost(leaveMs, 'http', Promise.resolve(http.close())),
    atMost(leaveMs, 'modules', stopModules()),
  ])
  await atMost(jobsMs, 'jobs', platform.jobs.stop(jobsMs - 500))
  platform.mail.close()
  await atMost(closeMs, 'database', platform.changes.stop().then(platform.database.close))
}

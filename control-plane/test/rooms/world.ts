import { createServer, type Server } from 'node:http'
import { asc, eq } from 'drizzle-orm'
import type { CaseAnswer } from '../../contract/cases.ts'
import type { NewHearing, ParticipantInput } from '../../contract/hearing-plan.ts'
import type { HearingAnswer } from '../../contract/hearings.ts'
import type { Role } from '../../contract/words.ts'
import { endpoints } from '../../server/endpoints/tables.ts'
import { hearings } from '../../server/hearings/tables.ts'
import { hourMs } from '../../server/platform/clock.ts'
import { grantNames } from '../../server/rooms/sealed-names.ts'
import { grants, rooms } from '../../server/rooms/tables.ts'
import { aCase } from '../hearings/world.ts'
import { type TestApplication, testApplication, testNow } from '../support/application.ts'
import { freePort } from '../support/databases.ts'
import { signedIn } from '../support/staff.ts'

export const edgeSecret = 'edge-secret-for-tests-0123456789abcdef'
export const edgeHeaders = { authorization: `Bearer ${edgeSecret}` }
/** The test hearing's start and end; its window opens one hour before and closes four hours after. */
export const startsAt = testNow + 3 * hourMs
export const endsAt = testNow + 5 * hourMs

export interface Answer {
  status: number
  body: Record<string, unknown> & { type?: string; title?: string }
}

/** Stands for Prosody's edge module: answers as it does and keeps what it was told. */
export interface FakeEdge {
  told: { path: string; body: Record<string, unknown> }[]
  rooms: { room: string; occupants: Record<string, unknown>[] }[]
  processId: string
  /** False: no answer but 503, as a Prosody without its module. */
  up: boolean
  waiting: number
}

export async function aRoomWorld(options: { environment?: Record<string, string> } = {}) {
  const edge: FakeEdge = { told: [], rooms: [], processId: 'prosody-1', up: true, waiting: 0 }
  const port = await freePort()
  const server = await startFakeEdge(edge, port)
  const app = await testApplication({
    environment: { TIEPDAN_EDGE_URL: `http://127.0.0.1:${port}`, ...options.environment },
  }).catch((error: unknown) => {
    server.close()
    throw error
  })
  const sessions = new Map<string, ReturnType<typeof signedIn>>()
  const { db } = app.platform

  async function ask(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, headers = {}): Promise<Answer> {
    const answer = await app.http.inject({ method, url, headers, ...(payload ? { payload } : {}) })
    return { status: answer.statusCode, body: answer.body.startsWith('{') ? answer.json() : { text: answer.body } }
  }
  /**
   * As somebody of this role; signs in anew when the clock was moved, for sessions idle out. Two requests at once share one
   * sign-in: a one-time code is taken once, so two at once would refuse each other.
   */
  async function as(role: Role, method: 'GET' | 'POST', url: string, payload?: object): Promise<Answer> {
    const key = `${role} ${app.clock.now()}`
    const session = sessions.get(key) ?? signedIn(app, role)
    sessions.set(key, session)
    return ask(method, url, payload, await session)
  }
  const world = { app, db, edge, ask, as, clock: app.clock }
  return {
    ...world,
    aHearing: (changes: { participants?: ParticipantInput[] } = {}) => anApprovedHearing(world, changes),
    /** As the verdict of both test calls would. */
    makeReady: (id: string) => db.update(hearings).set({ status: 'ready' }).where(eq(hearings.id, id)),
    setStatus: (id: string, status: 'live' | 'ended') => db.update(hearings).set({ status }).where(eq(hearings.id, id)),
    async close() {
      await app.close()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

export type RoomWorld = Awaited<ReturnType<typeof aRoomWorld>>
interface Base {
  app: TestApplication
  db: TestApplication['platform']['db']
  as(role: Role, method: 'GET' | 'POST', url: string, payload?: object): Promise<Answer>
}

/** Listens on the port of `TIEPDAN_EDGE_URL`. */
export function startFakeEdge(edge: FakeEdge, port: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const path = (request.url ?? '').replace(/^\/edge/, '')
    response.setHeader('content-type', 'application/json')
    response.statusCode = edge.up && request.headers.authorization === edgeHeaders.authorization ? 200 : 503
    if (edge.up && text !== '') edge.told.push({ path, body: JSON.parse(text) as Record<string, unknown> })
    const queue = { waiting: edge.waiting, dropped: 0 }
    const answers: Record<string, object> = {
      '/rooms': { processId: edge.processId, rooms: edge.rooms, queue },
      '/kick': { kicked: 1 },
      '/close': { closed: true },
    }
    response.end(JSON.stringify(answers[path] ?? {}))
  })
  return new Promise((done) => server.listen(port, '127.0.0.1', () => done(server)))
}

/** One hearing, approved: the centre, one delegate, and two people on their own devices (one of them required). */
async function anApprovedHearing(world: Base, changes: { participants?: ParticipantInput[] }) {
  const entered = (await world.as('reception-board', 'POST', '/api/cases?despiteTwin=true', aCase()))
    .body as unknown as CaseAnswer
  await world.as('chairman', 'POST', `/api/cases/${entered.id}/consent`, { version: entered.version })
  const [delegate] = await world.db
    .select()
    .from(endpoints)
    .where(eq(endpoints.kind, 'delegate'))
    .orderBy(asc(endpoints.slug))
    .limit(1)
  const [central] = await world.db.select().from(endpoints).where(eq(endpoints.kind, 'central'))
  if (!delegate || !central) throw new Error('no endpoints')
  const plan: NewHearing = {
    title: 'Buổi tiếp công dân định kỳ',
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
    delegates: [delegate.id],
    agenda: [{ title: 'Khai mạc', minutes: 10 }],
    participants: changes.participants ?? [
      { name: 'Trần Thị Bình', role: 'chair', endpointId: central.id, required: true },
      { name: 'Lê Văn Cường', role: 'invited', endpointId: null, required: false, email: 'cuong@example.vn' },
      { name: 'Phạm Thị Dung', role: 'citizen', endpointId: null, required: true, email: 'dung@example.vn' },
    ],
    caseIds: [entered.id],
  }
  const draft = (await world.as('reception-board', 'POST', '/api/hearings?despiteTwin=true', plan))
    .body as unknown as HearingAnswer
  const submitted = (
    await world.as('reception-board', 'POST', `/api/hearings/${draft.id}/submit`, {
      version: draft.version,
      lateReason: 'Vụ việc cấp bách',
    })
  ).body as unknown as HearingAnswer
  const approved = await world.as('chairman', 'POST', `/api/hearings/${draft.id}/approve`, {
    version: submitted.version,
    decisionNumber: '12/TB-UBND',
  })
  if (approved.status !== 200) throw new Error(JSON.stringify(approved.body))
  const [room] = await world.db.select().from(rooms).where(eq(rooms.hearingId, draft.id))
  if (!room) throw new Error('approval made no room')
  const names = grantNames(world.app.platform.secrets)
  const rows = await world.db.select().from(grants).where(eq(grants.roomId, room.id))
  const made = rows.map((row) => ({ ...row, displayName: names.open(row.displayName) }))
  const grantOf = (name: string) => {
    const found = made.find((grant) => grant.displayName === name)
    if (!found) throw new Error(`no grant for ${name}`)
    return found
  }
  const { secrets } = world.app.platform
  return {
    id: draft.id,
    version: (approved.body as unknown as HearingAnswer).version,
    room,
    grants: made,
    central: grantOf(central.name),
    delegate: grantOf(delegate.name),
    guest: grantOf('Lê Văn Cường'),
    citizen: grantOf('Phạm Thị Dung'),
    /** The token that stands in the grant's link. */
    token: (grant: { id: string }) => secrets.mac('grant-link', grant.id),
  }
}

export type TestHearing = Awaited<ReturnType<typeof anApprovedHearing>>

/** One Prosody process's reports, numbered as it numbers them. */
export function prosodyReports(world: Pick<RoomWorld, 'ask' | 'clock'>, processId: string) {
  let sequence = 0
  const event = (kind: string, more: object = {}) => ({ sequence: ++sequence, at: world.clock.now(), kind, ...more })
  return {
    event,
    joined: (room: string, userId: string, more: object = {}) =>
      event('occupant-joined', {
        room,
        occupantId: `o-${userId.slice(0, 8)}`,
        userId,
        name: 'x',
        hidden: false,
        ...more,
      }),
    left: (room: string, userId: string) =>
      event('occupant-left', { room, occupantId: `o-${userId.slice(0, 8)}`, userId }),
    skip: (count: number) => {
      sequence += count
    },
    send: (...events: object[]) => world.ask('POST', '/api/edge/events', { processId, events }, edgeHeaders),
  }
}

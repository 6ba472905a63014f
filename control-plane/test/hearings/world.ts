import { randomUUID } from 'node:crypto'
import { inArray } from 'drizzle-orm'
import type { CaseAnswer, NewCase } from '../../contract/cases.ts'
import type { NewHearing } from '../../contract/hearing-plan.ts'
import type { HearingAnswer } from '../../contract/hearings.ts'
import type { Role } from '../../contract/words.ts'
import { createCalendar } from '../../server/calendar/index.ts'
import { createCases } from '../../server/cases/index.ts'
import { endpoints } from '../../server/endpoints/tables.ts'
import { createHearings, type HearingDeps } from '../../server/hearings/index.ts'
import { type Permission, roleMay } from '../../server/identity/permissions.ts'
import type { Actor } from '../../server/platform/actor.ts'
import { manualClock } from '../../server/platform/clock.ts'
import { readConfig } from '../../server/platform/config.ts'
import { createHttp } from '../../server/platform/http.ts'
import { createPlatform } from '../../server/platform/platform.ts'
import { forbidden } from '../../server/platform/problem.ts'
import { testNow } from '../support/application.ts'
import { freshDatabase } from '../support/databases.ts'
import { collectedLog } from '../support/logs.ts'

const actorIds = new Map<Role, string>()

/** A member of staff of this role; the same person each time. */
export function staffOf(role: Role, endpointId: string | null = null): Actor {
  const id = actorIds.get(role) ?? randomUUID()
  actorIds.set(role, id)
  return { kind: 'staff', id, name: `Người thử ${role}`, role, endpointId, sessionId: 'test' }
}

/** Cases and hearings on a real database behind real HTTP, with the sign-in replaced by a header and the edge by a list. */
export async function aWorld() {
  const clock = manualClock(testNow)
  const database = await freshDatabase()
  const config = readConfig({
    TIEPDAN_DATA_FOLDER: '/nonexistent',
    TIEPDAN_STORE_FOLDER: '/nonexistent',
    TIEPDAN_MASTER_KEY: '11'.repeat(32),
    TIEPDAN_EDGE_SECRET: 'edge-secret-for-tests-0123456789abcdef',
    TIEPDAN_JITSI_URL: 'http://127.0.0.1:9',
    TIEPDAN_EDGE_URL: 'http://127.0.0.1:9',
    TIEPDAN_XMPP_DOMAIN: 'meet.jitsi',
    TIEPDAN_LOG_LEVEL: 'silent',
  })
  const logged = collectedLog()
  const platform = await createPlatform(config, { clock, database, log: logged.log })
  const cases = createCases(platform)
  const calendar = createCalendar(platform)
  await calendar.module.start?.()
  const edge = { missing: [] as { name: string }[], lacks: [] as string[] }
  const hearings = createHearings(platform, {
    calendar,
    cases,
    endpoints: endpointBook,
    quorum: async () => ({ met: edge.missing.length === 0, isCurrent: true, missing: edge.missing }),
    lacksForArchive: async () => edge.lacks,
  })
  const http = await createHttp(config, platform.log)
  http.addHook('onRequest', async (request) => {
    const role = request.headers['x-role'] as Role
    request.actor = staffOf(role, (request.headers['x-endpoint'] as string | undefined) ?? null)
    if (!roleMay(role, request.routeOptions.config.may as Permission)) throw forbidden()
  })
  for (const module of [cases.module, hearings.module]) await module.routes?.(http)
  const at = { createdAt: new Date(testNow) }
  const [central, pleiku, anPhu] = await platform.db
    .insert(endpoints)
    .values([
      { ...at, kind: 'central', name: 'Điểm cầu trung tâm', shortName: 'Trung tâm', slug: 'trung-tam' },
      { ...at, kind: 'delegate', name: 'Phường Pleiku', shortName: 'Pleiku', slug: 'pleiku', communeCode: '1' },
      { ...at, kind: 'delegate', name: 'Phường An Phú', shortName: 'An Phú', slug: 'an-phu', communeCode: '2' },
    ])
    .returning()
  if (!central || !pleiku || !anPhu) throw new Error('no endpoints')
  return {
    platform,
    db: platform.db,
    clock,
    http,
    hearings,
    edge,
    endpoints: { central, pleiku, anPhu },
    close: async () => {
      await http.close()
      await database.close()
      logged.demandNobody()
    },
  }
}
export type World = Awaited<ReturnType<typeof aWorld>>

const endpointBook: HearingDeps['endpoints'] = {
  find: async (db, ids) => (ids.length === 0 ? [] : db.select().from(endpoints).where(inArray(endpoints.id, ids))),
  central: async (db) => (await db.select().from(endpoints)).find((one) => one.kind === 'central'),
  lastWords: async () => new Map(),
}

export interface Answer<T> {
  status: number
  body: T & { type?: string; title?: string; faults?: { field: string; message: string }[] } & Record<string, unknown>
}

/** Where a twin is asked about (409 `twin-made`); most tests make many alike. */
const askedAboutTwins = ['/api/cases', '/api/hearings']

/** One request as somebody of this role. */
export async function as<T = Record<string, unknown>>(
  world: World,
  role: Role,
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  body?: unknown,
  endpointId?: string,
): Promise<Answer<T>> {
  const response = await world.http.inject({
    method,
    url: method === 'POST' && askedAboutTwins.includes(url) ? `${url}?despiteTwin=true` : url,
    headers: { 'x-role': role, ...(endpointId ? { 'x-endpoint': endpointId } : {}) },
    ...(body === undefined ? {} : { payload: body as object }),
  })
  return { status: response.statusCode, body: response.json() }
}

export const aCase = (changes: Partial<NewCase> = {}): NewCase => ({
  title: 'Khiếu nại về bồi thường đất',
  summary: 'Công dân khiếu nại phương án bồi thường của dự án đường vành đai.',
  kind: 'complaint',
  criterion: 'a',
  criterionReason: 'Chủ tịch đã chỉ đạo, còn vướng mắc.',
  citizen: { name: 'Nguyễn Văn An', idNumber: '064090001234', phone: '0912 345 678', address: '12 Hùng Vương, Pleiku' },
  ...changes,
})

export async function aConsentedCase(world: World): Promise<string> {
  const made = await as<CaseAnswer>(world, 'reception-board', 'POST', '/api/cases', aCase())
  const { id, version } = made.body
  await as(world, 'chairman', 'POST', `/api/cases/${id}/consent`, { version })
  return id
}

/** A whole plan: Tuesday 15/12/2026, 09:00–11:00 in Việt Nam, ten working days from `testNow`. */
export async function aPlan(world: World, changes: Partial<NewHearing> = {}): Promise<NewHearing> {
  return {
    title: 'Buổi tiếp công dân định kỳ tháng 12',
    startsAt: '2026-12-15T02:00:00Z',
    endsAt: '2026-12-15T04:00:00Z',
    delegates: [world.endpoints.pleiku.id],
    agenda: [
      { title: 'Khai mạc', minutes: 10 },
      { title: 'Công dân trình bày', minutes: 60, speaker: 'Ông Nguyễn Văn An' },
    ],
    participants: [
      { name: 'Trần Thị Bình', role: 'chair', endpointId: world.endpoints.central.id, required: true },
      { name: 'Lê Văn Cường', role: 'invited', endpointId: null, required: false, email: 'cuong@example.vn' },
    ],
    caseIds: changes.caseIds ?? [await aConsentedCase(world)],
    ...changes,
  }
}

export async function aDraft(world: World, changes: Partial<NewHearing> = {}): Promise<HearingAnswer> {
  const made = await as<HearingAnswer>(world, 'reception-board', 'POST', '/api/hearings', await aPlan(world, changes))
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  return made.body
}

/** Takes a hearing through the steps that people take; each answer's version is used for the next. */
export async function moved(
  world: World,
  hearing: HearingAnswer,
  ...steps: ('submit' | 'approve' | 'ready' | 'start' | 'end')[]
): Promise<HearingAnswer> {
  let current = hearing
  for (const step of steps) {
    if (step === 'ready') {
      await world.db.transaction((tx) =>
        world.hearings.move(tx, { hearingId: current.id, to: 'ready', actor: { kind: 'system', id: 's', name: 's' } }),
      )
      continue
    }
    const role: Role = step === 'approve' ? 'chairman' : 'reception-board'
    const body = step === 'submit' ? {} : { decisionNumber: '12/TB-UBND' }
    const timed = step === 'start' || step === 'end' ? undefined : { version: current.version, ...body }
    const answer = await as<HearingAnswer>(world, role, 'POST', `/api/hearings/${current.id}/${step}`, timed)
    if (answer.status !== 200) throw new Error(`${step}: ${JSON.stringify(answer.body)}`)
    current = answer.body
  }
  return current
}

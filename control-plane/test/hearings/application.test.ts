import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { CaseAnswer } from '../../contract/cases.ts'
import type { NewHearing } from '../../contract/hearing-plan.ts'
import type { HearingAnswer } from '../../contract/hearings.ts'
import type { Role } from '../../contract/words.ts'
import { endpoints } from '../../server/endpoints/tables.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'
import { aCase } from './world.ts'

type Method = 'GET' | 'POST' | 'PUT'
let app: TestApplication
let people: (role: Role, method: Method, url: string, body?: object) => Promise<{ status: number; body: unknown }>
before(async () => {
  app = await testApplication()
  const sessions = new Map<Role, Awaited<ReturnType<typeof signedIn>>>()
  for (const role of ['chairman', 'reception-board', 'office'] as const) sessions.set(role, await signedIn(app, role))
  people = async (role, method, url, payload) => {
    const headers = sessions.get(role) ?? {}
    const answer = await app.http.inject({ method, url, headers, ...(payload ? { payload } : {}) })
    return { status: answer.statusCode, body: answer.json() as unknown }
  }
})
after(() => app.close())

async function aSubmittedHearing(): Promise<HearingAnswer> {
  const entered = (await people('reception-board', 'POST', '/api/cases?despiteTwin=true', aCase())).body as CaseAnswer
  await people('chairman', 'POST', `/api/cases/${entered.id}/consent`, { version: entered.version })
  const [delegate] = await app.platform.db.select().from(endpoints).where(eq(endpoints.kind, 'delegate')).limit(1)
  const plan: NewHearing = {
    title: 'Buổi tiếp công dân định kỳ',
    startsAt: '2026-12-15T02:00:00Z',
    endsAt: '2026-12-15T04:00:00Z',
    delegates: [delegate?.id ?? ''],
    agenda: [{ title: 'Khai mạc', minutes: 10 }],
    participants: [
      { name: 'Trần Thị Bình', role: 'chair', endpointId: null, required: true, email: 'binh@example.vn' },
    ],
    caseIds: [entered.id],
  }
  const draft = (await people('reception-board', 'POST', '/api/hearings?despiteTwin=true', plan)).body as HearingAnswer
  const submitted = await people('reception-board', 'POST', `/api/hearings/${draft.id}/submit`, {
    version: draft.version,
  })
  assert.equal(submitted.status, 200, JSON.stringify(submitted.body))
  return submitted.body as HearingAnswer
}

test('through the whole application: signed-in people plan and approve, and nobody but the chairman approves', async () => {
  const hearing = await aSubmittedHearing()
  const approve = { version: hearing.version, decisionNumber: '12/TB-UBND' }
  const url = `/api/hearings/${hearing.id}/approve`
  const denied = await people('reception-board', 'POST', url, approve)
  assert.equal(denied.status, 403)
  const trail = () =>
    app.platform.db
      .select()
      .from(auditTrail)
      .where(eq(auditTrail.subject, `hearing:${hearing.id}`))
  assert.ok(
    (await trail()).some((row) => row.action === 'permission.denied' && row.detail.permission === 'hearing.decide'),
  )
  assert.equal((await app.http.inject({ method: 'POST', url, payload: approve })).statusCode, 401)
  const answers = await Promise.all([
    people('chairman', 'POST', url, approve),
    people('chairman', 'POST', url, approve),
  ])
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409])
  assert.equal((await trail()).filter((row) => row.action === 'hearing.approved').length, 1)
  assert.equal((await app.platform.audit.verify(app.platform.db)).is, 'whole')
})

test('through the whole application: the office reads the case without the citizen, and the hearing with its moves', async () => {
  const list = (await people('office', 'GET', '/api/hearings?status=approved')).body as { items: { id: string }[] }
  const seen = (await people('office', 'GET', `/api/hearings/${list.items[0]?.id}`)).body as HearingAnswer
  assert.equal(seen.endpoints[0]?.kind, 'central')
  assert.deepEqual(seen.may, [])
  const inside = (await people('office', 'GET', `/api/cases/${seen.cases[0]?.id}`)).body as CaseAnswer
  assert.equal(inside.citizen.masked, true)
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { desc, eq } from 'drizzle-orm'
import type { CaseAnswer, CaseListItem } from '../../contract/cases.ts'
import { cases } from '../../server/cases/tables.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { aCase, as, aWorld, type World } from '../hearings/world.ts'

let world: World
before(async () => {
  world = await aWorld()
})
after(() => world.close())

const enter = async (changes = {}) =>
  (await as<CaseAnswer>(world, 'reception-board', 'POST', '/api/cases', aCase(changes))).body

test('a case gets a code, waits for the chairman, and its citizen is stored sealed', async () => {
  const made = await as<CaseAnswer>(world, 'reception-board', 'POST', '/api/cases', aCase())
  assert.equal(made.status, 201)
  assert.match(made.body.code, /^VV-2026-\d{4}$/)
  assert.equal(made.body.consent, 'asked')
  assert.deepEqual(made.body.citizen, {
    masked: false,
    name: 'Nguyễn Văn An',
    idNumber: '064090001234',
    phone: '0912345678',
    address: '12 Hùng Vương, Pleiku',
  })
  const [row] = await world.db.select().from(cases).where(eq(cases.id, made.body.id))
  const stored = JSON.stringify(row)
  for (const plain of ['Nguyễn', '064090001234', '0912', 'Hùng']) assert.ok(!stored.includes(plain), plain)
})

test('a role that may not read citizens sees initials and last digits, in the audit trail nobody sees them', async () => {
  const { id } = await enter()
  const seen = await as<CaseAnswer>(world, 'office', 'GET', `/api/cases/${id}`)
  assert.deepEqual(seen.body.citizen, {
    masked: true,
    name: 'N. V. A.',
    idNumber: '•••••••••234',
    phone: '•••••••678',
    address: '•••••',
  })
  assert.deepEqual(seen.body.may, [])
  const trail = JSON.stringify(await world.db.select().from(auditTrail))
  assert.ok(!trail.includes('Nguyễn') && !trail.includes('064090001234'))
})

test('everything wrong with a case is told at once, in Vietnamese, by field', async () => {
  const answer = await as(world, 'inspector', 'POST', '/api/cases', {
    ...aCase({ title: '  ', criterionReason: '' }),
    citizen: { name: 'An 123', idNumber: '12345', phone: '99', address: null },
  })
  assert.equal(answer.status, 422)
  assert.deepEqual(
    answer.body.faults?.map((fault) => fault.field),
    ['title', 'criterionReason', 'citizen.name', 'citizen.idNumber', 'citizen.phone'],
  )
  assert.match(answer.body.faults?.[3]?.message ?? '', /gồm 12 chữ số/)
})

test('a missing or unknown field is a 400 that names it', async () => {
  const { criterion: _, ...without } = aCase()
  const missing = await as(world, 'reception-board', 'POST', '/api/cases', { ...without, secret: 1 })
  assert.equal(missing.status, 400)
  assert.deepEqual(missing.body.faults?.map((fault) => fault.field).sort(), ['body.criterion', 'body.secret'])
  const wrong = await as(world, 'reception-board', 'POST', '/api/cases', { ...aCase(), criterion: 'x' })
  assert.equal(wrong.body.faults?.[0]?.field, 'body.criterion')
})

test('characters that a database refuses do no harm', async () => {
  const made = await enter({ title: 'Đất\u0000 đai \ud800' })
  assert.equal(made.title, 'Đất đai \ufffd')
  const listed = await as(world, 'office', 'GET', '/api/cases?q=%00%25_%5C')
  assert.equal(listed.status, 200)
  assert.equal((await as(world, 'office', 'GET', '/api/cases/not-an-id')).status, 400)
})

test('two writers at once get two codes', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => enter()))
  assert.equal(new Set(made.map((one) => one.code)).size, 8)
})

test('the list is searched without diacritics, filtered, and holds no citizen', async () => {
  await enter({ title: 'Kiến nghị về đường Lê Duẩn', criterion: 'c', kind: 'petition' })
  const found = await as<{ items: CaseListItem[]; total: number }>(
    world,
    'office',
    'GET',
    `/api/cases?q=${encodeURIComponent('duong le duan')}&criterion=c&kind=petition&consent=asked`,
  )
  assert.equal(found.body.total, 1)
  assert.equal(found.body.items[0]?.title, 'Kiến nghị về đường Lê Duẩn')
  assert.ok(!('citizen' in (found.body.items[0] ?? {})))
  const none = await as<{ total: number }>(world, 'office', 'GET', '/api/cases?q=duong%20le%20duan&criterion=a')
  assert.equal(none.body.total, 0)
})

test('the chairman consents once, and it is on the record', async () => {
  const { id, version } = await enter()
  assert.equal((await as(world, 'inspector', 'POST', `/api/cases/${id}/consent`, { version })).status, 403)
  const done = await as<CaseAnswer>(world, 'chairman', 'POST', `/api/cases/${id}/consent`, { version })
  assert.equal(done.body.consent, 'consented')
  assert.equal(done.body.consentByName, 'Người thử chairman')
  const again = await as(world, 'chairman', 'POST', `/api/cases/${id}/refuse`, {
    version: done.body.version,
    reason: 'x',
  })
  assert.equal(again.status, 409)
  assert.equal(again.body.type, 'urn:tiepdan:problem:case-decided')
  const [last] = await world.db.select().from(auditTrail).orderBy(desc(auditTrail.seq)).limit(1)
  assert.equal(last?.action, 'case.consented')
  assert.equal(last?.subject, `case:${id}`)
})

test('a refusal needs a reason, and a changed case is asked again', async () => {
  const { id, version } = await enter()
  const without = await as(world, 'chairman', 'POST', `/api/cases/${id}/refuse`, { version, reason: ' ' })
  assert.equal(without.body.faults?.[0]?.field, 'reason')
  const refused = await as<CaseAnswer>(world, 'chairman', 'POST', `/api/cases/${id}/refuse`, {
    version,
    reason: 'Chưa đủ hồ sơ',
  })
  assert.equal(refused.body.consentReason, 'Chưa đủ hồ sơ')
  const edited = await as<CaseAnswer>(world, 'reception-board', 'PUT', `/api/cases/${id}`, {
    ...aCase({ summary: 'Đã bổ sung hồ sơ.' }),
    version: refused.body.version,
  })
  assert.equal(edited.body.consent, 'asked')
  assert.equal(edited.body.consentReason, null)
})

test('a consented matter stays as it is, the citizen may still be corrected', async () => {
  const { id, version } = await enter()
  const done = await as<CaseAnswer>(world, 'chairman', 'POST', `/api/cases/${id}/consent`, { version })
  const url = `/api/cases/${id}`
  const matter = await as(world, 'reception-board', 'PUT', url, {
    ...aCase({ title: 'Khác' }),
    version: done.body.version,
  })
  assert.equal(matter.status, 409)
  const citizen = { ...aCase().citizen, phone: '+84987654321' }
  const corrected = await as<CaseAnswer>(world, 'reception-board', 'PUT', url, {
    ...aCase({ citizen }),
    version: done.body.version,
  })
  assert.equal(corrected.body.citizen.phone, '0987654321')
  assert.equal(corrected.body.consent, 'consented')
})

test('of two who decide or edit at once, one wins and the other is told', async () => {
  const { id, version } = await enter()
  const answers = await Promise.all([
    as(world, 'chairman', 'POST', `/api/cases/${id}/consent`, { version }),
    as(world, 'chairman', 'POST', `/api/cases/${id}/refuse`, { version, reason: 'Không đủ điều kiện' }),
    as(world, 'reception-board', 'PUT', `/api/cases/${id}`, { ...aCase({ title: 'Mới' }), version }),
  ])
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409, 409])
})

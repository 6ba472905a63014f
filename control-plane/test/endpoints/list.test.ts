import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { Endpoint } from '../../contract/endpoints.ts'
import type { Role } from '../../contract/words.ts'
import { ensureEndpoints } from '../../server/endpoints/store.ts'
import { devices, endpoints } from '../../server/endpoints/tables.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'
import { aDelegate, anEnrolledPc } from './room-pc.ts'

let app: TestApplication
before(async () => {
  app = await testApplication()
})
after(() => app.close())

async function list(role: Role, query: Record<string, string> = {}, endpointId?: string): Promise<Endpoint[]> {
  const options = endpointId === undefined ? {} : { username: `officer-${endpointId.slice(0, 8)}`, endpointId }
  const answer = await app.http.inject({ url: '/api/endpoints', query, headers: await signedIn(app, role, options) })
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json().items
}
const startAgain = () => app.modules.find((module) => module.name === 'endpoints')?.start?.()

test('the centre stands first, then the 135 communes and wards in Vietnamese order', async () => {
  const items = await list('office')
  assert.equal(items.length, 136)
  assert.equal(items[0]?.kind, 'central')
  const names = items.slice(1).map((item) => item.shortName)
  assert.deepEqual(names, [...names].sort(new Intl.Collator('vi').compare))
  assert.equal(new Set(items.map((item) => item.slug)).size, 136)
})

test('a search finds names without accents, by code and by former province', async () => {
  const [found] = await list('office', { q: 'phuong quy nhon' })
  assert.match(found?.name ?? '', /^Phường Quy Nhơn/)
  const byCode = await list('office', { q: found?.communeCode ?? '' })
  assert.ok(byCode.some((item) => item.id === found?.id))
  assert.deepEqual(await list('office', { q: 'không có xã nào tên này' }), [])
})

test('who is called so today stands before who was once', async () => {
  const names = (await list('office', { q: 'pleiku' })).map(({ name }) => name)
  assert.match(names[0] ?? '', /Pleiku/)
  assert.ok(names.some((name) => !name.includes('Pleiku')))
})

test('a second start adds nothing', async () => {
  const before = await app.platform.db.select().from(endpoints)
  await startAgain()
  await startAgain()
  assert.deepEqual(await app.platform.db.select().from(endpoints), before)
})

test('a commune renamed by people, or in the official list, keeps its id, its devices and its history', async () => {
  const commune = await aDelegate(app, 'pleiku')
  const pc = await anEnrolledPc(app, commune.id)
  await app.platform.db.update(endpoints).set({ name: 'Phường Tên Mới' }).where(eq(endpoints.id, commune.id))
  await startAgain()
  const listed = { code: commune.communeCode ?? '', name: 'Phường Tên Khác', shortName: 'Tên Khác', slug: 'ten-khac' }
  const made = await app.platform.db.transaction((tx) =>
    ensureEndpoints(tx, [{ ...listed, formerProvince: '' }], new Date(app.clock.now())),
  )
  assert.equal(made, 0)
  const [row] = await app.platform.db.select().from(endpoints).where(eq(endpoints.id, commune.id))
  assert.equal(row?.name, 'Phường Tên Mới')
  const [device] = await app.platform.db.select().from(devices).where(eq(devices.id, pc.deviceId))
  assert.equal(device?.endpointId, commune.id)
  const history = await app.platform.db
    .select()
    .from(auditTrail)
    .where(eq(auditTrail.subject, `endpoint:${commune.id}`))
  assert.ok(history.some((entry) => entry.action === 'device.code-made'))
  assert.equal((await list('office')).length, 136)
})

test('a commune officer sees only the own endpoint; the others do not exist for him', async () => {
  const own = await aDelegate(app, 'an khe')
  const other = await aDelegate(app, 'quy nhon')
  assert.deepEqual(
    (await list('commune-officer', {}, own.id)).map((item) => item.id),
    [own.id],
  )
  assert.deepEqual(await list('commune-officer', { q: other.name }, own.id), [])
  const headers = await signedIn(app, 'commune-officer', { username: `officer-${own.id.slice(0, 8)}` })
  const show = (id: string) => app.http.inject({ url: `/api/endpoints/${id}`, headers })
  assert.equal((await show(own.id)).statusCode, 200)
  assert.deepEqual((await show(own.id)).json().endpoint.may, ['test'])
  const hidden = await show(other.id)
  const unknown = await show('00000000-0000-4000-8000-000000000001')
  assert.deepEqual([hidden.statusCode, unknown.statusCode], [404, 404])
  assert.equal(hidden.json().title, unknown.json().title)
})

test('a commune officer without an endpoint sees none', async () => {
  const headers = await signedIn(app, 'commune-officer', { username: 'officer-without' })
  const answer = await app.http.inject({ url: '/api/endpoints', headers })
  assert.deepEqual(answer.json().items, [])
})

test('the office edits the contact; a wrong address is named, and a commune officer may not', async () => {
  const endpoint = await aDelegate(app, 'an khe')
  const put = async (role: Role, contactEmail: string) =>
    app.http.inject({
      method: 'PUT',
      url: `/api/endpoints/${endpoint.id}/contact`,
      headers: await signedIn(app, role),
      payload: { contactName: ' Ông Rơ Chăm Đăk ', contactEmail, contactPhone: '' },
    })
  const wrong = await put('office', 'không phải thư')
  assert.equal(wrong.statusCode, 400)
  assert.equal(wrong.json().faults[0].field, 'body.contactEmail')
  const saved = await put('office', 'dau-moi@example.vn')
  assert.deepEqual([saved.json().contactName, saved.json().contactPhone], ['Ông Rơ Chăm Đăk', null])
  assert.equal((await put('commune-officer', 'x@example.vn')).statusCode, 403)
})

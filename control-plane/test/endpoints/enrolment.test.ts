import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { codeLifeMs } from '../../server/endpoints/enrolment.ts'
import { devices, enrolmentCodes } from '../../server/endpoints/tables.ts'
import { sha256Hex } from '../../server/platform/secrets.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'
import { aCode, aDelegate, anEnrolledPc, fromAnywhere } from './room-pc.ts'

let app: TestApplication
let endpointId: string
before(async () => {
  app = await testApplication()
  endpointId = (await aDelegate(app, 'pleiku')).id
})
after(() => app.close())

const enrol = (code: string) => fromAnywhere(app, '/api/kiosk/enrol', { code })
const devicesThere = () => app.platform.db.select().from(devices).where(eq(devices.endpointId, endpointId))

test('a code enrols one PC, however people type it; the database holds neither code nor credential', async () => {
  const code = await aCode(app, endpointId, 'Máy 1')
  assert.match(code, /^[BCGHK-NP-TVXZ2-9]{4}-[BCGHK-NP-TVXZ2-9]{4}$/)
  const enrolled = await enrol(` ${code.toLowerCase().replace('-', ' ')} `)
  assert.equal(enrolled.status, 201, JSON.stringify(enrolled.body))
  assert.match(enrolled.body.endpointName ?? '', /Pleiku/)
  const [device] = (await devicesThere()).filter((row) => row.id === enrolled.body.deviceId)
  assert.equal(device?.label, 'Máy 1')
  const kept = JSON.stringify([await devicesThere(), await app.platform.db.select().from(enrolmentCodes)])
  assert.ok(!kept.includes(code.replace('-', '')) && !kept.includes(enrolled.body.credential ?? 'none'))
  const trail = await app.platform.db.select().from(auditTrail)
  assert.ok(trail.some((row) => row.action === 'device.enrolled' && row.subject === `device:${device?.id}`))
  assert.ok(!JSON.stringify(trail).includes(code))
})

test('wrong, used and too old are refused each by its word, with what to do', async () => {
  const code = await aCode(app, endpointId)
  assert.equal((await enrol(code)).status, 201)
  const late = await aCode(app, endpointId)
  app.clock.advance(codeLifeMs)
  const before = (await devicesThere()).length
  for (const [typed, why] of [
    ['ABCD-2345', /không đúng/],
    [code, /đã dùng/],
    [late, /hết hạn/],
  ] as const) {
    const refused = await enrol(typed)
    assert.equal(refused.status, 404)
    assert.match(refused.body.title ?? '', why)
    assert.match(refused.body.title ?? '', /cấp mã mới/)
  }
  assert.equal((await devicesThere()).length, before)
})

test('a code holds until the last moment of its quarter of an hour', async () => {
  const code = await aCode(app, endpointId)
  app.clock.advance(codeLifeMs - 1)
  assert.equal((await enrol(code)).status, 201)
})

test('of two PCs with one code at once, one is enrolled', async () => {
  const code = await aCode(app, endpointId)
  const before = (await devicesThere()).length
  const answers = await Promise.all([enrol(code), enrol(code), enrol(code)])
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 404, 404])
  assert.equal((await devicesThere()).length, before + 1)
})

test('after ten wrong codes in a minute an address is told so; the right one is taken there all the same', async () => {
  const code = await aCode(app, endpointId)
  const typeIn = (typed: string) =>
    app.http.inject({ method: 'POST', url: '/api/kiosk/enrol', payload: { code: typed } })
  const tries = []
  for (let count = 0; count < 12; count++) tries.push((await typeIn('WRONG-234')).statusCode)
  assert.deepEqual(tries, [...Array.from({ length: 10 }, () => 404), 429, 429])
  assert.equal((await typeIn(code)).statusCode, 201)
})

test('a code is taken as it was pasted, and as an input method left it', async () => {
  const code = await aCode(app, endpointId)
  assert.equal((await enrol(`Mã ghi danh: ${code}. Mã dùng một lần.`)).status, 201)
  // Made by an earlier release, shown before this one was installed, and typed in Telex: "W" stands there as "Ư".
  const { db, clock } = app.platform
  const [kept] = await db.select().from(enrolmentCodes).limit(1)
  assert.ok(kept)
  const expiresAt = new Date(clock.now() + codeLifeMs)
  await db
    .insert(enrolmentCodes)
    .values({ ...kept, codeHash: sha256Hex('K3WQ27NB'), usedAt: null, deviceId: null, expiresAt })
  assert.equal((await enrol('k3ưq-27nb')).status, 201)
})

test('only office and administrator make codes and revoke; a refused try stands in the audit trail', async () => {
  const make = async (role: 'chairman' | 'commune-officer') =>
    app.http.inject({
      method: 'POST',
      url: `/api/endpoints/${endpointId}/enrolment-codes`,
      headers: await signedIn(app, role, role === 'commune-officer' ? { username: 'own-officer', endpointId } : {}),
      payload: { label: 'Máy lạ' },
    })
  assert.deepEqual([(await make('chairman')).statusCode, (await make('commune-officer')).statusCode], [403, 403])
  const trail = await app.platform.db.select().from(auditTrail).where(eq(auditTrail.action, 'permission.denied'))
  assert.equal(trail.filter((row) => row.detail.permission === 'device.manage').length, 2)
})

test('a revoked PC gets no further token and its running token is refused; revoking twice is told', async () => {
  const pc = await anEnrolledPc(app, endpointId)
  const { token } = (await pc.session()).body
  const headers = await signedIn(app, 'office')
  const revoke = () =>
    app.http.inject({
      method: 'POST',
      url: `/api/devices/${pc.deviceId}/revoke`,
      headers,
      payload: { reason: 'Thay máy' },
    })
  const answers = await Promise.all([revoke(), revoke()])
  assert.deepEqual(answers.map((answer) => answer.statusCode).sort(), [204, 409])
  const session = await pc.session()
  assert.deepEqual([session.status, session.body.type], [401, 'urn:tiepdan:problem:device-revoked'])
  const enter = await app.http.inject({
    method: 'POST',
    url: '/api/kiosk/hearings/00000000-0000-4000-8000-000000000001/enter',
    headers: { authorization: `Bearer ${token}` },
  })
  assert.equal(enter.statusCode, 401)
})

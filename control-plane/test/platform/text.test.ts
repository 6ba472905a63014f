import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { CaseAnswer } from '../../contract/cases.ts'
import type { RouteContract } from '../../contract/route.ts'
import { cleanIdNumber, cleanName, cleanPhone, cleanText, foldForSearch, isPhone } from '../../contract/text.ts'
import { cases } from '../../server/cases/tables.ts'
import { hearings } from '../../server/hearings/tables.ts'
import { validatorCompiler } from '../../server/platform/validation.ts'
import { aCase } from '../hearings/world.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

/** What is typed, and how it is stored. */
const stored: [string, string][] = [
  ['Nguyễn\u200bVăn An', 'NguyễnVăn An'],
  ['\u202aNguyễn Văn An\u202c', 'Nguyễn Văn An'],
  ['\ufeffĐơn \u2068khiếu\u2069 nại\u00ad', 'Đơn khiếu nại'],
  ['H‘Nhung', 'H’Nhung'],
  ['H´Nhung', 'H’Nhung'],
  ["H'Nhung", 'H’Nhung'],
  ['H`Nhung', 'H’Nhung'],
  ['HʼNhung', 'H’Nhung'],
  ['H′Nhung và Y＇Bih', 'H’Nhung và Y’Bih'],
  ["H''Nhung", 'H’Nhung'],
  ["Đắk R'lấp", 'Đắk R’lấp'],
  ['Ðào Thị Ðẹp', 'Đào Thị Đẹp'],
  ['ðất Ɖông ɖường', 'đất Đông đường'],
  ['D\u0335ất d\u0336ai', 'Đất đai'],
  ['Chư\u2011sê, Chư–sê', 'Chư-sê, Chư-sê'],
  ['Giai đoạn 2020–2025 – kế hoạch', 'Giai đoạn 2020–2025 – kế hoạch'],
  ['Ông nói ‘không đồng ý’ rồi về', 'Ông nói ‘không đồng ý’ rồi về'],
  ['ho\u0302\u0300ng', 'hồng'],
  ['Nguyễn\u00a0Văn\u3000 An ', 'Nguyễn Văn An'],
  ['dòng một \r\ndòng hai\u2028dòng ba\n\n\n\nhết', 'dòng một\ndòng hai\ndòng ba\n\nhết'],
  ["o'neil@example.vn", "o'neil@example.vn"],
  ['a\u0000b\u0007\u009bc', 'abc'],
  ['\u200b\u2060', ''],
]

test('a table of what is typed and what is stored; storing again changes nothing', () => {
  for (const [typed, wanted] of stored) {
    assert.equal(cleanText(typed), wanted, JSON.stringify(typed))
    assert.equal(cleanText(wanted), wanted, JSON.stringify(wanted))
  }
  assert.equal(cleanName('Y‘ \n Bih  Niê–Kđăm'), 'Y’ Bih Niê-Kđăm')
})

test('telephone and identity numbers, however they are grouped', () => {
  const phones = ['0912345678', '0912.345.678', '0912 345 678', '(0912) 345-678', '84912345678', '+84912345678']
  phones.push(
    '0084912345678',
    '+84 (0) 912.345.678',
    '0084 912 345 678',
    '\u202a0912\u2011345\u2011678\u202c',
    '０９１２３４５６７８',
  )
  for (const typed of phones) assert.equal(cleanPhone(typed), '0912345678', typed)
  assert.equal(cleanPhone('(0269) 3.824.567'), '02693824567')
  assert.equal(cleanPhone('0841234567'), '0841234567')
  assert.deepEqual(['0912345678', '02693824567', '912345678', '09123', '0912345678a', '00912345678'].map(isPhone), [
    ...[true, true, false, false, false, false],
  ])
  for (const typed of ['064 090 001 234', '064.090.001.234', '064090001234\u200b'])
    assert.equal(cleanIdNumber(typed), '064090001234')
})

/** What stands somewhere, what is typed to find it. */
const found: [string, string][] = [
  ['Phường Quy Nhơn', 'qui nhon'],
  ['Đường Lý Thái Tổ, Mỹ Lợi', 'lí thái tổ, mĩ lợi'],
  ['Quý', 'Quí'],
  ["H'Nhung", 'H’Nhung'],
  ['H’Nhung', 'h nhung'],
  ['H’ Nhung', "H'Nhung"],
  ['Rơ Châm H’Nhung', 'cham h'],
  ['Ðức Cơ', 'duc co'],
  ['Chư Sê', 'Chư-sê'],
  ['Chư-Sê', 'chu se'],
  ['Quyết định 1234/QĐ-UBND ngày 05/6', '1234 QĐ UBND'],
  ['Quyết định 1234 QÐ UBND', '1234/QĐ-UBND'],
  ['Công văn số 1.234/UBND', '1234'],
  ['Nói “giữ nguyên” rồi thôi', 'giữ nguyên rồi'],
  ['góp ý kiến về quy hoạch', 'kiến về qui'],
  ['Khu B khu phố 2', 'b khu pho 2'],
  ['VV-2026-0001', 'vv 2026 0001'],
  ['Số điện thoại 0912.345.678', '0912345678'],
]

test('a table of what stands and what finds it', () => {
  for (const [stands, typed] of found) {
    assert.ok(foldForSearch(stands).includes(foldForSearch(typed)), `${stands} by ${typed}: ${foldForSearch(stands)}`)
    assert.equal(foldForSearch(foldForSearch(stands)), foldForSearch(stands), stands)
  }
  for (const [one, other] of [
    ['Tây Sơn', 'Tai Sơn'],
    ['may mắn', 'mai mắn'],
    ['An Nhơn', 'An Nhân'],
    ['Quy Nhơn', 'Qua Nhơn'],
  ] as const)
    assert.notEqual(foldForSearch(one), foldForSearch(other))
})

interface Shape {
  type?: string
  properties?: Record<string, Shape>
  items?: Shape
  anyOf?: Shape[]
  writeOnly?: boolean
}
const dirty = 'H´Nhung \u200bÐ\u00a0 x '
const clean = 'H’Nhung Đ x'

/** A value in which every text is the dirty one. */
function filled(shape: Shape): unknown {
  if (shape.anyOf !== undefined) return filled(shape.anyOf.find(({ type }) => type !== 'null') ?? {})
  if (shape.type === 'object')
    return Object.fromEntries(Object.entries(shape.properties ?? {}).map(([name, inner]) => [name, filled(inner)]))
  if (shape.type === 'array') return [filled(shape.items ?? {})]
  return shape.type === 'string' ? dirty : 1
}
function textsOf(value: unknown, path: string): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => textsOf(inner, `${path}.${name}`))
}

test('every text of every body goes through it, but secrets and what machines say', async () => {
  const folder = join(import.meta.dirname, '../../contract')
  const left: string[] = []
  let seen = 0
  for (const file of readdirSync(folder)) {
    const parts = Object.values((await import(join(folder, file))) as Record<string, unknown>)
    for (const { method, url, schema } of parts.filter(
      (one) => (one as RouteContract | null)?.schema !== undefined,
    ) as RouteContract[]) {
      if (schema?.body === undefined || method === undefined) continue
      const data = filled(schema.body as Shape)
      const check = validatorCompiler({ schema: schema.body, method, url, httpPart: 'body' })
      await check(data)
      for (const [path, text] of textsOf(data, '')) {
        seen += 1
        if (text !== clean) left.push(`${url}${path}`)
      }
    }
  }
  assert.ok(seen > 80, `${seen}`)
  const machines = /^\/api\/(recorder-reports|kiosk\/test-calls)/
  assert.deepEqual(left.filter((where) => !machines.test(where)).sort(), [
    '/api/me/email.password',
    '/api/me/password.current',
    '/api/me/password.fresh',
    '/api/me/second-factor.password',
    '/api/me/step-up.password',
    '/api/service-tokens.secret',
    '/api/sign-in.password',
  ])
})

let app: TestApplication
before(async () => {
  app = await testApplication()
})
after(() => app.close())

async function ask(role: 'reception-board' | 'office', method: 'GET' | 'POST', url: string, payload?: object) {
  const answer = await app.http.inject({
    method,
    url,
    headers: await signedIn(app, role),
    ...(payload ? { payload } : {}),
  })
  return { status: answer.statusCode, body: answer.json() }
}

test('what a clerk pastes from elsewhere is taken, stored clean, and found by other spellings', async () => {
  const citizen = {
    name: '\u202aH´Nhung\u200b Niê',
    idNumber: '064.090.001.234',
    phone: '0084 912.345.678',
    address: null,
  }
  const made = await ask(
    'reception-board',
    'POST',
    '/api/cases',
    aCase({ title: 'Đất ở Chư‑sê theo 1234/QÐ-UBND', citizen }),
  )
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const seen = made.body as CaseAnswer
  assert.deepEqual(
    [seen.title, seen.citizen.name, seen.citizen.idNumber, seen.citizen.phone],
    ['Đất ở Chư-sê theo 1234/QĐ-UBND', 'H’Nhung Niê', '064090001234', '0912345678'],
  )
  for (const typed of ['1234 QĐ UBND', 'chư sê', 'CHƯ–SÊ', '\u200bdat o chu se']) {
    const { body } = await ask('office', 'GET', `/api/cases?q=${encodeURIComponent(typed)}`)
    assert.deepEqual(
      body.items.map(({ id }: { id: string }) => id),
      [seen.id],
      typed,
    )
  }
  const odd = await ask('reception-board', 'POST', '/api/cases', aCase({ citizen: { ...citizen, name: 'An <3 7' } }))
  assert.equal(odd.status, 422)
  assert.match(odd.body.faults[0].message, /“<”, “3”, “7”/)
})

test('a ward is found by those it was made of, and by its former district', async () => {
  for (const [typed, name] of [
    ['Hội Thương', 'Phường Pleiku'],
    ['xa tra da', 'Phường Pleiku'],
    ['thi nai', 'Phường Quy Nhơn'],
    ['qui nhon', 'Phường Quy Nhơn'],
  ] as const) {
    const { body } = await ask('office', 'GET', `/api/endpoints?q=${encodeURIComponent(typed)}`)
    assert.ok(
      body.items.some((item: { name: string }) => item.name === name),
      typed,
    )
  }
  const { body } = await ask('office', 'GET', '/api/endpoints')
  const bare = body.items.filter(
    ({ kind, formerNames }: { kind: string; formerNames: string[] }) => kind === 'delegate' && formerNames.length === 0,
  )
  assert.deepEqual(bare, [])
})

test('what an earlier release folded otherwise is found after the next start', async () => {
  await app.platform.db.update(cases).set({ searchText: 'vv-2026-0001 chư-sê' })
  const at = new Date(app.clock.now())
  const plan = { code: 'BT-2026-009', title: 'Tiếp dân ở H’Nol', startsAt: at, endsAt: at, createdAt: at }
  await app.platform.db.insert(hearings).values({ ...plan, searchText: 'bt-2026-009 h’nol', createdBy: randomUUID() })
  const start = (name: string) => app.modules.find((module) => module.name === name)?.start?.()
  await start('cases')
  await start('hearings')
  const [row] = await app.platform.db.select().from(cases)
  assert.equal(row?.searchText, foldForSearch(`${row?.code} ${row?.title} ${row?.summary}`))
  const { body } = await ask('office', 'GET', `/api/hearings?q=${encodeURIComponent("h'nol")}`)
  assert.equal(body.total, 1)
})

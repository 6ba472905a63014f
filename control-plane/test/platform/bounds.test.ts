import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Type } from 'typebox'
import { KioskSays } from '../../contract/kiosk.ts'
import { Checks } from '../../contract/self-check.ts'
import { unboundedParts } from '../../server/platform/bounds.ts'
import { createHttp } from '../../server/platform/http.ts'
import { type TestApplication, testApplication } from '../support/application.ts'

let app: TestApplication
before(async () => {
  app = await testApplication()
  await app.http.ready()
})
after(() => app.close())

const strict = { additionalProperties: false }
const text = Type.String({ maxLength: 5 })
const cases: [string, object, string[]][] = [
  ['a closed object of bounded texts', Type.Object({ a: text, b: Type.Array(text, { maxItems: 3 }) }, strict), []],
  ['one word of several', Type.Unsafe({ type: 'string', enum: ['a', 'b'] }), []],
  ['text', Type.Object({ a: Type.String({ pattern: '^a*$' }) }, strict), ['a: text without maxLength']],
  ['list', Type.Object({ a: Type.Array(text) }, strict), ['a: list without maxItems']],
  ['inside a list', Type.Array(Type.String(), { maxItems: 3 }), ['.[]: text without maxLength']],
  ['members', Type.Object({ a: text }), ['.: object open to any number of members']],
  ['members, counted', Type.Object({ a: text }, { maxProperties: 9 }), []],
  ['names', Type.Record(Type.String(), text), ['.: object open to any number of members']],
  ['half a range', Type.Integer({ minimum: 1 }), ['.: figure without minimum and maximum']],
  ['of two', Type.Union([Type.Null(), Type.String()]), ['.: text without maxLength']],
  ['anything', Type.Unknown(), ['.: type is not said']],
]
for (const [name, schema, expected] of cases) {
  test(`what may grow without end is found: ${name}`, () => {
    const found = unboundedParts(schema)
    for (const part of expected) assert.ok(found.includes(part), `${found}`)
    assert.equal(found.length > 0, expected.length > 0)
  })
}

interface Operation {
  parameters?: { name: string; schema: object }[]
  requestBody?: { content: Record<string, { schema: object }> }
}

test('every address and body in the OpenAPI document is bounded, and so is what comes over sockets', async () => {
  const { paths } = (await app.http.inject('/api/openapi.json')).json() as {
    paths: Record<string, Record<string, Operation>>
  }
  const found: string[] = []
  let looked = 0
  for (const [path, operations] of Object.entries(paths))
    for (const [method, { parameters = [], requestBody }] of Object.entries(operations)) {
      const bodies = Object.values(requestBody?.content ?? {}).map(({ schema }) => schema)
      for (const schema of [...parameters.map((parameter) => parameter.schema), ...bodies]) {
        looked += 1
        found.push(...unboundedParts(schema).map((where) => `${method} ${path} ${where}`))
      }
    }
  assert.ok(looked > 60, `${looked}`)
  assert.deepEqual(found, [])
  assert.deepEqual(
    [KioskSays, Checks].flatMap((schema) => unboundedParts(schema)),
    [],
  )
})

test('a route with an unbounded request keeps the server from starting and is named', async () => {
  const http = await createHttp(app.platform.config, app.platform.log)
  http.post('/endless', { schema: { body: Type.Object({ list: Type.Array(text) }, strict) } }, async () => 'never')
  await assert.rejects(async () => http.ready(), /POST \/endless body list: list without maxItems/)
})

test('no pattern takes longer than its text is long', async () => {
  const { paths } = (await app.http.inject('/api/openapi.json')).json()
  const patterns = new Set(
    [...JSON.stringify(paths).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, found]) => found),
  )
  assert.ok(patterns.size >= 5)
  const hostile = ['a', '0', ' ', '-', '.', '+', 'a-', '0 ', '\t'].map(
    (part) => `${part.repeat(50_000 / part.length)}!`,
  )
  for (const found of patterns) {
    const pattern = new RegExp(JSON.parse(found ?? ''), 'u')
    const before = process.threadCpuUsage()
    for (const text of hostile) pattern.test(text)
    const { user, system } = process.threadCpuUsage(before)
    assert.ok(user + system < 100_000, `${pattern} took ${(user + system) / 1000} ms`)
  }
})

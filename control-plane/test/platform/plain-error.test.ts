import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DrizzleQueryError } from 'drizzle-orm/errors'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { createLog } from '../../server/platform/log.ts'
import { plainError, wordsOf } from '../../server/platform/plain-error.ts'
import { Problem } from '../../server/platform/problem.ts'
import { people, peopleIn } from '../support/logs.ts'

const [name = '', , , , , , number = '', , phone = ''] = people
const mail = 'cuong@example.vn'

/** What PostgreSQL and the libraries throw, with the values where they put them. */
function jsonError(): Error {
  try {
    return JSON.parse(`{"name": ${name} ${number}`) as Error
  } catch (error) {
    return error as Error
  }
}
const refused = Object.assign(new Error('duplicate key value violates unique constraint "cases_citizen"'), {
  code: '23505',
  constraint: 'cases_citizen',
  table: 'cases',
  detail: `Key (citizen_name)=(${name}) already exists.`,
  where: `COPY cases, line 1, column citizen_name: "${name}"`,
})
const badInput = Object.assign(new Error(`invalid input syntax for type uuid: "${number}"`), { code: '22P02' })
const failures: Record<string, unknown> = {
  statement: new DrizzleQueryError('insert into "cases" values ($1, $2)', [name, number], refused),
  'statement with a literal': new DrizzleQueryError(`update cases set citizen = '${name}'`, [], badInput),
  'the words alone': new Error(`Failed query: insert into cases values ($1)\nparams: ${name},${number}`),
  'a plain object, as pg-boss makes it': { ...refused, message: refused.message, stack: refused.stack },
  'the values of PostgreSQL': badInput,
  'a function of the database': Object.assign(new Error(`refused: ${name}`), { code: 'P0001' }),
  'a parser': jsonError(),
  'a mail server': Object.assign(new Error(`Can't send mail - all recipients were rejected: 550 5.1.1 <${mail}>: no`), {
    code: 'EENVELOPE',
    responseCode: 550,
    response: `550 5.1.1 <${mail}>: no`,
    rejected: [mail],
    envelope: { to: [mail] },
  }),
  'a schema of requests': Object.assign(new Error(`body/name must be equal to "${name}"`), {
    code: 'FST_ERR_VALIDATION',
    statusCode: 400,
    validation: [{ keyword: 'enum', schemaPath: '#/properties/name/enum', instancePath: `/${name}`, data: name }],
  }),
  'a schema of ours': new Error([...Value.Errors(Type.Object({ n: Type.Number() }), { n: name })].join(), {
    cause: { value: name, message: `Received "${name}"` },
  }),
  'a problem': new Problem('case-closed', { title: `Vụ việc của “${name}” đã đóng`, detail: phone, extra: { name } }),
  'an upload': new Error(
    `tus: unexpected response, response code: 500, response text: {"title":"${name}"}, request id: n/a`,
  ),
  'several at once': new AggregateError(
    [new DrizzleQueryError('select $1', [phone], refused)],
    'reconciliation failed',
  ),
  'a long way down': new Error('outer', { cause: new Error('middle', { cause: refused }) }),
  'no error at all': `refused for ${phone}`,
}

for (const [what, error] of Object.entries(failures)) {
  test(`an error keeps what failed and no value: ${what}`, () => {
    const lines: string[] = []
    const log = createLog('debug', { write: (line: string) => void lines.push(line) })
    log.error({ err: error }, 'failed')
    log.error({ err: error })
    if (typeof error === 'object') log.error(error as Error)
    log.error({ error, cause: error }, 'failed')
    if (error instanceof Error) log.error({ err: error }, error.message)
    log.child({ reqId: '1' }).warn({ err: new Error('outer', { cause: error }) }, 'failed')
    assert.ok(lines.length >= 4)
    const said = `${lines.join('')}${wordsOf(error)}`
    assert.deepEqual(peopleIn(said), [])
    assert.ok(!/\bparams\b|"detail"|"rejected"|"envelope"|"response"|"extra"/.test(lines.join('')), lines.join(''))
  })
}

test('code, constraint, table, statement, places and causes stay', () => {
  const plain = plainError(failures.statement)
  assert.equal(plain.statement, 'insert into "cases" values ($1, $2)')
  assert.match(plain.stack ?? '', /plain-error\.test/)
  assert.deepEqual(
    [plain.cause?.code, plain.cause?.constraint, plain.cause?.table],
    ['23505', 'cases_citizen', 'cases'],
  )
  assert.match(plain.cause?.message ?? '', /unique constraint "cases_citizen"/)
  assert.match(wordsOf(failures.statement), /^Failed query: duplicate key .* \(23505\)$/)
  assert.equal(plainError(failures['a problem']).code, 'case-closed')
  assert.deepEqual(plainError(failures['a schema of requests']).rules, ['enum /properties/name/enum'])
  const refusal = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' })
  assert.equal(wordsOf(refusal), 'connect ECONNREFUSED 127.0.0.1:5432')
  assert.match(wordsOf(new Error("ENOENT: no such file, open '/srv/store/a-1.mp4'")), /'\/srv\/store\/a-1\.mp4'/)
})

test('an error that is its own cause, or none, does not hang or throw', () => {
  const circle = new Error('circle')
  circle.cause = circle
  for (const odd of [circle, undefined, null, 7, {}, { message: 5 }, Object.create(null)]) assert.ok(wordsOf(odd))
})

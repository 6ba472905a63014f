import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DrizzleQueryError } from 'drizzle-orm/errors'
import { isDatabaseGone, OutcomeUnknown, sqlState } from '../../server/platform/database-faults.ts'

const coded = (code: string): Error => Object.assign(new Error('x'), { code })

// PostgreSQL, appendix A: class 08 whole, and what a server says that goes, comes or is full.
const states =
  '08000 08003 08006 08001 08004 08007 08P01 57P01 57P02 57P03 57P04 57P05 53300 25P03 ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN CONNECT_TIMEOUT CONNECTION_CLOSED CONNECTION_ENDED CONNECTION_DESTROYED'.split(
    ' ',
  )
const words = [
  'Connection terminated unexpectedly',
  'Connection terminated',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Query read timeout',
  'Cannot use a pool after calling end on the pool',
]

test('every way in which a database is gone is known, however deep it stands', () => {
  const gone = [...states.map(coded), ...words.map((text) => new Error(text))]
  for (const error of gone) {
    const wrapped = [
      error,
      new DrizzleQueryError('select $1', ['x'], error),
      new Error('outer', { cause: new DrizzleQueryError('select $1', ['x'], error) }),
      new AggregateError([new Error('other'), error], 'both addresses'),
      new OutcomeUnknown(error),
    ]
    for (const one of wrapped) assert.ok(isDatabaseGone(one), `${one} ${(error as { code?: string }).code}`)
  }
})

test('what the database refused, or a neighbour did, is not a lost database', () => {
  const there = ['23505', '23503', '22P02', '40001', '40P01', '42P01', '57014', '55P03', 'ENOENT', 'ENOSPC'].map(coded)
  const neighbour = new TypeError('fetch failed', { cause: coded('ECONNREFUSED') })
  const circle = new Error('circle')
  circle.cause = circle
  for (const error of [...there, neighbour, circle, new Error('query'), 'text', undefined])
    assert.ok(!isDatabaseGone(error), String(error))
})

test('the SQLSTATE is found below what wraps it, and Node’s codes are none', () => {
  assert.equal(sqlState(new DrizzleQueryError('select 1', [], coded('23505'))), '23505')
  assert.equal(sqlState(coded('EPIPE')), undefined)
})

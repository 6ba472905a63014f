import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { OpenDatabase, Tx } from '../../server/platform/database.ts'
import { isDatabaseGone, OutcomeUnknown } from '../../server/platform/database-faults.ts'
import { openPostgres } from '../../server/platform/postgres.ts'
import { emptyPostgres } from '../support/databases.ts'
import { type TcpLine, tcpLine } from '../support/tcp-line.ts'

const migrations = join(import.meta.dirname, '../../server/migrations')
const patience = { connectMs: 1_000, statementMs: 1_000, answerMs: 1_500, idleMs: 2_000 }
const skip = process.env.TIEPDAN_TEST_DATABASE === 'pglite' ? 'needs PostgreSQL' : false

suite('a line to PostgreSQL that breaks', { skip }, () => {
  let real: Awaited<ReturnType<typeof emptyPostgres>>
  let line: TcpLine
  let far: OpenDatabase
  let near: OpenDatabase
  before(async () => {
    real = await emptyPostgres()
    near = await openPostgres(real.url, migrations)
    line = await tcpLine(Number(new URL(real.url).port))
    far = await openPostgres(real.url.replace(/:\d+\//, `:${line.port}/`), migrations, patience)
    await near.db.execute(sql`create table written (what text primary key)`)
  })
  after(async () => {
    await line.mend()
    await far.close()
    await line.close()
    await near.close()
    await real.drop()
  })

  const rows = (result: unknown): Record<string, unknown>[] => (result as { rows: Record<string, unknown>[] }).rows
  const write = (tx: Tx, what: string): Promise<unknown> => tx.execute(sql`insert into written values (${what})`)
  const isWritten = async (what: string): Promise<boolean> =>
    rows(await near.db.execute(sql`select 1 from written where what = ${what}`)).length > 0
  const endBackend = async (tx: Tx): Promise<void> => {
    const [row] = rows(await tx.execute(sql`select pg_backend_pid() as pid`))
    await near.db.execute(sql`select pg_terminate_backend(${row?.pid})`)
    await pause(50)
  }
  async function works(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs
    for (;;) {
      const fault = await far.ping().then(
        () => undefined,
        (error: unknown) => error,
      )
      if (fault === undefined) return
      assert.ok(isDatabaseGone(fault), `not known as a lost database: ${fault}`)
      assert.ok(performance.now() < until, `not back within ${withinMs} ms: ${fault}`)
      await pause(50)
    }
  }

  test('a transaction whose connection died writes nothing more, on no other connection either', async () => {
    let late: unknown
    const told = far.db.transaction(async (tx) => {
      await write(tx, 'before the end')
      await endBackend(tx)
      await far.ping()
      late = await write(tx, 'after the end').catch((error: unknown) => error)
    })
    await assert.rejects(told, isDatabaseGone)
    assert.ok(isDatabaseGone(late), String(late))
    assert.deepEqual([await isWritten('before the end'), await isWritten('after the end')], [false, false])
  })

  test('a COMMIT without an answer is neither done nor failed', async () => {
    for (const isCommitted of [true, false]) {
      const what = `answer lost, ${isCommitted}`
      if (isCommitted) line.onSent = (data) => data.includes('commit')
      const told = far.db.transaction(async (tx) => {
        await write(tx, what)
        if (!isCommitted) await endBackend(tx)
      })
      await assert.rejects(told, (error) => error instanceof OutcomeUnknown && isDatabaseGone(error))
      line.onSent = () => false
      assert.equal(await isWritten(what), isCommitted)
    }
    await works(2_000)
  })

  test('the reason of a transaction that failed is not hidden behind its ROLLBACK', async () => {
    const told = far.db.transaction(async (tx) => {
      await endBackend(tx)
      throw new Error('a rule was broken')
    })
    await assert.rejects(told, /a rule was broken/)
  })

  test('connections that die while they begin are not kept: thirty times, and ten at once are still served', async () => {
    line.onSent = (data) => data.includes('begin')
    for (let n = 0; n < 30; n++)
      await assert.rejects(
        far.db.transaction((tx) => write(tx, 'never')),
        isDatabaseGone,
      )
    line.onSent = () => false
    await Promise.all(Array.from({ length: 10 }, () => far.db.transaction((tx) => tx.execute(sql`select 1`))))
    assert.equal(await isWritten('never'), false)
  })

  test('a statement and a transaction end when the network is gone without a word, and the next ones are served', async () => {
    await far.ping()
    const begun = performance.now()
    let inside: unknown
    const transaction = far.db.transaction(async (tx) => {
      await write(tx, 'in silence')
      line.silence()
      inside = await write(tx, 'later').catch((error: unknown) => error)
      throw inside
    })
    await assert.rejects(transaction, isDatabaseGone)
    await assert.rejects(far.ping(), isDatabaseGone)
    const took = performance.now() - begun
    assert.ok(took < 2 * patience.answerMs + patience.connectMs + 1_500, `${Math.round(took)} ms`)
    await line.mend()
    await works(4_000)
    assert.equal(await isWritten('in silence'), false)
  })

  test('PostgreSQL itself ends a statement that takes too long, and a transaction in which nothing happens', async () => {
    await assert.rejects(far.db.execute(sql`select pg_sleep(5)`), (error) => {
      const codes = [error, (error as Error).cause].map((one) => (one as { code?: string }).code)
      return codes.includes('57014') && !isDatabaseGone(error)
    })
    const idle = far.db.transaction(async (tx) => {
      await write(tx, 'idle')
      await pause(patience.idleMs + 500)
      await write(tx, 'too late')
    })
    await assert.rejects(idle, isDatabaseGone)
    assert.equal(await isWritten('idle'), false)
  })

  test('what is announced while the line is down is told as missed once, and what comes after is heard', async () => {
    const heard: string[] = []
    const stop = await far.listen('test_channel', {
      onPayload: (payload) => heard.push(payload),
      onMissed: () => heard.push('missed'),
    })
    const announce = (words: string): Promise<unknown> =>
      near.db.execute(sql`select pg_notify('test_channel', ${words})`)
    const until = async (words: string, times = 1): Promise<void> => {
      const count = (): number => heard.filter((one) => one === words).length
      for (const end = performance.now() + 15_000; count() < times; await pause(20))
        assert.ok(performance.now() < end, `never heard ${words}: ${heard}`)
    }
    await announce('first')
    await until('first')
    await line.cut()
    await announce('lost')
    await pause(300)
    await line.mend()
    await until('missed')
    await announce('second')
    await until('second')
    line.silence()
    await announce('lost too')
    // The sign of life finds it: no one closes a silent line.
    await pause(11_000)
    await line.mend()
    await until('missed', 2)
    await announce('third')
    await until('third')
    assert.deepEqual(heard, ['first', 'missed', 'second', 'missed', 'third'])
    await stop()
  })
})

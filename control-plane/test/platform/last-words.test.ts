import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { aHost, end, until } from '../jibri/host.ts'
import { databaseKind, emptyPostgres } from '../support/databases.ts'
import { startOwnProcess } from '../support/own-process.ts'

const root = resolve(import.meta.dirname, '../../..')

const failure =
  "Object.assign(new Error('Failed query: insert\\nparams: Bùi Thị Lộ,052080009876'), { query: 'insert into cases values ($1)', params: ['Bùi Thị Lộ', '052080009876'], detail: 'Key (052080009876)', cause: Object.assign(new Error('duplicate key value violates unique constraint \"cases_code\"'), { code: '23505', constraint: 'cases_code' }) })"
const ways = { thrown: `throw ${failure}`, rejected: `Promise.reject(${failure})` }

suite('a process that dies says why, and no value', () => {
  let folder: string
  let database: Awaited<ReturnType<typeof emptyPostgres>> | undefined
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tdw-'))
    database = databaseKind() === 'postgres' ? await emptyPostgres() : undefined
  })
  after(async () => {
    await database?.drop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs before the program, and breaks it at SIGWINCH, which nobody else heeds, in a way that nobody catches. */
  function breaking(how: string): string {
    const path = join(mkdtempSync(join(folder, 'b')), 'breaking.mjs')
    writeFileSync(path, `process.once('SIGWINCH', () => { ${how} })`)
    return `--import=${path}`
  }

  const tellsWhy = (said: string): void => {
    assert.match(said, /Failed query/)
    assert.match(said, /23505/)
    assert.match(said, /cases_code/)
    assert.doesNotMatch(said, /Bùi Thị Lộ|052080009876/)
  }

  // Both kinds, one of them with a log that is switched off.
  for (const [level, how] of [
    ['info', ways.thrown],
    ['silent', ways.rejected],
  ] as const) {
    test(`the control plane, log level ${level}`, async () => {
      const started = await startOwnProcess({
        folder: mkdtempSync(join(folder, 'c')),
        databaseUrl: database?.url ?? '',
        environment: { NODE_OPTIONS: breaking(how), TIEPDAN_LOG_LEVEL: level },
      })
      const ended = new Promise((done) => started.child.once('exit', done))
      started.child.kill('SIGWINCH')
      assert.equal(await ended, 1)
      tellsWhy(started.log())
    })
  }

  test('a command to it, while the answer is awaited', async () => {
    let asked = Promise.withResolvers<void>()
    const server = createServer(() => asked.resolve()).listen(join(folder, 'commands.sock'))
    for (const how of Object.values(ways)) {
      const child = spawn(process.execPath, [join(root, 'control-plane/server/command-main.ts'), 'verify-audit'], {
        env: { ...process.env, TIEPDAN_DATA_FOLDER: folder, NODE_OPTIONS: breaking(how) },
      })
      let said = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
      await asked.promise
      asked = Promise.withResolvers<void>()
      child.kill('SIGWINCH')
      assert.equal(await new Promise((done) => child.once('close', done)), 1, said)
      tellsWhy(said)
    }
    server.closeAllConnections()
    server.close()
  })

  test('the daemon of a recorder host', async () => {
    for (const how of Object.values(ways)) {
      const host = aHost('http://127.0.0.1:9', {}, { NODE_OPTIONS: breaking(how) })
      const child = host.start()
      await until('the daemon is ready', () => host.lines.some((line) => line.includes('ready')))
      assert.equal(await end(child, 'SIGWINCH'), 1)
      assert.ok(
        host.lines.some((line) => line.includes('nobody caught') && line.includes('Failed query')),
        host.lines.join('\n'),
      )
      await host.stop()
    }
  })

  test('a port that is taken, a database that cannot be opened', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((done) => taken.once('listening', done))
    const environment = { TIEPDAN_PORT: String((taken.address() as AddressInfo).port), TIEPDAN_LOG_LEVEL: 'silent' }
    const starting = startOwnProcess({
      folder: mkdtempSync(join(folder, 'p')),
      databaseUrl: database?.url ?? '',
      environment,
    })
    await assert.rejects(starting, /EADDRINUSE/)
    taken.close()
    const gone = startOwnProcess({
      folder: mkdtempSync(join(folder, 'g')),
      databaseUrl: 'postgres://nobody:mat-khau-bi-mat@127.0.0.1:9/x',
    })
    await assert.rejects(gone, (error: Error) => {
      assert.match(error.message, /Không mở được cơ sở dữ liệu: .*ECONNREFUSED/)
      return !error.message.includes('mat-khau-bi-mat')
    })
  })
})

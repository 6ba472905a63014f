import { type ChildProcess, execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type OpenDatabase, openDatabase } from '../../server/platform/database.ts'

/** Which database the server suite runs on: TIEPDAN_TEST_DATABASE = 'pglite' (default) or 'postgres'. */
export const databaseKind = (): 'pglite' | 'postgres' =>
  process.env.TIEPDAN_TEST_DATABASE === 'postgres' ? 'postgres' : 'pglite'

export interface TestDatabase extends OpenDatabase {
  /** The connection string on PostgreSQL, '' on PGlite. */
  connection: string
}

/** A new, empty database on the throw-away PostgreSQL (TIEPDAN_TEST_POSTGRES, started by scripts/test; started here when absent). */
export async function emptyPostgres(): Promise<{ url: string; drop(): Promise<void> }> {
  const given = process.env.TIEPDAN_TEST_POSTGRES
  const own = given === undefined ? await startPostgres() : undefined
  const server = given ?? own?.url ?? ''
  const name = `t_${randomBytes(6).toString('hex')}`
  await asAdministrator(server, `create database ${name}`)
  return {
    url: server.replace(/\/[^/]*$/, `/${name}`),
    async drop() {
      await asAdministrator(server, `drop database ${name} with (force)`)
      own?.stop()
    },
  }
}

async function asAdministrator(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** A fresh, migrated database for one test file: PGlite in memory, or a new database on PostgreSQL. Close it in `after`. */
export async function freshDatabase(): Promise<TestDatabase> {
  if (databaseKind() === 'pglite') return { ...(await openDatabase({ url: '', folder: 'memory:' })), connection: '' }
  const { url, drop } = await emptyPostgres()
  const opened = await openDatabase({ url, folder: '' })
  return {
    ...opened,
    connection: url,
    close: async () => {
      await opened.close()
      await drop()
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/**
 * A real PostgreSQL from Debian's packages in a folder of its own, without durability (tests only); `survivesHalt` keeps what was
 * committed over a `halt`.
 */
export async function startPostgres(options: { survivesHalt?: boolean } = {}): Promise<{
  url: string
  /** Ends it as a crash would, keeping its data; and starts it again. */
  halt(): void
  resume(): void
  /** The same beside the test's own work: `fast` ends it as an administrator does, `immediate` as a crash would. */
  end(mode: 'fast' | 'immediate'): Promise<void>
  begin(): Promise<void>
  stop(): void
  kill?: ChildProcess
}> {
  const root = '/usr/lib/postgresql'
  const version = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a))[0] : undefined
  if (version === undefined) throw new Error('PostgreSQL is missing: apt-get install postgresql')
  const bin = join(root, version, 'bin')
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-pg-'))
  const port = await freePort()
  const isRoot = process.getuid?.() === 0
  if (isRoot)
    chownSync(folder, Number(execFileSync('id', ['-u', 'postgres'])), Number(execFileSync('id', ['-g', 'postgres'])))
  // PostgreSQL refuses to run as root.
  const within = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] : []
  const commandOf = (program: string, args: string[]): [string, string[]] => {
    const [file = '', ...rest] = [...within, join(bin, program), ...args]
    return [file, rest]
  }
  const run = (program: string, args: string[]): void => {
    execFileSync(...commandOf(program, args), { stdio: 'ignore', cwd: '/' })
  }
  const runBeside = async (program: string, args: string[]): Promise<void> => {
    await promisify(execFile)(...commandOf(program, args), { cwd: '/' })
  }
  run('initdb', [
    '-D',
    `${folder}/data`,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
    '--no-instructions',
  ])
  const durable = options.survivesHalt === true ? 'on' : 'off'
  const control = ['-D', `${folder}/data`, '-w', '-s']
  const starting = [
    ...[...control, '-l', `${folder}/log`, '-o'],
    `-p ${port} -h 127.0.0.1 -k ${folder} -c fsync=off -c synchronous_commit=${durable} -c full_page_writes=off -c max_connections=200`,
    'start',
  ]
  const resume = (): void => run('pg_ctl', starting)
  const halt = (): void => run('pg_ctl', [...control, '-m', 'immediate', 'stop'])
  resume()
  let stopped = false
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    halt,
    resume,
    end: (mode) => runBeside('pg_ctl', [...control, '-m', mode, 'stop']),
    begin: () => runBeside('pg_ctl', starting),
    stop() {
      if (stopped) return
      stopped = true
      // Asked first: a test may end while it is down, and pg_ctl calls that a failure.
      if (existsSync(`${folder}/data/postmaster.pid`)) halt()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

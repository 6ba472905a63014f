import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { backup } from '../../server/platform/backup.ts'
import { openDatabase } from '../../server/platform/database.ts'
import { auditTrail, settings } from '../../server/platform/tables.ts'
import { testApplication } from '../support/application.ts'
import { databaseKind, freePort } from '../support/databases.ts'

const root = resolve(import.meta.dirname, '../../..')
const base = mkdtempSync(join(tmpdir(), 'tdb-'))
const data = join(base, 'data')
const saved = join(base, 'saved.tgz')
after(() => rmSync(base, { recursive: true, force: true }))

const script = (name: string, ...args: string[]) =>
  spawnSync(join(root, 'scripts', name), args, {
    encoding: 'utf8',
    env: { ...process.env, TIEPDAN_DATA_FOLDER: data },
  })

async function startServer(): Promise<ChildProcess> {
  const port = await freePort()
  const server = spawn(process.execPath, [join(root, 'control-plane/server/main.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      TIEPDAN_DATA_FOLDER: data,
      TIEPDAN_STORE_FOLDER: join(base, 'store'),
      TIEPDAN_MASTER_KEY: '11'.repeat(32),
      TIEPDAN_EDGE_SECRET: 'edge-secret-for-tests-0123456789abcdef',
      TIEPDAN_JITSI_URL: 'http://127.0.0.1:9',
      TIEPDAN_EDGE_URL: 'http://127.0.0.1:9',
      TIEPDAN_XMPP_DOMAIN: 'meet.jitsi',
      TIEPDAN_PORT: String(port),
      TIEPDAN_ROOM_AGENT: 'false',
      TIEPDAN_LOG_LEVEL: 'silent',
    },
  })
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  while (server.exitCode === null && !(await isReady())) await new Promise((done) => setTimeout(done, 100))
  assert.equal(server.exitCode, null)
  return server
}

async function end(server: ChildProcess): Promise<void> {
  const ended = new Promise((done) => server.once('exit', done))
  server.kill('SIGTERM')
  await ended
}

async function inDatabase<T>(work: (db: Awaited<ReturnType<typeof openDatabase>>['db']) => Promise<T>): Promise<T> {
  const opened = await openDatabase({ url: '', folder: join(data, 'database') })
  try {
    return await work(opened.db)
  } finally {
    await opened.close()
  }
}

const put = (key: string) =>
  inDatabase(async (db) => void (await db.insert(settings).values({ key, value: true, changedAt: new Date() })))

test('what a running system saved is there again after its folder was lost', {
  skip: databaseKind() === 'postgres',
}, async () => {
  await put('kept')
  writeFileSync(join(data, 'trial.json'), '{"masterKey":"kept"}')
  const server = await startServer()
  const made = script('backup', saved)
  assert.equal(made.status, 0, made.stderr)
  const [, rows, hash] = /Nhật ký trong bản sao lưu: (\d+) dòng, mã băm cuối ([0-9a-f]{64})/.exec(made.stdout) ?? []
  const note = spawnSync('tar', ['-xzOf', saved, './database.tar.audit-head'], { encoding: 'utf8' })
  assert.equal(note.stdout.trim(), `${rows} ${hash}`, 'the note goes with the backup')
  assert.equal(statSync(saved).mode & 0o077, 0)
  assert.equal(script('backup', saved).status, 1, 'an older backup is not written over')
  const refused = script('restore', saved)
  assert.equal(refused.status, 1)
  assert.match(refused.stderr, new RegExp(`đang được tiến trình ${server.pid} sử dụng`))
  await end(server)
  rmSync(data, { recursive: true })
  const restored = script('restore', saved)
  assert.equal(restored.status, 0, restored.stderr)
  assert.equal(readFileSync(join(data, 'trial.json'), 'utf8'), '{"masterKey":"kept"}')
  await inDatabase(async (db) => {
    assert.equal((await db.select().from(settings).where(eq(settings.key, 'kept'))).length, 1)
    assert.equal((await db.select().from(auditTrail).where(eq(auditTrail.action, 'backup.made'))).length, 1)
  })
  await end(await startServer())
})

test('a restore keeps what was there aside, and a broken backup changes nothing', {
  skip: databaseKind() === 'postgres',
}, async () => {
  await put('after the backup')
  const broken = join(base, 'broken.tgz')
  writeFileSync(broken, readFileSync(saved).subarray(0, 200_000))
  assert.notEqual(script('restore', broken).status, 0)
  const seen = () => inDatabase((db) => db.select().from(settings).where(eq(settings.key, 'after the backup')))
  assert.equal((await seen()).length, 1)
  assert.equal(script('restore', saved).status, 0)
  assert.equal((await seen()).length, 0)
  const aside = readdirSync(data).filter((name) => name.startsWith('database.truoc-'))
  assert.equal(aside.length, 1)
  assert.ok(existsSync(join(data, aside[0] ?? '', 'PG_VERSION')))
  assert.ok(!readdirSync(data).some((name) => name.includes('.new') || name.startsWith('khoi-phuc')))
})

test('on PostgreSQL the command refuses and names what to use', { skip: databaseKind() === 'pglite' }, async (t) => {
  const app = await testApplication()
  t.after(() => app.close())
  const said: string[] = []
  assert.equal(await backup(app.platform).commands?.backup?.({ file: saved }, (line) => said.push(line)), false)
  assert.match(said.join(' '), /pg_dump.*backup\.yml/)
})

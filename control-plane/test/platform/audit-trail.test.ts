import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { sql } from 'drizzle-orm'
import { systemActor } from '../../server/platform/actor.ts'
import { sqlState } from '../../server/platform/database.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

const run = promisify(execFile)
const verifyScript = join(import.meta.dirname, '../../../scripts/verify-audit')
let app: TestApplication
let inspector: Record<string, string>

before(async () => {
  app = await testApplication()
  for (let n = 0; n < 30; n++) {
    app.clock.advance(60_000)
    const action = n % 3 === 0 ? 'hearing.approved' : 'case.edited'
    await app.platform.db.transaction((tx) => app.platform.audit.write(tx, systemActor, action, `thing:${n}`, { n }))
  }
  inspector = await signedIn(app, 'inspector')
})
after(() => app.close())

const get = async (url: string) => (await app.http.inject({ url, headers: inspector })).json()
const script = () => run(verifyScript, [], { env: { ...process.env, TIEPDAN_DATA_FOLDER: app.folder } })
/** Somebody with the table owner's rights, past the guard. */
async function tamper(change: ReturnType<typeof sql>): Promise<void> {
  await app.platform.db.transaction(async (tx) => {
    await tx.execute(sql`alter table audit_trail disable trigger user`)
    await tx.execute(change)
    await tx.execute(sql`alter table audit_trail enable trigger user`)
  })
}

test('the trail is read newest first, page by page, without a gap', async () => {
  const seen: number[] = []
  let before: number | null = null
  do {
    const page: { items: { seq: number }[]; next: number | null } = await get(
      `/api/audit?limit=7${before === null ? '' : `&before=${before}`}`,
    )
    seen.push(...page.items.map((item) => item.seq))
    before = page.next
  } while (before !== null)
  assert.deepEqual(
    seen,
    Array.from({ length: seen.length }, (_, n) => seen.length - n),
  )
  assert.ok(seen.length > 30)
})

test('it is filtered by subject, action, actor and time', async () => {
  const count = async (query: string) => (await get(`/api/audit?limit=200&${query}`)).items.length
  assert.equal(await count('subject=thing:4'), 1)
  assert.equal(await count('subject=thing:'), 30)
  assert.equal(await count('action=hearing.approved'), 10)
  assert.equal(await count('action=case.'), 20)
  assert.equal(await count(`actor=${encodeURIComponent('hệ thống')}&action=case.`), 20)
  assert.equal(await count('actor=%25'), 0, 'a wildcard is a letter')
  assert.equal(await count('subject=nothing'), 0)
  const from = new Date(app.clock.now() - 4 * 60_000).toISOString()
  assert.equal(await count(`from=${from}&subject=thing:`), 5)
  assert.equal(await count(`to=${from}&subject=thing:`), 26)
})

test('who may not read it is refused', async () => {
  const commune = await signedIn(app, 'commune-officer')
  assert.equal((await app.http.inject({ url: '/api/audit', headers: commune })).statusCode, 403)
  assert.equal((await app.http.inject({ url: '/api/audit/verify', headers: commune })).statusCode, 403)
  assert.equal((await app.http.inject({ url: '/api/audit?limit=0', headers: inspector })).statusCode, 400)
})

test('the database itself refuses to change, remove or empty it', async () => {
  for (const change of [
    sql`update audit_trail set actor_name = 'ai đó' where seq = 3`,
    sql`delete from audit_trail where seq = 3`,
    sql`truncate audit_trail`,
  ]) {
    await assert.rejects(
      app.platform.db.transaction((tx) => tx.execute(change)),
      (error) => sqlState(error) === '23001',
    )
  }
})

test('the whole chain is verified by route and by command', async () => {
  const verdict = await get('/api/audit/verify')
  assert.equal(verdict.is, 'whole')
  const { stdout } = await script()
  assert.match(stdout, new RegExp(`Nhật ký nguyên vẹn: ${verdict.rows} dòng, mã băm cuối ${verdict.lastHash}`))
})

test('a changed row is found and named, and the command fails', async () => {
  await tamper(sql`update audit_trail set detail = '{"n": 99}' where subject = 'thing:9'`)
  const { items } = await get('/api/audit?subject=thing:9')
  const { is, seq, why } = await get('/api/audit/verify')
  assert.deepEqual([is, seq, why], ['broken', items[0].seq, 'changed'])
  await assert.rejects(script(), (error: { code: number; stdout: string }) => {
    assert.equal(error.code, 1)
    assert.match(error.stdout, new RegExp(`dòng số ${items[0].seq} đã bị sửa`))
    return true
  })
  await tamper(sql`update audit_trail set detail = '{"n": 9}' where subject = 'thing:9'`)
  assert.equal((await get('/api/audit/verify')).is, 'whole')
})

test('a removed row is found, and so is one whose hash was computed anew', async () => {
  const { items } = await get('/api/audit?subject=thing:20')
  await tamper(sql`update audit_trail set hash = repeat('a', 64) where subject = 'thing:19'`)
  assert.deepEqual(await verdictOf(), ['broken', items[0].seq - 1, 'changed'])
  await tamper(sql`delete from audit_trail where subject = 'thing:19'`)
  assert.deepEqual(await verdictOf(), ['broken', items[0].seq - 1, 'missing'])
  await tamper(sql`update audit_trail set seq = seq - 1 where seq >= ${items[0].seq}`)
  assert.deepEqual(await verdictOf(), ['broken', items[0].seq - 1, 'unlinked'])
})

async function verdictOf() {
  const { is, seq, why } = await get('/api/audit/verify')
  return [is, seq, why]
}

test('without a server the command says so and does not pass', async () => {
  const alone = run(verifyScript, [], { env: { ...process.env, TIEPDAN_DATA_FOLDER: '/nonexistent' } })
  await assert.rejects(alone, (error: { code: number; stderr: string }) => {
    assert.equal(error.code, 2)
    assert.match(error.stderr, /Không có máy chủ nào trả lời/)
    return true
  })
})

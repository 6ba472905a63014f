import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { promisify } from 'node:util'
import { asc, eq, sql } from 'drizzle-orm'
import { systemActor } from '../../server/platform/actor.ts'
import { createAudit } from '../../server/platform/audit.ts'
import { type AuditRow, auditHash, firstHash } from '../../server/platform/audit-chain.ts'
import { createAuditKeys } from '../../server/platform/audit-keys.ts'
import { minuteMs } from '../../server/platform/clock.ts'
import { createSecrets } from '../../server/platform/secrets.ts'
import { alerts, auditTrail, outboxMails } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

/** Whoever owns the database and everything in it, but no key. */

const run = promisify(execFile)
const verifyScript = join(import.meta.dirname, '../../../scripts/verify-audit')
let app: TestApplication
before(async () => {
  app = await testApplication()
})
after(() => app.close())

/** Each test begins with a whole trail of twenty rows that nobody remembers yet. */
beforeEach(async () => {
  rmSync(join(app.folder, 'audit-head.json'), { force: true })
  await tamper(sql`truncate audit_trail`)
  await app.platform.db.delete(alerts)
  for (let n = 0; n < 20; n++) await write(`thing:${n}`)
})

async function write(subject: string): Promise<void> {
  app.clock.advance(minuteMs)
  await app.platform.db.transaction((tx) => app.platform.audit.write(tx, systemActor, 'case.edited', subject))
}
async function tamper(...changes: ReturnType<typeof sql>[]): Promise<void> {
  await app.platform.db.transaction(async (tx) => {
    await tx.execute(sql`alter table audit_trail disable trigger user`)
    for (const change of changes) await tx.execute(change)
    await tx.execute(sql`alter table audit_trail enable trigger user`)
  })
}
const rows = (): Promise<AuditRow[]> => app.platform.db.select().from(auditTrail).orderBy(asc(auditTrail.seq))
const head = async () => (await app.platform.audit.head(app.platform.db)) ?? assert.fail('no row')
async function verdict(): Promise<[string, number?, string?]> {
  const seen = await app.platform.audit.verify(app.platform.db)
  return seen.is === 'whole' ? ['whole', seen.rows] : ['broken', seen.seq, seen.why]
}
/** The watch's turn, and the alert that is open after it. */
async function watched(): Promise<string | undefined> {
  await app.reconciler.runAll()
  const open = await app.platform.alerts.open(app.platform.db)
  return open.find((alert) => alert.kind === 'audit-trail-broken')?.message
}
const script = (...words: string[]) =>
  run(verifyScript, words, { env: { ...process.env, TIEPDAN_DATA_FOLDER: app.folder } }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  )

/** Writes the given rows in place of all, with every number, link and hash made to fit; `key`: what the forger seals with. */
async function forge(kept: AuditRow[], seal: { key: Buffer | undefined; keyId: string | null }): Promise<void> {
  let previousHash = firstHash
  const forged = kept.map((row, index) => {
    const { hash: _, ...rest } = { ...row, seq: index + 1, previousHash, keyId: seal.keyId }
    previousHash = auditHash(rest, seal.key)
    return { ...rest, hash: previousHash }
  })
  await tamper(sql`truncate audit_trail`)
  if (forged.length > 0) await app.platform.db.insert(auditTrail).values(forged)
}

test('the last rows cut off: whole in itself, told by whoever kept a hash, by this machine, and by an alert', async () => {
  assert.equal(await watched(), undefined)
  const kept = await head()
  await tamper(sql`delete from audit_trail where seq > ${kept.seq - 4}`)
  assert.deepEqual(await verdict(), ['whole', kept.seq - 4], 'the chain alone cannot know')
  const byHash = await app.platform.audit.verify(app.platform.db, { remembered: [{ hash: kept.hash }] })
  assert.deepEqual(byHash, { is: 'broken', seq: kept.seq - 3, why: 'cut' })
  const inspector = await signedIn(app, 'inspector')
  assert.match(
    (await app.http.inject({ url: '/api/audit/verify', headers: inspector })).json().message,
    /đã bị cắt|không phải là dòng/,
  )
  assert.match((await watched()) ?? '', /đã bị cắt|không phải là dòng/)
  const said = await script()
  assert.deepEqual([said.code, /KHÔNG nguyên vẹn/.test(said.stdout)], [1, true])
})

test('cut, and as many new rows written by the running system since: still told', async () => {
  await watched()
  const kept = await head()
  await tamper(sql`delete from audit_trail where seq > ${kept.seq - 4}`)
  for (let n = 0; n < 8; n++) await write(`later:${n}`)
  assert.equal((await verdict())[0], 'whole')
  assert.match((await watched()) ?? '', new RegExp(`dòng số ${kept.seq} không phải là dòng đã được ghi nhớ`))
  const { stdout, code } = await script('--expect', kept.hash, '--count', String(kept.seq))
  assert.equal(code, 1)
  assert.match(stdout, new RegExp(`dòng số ${kept.seq} không phải là dòng đã được ghi nhớ`))
})

test('emptied: told even by the chain alone; and when the system goes on writing from one, by what is remembered', async () => {
  await watched()
  await tamper(sql`truncate audit_trail`)
  assert.deepEqual(await verdict(), ['broken', 1, 'missing'])
  assert.match((await watched()) ?? '', /dòng số \d trở đi đã bị cắt/)
  for (let n = 0; n < 3; n++) await write(`anew:${n}`)
  assert.equal((await verdict())[0], 'whole')
  assert.match((await watched()) ?? '', /KHÔNG nguyên vẹn/)
})

test('every hash computed anew without the key, a row changed on the way: told, whatever the forger writes as the key', async () => {
  const genuine = await rows()
  const changed = genuine.map((row) => (row.subject === 'thing:7' ? { ...row, actorName: 'Người khác' } : row))
  await forge(changed, { key: undefined, keyId: null })
  assert.deepEqual(await verdict(), ['broken', 1, 'unkeyed'])
  const guessed = createAuditKeys('', createSecrets(Buffer.alloc(32)))[0]
  await forge(changed, { key: guessed.key, keyId: guessed.id })
  assert.deepEqual(await verdict(), ['broken', 1, 'unknown-key'])
  await forge(changed, { key: guessed.key, keyId: genuine[0]?.keyId ?? '' })
  assert.deepEqual(await verdict(), ['broken', 1, 'changed'])
  const { stdout, code } = await script()
  assert.equal(code, 1)
  assert.match(stdout, /dòng số 1 đã bị sửa/)
  await forge([], { key: undefined, keyId: null })
  await app.platform.db.insert(auditTrail).values(genuine)
  assert.equal((await verdict())[0], 'whole')
})

test('a row changed, removed, put elsewhere, or put in: the first broken row is named', async () => {
  const genuine = await rows()
  const nine = genuine.find((row) => row.subject === 'thing:9')?.seq ?? 0
  const restore = async () => {
    await tamper(sql`truncate audit_trail`)
    await app.platform.db.insert(auditTrail).values(genuine)
  }
  await tamper(sql`update audit_trail set at = at + interval '1 hour' where seq = ${nine}`)
  assert.deepEqual(await verdict(), ['broken', nine, 'changed'])
  await restore()
  await tamper(sql`delete from audit_trail where seq = ${nine}`)
  assert.deepEqual(await verdict(), ['broken', nine, 'missing'])
  await restore()
  await tamper(
    sql`update audit_trail set seq = -1 where seq = ${nine}`,
    sql`update audit_trail set seq = ${nine} where seq = ${nine + 1}`,
    sql`update audit_trail set seq = ${nine + 1} where seq = -1`,
  )
  assert.deepEqual(await verdict(), ['broken', nine, 'unlinked'])
  await restore()
  await tamper(
    sql`update audit_trail set seq = seq + 1000 where seq >= ${nine}`,
    sql`update audit_trail set seq = seq - 999 where seq >= 1000`,
    sql`insert into audit_trail select ${nine}, at, actor_kind, actor_id, actor_name, action, 'thing:new', detail, previous_hash, hash, key_id from audit_trail where seq = ${nine - 1}`,
  )
  assert.deepEqual(await verdict(), ['broken', nine, 'unlinked'])
})

test('the watch reads on from what it remembers and finds a change in what came since', async () => {
  assert.equal(await watched(), undefined)
  await write('since:1')
  await write('since:2')
  await tamper(sql`update audit_trail set action = 'case.created' where subject = 'since:1'`)
  const { seq } = (await rows()).find((row) => row.subject === 'since:1') ?? assert.fail()
  assert.match((await watched()) ?? '', new RegExp(`dòng số ${seq} đã bị sửa`))
  await tamper(sql`update audit_trail set action = 'case.edited' where subject = 'since:1'`)
  assert.equal(await watched(), undefined, 'mended, the alert is over')
  const stored = await app.platform.db.select().from(alerts).where(eq(alerts.kind, 'audit-trail-broken'))
  assert.equal(stored.length, 1)
})

test('a rotated key leaves old rows verifiable; the old key is worth nothing for new ones', async () => {
  const { db } = app.platform
  const [old] = ['aa', 'bb'].map((byte) => byte.repeat(32))
  const secrets = createSecrets(Buffer.from('11'.repeat(32), 'hex'))
  const audits = {
    former: createAudit(app.clock, createAuditKeys(old ?? '', secrets)),
    now: createAudit(app.clock, createAuditKeys(`${'bb'.repeat(32)}\n${old}`, secrets)),
  }
  const one = (audit: typeof audits.now, subject: string) => {
    app.clock.advance(minuteMs)
    return db.transaction((tx) => audit.write(tx, systemActor, 'case.edited', subject))
  }
  await db.transaction((tx) => audits.former.takeUpKey(tx))
  await one(audits.former, 'former:1')
  assert.equal((await audits.former.verify(db)).is, 'whole')
  assert.deepEqual(await audits.now.verify(db), { is: 'broken', seq: (await head()).seq, why: 'retired-key' })
  await db.transaction((tx) => audits.now.takeUpKey(tx))
  await db.transaction((tx) => audits.now.takeUpKey(tx))
  assert.equal((await rows()).filter((row) => row.action === 'audit.key-used').length, 2, 'each key taken up once')
  await one(audits.former, 'a process that is started again last')
  await one(audits.now, 'now:1')
  const seen = await audits.now.verify(db)
  assert.equal(seen.is, 'whole', JSON.stringify(seen))
  assert.deepEqual(await audits.former.verify(db), { is: 'broken', seq: (await head()).seq - 2, why: 'unknown-key' })
  app.clock.advance(61 * minuteMs)
  await one(audits.former, 'somebody who found the old key')
  assert.deepEqual(await audits.now.verify(db), { is: 'broken', seq: (await head()).seq, why: 'retired-key' })
})

test('a running system of an earlier release goes on: its rows stay, and are told apart', async () => {
  const { db, audit } = app.platform
  await forge((await rows()).slice(0, 10), { key: undefined, keyId: null })
  assert.deepEqual(await verdict(), ['broken', 1, 'unkeyed'])
  app.clock.advance(minuteMs)
  await db.transaction((tx) => audit.takeUpKey(tx))
  const seen = await audit.verify(db)
  assert.deepEqual([seen.is, seen.is === 'whole' && seen.keyedFrom], ['whole', 11])
  assert.match((await script()).stdout, /Có khóa từ dòng số 11/)
  const former = (await rows()).slice(0, 10).map((row) => ({ ...row, actorName: 'Người khác' }))
  const rest = (await rows()).slice(10)
  await forge(former, { key: undefined, keyId: null })
  await db.insert(auditTrail).values(rest)
  assert.deepEqual(await verdict(), ['broken', 11, 'unlinked'], 'the first keyed row holds what was before it')
})

test('the head is kept outside: by mail and in the journal once a day, in /metrics, beside the database', async () => {
  // Another day than that of the tests before.
  app.clock.advance(24 * 60 * minuteMs)
  await app.platform.db.delete(outboxMails)
  await app.reconciler.runAll()
  await app.reconciler.runAll()
  const daily = async () =>
    (await app.platform.db.select().from(outboxMails)).filter((mail) => mail.dedupeKey.startsWith('audit-head:'))
  const [mail, ...more] = await daily()
  assert.deepEqual(more, [])
  assert.equal(mail?.recipient, app.platform.config.officeMail)
  const told = /--expect ([0-9a-f]{64}) --count (\d+)/.exec(mail?.body ?? '') ?? assert.fail(mail?.body)
  const { code, stdout } = await script('--expect', told[1] ?? '', '--count', told[2] ?? '')
  assert.equal(code, 0, stdout)
  assert.match(stdout, /vẫn còn nguyên/)
  const now = await head()
  const metrics = (await app.http.inject({ url: '/metrics' })).body
  assert.match(metrics, new RegExp(`^tiepdan_audit_rows ${now.seq}$`, 'm'))
  assert.match(metrics, new RegExp(`^tiepdan_audit_head\\{hash="${now.hash}"\\} 1$`, 'm'))
  assert.ok(existsSync(join(app.folder, 'audit-head.json')))
  assert.equal(JSON.parse(readFileSync(join(app.folder, 'audit-head.json'), 'utf8')).seq, now.seq)
  app.clock.advance(24 * 60 * minuteMs)
  await app.reconciler.runAll()
  assert.equal((await daily()).length, 2)
})

test('the command wants a whole hash, and a count only with one', async () => {
  for (const words of [
    ['--expect', 'abc'],
    ['--count', '3'],
    ['--expect', 'a'.repeat(64), '--count', 'viele'],
  ])
    assert.equal((await script(...words)).code, 1, words.join(' '))
  assert.equal((await script('--hash', 'x')).code, 2)
  assert.match((await script('--expect', 'a'.repeat(64))).stdout, /đã bị cắt/)
})

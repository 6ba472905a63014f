import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { verifyAuditTrail } from './platform/audit-chain.ts'
import { type AuditKeys, createAuditKeys } from './platform/audit-keys.ts'
import { headPath } from './platform/audit-watch.ts'
import { auditVerdictText } from './platform/audit-words.ts'
import { systemClock } from './platform/clock.ts'
import { openDatabase } from './platform/database.ts'
import { lockFolder } from './platform/folder-lock.ts'
import { tellLastWords } from './platform/last-words.ts'
import { wordsOf } from './platform/plain-error.ts'
import { createSecrets } from './platform/secrets.ts'

/**
 * `node restore-main.ts <folder>`: puts the unpacked backup in this folder in the place of the embedded database, once it was read back whole.
 * What was there is kept aside. Refuses while a server runs on the data folder. Exit code: 0 done, 1 not.
 */
tellLastWords('Khôi phục')

const dataFolder = resolve(process.env.TIEPDAN_DATA_FOLDER ?? '.data')
const secrets = ['trial.json', 'accounts.json']

async function restore(unpacked: string): Promise<void> {
  const place = join(dataFolder, 'database')
  const release = lockFolder(place)
  const fresh = `${place}.new`
  try {
    for (const ending of ['', '.lock', '.owner']) rmSync(`${fresh}${ending}`, { recursive: true, force: true })
    await unpack(join(unpacked, 'database.tar'), fresh)
    const seen = await readBack(fresh, unpacked)
    const aside = `truoc-${new Date(systemClock.now()).toISOString().replaceAll(':', '-')}`
    if (readdirSync(place).length === 0) rmSync(place, { recursive: true })
    else renameSync(place, `${place}.${aside}`)
    renameSync(fresh, place)
    for (const name of secrets.filter((one) => existsSync(join(unpacked, one)))) {
      if (existsSync(join(dataFolder, name))) renameSync(join(dataFolder, name), join(dataFolder, `${name}.${aside}`))
      renameSync(join(unpacked, name), join(dataFolder, name))
    }
    for (const ending of ['.lock', '.owner']) rmSync(`${fresh}${ending}`, { force: true })
    // What this machine remembers is of the trail that was set aside: the restored one may well be shorter.
    const head = headPath(dataFolder)
    if (existsSync(head)) renameSync(head, `${head}.${aside}`)
    process.stdout.write(
      `Đã khôi phục vào ${dataFolder}: ${seen} Dữ liệu cũ (nếu có) còn ở đó, tên có đuôi .${aside}.\n`,
    )
  } finally {
    release()
  }
}

async function unpack(file: string, folder: string): Promise<void> {
  const pglite = await PGlite.create(folder, { loadDataDir: new Blob([await readFile(file)]) })
  await pglite.close()
}

/** The keys of the backup's audit trail: of a trial they come with it, otherwise they stand in the environment as for the server. */
async function keysOf(unpacked: string): Promise<AuditKeys | undefined> {
  const own = join(unpacked, 'trial.json')
  const kept = existsSync(own)
    ? (JSON.parse(await readFile(own, 'utf8')) as { masterKey?: unknown }).masterKey
    : undefined
  const masterKey = isKey(kept) ? kept : await setting('TIEPDAN_MASTER_KEY')
  if (!isKey(masterKey)) return undefined
  return createAuditKeys(await setting('TIEPDAN_AUDIT_KEYS'), createSecrets(Buffer.from(masterKey, 'hex')))
}

const isKey = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)

async function setting(name: string): Promise<string> {
  const file = process.env[`${name}_FILE`]
  return process.env[name] ?? (file ? (await readFile(file, 'utf8')).trim() : '')
}

/** What is to be said of the audit trail, once its chain holds and reaches as far as the backup says; by now the schema is this release's. */
async function readBack(folder: string, unpacked: string): Promise<string> {
  const note = join(unpacked, 'database.tar.audit-head')
  const [seq, hash] = existsSync(note) ? (await readFile(note, 'utf8')).trim().split(' ') : []
  const remembered = hash === undefined ? [] : [{ seq: Number(seq), hash }]
  const keys = await keysOf(unpacked)
  const opened = await openDatabase({ url: '', folder })
  try {
    const anyKeys = keys ?? createAuditKeys('', createSecrets(Buffer.alloc(32)))
    const verdict = await verifyAuditTrail(opened.db, anyKeys, { remembered, ...(keys ? {} : { linksOnly: true }) })
    // A backup of a release without keys, or with other keys than today's, goes on with today's at the next start.
    const isOld = verdict.is === 'broken' && (verdict.why === 'unkeyed' || verdict.why === 'retired-key')
    if (verdict.is === 'broken' && !isOld) throw new Error(auditVerdictText(verdict))
    if (verdict.is === 'broken') return 'nhật ký của bản phát hành hoặc khóa cũ, liền mạch.'
    const unsure = keys
      ? ''
      : ' (chưa kiểm tra bằng khóa: đặt TIEPDAN_MASTER_KEY rồi chạy scripts/verify-audit sau khi khởi động)'
    return `nhật ký nguyên vẹn, ${verdict.rows} dòng${unsure}.`
  } finally {
    await opened.close()
  }
}

await restore(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`Chưa khôi phục: ${wordsOf(error)}\n`)
  process.exitCode = 1
})

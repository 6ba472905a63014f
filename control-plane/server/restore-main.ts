import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { verifyAuditTrail } from './platform/audit.ts'
import { systemClock } from './platform/clock.ts'
import { openDatabase } from './platform/database.ts'
import { lockFolder } from './platform/folder-lock.ts'
import { tellLastWords } from './platform/last-words.ts'
import { wordsOf } from './platform/plain-error.ts'

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
    const rows = await readBack(fresh)
    const aside = `truoc-${new Date(systemClock.now()).toISOString().replaceAll(':', '-')}`
    if (readdirSync(place).length === 0) rmSync(place, { recursive: true })
    else renameSync(place, `${place}.${aside}`)
    renameSync(fresh, place)
    for (const name of secrets.filter((one) => existsSync(join(unpacked, one)))) {
      if (existsSync(join(dataFolder, name))) renameSync(join(dataFolder, name), join(dataFolder, `${name}.${aside}`))
      renameSync(join(unpacked, name), join(dataFolder, name))
    }
    for (const ending of ['.lock', '.owner']) rmSync(`${fresh}${ending}`, { force: true })
    process.stdout.write(
      `Đã khôi phục vào ${dataFolder}: nhật ký nguyên vẹn, ${rows} dòng. Dữ liệu cũ (nếu có) còn ở đó, tên có đuôi .${aside}.\n`,
    )
  } finally {
    release()
  }
}

async function unpack(file: string, folder: string): Promise<void> {
  const pglite = await PGlite.create(folder, { loadDataDir: new Blob([await readFile(file)]) })
  await pglite.close()
}

/** The rows of the audit trail, once its chain holds; by now the schema is this release's. */
async function readBack(folder: string): Promise<number> {
  const opened = await openDatabase({ url: '', folder })
  try {
    const verdict = await verifyAuditTrail(opened.db)
    if (verdict.is === 'broken') throw new Error(`Nhật ký trong bản sao lưu không nguyên vẹn ở dòng ${verdict.seq}.`)
    return verdict.rows
  } finally {
    await opened.close()
  }
}

await restore(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`Chưa khôi phục: ${wordsOf(error)}\n`)
  process.exitCode = 1
})

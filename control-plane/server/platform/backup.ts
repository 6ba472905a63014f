import { existsSync } from 'node:fs'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { sql } from 'drizzle-orm'
import { systemActor } from './actor.ts'
import type { CommandHandler } from './commands.ts'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'

/** The embedded database into one file, while it is in use: only its owner, this process, can read it whole. */
export function backup(platform: Platform): Module {
  return { name: 'backup', commands: { backup: backUp(platform) } }
}

function backUp({ database, db, audit }: Platform): CommandHandler {
  return async ({ file = '' }, say) => {
    const { pglite } = database
    if (pglite === undefined) {
      say(
        'Cơ sở dữ liệu là PostgreSQL: sao lưu bằng pg_dump, hoặc bằng "ansible-playbook backup.yml" trong infra/ansible (có cả kho bản ghi hình).',
      )
      return false
    }
    if (!file.startsWith('/') || existsSync(file)) {
      say(`Cần tên đầy đủ của một tệp chưa có; nhận được "${file}".`)
      return false
    }
    // First, so that the copy tells of itself too.
    await db.transaction((tx) => audit.write(tx, systemActor, 'backup.made', 'backup:database'))
    const head = await audit.head(db)
    await db.execute(sql`checkpoint`)
    const bytes = new Uint8Array(await (await pglite.dumpDataDir('none')).arrayBuffer())
    const partial = `${file}.part`
    try {
      await using written = await open(partial, 'wx', 0o600)
      await written.writeFile(bytes)
      await written.sync()
    } catch (error) {
      await rm(partial, { force: true })
      throw error
    }
    await rename(partial, file)
    // Beside the copy: whoever brings it back sees that nothing was cut off.
    await writeFile(`${file}.audit-head`, `${head?.seq} ${head?.hash}\n`, { mode: 0o600 })
    say('Đã sao lưu cơ sở dữ liệu.')
    say(`Nhật ký trong bản sao lưu: ${head?.seq} dòng, mã băm cuối ${head?.hash}.`)
    return true
  }
}

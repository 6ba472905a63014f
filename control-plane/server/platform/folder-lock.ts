import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/**
 * Takes the folder for this process alone; resolves to its release. PGlite itself does not, and two processes on one folder destroy it silently.
 * The lock is SQLite's: one of the kernel's, which ends with the process however it ends, so that there is no stale one to take over
 * (a file with a process number can be taken over by two at once, and means nothing to another container).
 * @throws Error that says who holds it and what to do.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const base = folder.replace(/\/+$/, '')
  // Never deleted: a lock on a deleted file keeps nobody out.
  const lock = new DatabaseSync(`${base}.lock`, { timeout: 0 })
  try {
    lock.exec('pragma journal_mode = off; begin exclusive')
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error
    throw new Error(
      `Thư mục dữ liệu ${folder} đang được ${holder(`${base}.owner`)} sử dụng. Dừng tiến trình đó trước, hoặc đặt TIEPDAN_DATA_FOLDER khác.`,
    )
  }
  writeFileSync(`${base}.owner`, String(process.pid), { mode: 0o600 })
  let held = true
  return () => {
    if (held) lock.close()
    held = false
  }
}

const sqliteBusy = 5

function holder(path: string): string {
  try {
    return `tiến trình ${readFileSync(path, 'utf8')}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return 'một tiến trình khác'
  }
}

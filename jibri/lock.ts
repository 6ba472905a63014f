import { DatabaseSync } from 'node:sqlite'

const sqliteBusy = 5

/**
 * Takes the spool for this process alone; returns its release: two uploaders on one spool would send each file twice.
 * The lock is SQLite's: one of the kernel's, which ends with the process however it ends, so that there is no stale one to take over.
 * @throws Error that says what to do.
 */
export function takeLock(path: string): () => void {
  // Never deleted: a lock on a deleted file keeps nobody out.
  const lock = new DatabaseSync(path, { timeout: 0 })
  try {
    lock.exec('pragma journal_mode = off; begin exclusive')
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error
    throw new Error(`Hàng chờ ${path} đang được một tiến trình khác xử lý. Dừng tiến trình đó trước.`)
  }
  let held = true
  return () => {
    if (held) lock.close()
    held = false
  }
}

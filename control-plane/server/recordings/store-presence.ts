import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { settings } from '../platform/tables.ts'
import { sizeOf } from './part-file.ts'
import { newestStored, type PartRow } from './part-store.ts'

const settingsKey = 'recordings.store'
const markerName = '.tiepdan-store'
const missingKind = 'store-missing'
/** So many of the newest files are looked for when the marker does not tell. */
const sample = 20

/** The store is not where it should be: nothing is written there, and no file is called lost. */
export class StoreAway extends Error {
  constructor() {
    super('the store is not mounted')
  }
}

/**
 * Whether the folder of the store is the store: a disk that is not mounted leaves an empty folder, and every film would look deleted, and new
 * ones would go onto the wrong disk. The store is known by a marker whose id the database keeps, or by the films it should hold, as before the
 * first marker and after a move to another disk; then the marker is written anew.
 */
export async function isStoreThere(platform: Platform): Promise<boolean> {
  const { db, config, clock } = platform
  const path = join(config.storeFolder, markerName)
  const known = await knownId(platform)
  const found = await textOf(path)
  if (known !== undefined && found === known) return true
  if (!(await holdsOurFilms(platform))) return false
  await db
    .insert(settings)
    .values({ key: settingsKey, value: { id: found ?? randomUUID() }, changedAt: new Date(clock.now()) })
    .onConflictDoNothing({ target: settings.key })
  await writeFile(path, (await knownId(platform)) ?? '')
  return true
}

async function knownId({ db }: Platform): Promise<string | undefined> {
  const [row] = await db.select().from(settings).where(eq(settings.key, settingsKey))
  return (row?.value as { id?: string } | undefined)?.id
}

/** @throws StoreAway */
export async function requireStore(platform: Platform): Promise<void> {
  if (!(await isStoreThere(platform))) throw new StoreAway()
}

/** One alert while the store is away, however many films it holds. */
export async function tellStore(platform: Platform, isThere: boolean): Promise<void> {
  await platform.db.transaction(async (tx) => {
    const changed = isThere ? await platform.alerts.clear(tx, missingKind, 'store') : await raise(platform, tx)
    if (changed) await platform.changes.announce(tx, 'alerts')
  })
}

const raise = (platform: Platform, tx: Tx): Promise<boolean> =>
  platform.alerts.raise(tx, {
    kind: missingKind,
    subject: 'store',
    severity: 'critical',
    message:
      'Không thấy kho lưu trữ trung tâm ở đúng chỗ (ổ đĩa chưa gắn, hoặc gắn nhầm ổ). Bản ghi hình chưa xem được và chưa nhận thêm; tệp mới vẫn nằm ở máy ghi. Gắn lại ổ đĩa của kho, hệ thống tự tiếp tục.',
  })

async function holdsOurFilms({ db, config }: Platform): Promise<boolean> {
  const newest = await newestStored(db, sample)
  if (newest.length === 0) return true
  const sizeInStore = ({ originalPath }: PartRow) => sizeOf(join(config.storeFolder, originalPath ?? markerName))
  for (const part of newest) if ((await sizeInStore(part)) === part.declaredSize) return true
  return false
}

const textOf = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
      throw error
    },
  )

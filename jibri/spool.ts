import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chown, mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Delivery, freshDelivery, parseDelivery } from './delivery.ts'
import { codeOf, log, wordsOf } from './log.ts'
import { type MediaFile, readSessionFolder, type SessionFolder } from './session-folder.ts'

/**
 * The spool: `waiting/<when>-<session id>/` are Jibri's own session folders, moved here whole by one rename. Nothing has to be written to
 * take one in, so that it works on a full disk and is never half done. Beside each media file stands its `.delivery.json`, which
 * may be lost: it saves a hash and a resume, no more. `set-aside/` holds what there is nothing to send of.
 */
export interface SpooledFile extends MediaFile {
  sessionId: string
  recordingId: string | null
  orderly: boolean
  takenAt: Date
}

export interface Spool {
  /** Makes the folders, for the user whose Jibri hands over to them (the hook runs as that user, this daemon often as root). */
  prepare(owner: { uid: number; gid: number }): Promise<void>
  takeIn(sessionFolder: string, now: Date): Promise<void>
  /** Everything that waits, oldest first. Clears what is done with, and sets aside what holds nothing to send. */
  list(): Promise<SpooledFile[]>
  delivery(file: SpooledFile): Promise<Delivery>
  keep(file: SpooledFile, delivery: Delivery): Promise<void>
  /** Deletes a file: only for bytes that the store has confirmed. */
  remove(file: SpooledFile): Promise<void>
  setAside(file: SpooledFile): Promise<void>
  summary(): Promise<{
    waiting: number
    bytes: number
    oldest?: string
    oldestForMs?: number
    setAside: number
    held: number
  }>
}

export function createSpool(folder: string): Spool {
  const waiting = join(folder, 'waiting')
  const aside = join(folder, 'set-aside')
  /** What could not be written because the disk is full: sending goes on, else the disk would never become free. */
  const unwritten = new Map<string, Delivery>()

  async function readWaiting(): Promise<{ session: SessionFolder; takenAt: Date; sessionId: string }[]> {
    const found = []
    for (const name of (await readdir(waiting)).sort()) {
      const session = await readSessionFolder(join(waiting, name))
      const [, taken = '', sessionId = ''] = /^(\d+)-(.+)$/s.exec(name) ?? []
      if (session !== undefined && sessionId !== '')
        found.push({ session, sessionId, takenAt: new Date(Number(taken)) })
    }
    return found
  }

  /**
   * A folder without media: what a kill between deleting a confirmed file and its description left, or one that never held any.
   * The latter is for people to look at.
   */
  async function clear(session: SessionFolder): Promise<void> {
    const names = await readdir(session.path)
    const sent = names.some((name) => name.endsWith(deliverySuffix))
    const known = names.every((name) => name === 'metadata.json' || isDelivery(name))
    if (names.length > 0 && !(sent && known)) {
      for (const name of names) await moveAside(session.path, name)
      log('warn', 'session folder without a recording set aside', { folder: basename(session.path) })
    } else for (const name of names) await rm(join(session.path, name))
    await rmdir(session.path)
  }

  async function moveAside(sessionPath: string, name: string): Promise<void> {
    const target = join(aside, basename(sessionPath))
    await mkdir(target, { recursive: true })
    await rename(join(sessionPath, name), join(target, name))
  }

  async function delivery(file: MediaFile): Promise<Delivery> {
    const inMemory = unwritten.get(file.path)
    if (inMemory?.bytes === file.bytes) return inMemory
    try {
      return parseDelivery(await readFile(besides(file), 'utf8'), file.bytes)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      return freshDelivery(file.bytes)
    }
  }

  return {
    async prepare(owner) {
      for (const path of [waiting, aside]) {
        await mkdir(path, { recursive: true })
        if (process.geteuid?.() === 0) await chown(path, owner.uid, owner.gid)
      }
    },
    takeIn: (sessionFolder, now) => rename(sessionFolder, join(waiting, `${now.getTime()}-${basename(sessionFolder)}`)),
    async list() {
      const files: SpooledFile[] = []
      for (const { session, sessionId, takenAt } of await readWaiting()) {
        if (session.files.length === 0) await clear(session).catch(reportUncleared)
        const about = { sessionId, takenAt, recordingId: session.metadata?.recordingId ?? null }
        for (const file of session.files) files.push({ ...file, ...about, orderly: session.metadata !== null })
      }
      return files
    },
    delivery,
    async keep(file, delivery) {
      try {
        await writeWhole(besides(file), JSON.stringify(delivery))
        unwritten.delete(file.path)
      } catch (error) {
        if (codeOf(error) !== 'ENOSPC') throw error
        unwritten.set(file.path, delivery)
      }
    },
    async remove(file) {
      const session = dirname(file.path)
      await rm(file.path)
      unwritten.delete(file.path)
      // The description goes last: after a kill it tells `clear` that the file was sent.
      const others = (await readSessionFolder(session))?.files.length ?? 0
      if (others === 0) await rm(join(session, 'metadata.json'), { force: true })
      await rm(besides(file), { force: true })
    },
    setAside: (file) => moveAside(dirname(file.path), file.name),
    async summary() {
      const all = (await readWaiting()).flatMap(({ session, takenAt }) =>
        session.files.map((file) => ({ ...file, takenAt })),
      )
      const waits: typeof all = []
      for (const file of all) if (!(await delivery(file)).held) waits.push(file)
      const [oldest] = waits
      return {
        waiting: waits.length,
        held: all.length - waits.length,
        bytes: waits.reduce((sum, file) => sum + file.bytes, 0),
        ...(oldest === undefined
          ? {}
          : { oldest: oldest.takenAt.toISOString(), oldestForMs: Math.max(0, Date.now() - oldest.takenAt.getTime()) }),
        setAside: (await readdir(aside)).length,
      }
    },
  }
}

const deliverySuffix = '.delivery.json'
const isDelivery = (name: string): boolean => name.endsWith(deliverySuffix) || name.endsWith(`${deliverySuffix}.new`)
const besides = (file: MediaFile): string => `${file.path}${deliverySuffix}`

/** A folder that cannot be cleared must not keep the others from the store. */
const reportUncleared = (error: unknown): void => log('error', 'spool folder not cleared', { error: wordsOf(error) })

/** Writes a file so that a kill leaves the old or the new one, never half. */
async function writeWhole(path: string, text: string): Promise<void> {
  const handle = await open(`${path}.new`, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${path}.new`, path)
}

/** SHA-256 of a file in hex, as a stream. @throws the signal's reason when it is aborted. */
export async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { codeOf } from './log.ts'

const mediaFile = /\.(mkv|mp4|webm)$/i

export interface MediaFile {
  name: string
  path: string
  bytes: number
  /** Last write, in milliseconds since 1970. */
  changedAt: number
}

export interface SessionFolder {
  sessionId: string
  path: string
  /** Last change of the folder itself, in milliseconds since 1970. */
  changedAt: number
  /** Media files, oldest first: Jibri's file names carry the time. */
  files: MediaFile[]
  metadata: { recordingId: string | null } | null
}

/** What lies in a Jibri session's folder (`recordings-directory/<session id>/`); undefined when it is gone meanwhile (the hook took it). */
export async function readSessionFolder(path: string): Promise<SessionFolder | undefined> {
  try {
    const files: MediaFile[] = []
    for (const name of (await readdir(path)).sort()) {
      if (!mediaFile.test(name)) continue
      const found = await stat(join(path, name))
      files.push({ name, path: join(path, name), bytes: found.size, changedAt: found.mtimeMs })
    }
    const { mtimeMs } = await stat(path)
    const metadata = await readMetadata(join(path, 'metadata.json'))
    return { sessionId: basename(path), path, changedAt: mtimeMs, files, metadata }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function readMetadata(path: string): Promise<SessionFolder['metadata']> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? null : parseMetadata(text)
}

/** Jibri's metadata.json; null when a power failure or a full disk cut it: the folder is then treated as one that a crash left. */
export function parseMetadata(text: string): SessionFolder['metadata'] {
  try {
    const parsed = JSON.parse(text) as { recordingId?: unknown } | null
    return { recordingId: typeof parsed?.recordingId === 'string' ? parsed.recordingId : null }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return null
  }
}

/** All session folders below Jibri's `recordings-directory`. */
export async function listSessionFolders(recordingsFolder: string): Promise<SessionFolder[]> {
  const folders: SessionFolder[] = []
  for (const entry of await readdir(recordingsFolder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue
    const folder = await readSessionFolder(join(recordingsFolder, entry.name))
    if (folder !== undefined) folders.push(folder)
  }
  return folders
}

/** Room and start as Jibri writes them into the file's name: `<room>_<yyyy-MM-dd-HH-mm-ss>.<ext>` (the host's local time). */
export function readFileName(name: string): { room: string | null; startedAt: Date | null } {
  const found = /^(.+)_(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)\.[a-z0-9]+$/i.exec(name)
  if (found === null) return { room: null, startedAt: null }
  const [, room = '', year, month, day, hour, minute, second] = found
  const startedAt = new Date(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  return { room, startedAt }
}

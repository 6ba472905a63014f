import { log, wordsOf } from './log.ts'
import { writtenFilesBelow } from './open-files.ts'
import { listSessionFolders, type SessionFolder } from './session-folder.ts'
import type { Settings } from './settings.ts'
import type { Spool } from './spool.ts'

/** A folder that nobody works on any more: none of its files is written to, and nothing in it changed for the settling time. */
export function isLeft(folder: SessionFolder, written: ReadonlySet<string>, now: number, settledMs: number): boolean {
  if (now - folder.changedAt < settledMs) return false
  return folder.files.every((file) => !written.has(file.path) && now - file.changedAt >= settledMs)
}

/** Takes into the spool what the hook did not: folders of killed Jibris, and orderly ones whose hook failed. */
export async function sweep(settings: Settings, spool: Spool, now: Date): Promise<void> {
  const nobody = new Set<string>()
  const settled = (await listSessionFolders(settings.recordingsFolder)).filter((folder) =>
    isLeft(folder, nobody, now.getTime(), settings.settledMs),
  )
  if (settled.length === 0) return
  const written = await writtenFilesBelow(settings.recordingsFolder)
  for (const folder of settled) {
    if (!isLeft(folder, written, now.getTime(), settings.settledMs)) continue
    try {
      await spool.takeIn(folder.path, now)
      log('info', 'session folder taken by the sweep', {
        sessionId: folder.sessionId,
        orderly: folder.metadata !== null,
        files: folder.files.length,
      })
    } catch (error) {
      // One folder that cannot be moved must not keep the others from the store.
      log('error', 'session folder cannot be taken', { sessionId: folder.sessionId, error: wordsOf(error) })
    }
  }
}

import { stat } from 'node:fs/promises'
import type { HearingPlan } from '../hearings/index.ts'
import type { MediaFacts } from './media-tools.ts'
import type { PartRow } from './store.ts'

/** What was made of a received file. */
export interface Prepared {
  facts: MediaFacts | null
  fault: string | null
  playable: { sha256: string; size: number } | null
  hasPoster: boolean
}

/** `.mkv` and the like, from what the sender called the file. */
export const extension = (fileName: string): string => /\.[A-Za-z0-9]{1,5}$/.exec(fileName)?.[0].toLowerCase() ?? '.bin'

/** A file's size in bytes; null when there is none. */
export const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    (found) => found.size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    },
  )

/** The part told in words beside its files, so that the store explains itself without the database. */
export function describePart(part: PartRow, plan: HearingPlan | undefined, prepared: Prepared) {
  return {
    partId: part.id,
    recordingId: part.recordingId,
    hearingCode: plan?.code ?? null,
    sessionId: part.sessionId,
    host: part.host,
    fileName: part.fileName,
    orderly: part.orderly,
    startedAt: part.startedAt?.toISOString() ?? null,
    original: { sha256: part.declaredSha256, size: part.declaredSize },
    playable: prepared.playable,
    poster: prepared.hasPoster,
    media: prepared.facts,
    fault: prepared.fault,
  }
}

import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { HearingPlan } from '../hearings/index.ts'
import type { Actor } from '../platform/actor.ts'
import { systemActor } from '../platform/actor.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { conflict, fail, notFound } from '../platform/problem.ts'
import * as store from './store.ts'

const unmatchedKind = 'recording-unmatched'

/** One alert, however many files wait for somebody to say whose they are. */
export async function tellUnmatched(platform: Platform, tx: Tx): Promise<void> {
  const count = await store.countUnmatched(tx)
  const changed =
    count === 0
      ? await platform.alerts.clear(tx, unmatchedKind, 'recordings')
      : await platform.alerts.raise(tx, {
          kind: unmatchedKind,
          subject: 'recordings',
          severity: 'critical',
          message: `${count} tệp ghi hình đã vào kho nhưng chưa rõ của buổi tiếp nào. Máy ghi giữ bản của mình cho đến khi có người xác định: mở Bản ghi hình → Chưa rõ buổi tiếp.`,
        })
  if (changed) await platform.changes.announce(tx, 'alerts')
}

interface Deps {
  platform: Platform
  hearingPlan(db: Database | Tx, hearingId: string | null): Promise<HearingPlan | undefined>
}

/** Files that belong to no recording that is known: kept, shown, and given by a person to the hearing they are of, or to none. */
export function createUnmatched({ platform, hearingPlan }: Deps) {
  const { db, clock, config } = platform

  /** False when somebody else was first. */
  async function give(tx: Tx, actor: Actor, part: store.PartRow, recording: store.RecordingRow): Promise<boolean> {
    if (!(await store.matchPart(tx, part.id, recording.id))) return false
    const code = (await hearingPlan(tx, recording.hearingId))?.code ?? null
    await tellUnmatched(platform, tx)
    await platform.audit.write(tx, actor, 'recording.part-matched', `recording-part:${part.id}`, {
      ...{ recordingId: recording.id, hearingId: recording.hearingId, fileName: part.fileName, host: part.host },
    })
    await platform.changes.announce(tx, 'recordings', `recording:${recording.id}`)
    await describeMatched(part, recording.id, code)
    return true
  }

  /** `part.json` explains the store without the database, so it learns of it too; the files stay where they are. */
  async function describeMatched(part: store.PartRow, recordingId: string, hearingCode: string | null): Promise<void> {
    if (part.originalPath === null) return
    const path = join(config.storeFolder, dirname(part.originalPath), 'part.json')
    const kept = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
    await writeFile(`${path}.new`, `${JSON.stringify({ ...kept, recordingId, hearingCode }, null, 2)}\n`)
    await rename(`${path}.new`, path)
  }

  const waiting = async (tx: Tx, id: string): Promise<store.PartRow> =>
    (await store.unmatchedById(tx, id)) ?? fail(notFound('tệp chưa rõ buổi tiếp'))

  return {
    /** Gives the file to the hearing's recording. @throws 404 when either is none, 409 when another person was first. */
    match: (actor: Actor, id: string, hearingId: string): Promise<void> =>
      db.transaction(async (tx) => {
        const part = await waiting(tx, id)
        const recording = await store.recordingOfHearing(tx, hearingId)
        if (!(await give(tx, actor, part, recording ?? fail(notFound('bản ghi hình của buổi tiếp đó')))))
          throw conflict()
      }),

    /** Says that it is of no hearing: it stays in the store, and its recorder may let its own copy go. */
    dismiss: (actor: Actor, id: string, reason: string): Promise<void> =>
      db.transaction(async (tx) => {
        const part = await waiting(tx, id)
        if (!(await store.dismissPart(tx, id, { now: new Date(clock.now()), reason }))) throw conflict()
        await tellUnmatched(platform, tx)
        await platform.audit.write(tx, actor, 'recording.part-dismissed', `recording-part:${id}`, {
          ...{ reason, fileName: part.fileName, host: part.host, sha256: part.declaredSha256 },
        })
        await platform.changes.announce(tx, 'recordings')
      }),

    /** A session may become known after its file: then nobody needs to be asked. */
    async watch(): Promise<void> {
      for (const part of await store.unmatchedParts(db)) {
        const id = await store.recordingForFile(db, {
          recordingId: null,
          sessionId: part.sessionId,
          room: part.roomName,
        })
        if (id === null) continue
        await db.transaction(async (tx) => {
          const recording = await store.recordingById(tx, id)
          if (recording !== undefined) await give(tx, systemActor, part, recording)
        })
      }
      await db.transaction((tx) => tellUnmatched(platform, tx))
    },
  }
}

export type Unmatched = ReturnType<typeof createUnmatched>

import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { bandLabels, type RecordedContent } from '../../contract/recording-content.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { contentFaults } from './content.ts'
import * as drillStore from './drill-store.ts'
import { faultCause, partFaultCause } from './fault-words.ts'
import * as store from './store.ts'
import type { Uploads } from './uploads.ts'

type Reader = Database | Tx

/** How far a drill's recording has come. */
export interface DrillRecording {
  id: string
  state: store.RecordingRow['state']
  faults: number
  /** In words. */
  lastFault: string | null
  /** A recorder was on. */
  recorded: boolean
  parts: DrillPart[]
}
export interface DrillPart {
  fileName: string
  host: string
  status: store.PartRow['status']
  fault: string | null
  sha256: string
  bytes: number
  durationMs: number | null
  content: RecordedContent | null
  /** What it lacks too much of, in words. */
  lacks: string[]
}

/** What the drills ask of recordings. */
export interface DrillRecordings {
  /** The recording that the conductor shall make of a drill's room. */
  expect(tx: Tx, order: { drillId: string; roomName: string }): Promise<string>
  end(tx: Tx, drillId: string): Promise<void>
  look(db: Reader, drillId: string): Promise<DrillRecording | undefined>
  /**
   * Removes the recording with its files, as far as that can be done: not while it is conducted, a file is on its way in, or its sender has not
   * been told that it arrived. True once nothing is left. May be called at any time, and again after any kill.
   */
  remove(drillId: string): Promise<boolean>
  /** Recordings of drills that are there still. */
  left(db: Reader): Promise<{ drillId: string }[]>
  /** Hearings that a recorder is at work for, or should be. */
  atWork(db: Reader): Promise<number>
  /** Tells which drill a file is of that comes after its recording was removed. */
  onLateFile(find: FindDrill): void
}
export type FindDrill = (
  tx: Tx,
  file: { recordingId: string | null; room: string | null },
) => Promise<{ drillId: string; recordingId: string; roomName: string } | undefined>

/** A sender that is told of an arrived file asks within seconds; one that died meanwhile is not waited for longer. Milliseconds. */
const receiptMs = 10 * 60_000
/** A recorder that recorded and brings no file: what comes later than this is known by the drill's row. Milliseconds. */
const fileMs = 10 * 60_000

export function createDrillRecordings(platform: Platform, uploads: Uploads): DrillRecordings {
  const { db, clock, config } = platform

  async function removePart(part: store.PartRow): Promise<void> {
    // Files first: rows that are left after a kill lead here again, files without a row nobody would find.
    if (part.originalPath !== null)
      await rm(join(config.storeFolder, dirname(part.originalPath)), { recursive: true, force: true })
    await uploads.removeStaged(part.uploadId)
  }

  const isSettled = (part: store.PartRow, now: number): boolean => {
    if (part.status === 'receiving') return now - part.createdAt.getTime() > receiptMs
    if (part.status !== 'ready' && part.status !== 'broken') return false
    // Whoever sends it asks for its receipt, and would send it anew if it were unknown.
    return part.receiptAt !== null || now - (part.storedAt ?? part.createdAt).getTime() > receiptMs
  }

  return {
    expect: (tx, order) => drillStore.expectDrill(tx, { ...order, now: new Date(clock.now()) }),
    end: drillStore.endDrill,
    async look(reader, drillId) {
      const row = await drillStore.recordingOfDrill(reader, drillId)
      if (row === undefined) return undefined
      const sessions = await store.sessionsOf(reader, [row.id])
      return {
        ...{
          id: row.id,
          state: row.state,
          faults: row.faults,
          lastFault: row.lastFault === null ? null : faultCause(row.lastFault),
        },
        recorded: sessions.some((session) => session.onAt !== null),
        parts: (await store.partsOf(reader, [row.id])).map((part) => ({
          ...{ fileName: part.fileName, host: part.host, status: part.status, fault: partFaultCause(part.fault) },
          ...{ sha256: part.declaredSha256, bytes: part.declaredSize, durationMs: part.durationMs },
          content: part.content,
          lacks: part.content === null ? [] : lacksOf(part.content, part.durationMs ?? 0),
        })),
      }
    },
    async remove(drillId) {
      const row = await drillStore.recordingOfDrill(db, drillId)
      if (row === undefined) return true
      const now = clock.now()
      if (row.wanted === 'on') await db.transaction((tx) => drillStore.endDrill(tx, drillId))
      // Never begun, and nobody at it: nobody will end it either.
      const isUnbegun = row.state === 'idle' && (row.conductorUntil?.getTime() ?? 0) < now
      if (row.wanted === 'on' || (row.state !== 'off' && !isUnbegun)) return false
      const parts = await store.partsOf(db, [row.id])
      if (!parts.every((part) => isSettled(part, now))) return false
      const sessions = await store.sessionsOf(db, [row.id])
      const isAwaited = store.sessionsAwaited(sessions, parts).length > 0
      if (isAwaited && now - row.stateAt.getTime() < fileMs) return false
      for (const part of parts) await removePart(part)
      await db.transaction((tx) => drillStore.deleteRecording(tx, row.id))
      return true
    },
    left: drillStore.drillsWithRecording,
    atWork: drillStore.countAtWork,
    onLateFile: (find) => uploads.onUnknownFile((tx, file) => adopt(tx, file, find)),
  }

  async function adopt(tx: Tx, file: Parameters<FindDrill>[1], find: FindDrill): Promise<string | null> {
    const drill = await find(tx, file)
    if (drill === undefined) return null
    await drillStore.adoptLate(tx, { ...drill, now: new Date(clock.now()) })
    return drill.recordingId
  }
}

/** What a film of a drill lacks: all of it must have picture and sound, so a track that nobody could measure counts too. */
function lacksOf(content: RecordedContent, durationMs: number): string[] {
  const tracks = { sound: 'tiếng', picture: 'hình' } as const
  return (['sound', 'picture'] as const).flatMap((track) => {
    if (content[track] === 'none') return [`không có ${tracks[track]}`]
    if (content[track] === 'unmeasured') return [`không đo được ${tracks[track]}`]
    return contentFaults(content, durationMs)
      .filter(({ about }) => about === track)
      .map(({ bands }) => bands.map(({ kind }) => bandLabels[kind]).join(', '))
  })
}

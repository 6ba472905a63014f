import { and, desc, eq, isNull, lt, or } from 'drizzle-orm'
import type { Database, Tx } from '../platform/database.ts'
import { drills } from './tables.ts'

export type DrillRow = typeof drills.$inferSelect
type Reader = Database | Tx

const openKey = 'open'

/** Makes a drill due; undefined when one is open already, whoever asked at the same moment. */
export async function insertDue(
  tx: Tx,
  values: { requestedBy: string; byTimer: boolean; now: Date },
): Promise<DrillRow | undefined> {
  const { requestedBy, byTimer, now } = values
  const [row] = await tx
    .insert(drills)
    .values({ requestedBy, byTimer, openKey, requestedAt: now, steps: [] })
    .onConflictDoNothing({ target: drills.openKey })
    .returning()
  return row
}

export async function openDrill(db: Reader): Promise<DrillRow | undefined> {
  const [row] = await db.select().from(drills).where(eq(drills.openKey, openKey))
  return row
}

export async function drillById(db: Reader, id: string): Promise<DrillRow | undefined> {
  const [row] = await db.select().from(drills).where(eq(drills.id, id))
  return row
}

export async function lastDrill(db: Reader): Promise<DrillRow | undefined> {
  const [row] = await db.select().from(drills).orderBy(desc(drills.requestedAt)).limit(1)
  return row
}

export async function lastByTimer(db: Reader): Promise<DrillRow | undefined> {
  const [row] = await db
    .select()
    .from(drills)
    .where(eq(drills.byTimer, true))
    .orderBy(desc(drills.requestedAt))
    .limit(1)
  return row
}

/** The drill that made this recording or room, also long after. */
export async function drillOfFile(
  db: Reader,
  file: { recordingId: string | null; room: string | null },
): Promise<DrillRow | undefined> {
  const keys = [
    ...(file.recordingId === null ? [] : [eq(drills.recordingId, file.recordingId)]),
    ...(file.room === null ? [] : [eq(drills.roomName, file.room.toLowerCase())]),
  ]
  if (keys.length === 0) return undefined
  const [row] = await db
    .select()
    .from(drills)
    .where(or(...keys))
  return row
}

/** Takes or renews the word of this process on an open drill in that state; false when another's holds. */
export async function claim(
  db: Reader,
  id: string,
  { instance, now, until }: { instance: string; now: Date; until: Date },
): Promise<boolean> {
  const rows = await db
    .update(drills)
    .set({ claimedBy: instance, claimedUntil: until })
    .where(
      and(
        eq(drills.id, id),
        eq(drills.openKey, openKey),
        or(isNull(drills.claimedBy), eq(drills.claimedBy, instance), lt(drills.claimedUntil, now)),
      ),
    )
    .returning({ id: drills.id })
  return rows.length === 1
}

/** Changes a drill while it stands in that state; false when it does not (any more), and then nothing is written. */
export async function change(
  db: Reader,
  id: string,
  from: DrillRow['state'],
  values: Partial<DrillRow>,
): Promise<boolean> {
  const rows = await db
    .update(drills)
    .set(values)
    .where(and(eq(drills.id, id), eq(drills.state, from)))
    .returning({ id: drills.id })
  return rows.length === 1
}

/** Asks for the end of a drill that has not been cleared away yet; the first reason stays. */
export async function askStop(db: Reader, id: string, why: string): Promise<void> {
  await db
    .update(drills)
    .set({ stopWhy: why })
    .where(and(eq(drills.id, id), eq(drills.openKey, openKey), isNull(drills.stopWhy)))
}

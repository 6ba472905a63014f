import { and, eq } from 'drizzle-orm'
import type { HearingStatus } from '../../contract/words.ts'
import type { Actor } from '../platform/actor.ts'
import { asDate, notBefore } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { conflict, fail, notFound, Problem } from '../platform/problem.ts'
import { type HearingPlan, mayMove, refusedMove } from './hearing.ts'
import { type HearingRow, movesOf, type PlanStore } from './store.ts'
import { hearingMoves, hearings } from './tables.ts'

/** A move that has just been written, told to its followers inside the same transaction. */
export interface HearingMoved {
  /** The plan after the move. */
  hearing: HearingPlan
  from: HearingStatus
  to: HearingStatus
  actor: Actor
  reason: string | null
}

/** What must happen together with a move; throwing undoes the move. Only `tx` may be used inside. */
export type MoveFollower = (tx: Tx, moved: HearingMoved) => Promise<void>

export interface MoveOrder {
  hearingId: string
  to: HearingStatus
  actor: Actor
  reason?: string | null
  /** With it, a hearing that stands elsewhere is left alone and the answer is undefined; without it that is a 409. */
  from?: HearingStatus
}

/** What a move writes besides the status. */
export type MoveValues = Partial<typeof hearings.$inferInsert>

/** The only writer of a hearing's status: table of moves, conditional update, history, followers, audit row, announcement. */
export function createMover(platform: Platform, store: PlanStore) {
  const followers: MoveFollower[] = []

  /** Writes the move of a row that was read `for update`. */
  async function write(tx: Tx, row: HearingRow, order: MoveOrder, values: MoveValues = {}): Promise<HearingPlan> {
    const at = asDate(platform.clock.now())
    const { to, actor } = order
    const reason = order.reason ?? null
    if (!mayMove(row.status, to)) throw moveRefused(row.status, to)
    const [changed] = await tx
      .update(hearings)
      .set({ ...stamps(row, to, at), ...values, status: to, version: row.version + 1 })
      .where(and(eq(hearings.id, row.id), eq(hearings.status, row.status), eq(hearings.version, row.version)))
      .returning({ id: hearings.id })
    if (!changed) throw conflict()
    const last = (await movesOf(tx, row.id)).at(-1)
    await tx.insert(hearingMoves).values({
      hearingId: row.id,
      fromStatus: row.status,
      toStatus: to,
      at,
      actorId: actor.id,
      actorName: actor.name,
      reason,
      clockStepped: last !== undefined && notBefore(last.at.getTime(), at.getTime()).clockStepped,
    })
    const hearing = (await store.loadPlan(tx, row.id)) ?? fail(notFound('buổi tiếp'))
    for (const follow of followers) await follow(tx, { hearing, from: row.status, to, actor, reason })
    // Last, because the audit trail's lock lets one transaction through at a time.
    await platform.audit.write(tx, actor, `hearing.${to}`, `hearing:${row.id}`, {
      code: row.code,
      from: row.status,
      ...(reason === null ? {} : { reason }),
      ...(values.decisionNumber ? { decisionNumber: values.decisionNumber } : {}),
      ...(values.late ? { late: true } : {}),
    })
    await platform.changes.announce(tx, `hearing:${row.id}`, 'hearings')
    for (const { endpointId } of hearing.endpoints) await platform.changes.announce(tx, `kiosk:${endpointId}`)
    return hearing
  }

  return {
    follow: (follower: MoveFollower): void => {
      followers.push(follower)
    },
    write,
    async move(tx: Tx, order: MoveOrder): Promise<HearingPlan | undefined> {
      const row = (await lockHearing(tx, order.hearingId)) ?? fail(notFound('buổi tiếp'))
      if (order.from !== undefined && row.status !== order.from) return undefined
      return write(tx, row, order)
    },
  }
}

export type Mover = ReturnType<typeof createMover>

/** Reads the row and keeps every other mover waiting until this transaction ends: of two at once, the second sees what the first did. */
export async function lockHearing(tx: Tx, id: string): Promise<HearingRow | undefined> {
  const [row] = await tx.select().from(hearings).where(eq(hearings.id, id)).for('update')
  return row
}

export const moveRefused = (from: HearingStatus, to: HearingStatus): Problem =>
  new Problem('move-refused', { status: 409, title: refusedMove(from, to), extra: { from, to } })

function stamps({ liveAt }: HearingRow, to: HearingStatus, at: Date): MoveValues {
  if (to === 'submitted') return { submittedAt: at }
  if (to === 'approved' || to === 'returned') return { decidedAt: at }
  if (to === 'live') return { liveAt: at }
  if (to === 'ended') return { endedAt: asDate(notBefore((liveAt ?? at).getTime(), at.getTime()).at) }
  return {}
}

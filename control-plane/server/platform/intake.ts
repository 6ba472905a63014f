import { randomUUID } from 'node:crypto'
import { lt, ne } from 'drizzle-orm'
import type { Clock, Instant } from './clock.ts'
import { dayMs } from './clock.ts'
import type { Database, Tx } from './database.ts'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'
import { intakes } from './tables.ts'

/**
 * In which time words from outside could come in. `since`: takes them from then on without a gap, null while nobody does. `before`: until when it
 * did before that, null when never.
 */
export interface Listening {
  since: Instant | null
  before: Instant | null
}

/**
 * How long somebody has said nothing, in milliseconds, counted only over time in which his word could have come: our own absence is no silence of
 * his (design rule 12). Pure.
 */
export function silentFor(lastWordAt: Instant, { since, before }: Listening, now: Instant): number {
  if (since !== null && lastWordAt >= since) return now - lastWordAt
  const silentBefore = before === null ? 0 : Math.max(0, before - lastWordAt)
  return silentBefore + (since === null ? 0 : Math.max(0, now - since))
}

export interface Intake {
  /** As any process of ours knows it: by itself when it takes reports, by what the others wrote when it does not. */
  listening(db: Database | Tx): Promise<Listening>
  /** Says that this process takes reports; one that does not says nothing. */
  beat(db: Database): Promise<void>
}

const beatMs = 5_000
/** An intake that has not said so for this long took nothing meanwhile: it was stopped, hung, or without its database. */
const staleMs = 15_000

interface Span {
  since: Instant
  before: Instant | null
}

/** The choice among those that listen: whoever has done so for longest heard everything since. Pure. */
export function listeningOf(alive: Span[], lastHeard: Instant | null): Listening {
  const longest = alive.toSorted((left, right) => left.since - right.since)[0]
  return longest === undefined ? { since: null, before: lastHeard } : { since: longest.since, before: longest.before }
}

/** Keeps since when this process takes what room PCs and recorder hosts report, and knows it of the others. */
export function createIntake(clock: Clock, isIntake: boolean): Intake {
  const instance = randomUUID()
  let own: (Span & { beatAt: Instant }) | undefined

  /** What the other processes wrote, and when one of them was at work last. */
  async function others(db: Database | Tx) {
    const spans = (await db.select().from(intakes).where(ne(intakes.instance, instance))).map((row) => ({
      since: row.since.getTime(),
      before: row.before?.getTime() ?? null,
      seenAt: row.seenAt.getTime(),
    }))
    return { spans, lastSeenAt: spans.length === 0 ? null : Math.max(...spans.map(({ seenAt }) => seenAt)) }
  }

  return {
    async listening(db) {
      const now = clock.now()
      const { spans, lastSeenAt } = await others(db)
      const alive: Span[] = spans.filter(({ seenAt }) => now - seenAt < staleMs)
      if (own !== undefined) alive.push(own)
      return listeningOf(alive, lastSeenAt)
    },
    async beat(db) {
      if (!isIntake) return
      const now = clock.now()
      own ??= { since: now, before: (await others(db)).lastSeenAt, beatAt: now }
      // A clock that was set back makes every instant before it a future one.
      if (now < own.since) own = { since: now, before: null, beatAt: now }
      // Hung, or its database was away: nothing was taken meanwhile.
      if (now - own.beatAt >= staleMs) own = { since: now, before: own.beatAt, beatAt: now }
      const values = {
        since: new Date(own.since),
        before: own.before === null ? null : new Date(own.before),
        seenAt: new Date(now),
      }
      await db
        .insert(intakes)
        .values({ instance, ...values })
        .onConflictDoUpdate({ target: intakes.instance, set: values })
      own.beatAt = now
      await db.delete(intakes).where(lt(intakes.seenAt, new Date(now - dayMs)))
    },
  }
}

/** Says that this process takes reports, from its start on and every few seconds. */
export const intakeBeat = ({ db, intake }: Platform): Module => ({
  name: 'intake',
  reconciliations: [{ name: 'intake.beat', everyMs: beatMs, run: () => intake.beat(db) }],
  start: () => intake.beat(db),
})

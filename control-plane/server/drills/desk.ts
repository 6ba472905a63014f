import type { Drill } from '../../contract/drills.ts'
import type { Hearings } from '../hearings/index.ts'
import { systemActor } from '../platform/actor.ts'
import { hourMs, minuteMs } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import type { DrillRecordings } from '../recordings/index.ts'
import type { TestCalls } from '../test-calls/index.ts'
import { drillSettings, refusalsOf, type Surroundings } from './drill.ts'
import * as store from './store.ts'

export interface DeskDeps {
  hearings: Pick<Hearings, 'plansBetween'>
  testCalls: Pick<TestCalls, 'atWork'>
  recordings: DrillRecordings
}

export type Asked = { is: 'due'; id: string } | { is: 'refused'; refusals: string[] }

/** Who may have a drill when, and what is shown of it. */
export function createDrillDesk(platform: Platform, deps: DeskDeps) {
  const { db, clock } = platform

  /** `drillId`: the drill that asks whether it may go on. */
  async function surroundings(reader: Database | Tx, drillId?: string): Promise<Surroundings> {
    const now = clock.now()
    const plans = await deps.hearings.plansBetween(reader, {
      ...{ from: now - hourMs, to: now + drillSettings.nearMs, now },
      statuses: ['approved', 'ready', 'live'],
    })
    const open = await store.openDrill(reader)
    return {
      live: plans.filter(({ status }) => status === 'live').map(({ code }) => code),
      near: plans.filter(({ status }) => status !== 'live').map(({ code, startsAt }) => ({ code, startsAt })),
      tests: await deps.testCalls.atWork(reader, now + 10 * minuteMs),
      recordings: await deps.recordings.atWork(reader),
      otherDrill: open !== undefined && open.id !== drillId,
    }
  }

  return {
    /** Makes a drill due, or says why none may be held now. Nothing is left of a refused one. */
    ask: (wish: { requestedBy: string; byTimer: boolean }): Promise<Asked> =>
      db.transaction(async (tx): Promise<Asked> => {
        const refusals = refusalsOf(await surroundings(tx))
        if (refusals.length > 0) return { is: 'refused', refusals }
        const row = await store.insertDue(tx, { ...wish, now: new Date(clock.now()) })
        if (row === undefined)
          return { is: 'refused', refusals: refusalsOf({ ...(await surroundings(tx)), otherDrill: true }) }
        await platform.changes.announce(tx, 'drills')
        await platform.audit.write(tx, systemActor, 'drill.asked', `drill:${row.id}`, wish)
        return { is: 'due', id: row.id }
      }),
    /** Why the drill that is on must make way; none while it need not. */
    mustMakeWay: async (drillId: string): Promise<string[]> => refusalsOf(await surroundings(db, drillId)),
    async stop(why: string): Promise<string | undefined> {
      const open = await store.openDrill(db)
      if (open === undefined) return undefined
      await db.transaction((tx) => store.askStop(tx, open.id, why))
      return open.id
    },
    async show(id: string): Promise<Drill | undefined> {
      const row = await store.drillById(db, id)
      return row && present(row)
    },
    async last(): Promise<Drill | null> {
      const row = await store.lastDrill(db)
      return row === undefined ? null : present(row)
    },
  }
}

export type DrillDesk = ReturnType<typeof createDrillDesk>

const present = (row: store.DrillRow): Drill => ({
  id: row.id,
  requestedBy: row.requestedBy,
  byTimer: row.byTimer,
  state: row.state,
  requestedAt: row.requestedAt.toISOString(),
  startedAt: row.startedAt?.toISOString() ?? null,
  endedAt: row.endedAt?.toISOString() ?? null,
  verdict: row.verdict,
  note: row.note,
  steps: row.steps,
})

import type { Database, Tx } from '../platform/database.ts'
import type { Module } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import { createDecisions } from './decisions.ts'
import { createHearingDesk } from './desk.ts'
import { foldHearingsAgain } from './drafts.ts'
import { hearingFigures } from './figures.ts'
import type { HearingBrief, HearingPlan } from './hearing.ts'
import { clearNeglect, neglectWatch } from './jobs.ts'
import { createMover, lockHearing, type MoveFollower, type MoveOrder } from './move.ts'
import { offlineWatch } from './offline.ts'
import type { HearingDeps } from './ports.ts'
import { hearingRoutes } from './routes.ts'
import { peopleColumns, sealClearPeople } from './sealed-people.ts'
import { citizensOnOwnDevices, createPlanStore, type PlanWindow, toldEndpoints } from './store.ts'

export type { HearingBrief, HearingPlan } from './hearing.ts'
export type { HearingMoved } from './move.ts'
export type { HearingDeps } from './ports.ts'

export interface Hearings {
  module: Module
  /** What must happen together with every move, in the same transaction and in the order of registration. */
  onMove(follower: MoveFollower): void
  plan(db: Database | Tx, id: string): Promise<HearingPlan | undefined>
  /** Where it stands, without its lists. */
  brief(db: Database | Tx, id: string): Promise<HearingBrief | undefined>
  /**
   * The plan, with its row locked until the transaction ends: of two that each finish their part of a hearing at once,
   * the second sees what the first wrote. Take it before the audit trail's lock.
   */
  planForChange(tx: Tx, id: string): Promise<HearingPlan | undefined>
  /** The endpoints whose officers may know of this hearing (isVisibleTo). */
  toldEndpoints(db: Database | Tx, id: string): Promise<string[]>
  /** Ids of the citizens who join on own devices, in the plan's order. */
  citizensOnOwnDevices(db: Database | Tx, id: string): Promise<string[]>
  /** Hearings that overlap [from, to), earliest first. One that is live lasts until now at least, whatever end was planned. */
  plansBetween(db: Database | Tx, window: PlanWindow): Promise<HearingPlan[]>
  /**
   * Makes a move that a module decides on (such as approved → ready). Throws 409 when the table or somebody faster forbids it;
   * with `from`, a hearing that stands elsewhere is left alone and the answer is undefined.
   * Call it before writing audit rows of your own: it waits for the hearing's row, and the audit trail's lock must be taken last.
   */
  move(tx: Tx, order: MoveOrder): Promise<HearingPlan | undefined>
}

/** Hearings: planned, submitted, approved, held, ended. */
export function createHearings(platform: Platform, deps: HearingDeps): Hearings {
  const people = peopleColumns(platform.secrets)
  const store = createPlanStore(people, deps)
  const mover = createMover(platform, store)
  mover.follow(clearNeglect(platform))
  const desk = createHearingDesk(platform, { ...deps, store }, people)
  const decisions = createDecisions(platform, { ...deps, store }, { desk, mover })
  return {
    module: {
      name: 'hearings',
      routes: (app) => hearingRoutes(app, desk, decisions),
      reconciliations: [neglectWatch(platform), offlineWatch(platform, { ...deps, store }), hearingFigures(platform)],
      async start() {
        const folded = await foldHearingsAgain(platform.db)
        if (folded > 0) platform.log.info({ folded }, 'hearings of an earlier release can be searched as today')
        const sealed = await sealClearPeople(platform, people)
        if (sealed > 0) platform.log.info({ sealed }, 'people of hearings of an earlier release encrypted')
      },
    },
    onMove: mover.follow,
    plan: store.loadPlan,
    brief: store.loadBrief,
    planForChange: async (tx, id) => ((await lockHearing(tx, id)) ? store.loadPlan(tx, id) : undefined),
    toldEndpoints,
    citizensOnOwnDevices,
    plansBetween: store.loadPlansBetween,
    move: mover.move,
  }
}

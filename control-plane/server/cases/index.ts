import type { Database, Tx } from '../platform/database.ts'
import type { Module } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import type { CaseBrief } from './case.ts'
import { createCaseDesk } from './desk.ts'
import { caseRoutes } from './routes.ts'
import { caseBriefs, foldCasesAgain } from './store.ts'

export type { CaseBrief } from './case.ts'

export interface Cases {
  module: Module
  /** What hearings need to know of these cases, in no order; unknown ids are left out. */
  briefs(db: Database | Tx, ids: string[]): Promise<CaseBrief[]>
  /** Those of the ids whose case exists and has the chairman's consent (Điều 4.2). */
  consented(db: Database | Tx, ids: string[]): Promise<string[]>
}

/** Cases: what is chosen by Điều 4 to be heard, with the chairman's consent. */
export function createCases(platform: Platform): Cases {
  const desk = createCaseDesk(platform)
  return {
    module: {
      name: 'cases',
      routes: (app) => caseRoutes(app, desk),
      async start() {
        const folded = await foldCasesAgain(platform.db)
        if (folded > 0) platform.log.info({ folded }, 'cases of an earlier release can be searched as today')
      },
    },
    briefs: caseBriefs,
    consented: async (db, ids) =>
      (await caseBriefs(db, ids)).filter((brief) => brief.consent === 'consented').map((brief) => brief.id),
  }
}

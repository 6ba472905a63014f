import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../server/platform/database.ts'
import { startTrial, type Trial, type TrialOptions } from '../stage/trial.ts'
import { databaseKind, emptyPostgres } from '../support/databases.ts'
import { demandNobodyIn } from '../support/logs.ts'

export interface StoodTrial extends Trial {
  /** Reads the database itself. The embedded one admits one process: there the control plane is killed for the look, and started again. */
  look<T>(read: (db: Database) => Promise<T>): Promise<T>
}

/** The reason to leave a journey out of this run: `scripts/test` plays the long ones on one of the two databases. */
export const unlessOn = (kind: 'pglite' | 'postgres'): string | false => {
  const chosen = process.env.TIEPDAN_TEST_DATABASE
  return chosen === undefined || chosen === kind ? false : `runs with TIEPDAN_TEST_DATABASE=${kind}`
}

/** A whole trial on the database of this run, in a folder of its own that goes with it. */
export async function standTrial(options: Omit<TrialOptions, 'folder' | 'databaseUrl'> = {}): Promise<StoodTrial> {
  const folder = mkdtempSync(join(tmpdir(), 'tdj-'))
  const database = databaseKind() === 'postgres' ? await emptyPostgres() : undefined
  const url = database?.url ?? ''
  const trial = await startTrial({ ...options, folder, databaseUrl: url })
  return {
    ...trial,
    async look(read) {
      if (database === undefined) await trial.killControlPlane()
      const opened = await openDatabase({ url, folder: join(folder, 'database') })
      const result = await read(opened.db).finally(opened.close)
      if (database === undefined) await trial.startControlPlane()
      return result
    },
    async stop() {
      await trial.stop()
      await database?.drop()
      const log = readFileSync(join(folder, 'control-plane.log'), 'utf8')
      rmSync(folder, { recursive: true, force: true })
      demandNobodyIn(log, 'the control plane')
    },
  }
}

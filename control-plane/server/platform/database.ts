import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { lockFolder } from './folder-lock.ts'

export { sqlState } from './database-faults.ts'

/**
 * The database outside a transaction: for reading, and for claims and signs of life (`claimPart`, `touchSession`), which are one statement that
 * decides by itself and goes with no audit row or job. Whoever else writes takes a `Tx`.
 */
export type Database = PgDatabase<PgQueryResultHKT>
/** An open transaction. Inside it nothing else may be used: on PGlite anything else waits for ever. */
export type Tx = Parameters<Parameters<Database['transaction']>[0]>[0]

/** Who listens on a channel. */
export interface Heard {
  onPayload(payload: string): void
  /** The line was down for a while: what was announced meanwhile was not heard and must be read. */
  onMissed(): void
}

/** An open database of either kind, and what differs between the two. */
export interface OpenDatabase {
  db: Database
  kind: 'pglite' | 'postgres'
  /** The embedded instance, for pg-boss; absent on PostgreSQL. */
  pglite?: PGlite
  /** The connection string, for pg-boss's own pool; absent on PGlite. */
  url?: string
  /**
   * Calls back with each payload sent by `pg_notify(channel, …)` after its transaction committed, and listens again by itself when the line
   * was lost. Resolves to an unsubscriber.
   */
  listen(channel: string, heard: Heard): Promise<() => Promise<void>>
  /** Resolves when the database answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

const migrationsFolder = join(import.meta.dirname, '../migrations')

/** Opens PostgreSQL when `url` is given, else the embedded database under `folder`, and brings its schema up to date. */
export async function openDatabase(options: { url: string; folder: string }): Promise<OpenDatabase> {
  if (options.url === '') return openPglite(options.folder)
  // Loaded only here: on the embedded database nobody needs the driver.
  const { openPostgres } = await import('./postgres.ts')
  return openPostgres(options.url, migrationsFolder)
}

async function openPglite(folder: string): Promise<OpenDatabase> {
  // Loaded only here: a control plane on PostgreSQL does not carry a second database in its memory.
  const [{ PGlite }, { drizzle }, { migrate }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('drizzle-orm/pglite'),
    import('drizzle-orm/pglite/migrator'),
  ])
  const inMemory = folder === 'memory:'
  const release = inMemory ? () => undefined : lockFolder(folder)
  try {
    const pglite = inMemory ? await PGlite.create() : await PGlite.create(folder)
    const typed = drizzle(pglite)
    await migrate(typed, { migrationsFolder })
    return {
      db: typed as unknown as Database,
      kind: 'pglite',
      pglite,
      // In one process nothing is missed.
      listen: (channel, { onPayload }) => pglite.listen(channel, onPayload),
      ping: async () => {
        await pglite.query('select 1')
      },
      close: async () => {
        await pglite.close()
        release()
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

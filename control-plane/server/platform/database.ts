import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { sql } from 'drizzle-orm'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import { migrate as migratePostgres } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { lockFolder } from './folder-lock.ts'

/**
 * The database outside a transaction: for reading, and for claims and signs of life (`claimPart`, `touchSession`), which are one statement that
 * decides by itself and goes with no audit row or job. Whoever else writes takes a `Tx`.
 */
export type Database = PgDatabase<PgQueryResultHKT>
/** An open transaction. Inside it nothing else may be used: on PGlite anything else waits for ever. */
export type Tx = Parameters<Parameters<Database['transaction']>[0]>[0]

/** An open database of either kind, and what differs between the two. */
export interface OpenDatabase {
  db: Database
  kind: 'pglite' | 'postgres'
  /** The embedded instance, for pg-boss; absent on PostgreSQL. */
  pglite?: PGlite
  /** The connection string, for pg-boss's own pool; absent on PGlite. */
  url?: string
  /** Calls back with each payload sent by `pg_notify(channel, …)` after its transaction committed. Resolves to an unsubscriber. */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>
  /** Resolves when the database answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

const migrationsFolder = join(import.meta.dirname, '../migrations')

/** Opens PostgreSQL when `url` is given, else the embedded database under `folder`, and brings its schema up to date. */
export async function openDatabase(options: { url: string; folder: string }): Promise<OpenDatabase> {
  return options.url === '' ? openPglite(options.folder) : openPostgres(options.url)
}

async function openPostgres(url: string): Promise<OpenDatabase> {
  const client = postgres(url, {
    max: 10,
    connect_timeout: 10,
    idle_timeout: 60,
    // The driver's own waits grow to 20 s: that long nobody would be served after the database is back.
    backoff: (tries) => Math.min(1, 0.05 * 2 ** tries),
    onnotice: () => undefined,
  })
  const typed = drizzlePostgres(client)
  try {
    await migrateOnce(typed as Database, () => migratePostgres(typed, { migrationsFolder }))
  } catch (error) {
    await client.end({ timeout: 2 })
    throw error
  }
  return {
    db: typed as Database,
    kind: 'postgres',
    url,
    listen: async (channel, onPayload) => {
      const subscription = await client.listen(channel, onPayload)
      return () => subscription.unlisten()
    },
    ping: async () => {
      await typed.execute(sql`select 1`)
    },
    close: () => client.end({ timeout: 5 }),
  }
}

// Two control planes that start together on a new database must not both create the schema.
async function migrateOnce(db: Database, migrate: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await migrate()
      return
    } catch (error) {
      if (attempt >= 3) throw error
      await db.execute(sql`select pg_sleep(0.5)`)
    }
  }
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
      listen: (channel, onPayload) => pglite.listen(channel, onPayload),
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

/** The SQLSTATE of a failed statement, the same on both drivers; undefined for other errors. */
export function sqlState(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const code = (current as { code?: unknown }).code
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code
  }
  return undefined
}

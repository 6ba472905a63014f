import { setTimeout as pause } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import type { Database, OpenDatabase } from './database.ts'
import { isDatabaseGone, OutcomeUnknown } from './database-faults.ts'
import { connection, type Patience, usual } from './postgres-connection.ts'
import { createListener } from './postgres-listener.ts'

/** Opens PostgreSQL, its schema brought up to date. */
export async function openPostgres(
  url: string,
  migrationsFolder: string,
  patience: Patience = usual,
): Promise<OpenDatabase> {
  await migrateOnce(url, migrationsFolder, patience)
  const pool = new pg.Pool({ ...connection(url, patience), max: 10, idleTimeoutMillis: 60_000 })
  // A connection that dies tells it to whoever asked on it, and here. With nobody listening here the process would end.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = drizzle(pool)
  const listener = createListener(connection(url, patience))
  let closing: Promise<void> | undefined
  return {
    db: Object.assign(db, { transaction: transactionsOn(pool) }) as unknown as Database,
    kind: 'postgres',
    url,
    listen: listener.listen,
    ping: async () => {
      await pool.query('select 1')
    },
    close() {
      closing ??= Promise.all([listener.close(), pool.end()]).then(() => undefined)
      return closing
    },
  }
}

/**
 * Transactions in place of drizzle's own, which keeps a connection for ever when its BEGIN fails (ten of them, and nobody is served until a
 * restart), gives back one that is dead, and hides why a transaction failed behind the ROLLBACK that failed after it.
 */
function transactionsOn(pool: pg.Pool) {
  return async <T>(work: (tx: never) => Promise<T>, config?: never): Promise<T> => {
    const client = await pool.connect()
    let failed: { error: unknown } | undefined
    let worked = false
    let broken = false
    try {
      return await drizzle(watched(client)).transaction(async (tx) => {
        try {
          const result = await work(tx as never)
          worked = true
          return result
        } catch (error) {
          failed = { error }
          throw error
        }
      }, config)
    } catch (error) {
      broken = isDatabaseGone(error)
      if (failed !== undefined) throw failed.error
      throw worked && broken ? new OutcomeUnknown(error) : error
    } finally {
      client.release(broken)
    }
  }
}

/**
 * The connection as drizzle sees it. One whose server fell silent is of no use any more: what waits behind the unanswered statement, the
 * ROLLBACK first of all, would wait as long again.
 */
function watched(client: pg.PoolClient): pg.PoolClient {
  const query = async (...given: Parameters<pg.PoolClient['query']>): Promise<unknown> => {
    try {
      return await client.query(...given)
    } catch (error) {
      if (isDatabaseGone(error)) client.connection.stream.destroy()
      throw error
    }
  }
  return { query } as unknown as pg.PoolClient
}

/**
 * On a connection of its own, since a migration may take longer than any statement of a request. Two control planes that start together on a
 * new database must not both create the schema: the second one fails and tries again.
 */
async function migrateOnce(url: string, migrationsFolder: string, patience: Patience): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({ ...connection(url, patience), statement_timeout: 0, query_timeout: 0 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await migrate(drizzle(client), { migrationsFolder })
      return
    } catch (error) {
      if (attempt >= 3) throw error
      await pause(500)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

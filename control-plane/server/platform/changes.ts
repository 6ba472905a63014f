import { sql } from 'drizzle-orm'
import type { OpenDatabase, Tx } from './database.ts'

/**
 * Tells every control plane on this database, and through them every open screen, that something changed.
 * A topic is `noun` or `noun:id` (`hearing:…`, `alerts`); it carries no content: whoever cares reads again.
 */
export interface Changes {
  /** Is sent when the transaction commits, never when it rolls back. */
  announce(tx: Tx, ...topics: string[]): Promise<void>
  subscribe(onTopic: (topic: string) => void): () => void
  start(): Promise<void>
  stop(): Promise<void>
}

const channel = 'tiepdan_changes'

export function createChanges(database: OpenDatabase): Changes {
  const listeners = new Set<(topic: string) => void>()
  let unlisten: (() => Promise<void>) | undefined
  return {
    async announce(tx, ...topics) {
      for (const topic of topics) await tx.execute(sql`select pg_notify(${channel}, ${topic})`)
    },
    subscribe(onTopic) {
      listeners.add(onTopic)
      return () => listeners.delete(onTopic)
    },
    async start() {
      unlisten = await database.listen(channel, (topic) => {
        for (const listener of listeners) listener(topic)
      })
    },
    async stop() {
      await unlisten?.()
      unlisten = undefined
    },
  }
}

import { sql } from 'drizzle-orm'
import type { OpenDatabase, Tx } from './database.ts'

/**
 * Tells every control plane on this database, and through them every open screen, that something changed.
 * A topic is `noun` or `noun:id` (`hearing:…`, `alerts`); it carries no content: whoever cares reads again.
 */
export interface Changes {
  /** Is sent when the transaction commits, never when it rolls back. */
  announce(tx: Tx, ...topics: string[]): Promise<void>
  /**
   * `onMissed`: the line to the database was down, and what was announced meanwhile is lost: whoever shows or keeps something reads all of it
   * again.
   */
  subscribe(onTopic: (topic: string) => void, onMissed?: () => void): () => void
  start(): Promise<void>
  stop(): Promise<void>
}

const channel = 'tiepdan_changes'

export function createChanges(database: OpenDatabase): Changes {
  const listeners = new Set<{ onTopic: (topic: string) => void; onMissed: (() => void) | undefined }>()
  let unlisten: (() => Promise<void>) | undefined
  return {
    async announce(tx, ...topics) {
      for (const topic of topics) await tx.execute(sql`select pg_notify(${channel}, ${topic})`)
    },
    subscribe(onTopic, onMissed) {
      const listener = { onTopic, onMissed }
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async start() {
      unlisten = await database.listen(channel, {
        onPayload: (topic) => {
          for (const { onTopic } of listeners) onTopic(topic)
        },
        onMissed: () => {
          for (const { onMissed } of listeners) onMissed?.()
        },
      })
    },
    async stop() {
      await unlisten?.()
      unlisten = undefined
    },
  }
}

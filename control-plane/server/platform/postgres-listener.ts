import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Heard } from './database.ts'

// A line that is cut without a word is noticed after an interval and an answer that does not come.
const beatMs = 5_000
const answerMs = 5_000
const firstWaitMs = 50
const longestWaitMs = 1_000

/**
 * LISTEN on a connection of its own, made again whenever it is lost. PostgreSQL keeps no notification for who is not there, so after each gap
 * every listener is told that it missed something.
 */
export function createListener(config: pg.ClientConfig) {
  const heard = new Map<string, Set<Heard>>()
  let over = false
  let current: pg.Client | undefined
  let keeping: Promise<void> | undefined
  const stopped = new AbortController()

  /** Listening, with the promise of its end; rejects when it cannot connect. */
  async function connect(): Promise<{ ended: Promise<void> }> {
    const client = new pg.Client({ ...config, query_timeout: answerMs })
    const ended = new Promise<void>((done) => {
      client.once('end', done)
      client.once('error', () => done())
    })
    client.on('error', () => undefined)
    client.on('notification', ({ channel, payload = '' }) => {
      for (const one of heard.get(channel) ?? []) one.onPayload(payload)
    })
    try {
      await client.connect()
      for (const channel of heard.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`)
    } catch (error) {
      client.connection.stream.destroy()
      throw error
    }
    current = client
    return { ended: Promise.race([ended, beat(client)]) }
  }

  /** Resolves once the server does not answer any more. */
  async function beat(client: pg.Client): Promise<void> {
    while (!over && current === client) {
      await pause(beatMs, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined)
      const answered = await client.query('select 1').then(
        () => true,
        () => false,
      )
      if (!answered) return
    }
  }

  /** Until `close`: waits for the end of the connection and makes the next one. */
  async function keep(first: { ended: Promise<void> }): Promise<void> {
    let present: { ended: Promise<void> } | undefined = first
    let waitMs = firstWaitMs
    while (!over) {
      await present?.ended
      current?.connection.stream.destroy()
      current = undefined
      if (over) return
      await pause(waitMs, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined)
      present = over ? undefined : await connect().catch(() => undefined)
      waitMs = present === undefined ? Math.min(longestWaitMs, waitMs * 2) : firstWaitMs
      // Only now: what is announced from here on is heard, what came before is read.
      if (present !== undefined) for (const all of heard.values()) for (const one of all) one.onMissed()
    }
  }

  return {
    async listen(channel: string, one: Heard): Promise<() => Promise<void>> {
      const all = heard.get(channel) ?? new Set()
      heard.set(channel, all.add(one))
      if (current !== undefined) await current.query(`listen ${pg.escapeIdentifier(channel)}`)
      else if (keeping === undefined) keeping = keep(await connect())
      return async () => {
        all.delete(one)
      }
    },
    async close(): Promise<void> {
      over = true
      stopped.abort()
      // Not `end`, which waits for a server that may be gone.
      current?.connection.stream.destroy()
      await keeping
    },
  }
}

import type { Actor } from './actor.ts'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'

interface Listener {
  actor: Actor
  send(text: string): void
  close(code: number): void
}

const pingMs = 20_000
/** "Read everything again when you are back" (web/live.ts). */
const startAnew = 1012

/**
 * `/api/changes`: one WebSocket per open screen; each message is the topic of something that changed and that the person may read. It carries
 * no content.
 */
export function changesSocket(
  platform: Platform,
  audience: (topic: string, actors: readonly Actor[]) => Promise<ReadonlySet<Actor>>,
): Module {
  const listeners = new Set<Listener>()
  // A topic that changes again before it was told is told once.
  const waiting = new Set<string>()
  let isTelling = false
  let unsubscribe: (() => void) | undefined

  const closeAll = (): void => {
    waiting.clear()
    for (const listener of listeners) listener.close(startAnew)
  }

  async function tellWaiting(): Promise<void> {
    isTelling = true
    try {
      for (const topic of waiting) {
        waiting.delete(topic)
        const there = [...listeners]
        const actors = there.map(({ actor }) => actor)
        const hear = await audience(topic, actors)
        for (const listener of there) if (hear.has(listener.actor)) listener.send(JSON.stringify({ topic }))
      }
    } catch (error) {
      platform.log.warn({ err: error }, 'changes not told')
      // Whose the topic is could not be looked up, and nobody announces it a second time.
      closeAll()
    } finally {
      isTelling = false
    }
  }

  function onTopic(topic: string): void {
    if (listeners.size === 0) return
    waiting.add(topic)
    if (!isTelling) void tellWaiting()
  }

  return {
    name: 'changes-socket',
    routes(app) {
      app.get(
        '/api/changes',
        { websocket: true, config: { may: 'session.own' }, schema: { hide: true } },
        (socket, request) => {
          const listener: Listener = {
            actor: request.actor,
            send: (text) => socket.send(text),
            close: (code) => socket.close(code),
          }
          listeners.add(listener)
          const ping = setInterval(() => socket.ping(), pingMs)
          socket.on('close', () => {
            clearInterval(ping)
            listeners.delete(listener)
          })
          socket.on('error', (error) => platform.log.debug({ err: error }, 'changes socket'))
        },
      )
    },
    async start() {
      unsubscribe ??= platform.changes.subscribe(onTopic, closeAll)
    },
    async stop() {
      unsubscribe?.()
      unsubscribe = undefined
    },
  }
}

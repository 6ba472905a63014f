import type { Module } from './module.ts'
import type { Platform } from './platform.ts'

/** `/api/changes`: one WebSocket per open screen; each message is the topic of something that changed. It carries no content. */
export function changesSocket(platform: Platform): Module {
  const pingMs = 20_000
  return {
    name: 'changes-socket',
    routes(app) {
      app.get('/api/changes', { websocket: true, config: { may: 'session.own' }, schema: { hide: true } }, (socket) => {
        const unsubscribe = platform.changes.subscribe(
          (topic) => socket.send(JSON.stringify({ topic })),
          // A screen whose line was cut reads everything again when it is back (web/live.ts).
          () => socket.close(1012),
        )
        const ping = setInterval(() => socket.ping(), pingMs)
        socket.on('close', () => {
          clearInterval(ping)
          unsubscribe()
        })
        socket.on('error', (error) => platform.log.debug({ err: error }, 'changes socket'))
      })
    },
  }
}

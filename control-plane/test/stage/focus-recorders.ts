import { randomUUID } from 'node:crypto'

/** The state of one room's recording as published by Jicofo, in its presence: nothing before it is `on`. */
export interface PublishedState {
  status: 'on' | 'off'
  sessionId: string
  initiator?: string | undefined
  error?: string | undefined
}

interface Session {
  room: string
  sessionId: string
  appData: string
  initiator: string
  jibri: string
  status: 'pending' | 'on'
  tried: Set<string>
}

interface JibriState {
  busyStatus: 'IDLE' | 'BUSY' | 'EXPIRED'
  healthStatus: 'HEALTHY' | 'UNHEALTHY'
}

export interface Recorders {
  start(
    room: string,
    appData: string,
    initiator: string,
  ): Promise<{ is: 'started'; sessionId: string } | { is: 'refused'; reason: string }>
  stop(room: string): Promise<boolean>
  /** What a recorder says of its session. */
  report(message: {
    jibri: string
    sessionId: string
    status: 'pending' | 'on' | 'off' | 'error'
    error?: string
  }): void
  roomGone(room: string): void
  /** As a killed Jicofo: the recorders go on with what nobody knows any more. */
  forgetAll(): void
  /** How many recordings were begun on request; a session moved after a recorder's death is none. */
  starts(): number
  add(url: string): void
  close(): void
}

const pollMs = 400
/** Prosody holds a lost connection for so long (`smacks_hibernation_time` of the auth host): whoever is back by then was never away to Jicofo. */
const heldMs = 5_000

async function ask<T>(url: string, body?: unknown): Promise<{ status: number; body: T } | undefined> {
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(5_000),
    })
    const text = await response.text()
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as T }
  } catch {
    return undefined
  }
}

/** Jicofo's choice and watch of recorders (num-retries, resource-constraint, service-unavailable, moving a session). */
export function createRecorders(options: {
  jibris: string[]
  publish(room: string, state: PublishedState): void
}): Recorders {
  const jibris = new Set(options.jibris)
  const sessions = new Map<string, Session>()
  let starts = 0
  /** Since when a recorder is lost, and until when one that came back still looks as before. */
  const lostAt = new Map<string, number>()
  const heldUntil = new Map<string, number>()

  /** A free recorder, or why there is none. */
  async function choose(except: Set<string>): Promise<{ is: 'free'; jibri: string } | { is: 'none'; reason: string }> {
    let alive = 0
    for (const jibri of jibris) {
      const state = await ask<JibriState>(`${jibri}/state`)
      if (state === undefined) continue
      alive++
      // Under its old name it looks as busy as the one that was killed.
      if (Date.now() < (heldUntil.get(jibri) ?? 0)) continue
      if (!except.has(jibri) && state.body.busyStatus === 'IDLE' && state.body.healthStatus === 'HEALTHY')
        return { is: 'free', jibri }
    }
    return { is: 'none', reason: alive === 0 ? 'service-unavailable' : 'resource-constraint' }
  }

  /** Starts the session on some free recorder; a recorder that fails at once is passed over. */
  async function place(
    session: Omit<Session, 'jibri' | 'status'>,
  ): Promise<{ is: 'placed' } | { is: 'none'; reason: string }> {
    for (let attempt = 0; attempt < 5; attempt++) {
      const choice = await choose(session.tried)
      if (choice.is === 'none') return choice
      session.tried.add(choice.jibri)
      sessions.set(session.room, { ...session, jibri: choice.jibri, status: 'pending' })
      const answer = await ask(`${choice.jibri}/start`, {
        sessionId: session.sessionId,
        room: session.room,
        appData: session.appData,
      })
      if (answer?.status === 200) return { is: 'placed' }
      sessions.delete(session.room)
    }
    return { is: 'none', reason: 'resource-constraint' }
  }

  function fail(session: Session, error: string): void {
    sessions.delete(session.room)
    // Whoever sees its browser still in the room is told `on` with this error by his library.
    options.publish(session.room, { status: 'off', sessionId: session.sessionId, error })
  }

  /** The recorder is gone: another goes on under the same session id, and nobody is told; with none free the error is told. */
  async function move(session: Session): Promise<void> {
    sessions.delete(session.room)
    const placed = await place({ ...session, tried: new Set([session.jibri]) })
    if (placed.is === 'none') fail(session, 'error')
  }

  const timer = setInterval(async () => {
    for (const session of sessions.values()) {
      const state = await ask<JibriState>(`${session.jibri}/state`)
      if (sessions.get(session.room) !== session) continue
      const lost = lostAt.get(session.jibri)
      if (state !== undefined) {
        if (lost !== undefined) heldUntil.set(session.jibri, lost + heldMs)
        lostAt.delete(session.jibri)
      } else if (lost === undefined) lostAt.set(session.jibri, Date.now())
      else if (Date.now() - lost >= heldMs) {
        lostAt.delete(session.jibri)
        await move(session)
      }
    }
  }, pollMs)
  timer.unref()

  return {
    async start(room, appData, initiator) {
      if (sessions.has(room)) return { is: 'refused', reason: 'unexpected-request' }
      const sessionId = randomUUID()
      const placed = await place({ room, sessionId, appData, initiator, tried: new Set() })
      if (placed.is === 'none') return { is: 'refused', reason: placed.reason }
      starts++
      return { is: 'started', sessionId }
    },
    async stop(room) {
      const session = sessions.get(room)
      if (session === undefined) return false
      // As Jicofo since 2026: the stop is sent and not waited for, and the session is over to it at once.
      sessions.delete(room)
      ask(`${session.jibri}/stop`, { sessionId: session.sessionId }).catch(() => undefined)
      options.publish(room, { status: 'off', sessionId: session.sessionId })
      return true
    },
    report({ jibri, sessionId, status, error }) {
      const session = [...sessions.values()].find(
        (candidate) => candidate.sessionId === sessionId && candidate.jibri === jibri,
      )
      if (session === undefined) return
      switch (status) {
        case 'pending':
          return
        case 'on':
          session.status = 'on'
          options.publish(session.room, { status: 'on', sessionId, initiator: session.initiator })
          return
        case 'off':
          sessions.delete(session.room)
          options.publish(session.room, { status: 'off', sessionId, ...(error === undefined ? {} : { error }) })
          return
        case 'error':
          if (session.status === 'pending') {
            move({ ...session, tried: session.tried }).catch(() => undefined)
            return
          }
          sessions.delete(session.room)
          options.publish(session.room, { status: 'off', sessionId, error: error ?? 'error' })
      }
    },
    roomGone(room) {
      const session = sessions.get(room)
      sessions.delete(room)
      if (session !== undefined) ask(`${session.jibri}/stop`, { sessionId: session.sessionId }).catch(() => undefined)
    },
    forgetAll: () => sessions.clear(),
    starts: () => starts,
    add: (url) => jibris.add(url),
    close: () => clearInterval(timer),
  }
}

import { Value } from 'typebox/value'
import { type Board, KioskSays, type KioskState, type ServerSays } from '../../contract/kiosk.ts'
import type { Identity } from '../identity/index.ts'
import type { App } from '../platform/http.ts'
import { silentFor } from '../platform/intake.ts'
import type { Platform } from '../platform/platform.ts'
import { cleanInside } from '../platform/validation.ts'
import { connectedMs } from './enrolment.ts'
import * as store from './store.ts'

export type BoardProvider = (endpointId: string, deviceId: string) => Promise<Partial<Board>>

interface Connection {
  deviceId: string
  endpointId: string
  send(message: ServerSays): void
  close(): void
  /** The board that is being sent. */
  pushing: Promise<void>
  noting: Promise<void>
}

type Socket = {
  send(text: string): void
  close(): void
  on(event: 'message' | 'close' | 'error', listener: (data: never) => void): void
}

const helloMs = 10_000

/** The room PCs that are connected to this process; each is sent its whole board whenever something of it changed, on any instance. */
export function createKiosks(platform: Platform, identity: Pick<Identity, 'actorOf'>) {
  const { db, clock, log } = platform
  const providers: BoardProvider[] = []
  const connections = new Map<string, Connection>()
  let unsubscribe: (() => void) | undefined
  /** Endpoints whose room PCs counted as connected at the last look. */
  let speaking = new Set<string>()

  async function board(endpointId: string, deviceId: string): Promise<Board | undefined> {
    const endpoint = await store.endpointById(db, endpointId)
    const device = await store.deviceById(db, deviceId)
    if (endpoint === undefined || device === undefined || device.revokedAt !== null) return undefined
    const parts: Partial<Board>[] = []
    for (const provide of providers) parts.push(await provide(endpointId, deviceId))
    return Object.assign(
      {
        endpoint: { id: endpoint.id, name: endpoint.name, kind: endpoint.kind },
        device: { id: device.id, label: device.label },
        hearing: null,
        tests: [],
        lastTest: null,
        serverTime: '',
      },
      ...parts,
      { serverTime: new Date(clock.now()).toISOString() },
    ) as Board
  }

  // One board at a time: of two that are read at once the older could arrive last, and stay.
  function push(connection: Connection): Promise<void> {
    connection.pushing = connection.pushing.catch(() => undefined).then(() => sendBoard(connection))
    return connection.pushing
  }

  async function sendBoard(connection: Connection): Promise<void> {
    const shown = await board(connection.endpointId, connection.deviceId)
    if (shown === undefined) {
      connection.send({ type: 'refused', why: 'revoked' })
      connection.close()
      return
    }
    connection.send({ type: 'board', board: shown })
  }

  function pushTo(concerned: (connection: Connection) => boolean): void {
    for (const connection of connections.values()) {
      if (!concerned(connection)) continue
      push(connection).catch((error: unknown) => {
        log.warn({ err: error }, 'board not sent')
        // Nobody announces the change a second time; a room PC that greets again is sent the board of then.
        connection.close()
      })
    }
  }

  async function onHello(socket: Socket, token: string, isOver: () => boolean): Promise<Connection | undefined> {
    const actor = await identity.actorOf('device', token)
    // Gone while its token was looked at: kept, it would be written to for ever.
    if (isOver()) return undefined
    const send = (message: ServerSays): void => socket.send(JSON.stringify(message))
    if (actor?.kind !== 'device') {
      send({ type: 'refused', why: 'token' })
      socket.close()
      return undefined
    }
    // Two pages with one credential: the newest is the room's, the older is told.
    const older = connections.get(actor.id)
    if (older) {
      older.send({ type: 'refused', why: 'replaced' })
      older.close()
    }
    const connection = {
      deviceId: actor.id,
      endpointId: actor.endpointId,
      send,
      close: () => socket.close(),
      pushing: Promise.resolve(),
      noting: Promise.resolve(),
    }
    connections.set(actor.id, connection)
    await note(connection, null)
    await push(connection)
    return connection
  }

  async function note(connection: Connection, state: KioskState | null): Promise<void> {
    const before = await store.deviceById(db, connection.deviceId)
    await store.noteState(db, connection.deviceId, new Date(clock.now()), state)
    const wasConnected = before?.lastSeenAt && clock.now() - before.lastSeenAt.getTime() < connectedMs
    const changed =
      state !== null &&
      JSON.stringify({ ...before?.state, rttMs: 0, clockOffsetMs: 0 }) !==
        JSON.stringify({ ...state, rttMs: 0, clockOffsetMs: 0 })
    if (wasConnected && !changed) return
    await db.transaction((tx) => platform.changes.announce(tx, `endpoint:${connection.endpointId}`, 'endpoints'))
  }

  async function onMessage(connection: Connection, message: KioskSays): Promise<void> {
    if (message.type === 'ping') connection.send({ type: 'pong', at: message.at, serverTime: clock.now() })
    if (message.type !== 'state') return
    const { state } = message
    // One report at a time: of two that are written at once the older could be the one that stays.
    connection.noting = connection.noting.catch(() => undefined).then(() => note(connection, state))
    await connection.noting
  }

  function accept(socket: Socket): void {
    let connection: Connection | undefined
    let greeting = false
    let over = false
    const late = setTimeout(() => socket.close(), helloMs)
    const failed = (error: unknown): void => {
      log.warn({ err: error }, 'kiosk message failed')
      socket.close()
    }
    socket.on('message', (data: never) => {
      const message = parse(String(data))
      if (message === undefined) {
        // Who has not said who he is says nothing else; of a room PC that is known, an older page may say what this release does not know.
        if (connection === undefined) socket.close()
        return
      }
      if (connection !== undefined) {
        onMessage(connection, message).catch(failed)
        return
      }
      if (message.type !== 'hello' || greeting) return
      greeting = true
      onHello(socket, message.token, () => over).then((opened) => {
        clearTimeout(late)
        connection = opened
        if (over) forget()
      }, failed)
    })
    const forget = (): void => {
      if (connection !== undefined && connections.get(connection.deviceId) === connection)
        connections.delete(connection.deviceId)
    }
    socket.on('close', () => {
      over = true
      clearTimeout(late)
      forget()
    })
    socket.on('error', (error: never) => log.debug({ err: error }, 'kiosk socket'))
  }

  /** A room PC that falls silent says nothing: what the screens show of it is told again once its half minute is over. */
  async function tellSilence(): Promise<void> {
    const now = clock.now()
    const listening = await platform.intake.listening(db)
    const words = await store.lastWords(db)
    const isSilent = (id: string): boolean => silentFor(words.get(id) ?? 0, listening, now) >= connectedMs
    const gone = [...speaking].filter(isSilent)
    speaking = new Set([...words.keys()].filter((id) => !isSilent(id)))
    if (gone.length === 0) return
    await db.transaction((tx) => platform.changes.announce(tx, ...gone.map((id) => `endpoint:${id}`), 'endpoints'))
  }

  return {
    tellSilence,
    onBoard: (provider: BoardProvider): void => {
      providers.push(provider)
    },
    routes(app: App): void {
      app.get('/api/kiosk/socket', { websocket: true, config: { may: 'public' }, schema: { hide: true } }, (socket) =>
        accept(socket as unknown as Socket),
      )
    },
    start(): void {
      unsubscribe ??= platform.changes.subscribe(
        (topic) => {
          if (!topic.startsWith('kiosk:')) return
          const endpointId = topic.slice('kiosk:'.length)
          pushTo((connection) => connection.endpointId === endpointId)
        },
        () => pushTo(() => true),
      )
    },
    stop(): void {
      unsubscribe?.()
      unsubscribe = undefined
      for (const connection of connections.values()) connection.close()
    },
  }
}

function parse(text: string): KioskSays | undefined {
  try {
    const message: unknown = JSON.parse(text)
    cleanInside(message)
    return Value.Check(KioskSays, message) ? message : undefined
  } catch {
    return undefined
  }
}

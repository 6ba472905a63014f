import { isDeepStrictEqual } from 'node:util'
import { Value } from 'typebox/value'
import { type Board, KioskSays, type KioskState, type ServerSays } from '../../contract/kiosk.ts'
import type { Identity } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import type { App } from '../platform/http.ts'
import { silentFor } from '../platform/intake.ts'
import type { Platform } from '../platform/platform.ts'
import { cleanInside } from '../platform/validation.ts'
import { connectedMs } from './enrolment.ts'
import { latestOnly } from './latest-only.ts'
import * as store from './store.ts'

export type BoardProvider = (endpointId: string, deviceId: string) => Promise<Partial<Board>>

/** One page of a room PC that has said who it is. */
interface Page {
  deviceId: string
  endpointId: string
  /** Which hello of this process it was: of two pages of one PC the later is the room's. */
  hello: number
  send(message: ServerSays): void
  close(): void
  /** The last state that was told and not yet written. */
  told: KioskState | undefined
  reports: ReturnType<typeof latestOnly>
  boards: ReturnType<typeof latestOnly>
}

/** The place of one room PC: one page is connected, at most one waits to take its place. */
interface Seat {
  page: Page | undefined
  waiting: Page | undefined
  admissions: ReturnType<typeof latestOnly>
}

type Socket = {
  send(text: string): void
  close(): void
  on(event: 'message' | 'close' | 'error', listener: (data: never) => void): void
}

const helloMs = 10_000
/** Between two states of one page that are written and told on, and between two pages of one room PC that are let in. */
const reportRestMs = 1_000
const admissionRestMs = 1_000

/** The room PCs that are connected to this process; each is sent its whole board whenever something of it changed, on any instance. */
export function createKiosks(platform: Platform, identity: Pick<Identity, 'actorOf'>) {
  const { db, clock, log } = platform
  const providers: BoardProvider[] = []
  // Never more than there are room PCs.
  const seats = new Map<string, Seat>()
  let hellos = 0
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
        others: [],
        tests: [],
        lastTest: null,
        serverTime: '',
      },
      ...parts,
      { serverTime: new Date(clock.now()).toISOString() },
    ) as Board
  }

  async function sendBoard(page: Page): Promise<void> {
    const shown = await board(page.endpointId, page.deviceId)
    if (shown !== undefined) return page.send({ type: 'board', board: shown })
    refuse(page, 'revoked')
  }

  function refuse(page: Page, why: 'revoked' | 'replaced'): void {
    page.send({ type: 'refused', why })
    page.close()
  }

  function pushTo(concerned: (page: Page) => boolean): void {
    for (const { page } of seats.values()) if (page !== undefined && concerned(page)) page.boards.ask()
  }

  /** Takes the place for the page that waits for it; the older page is told. */
  async function admit(seat: Seat): Promise<void> {
    const page = seat.waiting
    if (page === undefined) return
    seat.waiting = undefined
    if (seat.page !== undefined) refuse(seat.page, 'replaced')
    seat.page = page
    try {
      await note(page, null)
      page.boards.ask()
    } catch (error) {
      log.warn({ err: error }, 'room PC not let in')
      page.close()
    }
  }

  function seatOf(deviceId: string): Seat {
    const known = seats.get(deviceId)
    if (known !== undefined) return known
    const onError = (error: unknown): void => log.error({ err: error }, 'room PC not let in')
    const seat: Seat = {
      page: undefined,
      waiting: undefined,
      admissions: latestOnly(() => admit(seat), { restMs: admissionRestMs, onError }),
    }
    seats.set(deviceId, seat)
    return seat
  }

  /** However many pages greet with one credential, and in whichever order their tokens were looked at: the newest is let in, one a second. */
  function sitDown(page: Page): void {
    const seat = seatOf(page.deviceId)
    const newest = seat.waiting ?? seat.page
    if (newest !== undefined && page.hello < newest.hello) {
      refuse(page, 'replaced')
      return
    }
    if (seat.waiting !== undefined) refuse(seat.waiting, 'replaced')
    seat.waiting = page
    seat.admissions.ask()
  }

  function pageOf(actor: Actor & { kind: 'device' }, hello: number, socket: Socket): Page {
    const failed = (what: string) => (error: unknown) => {
      log.warn({ err: error }, what)
      // Nobody announces the change a second time; a room PC that greets again is sent the board of then.
      socket.close()
    }
    const page: Page = {
      deviceId: actor.id,
      endpointId: actor.endpointId,
      hello,
      send: (message) => socket.send(JSON.stringify(message)),
      close: () => socket.close(),
      told: undefined,
      reports: latestOnly(() => noteTold(page), { restMs: reportRestMs, onError: failed('state not kept') }),
      boards: latestOnly(() => sendBoard(page), { restMs: 0, onError: failed('board not sent') }),
    }
    return page
  }

  async function noteTold(page: Page): Promise<void> {
    const { told } = page
    page.told = undefined
    if (told !== undefined) await note(page, told)
  }

  async function onHello(
    socket: Socket,
    token: string,
    line: { hello: number; isOver(): boolean },
  ): Promise<Page | undefined> {
    const actor = await identity.actorOf('device', token)
    // Gone while its token was looked at: kept, it would be written to for ever.
    if (line.isOver()) return undefined
    if (actor?.kind !== 'device') {
      const refused: ServerSays = { type: 'refused', why: 'token' }
      socket.send(JSON.stringify(refused))
      socket.close()
      return undefined
    }
    return pageOf(actor, line.hello, socket)
  }

  async function note({ deviceId, endpointId }: Page, state: KioskState | null): Promise<void> {
    const before = await store.deviceById(db, deviceId)
    await store.noteState(db, deviceId, new Date(clock.now()), state)
    const wasConnected = before?.lastSeenAt && clock.now() - before.lastSeenAt.getTime() < connectedMs
    if (wasConnected && (state === null || isSameState(before?.state, state))) return
    await db.transaction((tx) => platform.changes.announce(tx, `endpoint:${endpointId}`, 'endpoints'))
  }

  function onMessage(page: Page, message: KioskSays): void {
    if (message.type === 'ping') page.send({ type: 'pong', at: message.at, serverTime: clock.now() })
    if (message.type !== 'state') return
    page.told = message.state
    page.reports.ask()
  }

  function accept(socket: Socket): void {
    let page: Page | undefined
    let greeting = false
    let over = false
    const late = setTimeout(() => socket.close(), helloMs)
    const forget = (left: Page): void => {
      left.reports.end()
      left.boards.end()
      const seat = seatOf(left.deviceId)
      if (seat.page === left) seat.page = undefined
      if (seat.waiting === left) seat.waiting = undefined
    }
    const greet = (token: string): void => {
      greeting = true
      // From here on the server is what is waited for.
      clearTimeout(late)
      onHello(socket, token, { hello: ++hellos, isOver: () => over }).then(
        (greeted) => {
          page = greeted
          if (greeted !== undefined) sitDown(greeted)
        },
        (error: unknown) => {
          log.warn({ err: error }, 'kiosk message failed')
          socket.close()
        },
      )
    }
    socket.on('message', (data: never) => {
      const message = parse(String(data))
      if (message === undefined) {
        // Who has not said who he is says nothing else; of a room PC that is known, an older page may say what this release does not know.
        if (page === undefined) socket.close()
        return
      }
      if (page !== undefined) onMessage(page, message)
      else if (message.type === 'hello' && !greeting) greet(message.token)
    })
    socket.on('close', () => {
      over = true
      clearTimeout(late)
      if (page !== undefined) forget(page)
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
          pushTo((page) => page.endpointId === endpointId)
        },
        () => pushTo(() => true),
      )
    },
    stop(): void {
      unsubscribe?.()
      unsubscribe = undefined
      for (const seat of seats.values()) {
        seat.admissions.end()
        for (const page of [seat.page, seat.waiting]) page?.close()
      }
    },
  }
}

/** Whether nothing changed that a screen shows: the line's figures differ each time, and a column keeps no order of members. */
function isSameState(before: Record<string, unknown> | null | undefined, now: KioskState): boolean {
  const shown = (state: object) => ({ ...state, rttMs: null, clockOffsetMs: null })
  return before != null && isDeepStrictEqual(shown(before), shown(now))
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

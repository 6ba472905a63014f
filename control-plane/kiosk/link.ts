import { enrolDevice, type KioskSays, type KioskState, openDeviceSession, type ServerSays } from '../contract/kiosk.ts'
import { newPress, pressHeader } from '../contract/press.ts'
import { CallFailed, call } from '../contract/route.ts'
import { recall } from './memory.ts'
import { reconnectMs } from './state.ts'

/** The kiosk's one connection: keeps itself up, measures its round trip and the server's clock. */
export interface Link {
  send(message: KioskSays): void
  tellState(state: Omit<KioskState, 'rttMs' | 'clockOffsetMs'>): void
  /** A short token for HTTP calls of this device. */
  authorization(): Promise<Record<string, string>>
  rttMs(): number | null
  /** Server's clock minus this machine's, milliseconds; null until the server has answered once. */
  clockOffsetMs(): number | null
  /** The server's time as far as it is known, else this machine's. */
  now(): number
  close(): void
}

interface Hearing {
  onSay(message: ServerSays): void
  onDown(): void
  onRefused(): void
}

const pingMs = 3_000
/** A line is alive only while answers come: after this much silence upon a question it is dead, whatever the browser believes of the socket. */
const silentMs = 8_000
/** For a token, and for the socket to open and speak. */
const openMs = 10_000

export function openLink(hearing: Hearing): Link {
  const state = {
    closed: false,
    attempt: 0,
    // Whatever still comes of an earlier try is nobody's any more.
    turn: 0,
    rttMs: null as number | null,
    offsetMs: null as number | null,
    /** Since when an answer is due; null: the last one came. A page whose timers were held up has asked nothing meanwhile. */
    askedAt: null as number | null,
    token: undefined as { text: string; until: number } | undefined,
  }
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  async function token(): Promise<string> {
    if (state.token !== undefined && performance.now() < state.token.until) return state.token.text
    const credential = recall('credential')
    if (credential === undefined) throw new Error('not enrolled')
    const answer = await call(openDeviceSession, { body: { credential } }, { signal: AbortSignal.timeout(openMs) })
    state.token = { text: answer.token, until: performance.now() + 5 * 60_000 }
    return answer.token
  }

  async function connect(): Promise<void> {
    if (state.closed) return
    const mine = ++state.turn
    try {
      const hello = await token()
      if (mine !== state.turn || state.closed) return
      const opened = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/kiosk/socket`)
      socket = opened
      // Over a line that is cut a socket stays "connecting" for minutes: its time begins now.
      state.askedAt = performance.now()
      opened.onopen = () => {
        state.askedAt = performance.now()
        opened.send(JSON.stringify({ type: 'hello', token: hello }))
      }
      opened.onmessage = (event) => {
        // What a line given up still brings is no sign of life of the one after it.
        if (socket === opened) onMessage(JSON.parse(String(event.data)) as ServerSays)
      }
      opened.onclose = () => {
        if (socket === opened) again()
      }
    } catch (error) {
      if (error instanceof CallFailed && error.problem.status === 401) {
        state.closed = true
        hearing.onRefused()
        return
      }
      if (mine === state.turn) again()
    }
  }

  function again(): void {
    giveUp()
    if (state.closed) return
    hearing.onDown()
    timer = setTimeout(() => connect(), reconnectMs(state.attempt++))
  }

  /** Does not wait for the browser to close: over a dead line it waits for an answer itself. */
  function giveUp(): void {
    state.turn++
    clearTimeout(timer)
    state.rttMs = null
    const dead = socket
    socket = undefined
    dead?.close()
  }

  function onMessage(message: ServerSays): void {
    state.askedAt = null
    if (message.type === 'pong') {
      const rttMs = performance.now() - message.at
      state.rttMs = Math.round(rttMs)
      state.offsetMs = Math.round(message.serverTime + rttMs / 2 - Date.now())
      return
    }
    if (message.type === 'board') state.attempt = 0
    if (message.type === 'refused') {
      if (message.why === 'token') state.token = undefined
      // Told for good: this page does not come back by itself.
      else state.closed = true
    }
    hearing.onSay(message)
  }

  const ping = setInterval(() => {
    if (socket === undefined) return
    const now = performance.now()
    if (state.askedAt !== null && now - state.askedAt > silentMs) {
      again()
      return
    }
    if (socket.readyState !== WebSocket.OPEN) return
    state.askedAt ??= now
    socket.send(JSON.stringify({ type: 'ping', at: now }))
  }, pingMs)
  const onOffline = (): void => {
    if (socket !== undefined) again()
  }
  // Back, it need not wait out the pause.
  const onOnline = (): void => {
    if (socket !== undefined || state.closed) return
    clearTimeout(timer)
    connect()
  }
  globalThis.addEventListener?.('offline', onOffline)
  globalThis.addEventListener?.('online', onOnline)

  connect()
  return {
    send(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
    },
    tellState(told) {
      this.send({ type: 'state', state: { ...told, rttMs: state.rttMs, clockOffsetMs: state.offsetMs } })
    },
    authorization: async () => ({ authorization: `Bearer ${await token()}` }),
    rttMs: () => state.rttMs,
    clockOffsetMs: () => state.offsetMs,
    now: () => Date.now() + (state.offsetMs ?? 0),
    close() {
      state.closed = true
      clearInterval(ping)
      globalThis.removeEventListener?.('offline', onOffline)
      globalThis.removeEventListener?.('online', onOnline)
      giveUp()
    },
  }
}

let pressed = { code: '', press: '' }

/** Uses the short code up and answers the credential that the PC keeps; tried again after a lost answer, the same. */
export async function enrol(code: string): Promise<string> {
  if (pressed.code !== code) pressed = { code, press: newPress() }
  const answer = await call(enrolDevice, { body: { code } }, { headers: pressHeader(pressed.press) })
  return answer.credential
}

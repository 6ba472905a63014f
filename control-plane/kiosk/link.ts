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

const pingMs = 10_000
const silentMs = 25_000

export function openLink(hearing: Hearing): Link {
  const state = {
    closed: false,
    attempt: 0,
    rttMs: null as number | null,
    offsetMs: null as number | null,
    lastHeard: 0,
    token: undefined as { text: string; until: number } | undefined,
  }
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  async function token(): Promise<string> {
    if (state.token !== undefined && performance.now() < state.token.until) return state.token.text
    const credential = recall('credential')
    if (credential === undefined) throw new Error('not enrolled')
    const answer = await call(openDeviceSession, { body: { credential } })
    state.token = { text: answer.token, until: performance.now() + 5 * 60_000 }
    return answer.token
  }

  async function connect(): Promise<void> {
    if (state.closed) return
    try {
      const hello = await token()
      const opened = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/kiosk/socket`)
      socket = opened
      opened.onopen = () => {
        // After an outage the last word is old: the fresh line must have its time to speak.
        state.lastHeard = performance.now()
        opened.send(JSON.stringify({ type: 'hello', token: hello }))
      }
      opened.onmessage = (event) => onMessage(JSON.parse(String(event.data)) as ServerSays)
      opened.onclose = () => {
        if (socket === opened) again()
      }
    } catch (error) {
      if (error instanceof CallFailed && error.problem.status === 401) {
        state.closed = true
        hearing.onRefused()
        return
      }
      again()
    }
  }

  function again(): void {
    socket = undefined
    if (state.closed) return
    state.rttMs = null
    hearing.onDown()
    clearTimeout(timer)
    timer = setTimeout(() => connect(), reconnectMs(state.attempt++))
  }

  function onMessage(message: ServerSays): void {
    state.lastHeard = performance.now()
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
    if (socket?.readyState !== WebSocket.OPEN) return
    // A line that is cut without a word leaves the socket open for minutes: silence is what tells.
    if (performance.now() - state.lastHeard > silentMs) {
      socket.close()
      return
    }
    socket.send(JSON.stringify({ type: 'ping', at: performance.now() }))
  }, pingMs / 2)

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
      clearTimeout(timer)
      socket?.close()
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

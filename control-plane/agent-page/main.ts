import type { CallSettings } from '../contract/call.ts'
import type { Measurement, Patterns } from '../contract/test-calls.ts'
import { enterRoom, type RoomHandle } from '../media/room.ts'
import { runTestCall } from '../media/test-call.ts'
import { installPattern } from './pattern.ts'

/** What the control plane's browser driver calls and hears (server/room-agent); both sides of this page are ours. */
interface Place {
  call: CallSettings
  room: string
  token: string
}

declare global {
  interface Window {
    agent: {
      measure(order: Place & { patterns: Patterns }): Promise<Measurement>
      conduct(order: Place): Promise<void>
      startRecording(appData: string): Promise<void>
      stopRecording(sessionId: string): Promise<void>
    }
    /** Exposed by the driver. */
    agentSays(event: unknown): Promise<void>
  }
}

let conducted: RoomHandle | undefined

/** Rejections of the library may be a raw XML element: its condition is the word that counts (`service-unavailable`, `not-allowed`). */
function reasonOf(error: unknown): Error {
  if (error instanceof Element) {
    const condition = error.querySelector('error')?.firstElementChild?.localName
    return new Error(condition ?? 'error')
  }
  const inside = (error as { error?: unknown } | null)?.error
  if (inside instanceof Element) return reasonOf(inside)
  if (error instanceof Error && /^[a-z-]+$/.test(error.message)) return error
  return new Error(typeof error === 'string' && /^[a-z-]+$/.test(error) ? error : 'error')
}

const handle = (): RoomHandle => {
  if (conducted === undefined) throw new Error('not-in-room')
  return conducted
}

window.agent = {
  async measure(order) {
    const pattern = installPattern(order.patterns.toneHz)
    return runTestCall({
      ...order,
      side: 'agent',
      displayName: 'Kiểm thử tự động',
      send: {},
      signal: new AbortController().signal,
      playAloud: false,
      clockOffsetMs: null,
      soundTone: pattern.sound,
      onProgress: (step) => {
        window.agentSays({ is: 'step', step }).catch(() => undefined)
      },
    })
  },
  async conduct(order) {
    conducted = await enterRoom({
      ...order,
      displayName: 'Ghi hình',
      send: 'none',
      signal: new AbortController().signal,
      onEvent(event) {
        if (event.is === 'recorder' || event.is === 'lost') window.agentSays(event).catch(() => undefined)
      },
    })
  },
  async startRecording(appData) {
    await handle()
      .conference.startRecording({ mode: 'file', appData })
      .catch((error: unknown) => {
        throw reasonOf(error)
      })
  },
  async stopRecording(sessionId) {
    await handle()
      .conference.stopRecording(sessionId)
      .catch((error: unknown) => {
        throw reasonOf(error)
      })
  },
}

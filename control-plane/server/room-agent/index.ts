import type { CallSettings } from '../../contract/call.ts'
import type { Measurement, Patterns } from '../../contract/test-calls.ts'
import type { Module } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import { createBrowser } from './browser.ts'
import { openRoomPc, type RoomPcOrder, type SyntheticPc } from './room-pcs.ts'

export { isWhole, type Received } from './heard-and-seen.ts'
export type { SyntheticPc } from './room-pcs.ts'

export interface Place {
  call: CallSettings
  room: string
  token: string
}

export type ConductorEvent =
  | { is: 'recorder'; status: 'pending' | 'on' | 'off'; sessionId: string | null; error: string | null }
  | { is: 'lost'; why: string }

/** A hidden participant that asks for and watches the recording of one room. */
export interface Conductor {
  /** Rejects with Jicofo's word: `service-unavailable`, `resource-constraint`, `not-allowed`, … */
  startRecording(appData: string): Promise<void>
  stopRecording(sessionId: string): Promise<void>
  close(): Promise<void>
}

export interface RoomAgent {
  module: Module
  /** One end of a test call. Rejects when the page or browser died, or the signal ended it: the call may be tried again. */
  measure(
    order: Place & { patterns: Patterns; signal: AbortSignal; onProgress(step: string): void },
  ): Promise<Measurement>
  /** Resolves once the conductor is in the room. */
  conduct(order: Place & { signal: AbortSignal; onEvent(event: ConductorEvent): void }): Promise<Conductor>
  /** A synthetic room PC at the kiosk page, in a browser of its own. */
  openRoomPc(order: RoomPcOrder): Promise<SyntheticPc>
}

const commandMs = 15_000

/** The control plane's own participant: drives pages of `/agent` in headless Chromium, one browser, one page per call. */
export function createRoomAgent(platform: Platform): RoomAgent {
  const browser = createBrowser(platform)

  return {
    module: {
      name: 'room-agent',
      reconciliations: [{ name: 'room-agent.browser', everyMs: 15_000, run: browser.check }],
      stop: browser.stop,
    },

    async measure({ signal, onProgress, ...order }) {
      const opened = await browser.openPage(signal, (event) => {
        const said = event as { is?: string; step?: unknown }
        if (said.is === 'step') onProgress(String(said.step))
      })
      try {
        return await opened.during(
          opened.page.evaluate((given) => (window as unknown as AgentWindow).agent.measure(given), order),
          signal,
        )
      } finally {
        await opened.close()
      }
    },

    openRoomPc: (order) => openRoomPc(platform, order),

    async conduct({ signal, onEvent, ...place }) {
      const opened = await browser.openPage(
        signal,
        (event) => onEvent(event as ConductorEvent),
        (why) => onEvent({ is: 'lost', why }),
      )
      const evaluate = <T>(work: Promise<T>): Promise<T> =>
        opened.during(work, AbortSignal.timeout(commandMs)).catch(plainReason)
      try {
        await opened.during(
          opened.page.evaluate((given) => (window as unknown as AgentWindow).agent.conduct(given), place),
          signal,
        )
      } catch (error) {
        await opened.close()
        return plainReason(error)
      }
      return {
        startRecording: (appData) =>
          evaluate(
            opened.page.evaluate((given) => (window as unknown as AgentWindow).agent.startRecording(given), appData),
          ),
        stopRecording: (sessionId) =>
          evaluate(
            opened.page.evaluate((given) => (window as unknown as AgentWindow).agent.stopRecording(given), sessionId),
          ),
        close: opened.close,
      }
    },
  }
}

/** What the page offers (agent-page/main.ts). */
interface AgentWindow {
  agent: {
    measure(order: Place & { patterns: Patterns }): Promise<Measurement>
    conduct(order: Place): Promise<void>
    startRecording(appData: string): Promise<void>
    stopRecording(sessionId: string): Promise<void>
  }
}

/** The page's own word out of the driver's message ("page.evaluate: Error: service-unavailable …"). */
function plainReason(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error)
  const word = /Error: ([a-z]+(?:[-.][a-zA-Z]+)*)\s*(?:\n|$)/.exec(message)?.[1]
  throw word === undefined ? error : new Error(word, { cause: error })
}

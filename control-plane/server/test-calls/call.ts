import type { Measurement, Patterns } from '../../contract/test-calls.ts'
import type { Endpoints } from '../endpoints/index.ts'
import { minuteMs } from '../platform/clock.ts'
import type { Platform } from '../platform/platform.ts'
import type { RoomAgent } from '../room-agent/index.ts'
import type { Rooms } from '../rooms/index.ts'
import { claimMs } from './schedule.ts'
import * as store from './store.ts'
import type { Outcome } from './verdict.ts'

export const patterns: Patterns = { toneHz: 997, measureMs: 9_000, joinMs: 15_000 }
// The room PC is asked at once; one that has not come after this long is absent.
const kioskWaitMs = 20_000
const measurementWaitMs = 15_000

const stepNames: Record<string, string> = {
  loading: 'Đang mở trang kiểm thử',
  joining: 'Đang vào phòng kiểm thử',
  waiting: 'Đang chờ điểm cầu',
  connected: 'Đã kết nối hình và tiếng',
  measuring: 'Đang đo đường truyền',
  done: 'Đang tổng hợp kết quả',
}
const stepPercents: Record<string, number> = {
  loading: 10,
  joining: 20,
  waiting: 30,
  connected: 50,
  measuring: 65,
  done: 90,
}

interface Deps {
  platform: Platform
  rooms: Rooms
  endpoints: Endpoints
  roomAgent: Pick<RoomAgent, 'measure'>
}

/** The call of one attempt: its room, the room PC's coming, the agent's measurement and the room PC's. */
export function createCaller({ platform, rooms, endpoints, roomAgent }: Deps) {
  const { db, clock, log } = platform

  /** Rejects when our own side broke: the agent's browser, the database, or the claim was lost. */
  async function call(row: store.TestCallRow, signal: AbortSignal): Promise<Outcome> {
    const room = await openRoom(row)
    const prosody = await rooms.signallingProcess()
    try {
      if (!(await kioskCame(row, signal))) {
        // It may have gone into its hearing just after it was found free.
        const roomPc = await endpoints.roomPc(db, row.endpointId)
        return { is: roomPc === 'in-hearing' ? 'room-busy' : 'absent' }
      }
      const agent = await roomAgent.measure({
        call: rooms.callSettings(),
        room: room.name,
        token: await tokenFor(room.name, `agent:test:${row.id}`, 'Kiểm thử tự động'),
        patterns,
        signal,
        onProgress: (step) => {
          tellProgress(row, step).catch((error: unknown) => log.warn({ err: error }, 'progress not noted'))
        },
      })
      if (signallingBroke(agent)) throw new Error(`signalling broke: ${agent.errors.join(', ')}`)
      const kiosk = await kioskMeasurement(row, signal)
      // Of a Prosody that died between the two ends' coming neither end need have noticed: each waited in a room of its own.
      if (!isWhole(agent, kiosk) && (await rooms.signallingProcess()) !== prosody)
        throw new Error('Prosody was restarted during the call')
      return { is: 'measured', agent, kiosk }
    } finally {
      await db.transaction((tx) => rooms.closeSoon(tx, room.id))
    }
  }

  const openRoom = (row: store.TestCallRow) =>
    db.transaction(async (tx) => {
      const made = await rooms.createRoom(tx, {
        purpose: 'test-call',
        hearingId: row.hearingId,
        testCallId: row.id,
        opensAt: clock.now() - minuteMs,
        closesAt: clock.now() + claimMs,
      })
      const progress = progressOf('loading', clock.now())
      if (!(await store.updateRunning(tx, row.id, row.attempt, { room: made.name, progress })))
        throw new Error('claim lost')
      await platform.changes.announce(tx, `test-call:${row.id}`, ...topics(row), `kiosk:${row.endpointId}`)
      return made
    })

  /** Whether the room PC answered the order within its time. */
  const kioskCame = (row: store.TestCallRow, signal: AbortSignal): Promise<boolean> =>
    until(kioskWaitMs, signal, async () => (await store.testById(db, row.id))?.deviceId != null)

  async function kioskMeasurement(row: store.TestCallRow, signal: AbortSignal): Promise<Measurement | null> {
    await until(measurementWaitMs, signal, async () => (await store.testById(db, row.id))?.kioskMeasurement != null)
    return ((await store.testById(db, row.id))?.kioskMeasurement ?? null) as Measurement | null
  }

  function tokenFor(room: string, id: string, name: string): Promise<string> {
    const now = clock.now()
    return rooms.mintToken({
      room,
      user: { id, name, moderator: false },
      features: { recording: false },
      notBefore: now - minuteMs,
      expires: now + claimMs + minuteMs,
    })
  }

  async function tellProgress(row: store.TestCallRow, step: string): Promise<void> {
    await db.transaction(async (tx) => {
      await store.updateRunning(tx, row.id, row.attempt, { progress: progressOf(step, clock.now()) })
      await platform.changes.announce(tx, `test-call:${row.id}`, ...topics(row))
    })
  }

  return { call, tokenFor }
}

async function until(ms: number, signal: AbortSignal, holds: () => Promise<boolean>): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += 250) {
    if (await holds()) return true
    signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return holds()
}

/**
 * The agent stands beside Prosody: when its own signalling broke, or the bridge is away, that tells of the servers and nothing of the
 * endpoint's line. An agent that was in the room but got no media is another matter, and is judged.
 */
const signallingBroke = (agent: Measurement): boolean =>
  agent.signalMs === null || agent.errors.some((error) => signallingErrors.test(error))

const signallingErrors =
  /^(connection\.|disconnected|join-timeout|library-|conference\.(destroyed|focus|reservation|videobridge|connectionError))/

const isWhole = (agent: Measurement, kiosk: Measurement | null): boolean =>
  agent.connectedMs !== null && kiosk?.connectedMs != null && !agent.errors.includes('stalled')

/** What changes with a test: every screen that shows it. */
export const topics = (row: store.TestCallRow): string[] => [
  'test-calls',
  ...(row.hearingId === null ? [] : [`hearing:${row.hearingId}`]),
  `endpoint:${row.endpointId}`,
]

const progressOf = (step: string, now: number) => ({
  step: stepNames[step] ?? step,
  at: new Date(now).toISOString(),
  percent: stepPercents[step] ?? 40,
})

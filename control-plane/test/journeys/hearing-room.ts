import type { Frame } from 'playwright-core'
import type { Trial } from '../stage/trial.ts'
import type { Desk } from './browser.ts'
import { until } from './people.ts'

interface Occupant {
  occupantId: string
  userId: string | null
}

/** The conductors in rooms, as Prosody itself sees them, by occupant id. */
export async function conductorsIn(trial: Trial): Promise<string[]> {
  const { edgeUrl, environment } = trial.stage
  const answer = await fetch(`${edgeUrl}/edge/rooms`, {
    headers: { authorization: `Bearer ${environment.TIEPDAN_EDGE_SECRET}` },
    signal: AbortSignal.timeout(5_000),
  })
  const { rooms } = (await answer.json()) as { rooms: { occupants: Occupant[] }[] }
  return rooms
    .flatMap((room) => room.occupants)
    .filter(({ userId }) => userId?.startsWith('agent:recording:') === true)
    .map(({ occupantId }) => occupantId)
}

/** The meeting that a kiosk shows now: which opening of the page it is, and how many frames of the other side it has shown. */
export interface Seen {
  opening: string
  joined: boolean
  /** From the opening of the room page, in ms. */
  firstFrameMs: number | null
  frames: number
}

/** Undefined while no meeting is shown. */
export async function meetingSeen({ page }: Desk, jitsiUrl: string): Promise<Seen | undefined> {
  const frame = page.frames().find((candidate) => candidate.url().startsWith(`${jitsiUrl}/`))
  return frame === undefined ? undefined : look(frame).catch(() => undefined)
}

const look = (frame: Frame): Promise<Seen> =>
  frame.evaluate(() => {
    const { stageRoom } = window as unknown as {
      stageRoom: { state: string; openedAt: number; firstFrameAt: number | null }
    }
    const videos = [...document.querySelectorAll<HTMLVideoElement>('.tile:not([data-id="local"]) video')]
    return {
      opening: String(performance.timeOrigin),
      joined: stageRoom.state === 'joined',
      firstFrameMs: stageRoom.firstFrameAt === null ? null : Math.round(stageRoom.firstFrameAt - stageRoom.openedAt),
      frames: videos.reduce((sum, video) => sum + video.getVideoPlaybackQuality().totalVideoFrames, 0),
    }
  })

/** Waits until every kiosk shows a moving picture of the other side; with `other`, in a call that is not one of those openings. */
export async function pictureAtAll(
  desks: readonly Desk[],
  jitsiUrl: string,
  timeoutMs: number,
  other: string[] = [],
): Promise<Seen[]> {
  const looks = () => Promise.all(desks.map((desk) => meetingSeen(desk, jitsiUrl)))
  let before: (Seen | undefined)[] = []
  const seen = await until(
    'a moving picture in every room',
    timeoutMs,
    async () => {
      const now = await looks()
      const moving = now.map((one, index) => {
        const last = before[index]
        const moves = one?.joined === true && one.opening === last?.opening && one.frames > last.frames
        return moves && !other.includes(one.opening) ? one : undefined
      })
      before = now
      return moving
    },
    (moving) => moving.every((one) => one !== undefined),
  )
  return seen.filter((one) => one !== undefined)
}

/** The script in the meeting's page tells the kiosk that its line carries something (docs/decisions/stalled-picture.md). */
export const lineIsTold = ({ page }: Desk, jitsiUrl: string): Promise<void> =>
  page.evaluate(
    (origin) =>
      new Promise<void>((resolve, reject) => {
        setTimeout(() => reject(new Error('the meeting told nothing of its line')), 10_000)
        window.addEventListener('message', (event) => {
          if (event.origin !== origin || event.data?.tiepdan !== 'line') return
          const { connections } = event.data as { connections: { stats: { bytesReceived?: number }[] }[] }
          if (connections.some(({ stats }) => stats.some((stat) => (stat.bytesReceived ?? 0) > 0))) resolve()
        })
      }),
    jitsiUrl,
  )

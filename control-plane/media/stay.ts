import type { Entry } from '../contract/call.ts'
import { CallFailed, type ProblemDocument } from '../contract/route.ts'
import { embedMeeting, type Meeting, type MeetingEvent } from './embed.ts'
import type { DeviceNews, HandedDevices } from './meeting-devices.ts'
import { obstacleOf, obstacleWords } from './obstacle.ts'

/** Where a page is with its meeting. The last three are for good: nothing more happens by itself. */
export type StayStep =
  /** `waitsFor`: what the last try came to grief on, as a sentence; null at the first. */
  | { at: 'entering'; waitsFor: string | null }
  | { at: 'inside' }
  | { at: 'rejoining'; attempt: number; waitsFor: string }
  | { at: 'left' }
  | { at: 'kicked' }
  | { at: 'refused'; problem: ProblemDocument }

export interface Stay {
  /** Enters anew at once, whatever the meeting looks like. */
  enterNow(): void
  hangUp(): void
  end(): void
}

// Jitsi's page is 5 MB: on a slow line the first entry takes its time.
const joinMs = 60_000
const steadyMs = 30_000

/** Waits before entering again: 1, 2, 4, 8 s, then every 15 s, without end. */
export const rejoinDelayMs = (attempt: number): number => (attempt >= 4 ? 15_000 : 1_000 * 2 ** attempt)

/** Which attempt the next one is: a call that held begins anew at the shortest wait, one that broke at once waits longer. */
export const nextAttempt = (attempt: number, heldMs: number): number => (heldMs >= steadyMs ? 0 : attempt)

/** What the meeting asks of the page around it, and tells it. */
export interface Around {
  enter(): Promise<Entry>
  /** Asked at each entry: what may have been plugged in since. */
  devices(): HandedDevices
  onStep(step: StayStep): void
  onDevice(news: DeviceNews): void
}

/** Keeps a page in its meeting: embedded in `place`, entered again by itself with a fresh entry whenever it breaks. */
export function stayInMeeting(place: HTMLElement, { enter, devices, onStep, onDevice }: Around): Stay {
  let meeting: Meeting | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempt = 0
  let joinedAt: number | undefined
  let waitsFor: string | null = null
  // Whatever still arrives from an earlier entry is nobody's any more.
  let turn = 0

  function supersede(): void {
    turn++
    clearTimeout(timer)
  }
  function end(): void {
    supersede()
    meeting?.dispose()
    meeting = undefined
  }

  function enterNow(): void {
    end()
    const mine = turn
    const unlessOver = (then: () => void): void => {
      if (mine === turn) then()
    }
    onStep({ at: 'entering', waitsFor })
    timer = setTimeout(() => again(obstacleWords('page-silent')), joinMs)
    let silent: 'system-unreachable' | 'meeting-unreachable' = 'system-unreachable'
    enter()
      .then(async (entry) => {
        if (mine !== turn) return
        silent = 'meeting-unreachable'
        const opened = await embedMeeting(place, entry, devices(), (event) => unlessOver(() => hear(event)))
        if (mine === turn) meeting = opened
        else opened.dispose()
      })
      .catch((error: unknown) => unlessOver(() => fail(error, silent)))
  }

  function hear(event: MeetingEvent): void {
    if (event.is === 'joined') {
      clearTimeout(timer)
      joinedAt = performance.now()
      waitsFor = null
      onStep({ at: 'inside' })
    }
    if (event.is === 'device') onDevice(event)
    if (event.is === 'left' || event.is === 'kicked') finish({ at: event.is })
    if (event.is === 'lost') again(obstacleWords(event.why))
  }

  function fail(error: unknown, silent: Parameters<typeof obstacleOf>[1]): void {
    const isFinal = (problem: ProblemDocument): boolean =>
      [404, 410].includes(problem.status) || problem.type.endsWith(':grant-in-use')
    if (error instanceof CallFailed && isFinal(error.problem)) finish({ at: 'refused', problem: error.problem })
    else again(obstacleOf(error, silent))
  }

  function again(because: string): void {
    waitsFor = because
    attempt = nextAttempt(attempt, joinedAt === undefined ? 0 : performance.now() - joinedAt)
    joinedAt = undefined
    const waitMs = rejoinDelayMs(attempt++)
    supersede()
    timer = setTimeout(enterNow, waitMs)
    onStep({ at: 'rejoining', attempt, waitsFor: because })
  }

  function finish(step: StayStep): void {
    end()
    onStep(step)
  }

  enterNow()
  return {
    enterNow,
    hangUp: () => meeting?.hangUp(),
    end,
  }
}

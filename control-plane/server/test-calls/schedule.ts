import type { TestCallKind, VerdictWord } from '../../contract/words.ts'
import { dayMs, hourMs, type Instant, minuteMs } from '../platform/clock.ts'

/** The two test calls of Điều 6.1.b and when they are due before the start. */
export const plannedKinds: { kind: Exclude<TestCallKind, 'on-demand'>; beforeMs: number }[] = [
  { kind: 'day-before', beforeMs: dayMs },
  { kind: 'two-hours-before', beforeMs: 2 * hourMs },
]

export interface PlannedTest {
  endpointId: string
  kind: TestCallKind
  dueAt: Instant
}

/** The test calls of a hearing: both kinds for the central and for every delegate endpoint. */
export const planTests = (hearing: { startsAt: Instant; endpoints: { endpointId: string }[] }): PlannedTest[] =>
  hearing.endpoints.flatMap(({ endpointId }) =>
    plannedKinds.map(({ kind, beforeMs }) => ({ endpointId, kind, dueAt: hearing.startsAt - beforeMs })),
  )

/** A test that was noticed this long after its due time came due while everything was off: the reconciler looks every 2 s. */
export const lateAfterMs = 30_000
/** A call that has not ended after this long is broken off. */
export const claimMs = 3 * minuteMs
/** A worker that has not renewed its claim for this long is dead: the test is run again. */
export const leaseMs = 20_000
/** How often a worker renews its claim. */
export const renewMs = 5_000

/** A room PC is back within this after the server is: it tries every 15 s at most. */
const reconnectMs = 40_000
/** None of the province is heard: the server that they speak to is given this long. */
const allReconnectMs = 5 * minuteMs
/** A test without a hearing waits this long for a free room or for our own servers. */
const demandMs = 2 * hourMs
/** How soon a test that waits is looked at again. */
const lookAgainMs = { 'room-pc': 5_000, hearing: 10_000 } as const

/** Until when a test waits for what is not the endpoint's fault: the hearing's beginning. */
export const givesUpAt = (test: { dueAt: Instant }, hearing: { startsAt: Instant } | undefined): Instant =>
  hearing?.startsAt ?? test.dueAt + demandMs

/** The pause after a call that our own side broke: 10 s doubling to 5 minutes. */
export const pauseMs = (attempt: number): number => Math.min(5 * minuteMs, 10_000 * 2 ** (attempt - 1))

export type Step =
  | { is: 'call' }
  | { is: 'wait'; for: 'room-pc' | 'hearing'; until: Instant }
  | { is: 'over'; outcome: { is: 'absent' | 'room-busy' } }

/**
 * What to do with a test that is due. `heldSince`: since when somebody is there to call it; before that its room PC could not have
 * connected either.
 */
export function nextStep(
  roomPc: 'free' | 'in-hearing' | 'silent' | 'all-silent' | 'none',
  test: { heldSince: Instant; givesUpAt: Instant },
  now: Instant,
): Step {
  const wait = (reason: 'room-pc' | 'hearing'): Step => ({ is: 'wait', for: reason, until: now + lookAgainMs[reason] })
  switch (roomPc) {
    case 'free':
      return { is: 'call' }
    case 'in-hearing':
      return now < test.givesUpAt ? wait('hearing') : { is: 'over', outcome: { is: 'room-busy' } }
    case 'silent':
      return now < test.heldSince + reconnectMs ? wait('room-pc') : { is: 'over', outcome: { is: 'absent' } }
    case 'all-silent':
      return now < test.heldSince + allReconnectMs ? wait('room-pc') : { is: 'over', outcome: { is: 'absent' } }
    case 'none':
      return { is: 'over', outcome: { is: 'absent' } }
  }
}

export interface ReadinessTest {
  endpointId: string
  kind: TestCallKind
  status: 'due' | 'running' | 'done' | 'cancelled'
  verdict: VerdictWord | null
  waived: boolean
  /** Made for a plan that was put off since. */
  superseded: boolean
  finishedAt: Instant | null
}

const isGood = (test: ReadinessTest): boolean =>
  test.waived || (test.status === 'done' && (test.verdict === 'passed' || test.verdict === 'warned'))

/**
 * Điều 6.1.b, 9.2: both tests of each endpoint were passed (a warning passes), or waived by a named person, or made good by a later
 * test on demand of the same endpoint within the same hearing (docs/decisions/retests.md).
 */
export function isReady(endpointIds: string[], tests: ReadinessTest[]): boolean {
  return endpointIds.every((endpointId) =>
    plannedKinds.every(({ kind }) => {
      const own = tests.filter(
        (test) => test.endpointId === endpointId && test.status !== 'cancelled' && !test.superseded,
      )
      const planned = own.filter((test) => test.kind === kind)
      if (planned.some(isGood)) return true
      const failedAt = planned.filter((test) => test.status === 'done').map((test) => test.finishedAt ?? 0)
      if (failedAt.length === 0) return false
      return own.some(
        (test) => test.kind === 'on-demand' && isGood(test) && (test.finishedAt ?? 0) > Math.max(...failedAt),
      )
    }),
  )
}

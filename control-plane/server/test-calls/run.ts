import { randomUUID } from 'node:crypto'
import type { TestOrder, WaitingFor } from '../../contract/test-calls.ts'
import { testCallKindLabels, verdictLabels } from '../../contract/words.ts'
import type { Endpoints } from '../endpoints/index.ts'
import type { Hearings } from '../hearings/index.ts'
import { systemActor } from '../platform/actor.ts'
import { type Instant, notBefore } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import { keepLease } from '../platform/lease.ts'
import type { Platform } from '../platform/platform.ts'
import type { RoomAgent } from '../room-agent/index.ts'
import type { Rooms } from '../rooms/index.ts'
import { createCaller, patterns, topics } from './call.ts'
import { claimMs, givesUpAt, isReady, lateAfterMs, leaseMs, nextStep, pauseMs, renewMs, type Step } from './schedule.ts'
import * as store from './store.ts'
import { judge, type Outcome, type Verdict } from './verdict.ts'

export const runQueue = 'test-call.run'

interface Deps {
  platform: Platform
  hearings: Hearings
  rooms: Rooms
  endpoints: Endpoints
  roomAgent: Pick<RoomAgent, 'measure'>
}

/** Runs one test call from claim to verdict. A run that is killed at any line is taken up again after its claim has run out. */
export function createTestRunner({ platform, hearings, rooms, endpoints, roomAgent }: Deps) {
  const { db, clock, log } = platform
  const instance = randomUUID()
  const upSince = clock.now()
  const caller = createCaller({ platform, rooms, endpoints, roomAgent })

  async function run(id: string, signal: AbortSignal): Promise<void> {
    const row = await store.testById(db, id)
    if (row === undefined || (row.status !== 'due' && row.status !== 'running')) return
    const step = await stepOf(row)
    const now = clock.now()
    const moment = { now: new Date(now), staleBefore: new Date(now - leaseMs) }
    if (step.is === 'wait') return hold(row, step, moment)
    // A hearing that is put off, cancelled or begun cancels its tests in the same transaction: only a test that is still wanted is claimed.
    const mine = await store.claim(db, id, { ...moment, lateAfterMs, by: instance })
    if (mine === undefined) return
    const outcome = step.is === 'over' ? step.outcome : await callOnLease(mine, signal)
    if (outcome.is === 'servers' && (await mayWait(mine)))
      return putBack(mine, { for: 'servers', until: clock.now() + pauseMs(mine.attempt) })
    if (outcome.is === 'room-busy' && (await mayWait(mine)))
      return putBack(mine, { for: 'hearing', until: clock.now() })
    await finish(mine, outcome)
  }

  async function stepOf(row: store.TestCallRow): Promise<Step> {
    const now = clock.now()
    const dueSeenAt = row.kind === 'on-demand' ? row.dueAt.getTime() : (row.noticedAt?.getTime() ?? upSince)
    // Nobody takes what room PCs say: they are silent to us from now on, not since then.
    const listeningSince = (await platform.intake.listening(db)).since ?? now
    const test = { heldSince: Math.max(dueSeenAt, upSince, listeningSince), givesUpAt: await lastMomentOf(row) }
    return nextStep(await endpoints.roomPc(db, row.endpointId), test, now)
  }

  async function lastMomentOf(row: store.TestCallRow): Promise<Instant> {
    const hearing = row.hearingId === null ? undefined : await hearings.brief(db, row.hearingId)
    return givesUpAt({ dueAt: row.dueAt.getTime() }, hearing)
  }

  const mayWait = async (row: store.TestCallRow): Promise<boolean> => clock.now() < (await lastMomentOf(row))

  /** Whatever breaks the call itself is our own side: what the endpoint does stands in the measurement. */
  async function callOnLease(mine: store.TestCallRow, signal: AbortSignal): Promise<Outcome> {
    const lease = keepLease(
      { leaseMs, everyMs: renewMs },
      () =>
        db.transaction((tx) => store.updateRunning(tx, mine.id, mine.attempt, { claimedAt: new Date(clock.now()) })),
      (error) => log.warn({ err: error, testCallId: mine.id }, 'claim not renewed'),
    )
    return caller
      .call(mine, AbortSignal.any([signal, lease.signal, AbortSignal.timeout(claimMs - 20_000)]))
      .catch((error: unknown): Outcome => {
        log.warn({ err: error, testCallId: mine.id, attempt: mine.attempt }, 'test call broke')
        return { is: 'servers' }
      })
      .finally(lease.stop)
  }

  /** Lets a test wait that nobody has claimed: no attempt is used up. */
  async function hold(
    row: store.TestCallRow,
    wait: { for: WaitingFor; until: Instant },
    moment: { now: Date; staleBefore: Date },
  ): Promise<void> {
    await db.transaction(async (tx) => {
      const held = await store.hold(tx, row.id, moment, { ...wait, until: new Date(wait.until) })
      if (held === undefined || row.waitingFor === wait.for) return
      await platform.changes.announce(tx, `test-call:${row.id}`, ...topics(row), `kiosk:${row.endpointId}`)
    })
  }

  /** Gives an attempt back that says nothing of the endpoint, to be called anew. */
  async function putBack(row: store.TestCallRow, wait: { for: WaitingFor; until: Instant }): Promise<void> {
    await db.transaction(async (tx) => {
      const given = store.waiting({ ...wait, until: new Date(wait.until) })
      const late = row.late || (wait.for === 'servers' && isLate(row, wait.until))
      if (!(await store.updateRunning(tx, row.id, row.attempt, { ...given, late }))) return
      // The room PC leaves the attempt that is over, to be free for the next.
      await platform.changes.announce(tx, `test-call:${row.id}`, ...topics(row), `kiosk:${row.endpointId}`)
    })
  }

  async function finish(row: store.TestCallRow, outcome: Outcome): Promise<void> {
    await db.transaction(async (tx) => {
      // The hearing first: a postponement locks it and then its tests; the other way round the two would wait for each other.
      if (row.hearingId !== null) await hearings.planForChange(tx, row.hearingId)
      const thresholds = await store.readThresholds(tx)
      const verdict = judge(outcome, thresholds)
      const now = clock.now()
      const { at, clockStepped } = notBefore(row.startedAt?.getTime() ?? now, now)
      const mine = await store.updateRunning(tx, row.id, row.attempt, {
        status: 'done',
        finishedAt: new Date(at),
        clockStepped,
        verdict: verdict.is,
        reasons: verdict.reasons,
        agentMeasurement: outcome.is === 'measured' ? outcome.agent : null,
        kioskMeasurement: outcome.is === 'measured' ? outcome.kiosk : null,
        thresholds: { ...thresholds },
        progress: null,
      })
      if (!mine) return
      if (verdict.is === 'failed' || verdict.is === 'absent') await tellFailure(tx, row, verdict)
      await readyIfTested(tx, row.hearingId)
      await platform.audit.write(tx, systemActor, `test-call.${verdict.is}`, `test-call:${row.id}`, {
        kind: row.kind,
        endpointId: row.endpointId,
        hearingId: row.hearingId,
        attempt: row.attempt,
      })
      await platform.changes.announce(tx, `test-call:${row.id}`, ...topics(row), `kiosk:${row.endpointId}`)
    })
  }

  /** 6.1.b: failures and absences go at once to the office and to whoever answers for the endpoint. */
  async function tellFailure(tx: Tx, row: store.TestCallRow, verdict: Verdict): Promise<void> {
    const [endpoint] = await endpoints.find(tx, [row.endpointId])
    const hearing = row.hearingId === null ? undefined : await hearings.plan(tx, row.hearingId)
    const text = [
      `Điểm cầu: ${endpoint?.name ?? ''}`,
      ...(hearing ? [`Buổi tiếp: ${hearing.code} – ${hearing.title}`] : []),
      `${testCallKindLabels[row.kind]}: ${verdictLabels[verdict.is]}`,
      '',
      ...verdict.reasons.flatMap((reason) => [`- ${reason.text}`, `  Cách xử lý: ${reason.remedy}`]),
      '',
      `Biên bản kiểm thử: ${platform.config.publicUrl}/kiem-thu/${row.id}/bien-ban`,
    ].join('\n')
    const subject = `[Kiểm thử: ${verdictLabels[verdict.is]}] ${endpoint?.name ?? ''}${hearing ? ` – ${hearing.code}` : ''}`
    // What our own servers could not do is not the commune's to mend.
    const ours = verdict.reasons.some((reason) => reason.code === 'servers')
    for (const to of new Set([platform.config.officeMail, ours ? null : endpoint?.contactEmail])) {
      if (to) await platform.mail.enqueue(tx, { key: `test-call:${row.id}:${row.attempt}:${to}`, to, subject, text })
    }
  }

  async function readyIfTested(tx: Tx, hearingId: string | null): Promise<void> {
    const hearing = hearingId === null ? undefined : await hearings.planForChange(tx, hearingId)
    if (hearing?.status !== 'approved') return
    const tests = await store.testsOf(tx, { hearingId: hearing.id })
    const seen = tests.map((test) => ({
      ...test,
      waived: test.waivedAt !== null,
      superseded: test.supersededAt !== null,
      finishedAt: test.finishedAt?.getTime() ?? null,
    }))
    const endpointIds = hearing.endpoints.map((endpoint) => endpoint.endpointId)
    if (isReady(endpointIds, seen))
      await hearings.move(tx, { hearingId: hearing.id, from: 'approved', to: 'ready', actor: systemActor })
  }

  return {
    run,
    readyIfTested,
    /** The running tests of an endpoint as orders to its room PC. */
    async ordersFor(endpointId: string): Promise<TestOrder[]> {
      const orders: TestOrder[] = []
      for (const row of await store.runningOf(db, endpointId)) {
        const { room } = row
        if (row.kioskMeasurement !== null || room === null) continue
        orders.push({
          testCallId: row.id,
          kind: row.kind,
          attempt: row.attempt,
          room,
          token: await caller.tokenFor(room, `device:test:${row.id}`, 'Điểm cầu'),
          call: rooms.callSettings(),
          patterns,
          deadline: new Date((row.startedAt?.getTime() ?? clock.now()) + claimMs).toISOString(),
        })
      }
      return orders
    },
  }
}

const isLate = (row: store.TestCallRow, at: Instant): boolean =>
  row.kind !== 'on-demand' && at - row.dueAt.getTime() > lateAfterMs

export type TestRunner = ReturnType<typeof createTestRunner>

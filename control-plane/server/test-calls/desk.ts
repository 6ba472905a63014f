import type { Measurement, TestCall, Thresholds } from '../../contract/test-calls.ts'
import type { Endpoints } from '../endpoints/index.ts'
import type { HearingPlan, Hearings } from '../hearings/index.ts'
import { type Permission, roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import { minuteMs, notBefore } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { conflict, fail, invalid, notFound, Problem } from '../platform/problem.ts'
import { cleanText } from '../platform/text.ts'
import { topics } from './call.ts'
import { orderBounds, orderRefusal } from './orders.ts'
import { runQueue, type TestRunner } from './run.ts'
import * as store from './store.ts'
import { thresholdFaults } from './thresholds.ts'

interface Deps {
  platform: Platform
  hearings: Hearings
  endpoints: Endpoints
  runner: TestRunner
}

type DeviceActor = Actor & { kind: 'device' }

/** What people and room PCs ask of test calls. A commune officer sees only the own endpoint's. */
export function createTestDesk({ platform, hearings, endpoints, runner }: Deps) {
  const { db, clock } = platform
  const ownOnly = (actor: Actor): string | null =>
    actor.kind === 'staff' && actor.role === 'commune-officer' ? (actor.endpointId ?? 'none') : null

  async function present(rows: store.TestCallRow[], actor: Actor): Promise<TestCall[]> {
    const found = await endpoints.find(db, [...new Set(rows.map((row) => row.endpointId))])
    const plans = new Map<string, HearingPlan | undefined>()
    for (const id of new Set(rows.flatMap((row) => row.hearingId ?? []))) plans.set(id, await hearings.plan(db, id))
    return rows.map((row) => {
      const endpoint = found.find((candidate) => candidate.id === row.endpointId)
      const plan = plans.get(row.hearingId ?? '')
      return presentTest(
        row,
        { name: endpoint?.name ?? '', kind: endpoint?.kind ?? 'delegate' },
        plan,
        mayOf(actor, row, plan),
      )
    })
  }

  async function one(actor: Actor, id: string): Promise<TestCall> {
    const row = await visible(actor, id)
    const [shown] = await present([row], actor)
    return shown ?? fail(notFound('lượt kiểm thử'))
  }

  async function visible(actor: Actor, id: string): Promise<store.TestCallRow> {
    const row = await store.testById(db, id)
    const own = ownOnly(actor)
    if (row === undefined || (own !== null && own !== row.endpointId)) throw notFound('lượt kiểm thử')
    return row
  }

  async function ofDevice(actor: DeviceActor, id: string): Promise<store.TestCallRow> {
    const row = await store.testById(db, id)
    if (row === undefined || row.endpointId !== actor.endpointId) throw notFound('lượt kiểm thử')
    return row
  }

  async function demandTestable(tx: Tx, hearingId: string, endpointId: string): Promise<void> {
    const plan = (await hearings.planForChange(tx, hearingId)) ?? fail(notFound('buổi tiếp'))
    if (!plan.endpoints.some((part) => part.endpointId === endpointId)) throw notFound('điểm cầu trong buổi tiếp này')
    if (plan.status !== 'approved' && plan.status !== 'ready')
      throw conflict('Chỉ kiểm thử được cho buổi tiếp đã phê duyệt và chưa bắt đầu.')
  }

  async function demandFew(tx: Tx, wish: { endpointId: string; personId: string }): Promise<void> {
    const now = clock.now()
    const refusal = orderRefusal(await store.ordersSince(tx, new Date(now - orderBounds.windowMs), wish), wish)
    if (refusal === undefined) return
    const minutes = Math.max(1, Math.ceil((refusal.until - now) / minuteMs))
    const whose = refusal.of === 'endpoint' ? 'Điểm cầu này đã được' : 'Ông/bà đã'
    throw new Problem('too-many-tests', {
      status: 429,
      title: `${whose} yêu cầu kiểm thử nhiều lần liên tiếp. Vui lòng xem kết quả các lượt đã có; kiểm thử tiếp được sau ${minutes} phút.`,
      retryable: true,
    })
  }

  async function insertOrder(
    tx: Tx,
    actor: Actor & { kind: 'staff' },
    about: { endpointId: string; hearingId: string | null },
  ): Promise<string> {
    const now = new Date(clock.now())
    const made = await store.insertOne(tx, {
      ...about,
      kind: 'on-demand',
      dueAt: now,
      requestedBy: actor.name,
      requestedById: actor.id,
      createdAt: now,
    })
    await platform.jobs.enqueue(tx, runQueue, { testCallId: made.id }, { key: made.id })
    await platform.audit.write(tx, actor, 'test-call.ordered', `test-call:${made.id}`, about)
    await platform.changes.announce(tx, ...topics(made))
    return made.id
  }

  return {
    async list(actor: Actor, filter: { hearingId?: string; endpointId?: string }): Promise<TestCall[]> {
      const own = ownOnly(actor)
      return present(await store.testsOf(db, { ...filter, ...(own === null ? {} : { endpointId: own }) }), actor)
    },
    show: one,
    /**
     * "Test now": due at once; the reconciler would find it too if this process died here. One that waits or runs for the same is answered in
     * place of a second. @throws Problem 429 beyond the bounds of orders.ts.
     */
    async order(
      actor: Actor & { kind: 'staff' },
      wish: { endpointId: string; hearingId?: string },
    ): Promise<TestCall & { already: boolean }> {
      const own = ownOnly(actor)
      const [endpoint] = await endpoints.find(db, [wish.endpointId])
      if (endpoint === undefined || (own !== null && own !== endpoint.id)) throw notFound('điểm cầu')
      const hearingId = wish.hearingId ?? null
      const { id, already } = await db.transaction(async (tx) => {
        if (hearingId !== null) await demandTestable(tx, hearingId, endpoint.id)
        await store.lockOrders(tx)
        const atWork = await store.atWork(tx, { endpointId: endpoint.id, hearingId })
        if (atWork !== undefined) return { id: atWork.id, already: true }
        await demandFew(tx, { endpointId: endpoint.id, personId: actor.id })
        return { id: await insertOrder(tx, actor, { endpointId: endpoint.id, hearingId }), already: false }
      })
      return { ...(await one(actor, id)), already }
    },
    async waive(actor: Actor, id: string, reason: string): Promise<TestCall> {
      const row = await visible(actor, id)
      await db.transaction(async (tx) => {
        // The hearing before its test, as in run.ts: otherwise a postponement and this would wait for each other.
        if (row.hearingId !== null) await hearings.planForChange(tx, row.hearingId)
        const waived = await store.waive(tx, id, {
          waivedBy: actor.id,
          waivedByName: actor.name,
          waivedReason: cleanText(reason),
          waivedAt: new Date(clock.now()),
        })
        if (waived === undefined)
          throw conflict(
            'Chỉ bỏ qua được kết quả của lượt kiểm thử đã xong, theo lịch hiện tại của buổi tiếp và chưa được bỏ qua trước đó. Vui lòng tải lại trang, rồi kiểm thử lại nếu cần.',
          )
        await runner.readyIfTested(tx, row.hearingId)
        await platform.audit.write(tx, actor, 'test-call.waived', `test-call:${id}`, { reason })
        await platform.changes.announce(tx, `test-call:${id}`, ...topics(row))
      })
      return one(actor, id)
    },
    thresholds: (): Promise<Thresholds> => store.readThresholds(db),
    /** For tests that end from now on; each test keeps the limits by which it was judged. */
    setThresholds: (actor: Actor, wanted: Thresholds): Promise<Thresholds> =>
      db.transaction(async (tx) => {
        const faults = thresholdFaults(wanted)
        if (faults.length > 0) throw invalid(faults)
        await store.writeThresholds(tx, wanted, new Date(clock.now()))
        await platform.audit.write(tx, actor, 'test-call.thresholds-changed', 'settings:test-call.thresholds', {
          ...wanted,
        })
        await platform.changes.announce(tx, 'test-call-thresholds')
        return wanted
      }),
    /** The room PC says that it is at work on this attempt. */
    async kioskProgress(actor: DeviceActor, id: string, attempt: number): Promise<void> {
      const row = await ofDevice(actor, id)
      if (row.deviceId === actor.id) return
      await db.transaction((tx) => store.updateRunning(tx, id, attempt, { deviceId: actor.id }))
    },
    async kioskMeasurement(
      actor: DeviceActor,
      id: string,
      told: { attempt: number; measurement: Measurement },
    ): Promise<void> {
      await ofDevice(actor, id)
      const taken = await db.transaction((tx) =>
        store.updateRunning(tx, id, told.attempt, { deviceId: actor.id, kioskMeasurement: told.measurement }),
      )
      if (!taken) throw conflict('Lượt kiểm thử này đã kết thúc.')
    },
  }
}

function mayOf(actor: Actor, row: store.TestCallRow, plan: HearingPlan | undefined): string[] {
  if (actor.kind !== 'staff') return []
  const may = (permission: Permission): boolean => roleMay(actor.role, permission)
  const open = plan === undefined || plan.status === 'approved' || plan.status === 'ready'
  return [
    ...(open && may('test-call.run') ? ['retest'] : []),
    ...(open &&
    row.status === 'done' &&
    row.waivedAt === null &&
    row.supersededAt === null &&
    (row.verdict === 'failed' || row.verdict === 'absent') &&
    may('test-call.waive')
      ? ['waive']
      : []),
  ]
}

function presentTest(
  row: store.TestCallRow,
  endpoint: { name: string; kind: 'central' | 'delegate' },
  plan: HearingPlan | undefined,
  may: string[],
): TestCall {
  return {
    id: row.id,
    hearingId: row.hearingId,
    hearingCode: plan?.code ?? null,
    hearingTitle: plan?.title ?? null,
    hearingStartsAt: plan === undefined ? null : new Date(plan.startsAt).toISOString(),
    endpointId: row.endpointId,
    endpointName: endpoint.name,
    endpointKind: endpoint.kind,
    kind: row.kind,
    dueAt: row.dueAt.toISOString(),
    status: row.status,
    attempt: row.attempt,
    progress: row.progress,
    waiting:
      row.status === 'due' && row.waitingFor !== null
        ? { for: row.waitingFor, until: (row.notBefore ?? row.dueAt).toISOString() }
        : null,
    startedAt: row.startedAt?.toISOString() ?? null,
    ...ending(row),
    late: row.late,
    supersededAt: row.supersededAt?.toISOString() ?? null,
    verdict: row.verdict,
    reasons: row.reasons ?? [],
    agent: row.agentMeasurement as Measurement | null,
    kiosk: row.kioskMeasurement as Measurement | null,
    thresholds: row.thresholds as Record<string, number> | null,
    waiver:
      row.waivedAt === null
        ? null
        : { by: row.waivedByName ?? '', reason: row.waivedReason ?? '', at: row.waivedAt.toISOString() },
    requestedBy: row.requestedBy,
    may,
  }
}

/** When it ended, as the screens see it: rows from before clock steps were marked may end before they begin. */
function ending({ startedAt, finishedAt, clockStepped }: store.TestCallRow) {
  if (finishedAt === null) return { finishedAt: null, clockStepped }
  const end = notBefore((startedAt ?? finishedAt).getTime(), finishedAt.getTime())
  return { finishedAt: new Date(end.at).toISOString(), clockStepped: clockStepped || end.clockStepped }
}

export type TestDesk = ReturnType<typeof createTestDesk>

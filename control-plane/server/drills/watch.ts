import { randomUUID } from 'node:crypto'
import { keepLease } from '../platform/lease.ts'
import type { Platform } from '../platform/platform.ts'
import type { Reconciliation } from '../platform/reconciler.ts'
import { createClearing } from './clear.ts'
import type { DrillDesk } from './desk.ts'
import { cutOff, drillSettings, isNightlyDue } from './drill.ts'
import { createPlayer } from './play.ts'
import type { PlayDeps } from './scene.ts'
import * as store from './store.ts'

// A dead process's word ends after this long: then another clears away what it left. Long, for browsers that start take a small machine for seconds.
const leaseMs = 30_000
const renewMs = 3_000
/** How often the one that plays asks whether it must stop, and whether it must make way. */
const stopMs = 500
const makeWayMs = 5_000

/** Takes up the drill that is due, watches the one that runs, and clears away after each, also after one whose process was killed. */
export function createDrillWatch(platform: Platform, deps: PlayDeps & { desk: DrillDesk }) {
  const { db, clock, config, log } = platform
  const player = createPlayer(platform, deps)
  const clearing = createClearing(platform, deps)
  const instance = randomUUID()
  const stopping = new AbortController()
  let running: Promise<void> | undefined

  const claim = (id: string): Promise<boolean> => {
    const now = clock.now()
    return store.claim(db, id, { instance, now: new Date(now), until: new Date(now + leaseMs) })
  }

  async function watch(): Promise<void> {
    const row = await store.openDrill(db)
    if (row === undefined || running !== undefined || stopping.signal.aborted) return
    if (row.state === 'due') return takeUp(row)
    // Its process renews its word as long as it lives.
    if (!(await claim(row.id))) return
    if (row.state === 'running') return toClearing(row, { verdict: 'cut-off', steps: cutOff(row.steps) })
    await clearing.clear(row)
  }

  async function takeUp(row: store.DrillRow): Promise<void> {
    if (row.stopWhy !== null) return toClearing(row, {})
    if (config.roomAgent && (await claim(row.id))) {
      const begun = { state: 'running', startedAt: new Date(clock.now()) } as const
      if (!(await store.change(db, row.id, 'due', begun))) return
      running = run({ ...row, ...begun })
        .catch((error: unknown) => log.error({ err: error, drillId: row.id }, 'drill ended'))
        .finally(() => {
          running = undefined
        })
      return
    }
    if (clock.now() - row.requestedAt.getTime() < drillSettings.unclaimedMs || !(await claim(row.id))) return
    const note =
      'Không có máy tham dự tự động nào nhận việc. Kiểm tra: systemctl status tiepdan-room-agent (TIEPDAN_ROOM_AGENT=true), rồi diễn tập lại.'
    await toClearing(row, { verdict: 'failed', note })
  }

  async function run(row: store.DrillRow): Promise<void> {
    const stop = new AbortController()
    const lease = keepLease(
      { leaseMs, everyMs: renewMs },
      () => claim(row.id),
      (error) => log.warn({ err: error, drillId: row.id }, 'lease not renewed'),
    )
    const longest = AbortSignal.timeout(drillSettings.longestMs)
    const signal = AbortSignal.any([stop.signal, lease.signal, longest, stopping.signal])
    const watching = lookForStop(row.id, stop, signal)
    let fault: string | undefined
    try {
      await player.play(row, signal)
    } catch (error) {
      if (!signal.aborted) {
        fault = 'Diễn tập không chuẩn bị được. Xem: journalctl -u tiepdan-room-agent -u tiepdan-control-plane.'
        log.error({ err: error, drillId: row.id }, 'drill failed')
      }
    } finally {
      // Whoever stops this process leaves the rest to the next: its word ends by itself.
      if (!stopping.signal.aborted) await after(row.id, { fault, late: longest.aborted, lost: lease.signal.aborted })
      stop.abort()
      await watching
      await lease.stop()
    }
  }

  async function after(
    id: string,
    { fault, late, lost }: { fault: string | undefined; late: boolean; lost: boolean },
  ): Promise<void> {
    const row = await store.drillById(db, id)
    if (row === undefined) return
    const steps = row.stopWhy === null ? cutOff(row.steps) : row.steps.filter(({ is }) => is !== 'running')
    const tooLong = late ? `Diễn tập quá ${drillSettings.longestMs / 60_000} phút nên đã dừng.` : undefined
    const busy = lost ? 'Máy chủ quá bận hoặc cơ sở dữ liệu không trả lời; diễn tập lại khi máy rảnh hơn.' : undefined
    const note = fault ?? tooLong ?? busy
    await toClearing(row, { steps, ...(note === undefined ? {} : { verdict: 'failed', note }) })
  }

  /** Until the drill is over: somebody asks it to stop, or something that matters more begins. */
  async function lookForStop(id: string, stop: AbortController, over: AbortSignal): Promise<void> {
    let askedAt = performance.now()
    while (!over.aborted) {
      await new Promise((resolve) => setTimeout(resolve, stopMs))
      try {
        if (performance.now() - askedAt > makeWayMs) {
          askedAt = performance.now()
          const [why] = await deps.desk.mustMakeWay(id)
          if (why !== undefined) await store.askStop(db, id, `Nhường chỗ: ${why}`)
        }
        const row = await store.drillById(db, id)
        if (row === undefined || row.stopWhy !== null) stop.abort()
      } catch (error) {
        log.warn({ err: error, drillId: id }, 'drill not watched')
      }
    }
  }

  const toClearing = (row: store.DrillRow, values: Partial<store.DrillRow>): Promise<void> =>
    db.transaction(async (tx) => {
      const changed = { ...values, state: 'clearing', clearingAt: new Date(clock.now()) } as const
      if (await store.change(tx, row.id, row.state, changed)) await platform.changes.announce(tx, 'drills')
    })

  async function nightly(): Promise<void> {
    const last = await store.lastByTimer(db)
    if (!isNightlyDue(config.drillAt, last?.requestedAt.getTime() ?? null, clock.now())) return
    const asked = await deps.desk.ask({ requestedBy: 'lịch hằng đêm', byTimer: true })
    if (asked.is === 'refused') log.info({ refusals: asked.refusals }, 'nightly drill waits')
  }

  const reconciliations: Reconciliation[] = [
    { name: 'drills.watch', everyMs: 1_000, run: watch },
    { name: 'drills.leftovers', everyMs: 15_000, run: clearing.leftovers },
    { name: 'drills.nightly', everyMs: 60_000, run: nightly },
  ]
  return {
    reconciliations,
    async stop(): Promise<void> {
      stopping.abort()
      await running
    },
  }
}

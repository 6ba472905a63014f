import type { DrillStep } from '../../contract/drills.ts'
import { systemActor } from '../platform/actor.ts'
import type { Platform } from '../platform/platform.ts'
import { drillSettings, verdictOf, withStep } from './drill.ts'
import type { PlayDeps } from './scene.ts'
import * as store from './store.ts'

const alertKind = 'drill-failed'
const subject = 'drill'

/** Clears away what a drill made, and ends it. Every turn may be the first after a kill, or the last of many. */
export function createClearing(platform: Platform, deps: Pick<PlayDeps, 'rooms' | 'endpoints' | 'recordings'>) {
  const { db, clock } = platform

  /** One turn over everything that a drill made; true once nothing is left. `hurry`: the recorder has had its time. */
  async function turn(drillId: string, hurry: boolean): Promise<{ all: boolean; file: boolean }> {
    await db.transaction((tx) => deps.endpoints.drills.remove(tx, drillId))
    await db.transaction((tx) => deps.recordings.end(tx, drillId))
    const film = await deps.recordings.look(db, drillId)
    // A recorder ends in order only while its room is there.
    if (hurry || film === undefined || film.state === 'off')
      await db.transaction((tx) => deps.rooms.drills.close(tx, drillId))
    const file = await deps.recordings.remove(drillId)
    const room = await deps.rooms.drills.remove(drillId)
    return { all: file && room, file }
  }

  /** One turn of clearing a drill away; it is ended once everything is gone, or only a recorder's file is still awaited. */
  async function clear(row: store.DrillRow): Promise<void> {
    const since = clock.now() - (row.clearingAt?.getTime() ?? clock.now())
    const hurry = since > drillSettings.clearMs / 2
    const before = await deps.recordings.look(db, row.id)
    const steps = noteFiles(row.steps, before?.parts ?? [], clock.now())
    if (steps !== row.steps) await store.change(db, row.id, 'clearing', { steps })
    const { all, file } = await turn(row.id, hurry)
    if (!all && since <= drillSettings.clearMs) return
    await end({ ...row, steps }, { all, file, ms: since })
  }

  async function end(row: store.DrillRow, left: { all: boolean; file: boolean; ms: number }): Promise<void> {
    const now = new Date(clock.now())
    const figures = row.steps.find(({ key }) => key === 'cleared')?.figures ?? []
    const late = left.file ? [] : [{ name: 'Tệp ghi hình', value: 'còn ở máy ghi hoặc đang chuyển; tự xóa khi về kho' }]
    const step: DrillStep = {
      ...{ key: 'cleared', at: (row.clearingAt ?? now).toISOString(), ms: Math.max(0, left.ms) },
      ...(left.all || !left.file
        ? { is: 'passed', fault: null, figures: [...figures, ...late] }
        : {
            is: 'failed',
            figures,
            fault: 'Phòng diễn tập chưa đóng được trên Prosody. Hệ thống tự dọn tiếp; xem: journalctl -u prosody.',
          }),
    }
    const steps = withStep(row.steps, step)
    const verdict = row.verdict ?? verdictOf(steps, row.stopWhy)
    const done = { state: 'ended', openKey: null, endedAt: now, steps, verdict } as const
    await db.transaction(async (tx) => {
      if (!(await store.change(tx, row.id, 'clearing', { ...done, note: row.note ?? row.stopWhy }))) return
      await tell(tx, { ...row, ...done })
      await platform.changes.announce(tx, 'drills', 'alerts')
      const failed = steps.filter(({ is }) => is === 'failed').map(({ key }) => key)
      await platform.audit.write(tx, systemActor, 'drill.ended', `drill:${row.id}`, { verdict, failed })
    })
  }

  /** Of a nightly one nobody sees the minutes by himself; whichever passes ends the alarm. */
  async function tell(tx: Parameters<typeof platform.alerts.raise>[0], row: store.DrillRow): Promise<void> {
    if (row.verdict === 'passed') await platform.alerts.clear(tx, alertKind, subject)
    if (!row.byTimer || (row.verdict !== 'failed' && row.verdict !== 'cut-off')) return
    const faults = row.steps.flatMap(({ is, fault }) => (is === 'failed' && fault !== null ? [fault] : []))
    const why = faults[0] ?? row.note ?? 'Xem các bước tại mục Cảnh báo.'
    await platform.alerts.raise(tx, {
      ...{ kind: alertKind, subject, severity: 'critical' },
      message: `Cuộc diễn tập đêm qua không đạt: ${why}${faults.length > 1 ? ` (và ${faults.length - 1} lỗi khác)` : ''} Xem các bước tại mục Cảnh báo, sửa rồi chạy lại scripts/drill trước buổi tiếp tới.`,
    })
  }

  return {
    clear,
    /** What a drill left that has ended: a file that came later, or what a former release or a lost row made. */
    async leftovers(): Promise<void> {
      const found = [
        ...(await deps.rooms.drills.left(db)),
        ...(await deps.endpoints.drills.left(db)),
        ...(await deps.recordings.left(db)),
      ]
      for (const drillId of new Set(found.map((one) => one.drillId))) {
        const row = await store.drillById(db, drillId)
        if (row === undefined || row.state === 'ended') await turn(drillId, true)
      }
    },
  }
}

/** What goes is named before it goes: files by name, size and hash. */
function noteFiles(
  steps: DrillStep[],
  parts: { fileName: string; bytes: number; sha256: string }[],
  now: number,
): DrillStep[] {
  const known = steps.find(({ key }) => key === 'cleared')
  const figures = parts.map(({ fileName, bytes, sha256 }) => ({
    name: 'Đã xóa tệp',
    value: `${fileName} (${bytes} byte, SHA-256 ${sha256})`,
  }))
  if (known !== undefined && known.figures.length >= figures.length) return steps
  const at = known?.at ?? new Date(now).toISOString()
  return withStep(steps, { key: 'cleared', is: 'running', at, ms: null, figures: figures.slice(0, 20), fault: null })
}

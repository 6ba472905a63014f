import type { RecorderReport } from '../../contract/recordings.ts'
import type { Alert } from '../platform/alerts.ts'
import type { Tx } from '../platform/database.ts'
import { type Listening, silentFor } from '../platform/intake.ts'
import type { Platform } from '../platform/platform.ts'
import { sessionsOfDrills } from './drill-store.ts'
import type { Told } from './host-word.ts'
import { liveAlertsOf, noPictureKind, noSoundKind } from './live-content.ts'
import { toStop } from './orders.ts'
import { handOverMs, recordersLacking } from './recording.ts'
import { refuseForeignHost, type Sender } from './sender.ts'
import * as store from './store.ts'

/** A recorder host that has said nothing for this long is silent (its watch reports every 5 s). */
export const silentMs = 60_000

/** Whether a host is silent; only time in which its report could have come counts. Pure. */
export const isSilent = (told: Pick<Told, 'reportedAt'>, listening: Listening, now: number): boolean =>
  silentFor(told.reportedAt, listening, now) >= silentMs

const aheadMs = 2 * 3600_000
/** Below this share of free disk on a recorder host somebody must act. */
const freeShareWarning = 0.1

const faultTexts: Record<NonNullable<RecorderReport['fault']>['kind'], string> = {
  'not-growing': 'tệp đang ghi ngừng lớn lên',
  'disk-full': 'ổ đĩa đầy',
  unhealthy: 'Jibri báo không khỏe mạnh',
  'stuck-busy': 'Jibri kẹt ở trạng thái bận',
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1)

/**
 * How long the oldest file has waited that we could have taken, in milliseconds: by the host's own clock where it says so, for ours and its may differ;
 * and only while somebody here took files.
 */
function waitedMs({ oldest, oldestForMs }: RecorderReport['spool'], listening: Listening, now: number): number {
  if (oldest === undefined) return 0
  return silentFor(oldestForMs === undefined ? Date.parse(oldest) : now - oldestForMs, listening, now)
}

/** What a report asks people to do; the alerts of kinds that are not among these are over. Pure. */
export function alertsOf(report: RecorderReport, listening: Listening, now: number): Alert[] {
  const subject = `recorder:${report.host}`
  const host = `Máy ghi ${report.host}`
  const { fault, spool } = report
  const found: Alert[] = []
  if (fault) {
    found.push({
      kind: `recorder-${fault.kind}`,
      subject,
      severity: 'critical',
      message: `${host}: ${faultTexts[fault.kind]}. Hệ thống chuyển việc ghi sang máy khác; kiểm tra máy này. ${fault.detail}`,
    })
  }
  if (report.totalBytes > 0 && report.freeBytes / report.totalBytes < freeShareWarning) {
    found.push({
      kind: 'recorder-disk-low',
      subject,
      severity: 'warning',
      message: `${host} chỉ còn ${gigabytes(report.freeBytes)} GB trống. Kiểm tra việc chuyển tệp về kho trung tâm.`,
    })
  }
  if (spool.waiting > 0 && waitedMs(spool, listening, now) >= handOverMs) {
    found.push({
      kind: 'recorder-spool-waiting',
      subject,
      severity: 'warning',
      message: `${host} còn ${spool.waiting} tệp (${gigabytes(spool.bytes)} GB) chưa chuyển về kho sau hơn 30 phút. Tệp vẫn an toàn trên máy ghi; kiểm tra đường truyền và chỗ trống của kho, không xóa gì trên máy ghi.`,
    })
  }
  const setAside = spool.setAside ?? 0
  if (setAside > 0) {
    found.push({
      kind: 'recorder-empty-file',
      subject,
      severity: 'critical',
      message: `${host} có ${setAside} tệp hoặc thư mục ghi hình rỗng (0 byte), không có gì để chuyển về kho. Đối chiếu với buổi tiếp vừa ghi, xem xét trên máy ghi rồi dọn mục đã để riêng.`,
    })
  }
  return found
}

const reportKinds = [
  ...Object.keys(faultTexts).map((kind) => `recorder-${kind}`),
  'recorder-disk-low',
  'recorder-spool-waiting',
  'recorder-empty-file',
  'recorder-silent',
  noSoundKind,
  noPictureKind,
]

/**
 * Keeps what the watch on a recorder host reports, turns its faults into alerts for people, and answers what the host is to do about its sessions.
 * @throws Problem 403 for another's host.
 */
export async function takeReport(
  platform: Platform,
  sender: Sender,
  report: RecorderReport,
  codesOf: (tx: Tx, sessionIds: string[]) => Promise<ReadonlyMap<string, string>> = async () => new Map(),
): Promise<{ stop: string[] }> {
  await refuseForeignHost(platform, sender, report.host)
  const now = platform.clock.now()
  const listening = await platform.intake.listening(platform.db)
  await platform.db.transaction(async (tx) => {
    const ids = report.sessions.map(({ sessionId }) => sessionId)
    const codes = await codesOf(tx, ids)
    const drilled = await sessionsOfDrills(tx, ids)
    const sessions = report.sessions.filter(({ sessionId }) => !drilled.has(sessionId))
    const live = liveAlertsOf({ ...report, sessions }, codes)
    const wanted = [...alertsOf(report, listening, now), ...live.wanted]
    await store.saveReport(tx, report.host, report, new Date(now))
    const changed: boolean[] = []
    for (const alert of wanted) changed.push(await platform.alerts.raise(tx, alert))
    for (const kind of reportKinds) {
      if (wanted.some((alert) => alert.kind === kind) || live.untouched.includes(kind)) continue
      changed.push(await platform.alerts.clear(tx, kind, `recorder:${report.host}`))
    }
    // Every screen reads the alerts again at that word: it is said when there is something to read.
    await platform.changes.announce(tx, 'recorders', ...(changed.includes(true) ? ['alerts'] : []))
  })
  return { stop: await toStop(platform.db, report, now) }
}

const states = ['idle', 'busy', 'unhealthy', 'down', 'silent'] as const

/** Raises an alert for each recorder host that fell silent, and counts them all for `/metrics`. */
export function silenceWatch(platform: Platform): () => Promise<void> {
  const gauge = platform.metrics.gauge('tiepdan_recorders', 'Recorder hosts by state', ['state'])
  return async () => {
    const now = platform.clock.now()
    const listening = await platform.intake.listening(platform.db)
    const heard = (await store.allReports(platform.db)).map((told) => ({
      host: told.host,
      state: isSilent(told, listening, now) ? 'silent' : told.report.jibri,
    }))
    for (const state of states) gauge.set({ state }, heard.filter((recorder) => recorder.state === state).length)
    for (const { host } of heard.filter((recorder) => recorder.state === 'silent')) await tellSilent(platform, host)
  }
}

async function tellSilent(platform: Platform, host: string): Promise<void> {
  await platform.db.transaction(async (tx) => {
    const fresh = await platform.alerts.raise(tx, {
      kind: 'recorder-silent',
      subject: `recorder:${host}`,
      severity: 'warning',
      message: `Máy ghi ${host} không báo trạng thái từ hơn một phút nay. Kiểm tra máy và dịch vụ theo dõi trên máy đó.`,
    })
    if (fresh) await platform.changes.announce(tx, 'alerts')
  })
}

/** Raises an alert when hearings of the next two hours need more recorders than are free, healthy and heard of. */
export async function watchRecorders(platform: Platform, hearingsAhead: (from: number, to: number) => Promise<number>) {
  const now = platform.clock.now()
  const hearings = await hearingsAhead(now, now + aheadMs)
  const listening = await platform.intake.listening(platform.db)
  const told = await store.allReports(platform.db)
  const recorders = told.map((one) => ({ jibri: one.report.jibri, silent: isSilent(one, listening, now) }))
  const lacking = recordersLacking(hearings, recorders)
  await platform.db.transaction(async (tx) => {
    if (lacking === 0) {
      if (await platform.alerts.clear(tx, 'recorder-missing', 'recorders'))
        await platform.changes.announce(tx, 'alerts')
      return
    }
    const fresh = await platform.alerts.raise(tx, {
      kind: 'recorder-missing',
      subject: 'recorders',
      severity: 'critical',
      message: `Trong 02 giờ tới có ${hearings} buổi tiếp cần ghi hình nhưng thiếu ${lacking} máy ghi rảnh và khỏe mạnh. Kiểm tra dịch vụ Jibri và dịch vụ theo dõi trên các máy ghi.`,
    })
    if (fresh) await platform.changes.announce(tx, 'alerts')
  })
}

/**
 * For the self-check: the recorder hosts named in `hosts` (with commas between) that are silent or were never heard of. Right after our own start it
 * cannot tell yet, and says so.
 */
export async function checkReports(platform: Platform, hosts: string, say: (line: string) => void): Promise<boolean> {
  const told = await store.allReports(platform.db)
  const now = platform.clock.now()
  const { since } = await platform.intake.listening(platform.db)
  const unheard = hosts.split(',').filter((host) => {
    const last = told.find((one) => one.host === host)
    return last === undefined || now - last.reportedAt >= silentMs
  })
  const listenedMs = since === null ? 0 : now - since
  if (unheard.length === 0) say('Mọi máy ghi đều báo về.')
  else if (listenedMs >= silentMs) say(`Không báo về trong một phút qua: ${unheard.join(', ')}`)
  else
    say(
      `Chưa kết luận được về ${unheard.join(', ')}: hệ thống mới nhận báo cáo được ${Math.round(listenedMs / 1000)} giây. Kiểm tra lại sau một phút.`,
    )
  return unheard.length === 0
}

export type JibriState = 'idle' | 'busy' | 'unhealthy' | 'down'
/** `silent`: it is there and does not answer (yet). */
export type JibriAnswer = JibriState | 'silent'

/** What is seen of a Jibri that does not answer. Instants in milliseconds since 1970. */
export interface LifeSign {
  /** Whether its process is there. */
  isAlive: boolean
  /** When it was last seen to work: it used processor time, or its log moved. */
  movedAt: number | null
}

export interface HostFault {
  kind: 'not-growing' | 'disk-full' | 'unhealthy' | 'stuck-busy'
  sessionId?: string
  /** Vietnamese, for the alert. */
  detail: string
}

/** What the watch sees at one moment. Instants in milliseconds since 1970. */
export interface HostSight {
  now: number
  jibri: JibriAnswer
  /** Since when Jibri is in this state (`down` and `silent` are one), and since when `busy` without a file. */
  jibriSince: number
  /** Looked at only while it does not answer. */
  life: LifeSign | null
  busyWithoutFileSince: number | null
  /** Since when it has no connection to Prosody; null while it has one, or when nobody looks. */
  offlineSince: number | null
  freeBytes: number
  running: RunningFile[]
}

export interface RunningFile {
  sessionId: string
  fileName: string
  room: string | null
  bytes: number
  grewAt: number
  /** Since when no process has the file open for writing; null while one has. */
  writerGoneSince: number | null
}

export interface GrowthLimits {
  notGrowingMs: number
  writerGoneMs: number
  stuckBusyMs: number
  downMs: number
  offlineMs: number
  minFreeBytes: number
}

/** A file that has no writer any more is no recording once it has stood still for this long. Milliseconds. */
const leftMs = 5_000

/** Whether a session is being recorded: what a dead Jibri left is not, though it lies there until the sweep takes it. Pure. */
export const isRecorded = ({ grewAt, writerGoneSince }: RunningFile, now: number): boolean =>
  writerGoneSince === null || now - grewAt < leftMs

const seconds = (ms: number): string => `${Math.round(ms / 1000)} giây`

/**
 * What is wrong on this host, if anything. A full disk is told by nobody: Jibri's state stays `on` and only the file stands still
 * (jitsi-integration §7). The file's size is a slow sign of life (ffmpeg writes blocks of 256 KiB), its writer the quick one.
 */
export function judgeHost(sight: HostSight, limits: GrowthLimits): HostFault | null {
  const { now, jibri } = sight
  const first = sight.running[0]
  if (sight.freeBytes < limits.minFreeBytes) {
    const detail = `Ổ đĩa ghi hình chỉ còn ${Math.floor(sight.freeBytes / 1e6)} MB.`
    return { kind: 'disk-full', ...(first === undefined ? {} : { sessionId: first.sessionId }), detail }
  }
  if (jibri === 'unhealthy') return { kind: 'unhealthy', detail: 'Jibri tự báo hỏng và từ chối ghi tiếp.' }
  if (jibri === 'down' || jibri === 'silent')
    return now - sight.jibriSince < limits.downMs ? null : { kind: 'unhealthy', detail: unanswered(sight) }
  if (jibri === 'busy') return judgeRunning(sight, limits)
  if (sight.offlineSince !== null && now - sight.offlineSince >= limits.offlineMs)
    return {
      kind: 'unhealthy',
      detail: `Jibri mất kết nối tới Prosody từ ${seconds(now - sight.offlineSince)} nay nên không được giao việc ghi.`,
    }
  return null
}

function unanswered({ now, jibriSince, life }: HostSight): string {
  const told = `Jibri không trả lời từ ${seconds(now - jibriSince)} nay`
  if (life === null) return `${told}.`
  if (!life.isAlive) return `${told}: không có tiến trình nào.`
  if (life.movedAt === null) return `${told}: tiến trình còn đó nhưng đứng yên.`
  return `${told}: tiến trình đang khởi động, hệ thống chờ thêm trước khi khởi động lại.`
}

function judgeRunning(sight: HostSight, limits: GrowthLimits): HostFault | null {
  const { now, jibriSince, running, busyWithoutFileSince } = sight
  for (const { sessionId, grewAt, writerGoneSince } of running) {
    // The work of a Jibri before this one: no fault of what the present one does.
    if (writerGoneSince !== null && writerGoneSince < jibriSince) continue
    if (writerGoneSince !== null && now - writerGoneSince >= limits.writerGoneMs)
      return {
        kind: 'not-growing',
        sessionId,
        detail: `Không còn tiến trình nào ghi tệp từ ${seconds(now - writerGoneSince)} nay.`,
      }
    if (now - grewAt >= limits.notGrowingMs)
      return { kind: 'not-growing', sessionId, detail: `Tệp đang ghi không lớn thêm từ ${seconds(now - grewAt)} nay.` }
  }
  if (busyWithoutFileSince !== null && now - busyWithoutFileSince >= limits.stuckBusyMs)
    return {
      kind: 'stuck-busy',
      detail: `Jibri báo bận mà không ghi tệp nào từ ${seconds(now - busyWithoutFileSince)} nay.`,
    }
  return null
}

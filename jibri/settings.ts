import { readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'

/** Settings of the daemon on a recorder host, from `TIEPDAN_JIBRI_*` (README.md lists them). Times in milliseconds, sizes in bytes. */
export interface Settings {
  host: string
  controlPlaneUrl: string
  serviceName: string
  serviceSecret: string
  /** Jibri's `recordings-directory`. */
  recordingsFolder: string
  /** What waits for the store; on the same file system as the recordings, so that a hand-over is a rename. */
  spoolFolder: string
  /** Jibri's own HTTP API (loopback). */
  jibriUrl: string
  /** End this host's Jibri with its whole control group, and start it; both empty: never touched from here. */
  stopCommand: string
  startCommand: string
  lookMs: number
  reportMs: number
  /** How often the last minute of the growing file is looked at. */
  contentMs: number
  sweepMs: number
  /** A folder that nobody writes to counts as left once it has not changed for this long. */
  settledMs: number
  notGrowingMs: number
  writerGoneMs: number
  stuckBusyMs: number
  downMs: number
  /** Prosody's port, on which an idle Jibri must be connected; 0: not looked at. */
  xmppPort: number
  offlineMs: number
  restartPauseMs: number
  /** How long a Jibri that is seen to come up is waited for at the first try; each try waits twice as long, up to the longest. */
  startMs: number
  patienceLongestMs: number
  /** What the command line of Jibri's process holds, and where it writes its log: signs of life while it does not answer. */
  process: string
  logFolder: string
  faultShownMs: number
  minFreeBytes: number
  chunkBytes: number
  stallMs: number
  retryFirstMs: number
  retryLongestMs: number
}

// A timer of Node's that is set beyond 2^31 ms (24 days) fires at once, again and again.
const mostMs = 7 * 24 * 3_600_000
const mostBytes = 1024 ** 5

type Environment = Record<string, string | undefined>

/** Reads the settings. Throws one Error that lists every fault. */
export function readSettings(environment: Environment): Settings {
  const faults: string[] = []
  const read = createReader(environment, faults)
  const recordingsFolder = read.folder('RECORDINGS_FOLDER')
  const settings: Settings = {
    host: read.text('HOST'),
    controlPlaneUrl: read.url('CONTROL_PLANE_URL'),
    serviceName: read.text('SERVICE_NAME'),
    serviceSecret: read.secret('SERVICE_SECRET'),
    recordingsFolder,
    // The finalize hook has the same default.
    spoolFolder: read.folder('SPOOL_FOLDER', join(dirname(recordingsFolder), 'spool')),
    jibriUrl: read.url('URL', 'http://127.0.0.1:2222'),
    stopCommand: environment.TIEPDAN_JIBRI_STOP_COMMAND?.trim() ?? '',
    startCommand: environment.TIEPDAN_JIBRI_START_COMMAND?.trim() ?? '',
    lookMs: read.number('LOOK_MS', 2_000),
    reportMs: read.number('REPORT_MS', 5_000),
    contentMs: read.number('CONTENT_MS', 15_000),
    sweepMs: read.number('SWEEP_MS', 10_000),
    settledMs: read.number('SETTLED_MS', 60_000),
    notGrowingMs: read.number('NOT_GROWING_MS', 90_000),
    writerGoneMs: read.number('WRITER_GONE_MS', 15_000),
    stuckBusyMs: read.number('STUCK_BUSY_MS', 180_000),
    downMs: read.number('DOWN_MS', 30_000),
    xmppPort: read.port('XMPP_PORT'),
    offlineMs: read.number('OFFLINE_MS', 180_000),
    restartPauseMs: read.number('RESTART_PAUSE_MS', 60_000),
    startMs: read.number('START_MS', 120_000),
    patienceLongestMs: read.number('PATIENCE_LONGEST_MS', 900_000),
    process: read.text('PROCESS', 'jibri.jar'),
    logFolder: read.folder('LOG_FOLDER', '/var/log/jitsi/jibri'),
    faultShownMs: read.number('FAULT_SHOWN_MS', 60_000),
    minFreeBytes: read.number('MIN_FREE_BYTES', 100_000_000, mostBytes),
    chunkBytes: read.number('CHUNK_BYTES', 64 * 1024 ** 2, mostBytes),
    stallMs: read.number('STALL_MS', 60_000),
    retryFirstMs: read.number('RETRY_FIRST_MS', 2_000),
    retryLongestMs: read.number('RETRY_LONGEST_MS', 120_000),
  }
  if ((settings.stopCommand === '') !== (settings.startCommand === ''))
    faults.push('TIEPDAN_JIBRI_STOP_COMMAND và TIEPDAN_JIBRI_START_COMMAND phải được đặt cùng nhau')
  if (faults.length > 0) throw listed(faults)
  return settings
}

/**
 * Faults of the folders that would lose recordings later: another file system (a hand-over would be a long copy), and a user that cannot
 * see who has Jibri's files open (a running recording would look like one that a crash left). Throws one Error that lists every fault.
 */
export function checkFolders(settings: Settings, userId: number): void {
  const faults: string[] = []
  const recordings = statSync(settings.recordingsFolder)
  if (recordings.dev !== statSync(settings.spoolFolder).dev)
    faults.push('TIEPDAN_JIBRI_SPOOL_FOLDER phải nằm cùng hệ thống tệp với TIEPDAN_JIBRI_RECORDINGS_FOLDER')
  if (userId !== 0 && userId !== recordings.uid)
    faults.push('Dịch vụ phải chạy bằng chính người dùng của Jibri (chủ thư mục bản ghi) hoặc root')
  if (faults.length > 0) throw listed(faults)
}

function createReader(environment: Environment, faults: string[]) {
  const text = (name: string, fallback?: string): string => {
    const value = environment[`TIEPDAN_JIBRI_${name}`]?.trim() || fallback
    if (value === undefined) faults.push(`TIEPDAN_JIBRI_${name} chưa được đặt`)
    return value ?? ''
  }
  return {
    text,
    number(name: string, fallback: number, most = mostMs): number {
      const value = Number(environment[`TIEPDAN_JIBRI_${name}`] || fallback)
      if (!(value > 0 && value <= most)) faults.push(`TIEPDAN_JIBRI_${name} phải là số dương, không quá ${most}`)
      return value
    },
    /** 0: none. */
    port(name: string): number {
      const value = Number(environment[`TIEPDAN_JIBRI_${name}`] || 0)
      if (!Number.isInteger(value) || value < 0 || value > 65_535)
        faults.push(`TIEPDAN_JIBRI_${name} phải là số cổng từ 0 đến 65535`)
      return value
    },
    url(name: string, fallback?: string): string {
      const value = text(name, fallback)
      if (value !== '' && !/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
        faults.push(`TIEPDAN_JIBRI_${name} phải là địa chỉ http(s)`)
      return value.replace(/\/+$/, '')
    },
    folder(name: string, fallback?: string): string {
      const value = text(name, fallback)
      if (value !== '' && !isAbsolute(value)) faults.push(`TIEPDAN_JIBRI_${name} phải là đường dẫn tuyệt đối`)
      return value.replace(/(.)\/+$/, '$1')
    },
    /** From the variable, or from the file that `<name>_FILE` names (systemd's LoadCredential). */
    secret(name: string): string {
      const path = environment[`TIEPDAN_JIBRI_${name}_FILE`]
      if (!path) return text(name)
      try {
        return readFileSync(path, 'utf8').trim()
      } catch (error) {
        faults.push(`TIEPDAN_JIBRI_${name}_FILE không đọc được: ${(error as NodeJS.ErrnoException).code}`)
        return ''
      }
    },
  }
}

const listed = (faults: string[]): Error =>
  new Error(`Cấu hình máy ghi chưa hợp lệ:\n${faults.map((line) => `  - ${line}`).join('\n')}`)

import { type LiveContent, pictureNowWords, soundNowWords } from '../../contract/recording-content.ts'
import type { RecorderReport } from '../../contract/recordings.ts'
import type { Alert } from '../platform/alerts.ts'
import { pictureNowMessage, soundNowMessage } from './content-words.ts'
import { freshOf, type Told } from './host-word.ts'

export const noSoundKind = 'recording-no-sound'
export const noPictureKind = 'recording-no-picture'

/** What a report says of the files that are being written: alerts to raise, and kinds of which nothing is known and that stay as they are. */
export interface LiveAlerts {
  wanted: Alert[]
  untouched: string[]
}

/**
 * A hearing that is recorded without sound or picture is told while it runs. An alert ends when sound or picture is back, or when nothing
 * is written any more; a look that measured nothing ends none. `codes`: the hearing's code by session. Pure.
 */
export function liveAlertsOf(report: RecorderReport, codes: ReadonlyMap<string, string>): LiveAlerts {
  const about = { subject: `recorder:${report.host}`, severity: 'critical' } as const
  const wanted: Alert[] = []
  const untouched: string[] = []
  for (const { sessionId, content } of report.sessions) {
    const code = codes.get(sessionId)
    const where = code === undefined ? `máy ghi ${report.host}` : `buổi tiếp ${code}, máy ghi ${report.host}`
    const sound = content === undefined ? null : soundNowWords(content)
    const picture = content === undefined ? null : pictureNowWords(content)
    if (sound !== null) wanted.push({ kind: noSoundKind, ...about, message: soundNowMessage(where, sound) })
    if (picture !== null) wanted.push({ kind: noPictureKind, ...about, message: pictureNowMessage(where, picture) })
    if (content === undefined || content.sound === 'unmeasured') untouched.push(noSoundKind)
    if (content === undefined || content.picture === 'unmeasured') untouched.push(noPictureKind)
  }
  return { wanted, untouched }
}

/** What was last found in the file of a session that is being recorded; null when nobody said so lately. Instants in milliseconds. */
export function liveContentOf(reports: Told[], sessionId: string | null, now: number): LiveContent | null {
  if (sessionId === null) return null
  for (const { report } of freshOf(reports, now)) {
    const found = report.sessions.find((session) => session.sessionId === sessionId)
    if (found?.content !== undefined) return found.content
  }
  return null
}

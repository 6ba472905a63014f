import type { PartStatus, RecordingStatus } from '../../contract/recordings.ts'
import { type Chapter, filmChapters } from './film.ts'

/** The facts from which a recording's status is told. */
export interface RecordingFacts {
  wanted: 'on' | 'off'
  state: 'idle' | 'starting' | 'pending' | 'on' | 'stopping' | 'off' | 'fault'
  sessions: { sessionId: string; wasOn: boolean }[]
  /** `isDamaged`: it was stored, and its files are not as they were then. */
  parts: { sessionId: string; status: PartStatus; isDamaged?: boolean }[]
}

/** How long a recorder may take to hand over its file before somebody must look. */
export const handOverMs = 30 * 60_000

/** Sessions that recorded something of which no file has arrived. */
export function sessionsWithoutPart(facts: Pick<RecordingFacts, 'sessions' | 'parts'>): string[] {
  const arrived = new Set(facts.parts.map((part) => part.sessionId))
  return facts.sessions
    .filter((session) => session.wasOn && !arrived.has(session.sessionId))
    .map((session) => session.sessionId)
}

/**
 * The one word for the screen; a file that is missing or broken is never hidden behind those that are ready. `awaitedMs`: how long its files could
 * have come since it ended, in milliseconds.
 */
export function recordingStatus(facts: RecordingFacts, awaitedMs: number): RecordingStatus {
  if (facts.wanted === 'on') {
    if (facts.state === 'on') return 'recording'
    if (facts.state === 'fault') return 'fault'
    return facts.state === 'idle' ? 'expected' : 'starting'
  }
  if (facts.parts.some((part) => part.status !== 'ready' && part.status !== 'broken')) return 'uploading'
  const awaited = sessionsWithoutPart(facts)
  if (awaited.length > 0 || facts.parts.length === 0) return awaitedMs < handOverMs ? 'uploading' : 'missing'
  if (facts.parts.some((part) => part.isDamaged === true)) return 'damaged'
  return facts.parts.some((part) => part.status === 'broken') ? 'broken' : 'ready'
}

/** The chapter marks of one file (`filmChapters`). A file of unknown length has none. */
export const chaptersOf = (
  agenda: { title: string; minutes: number }[],
  times: { liveAt: number; recordingStartedAt: number; durationMs: number },
): Chapter[] =>
  filmChapters(agenda, {
    liveAt: times.liveAt,
    parts: [{ startedAt: times.recordingStartedAt, durationMs: times.durationMs }],
  })

/** Metadata for ffmpeg (ffmetadata format) that carries the chapters into the MP4. */
export function chapterMetadata(chapters: { title: string; startMs: number }[], durationMs: number): string {
  const escaped = (text: string): string => text.replace(/[\\=;#\n]/g, (character) => `\\${character}`)
  const blocks = chapters.map((chapter, index) => {
    const end = chapters[index + 1]?.startMs ?? durationMs
    return `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${chapter.startMs}\nEND=${end}\ntitle=${escaped(chapter.title)}`
  })
  return [';FFMETADATA1', ...blocks, ''].join('\n')
}

/** The folder of a part below the central store: `2026/BT-2026-001/<part id>`; names no person. */
export const partFolder = (year: number, hearingCode: string | null, partId: string): string =>
  `${year}/${(hearingCode ?? 'khong-ro-buoi-tiep').replace(/[^A-Za-z0-9-]/g, '-')}/${partId}`

/** How many recorders lack for hearings that each need one: what the free ones cannot take. */
export const recordersLacking = (
  hearings: number,
  recorders: { jibri: 'idle' | 'busy' | 'unhealthy' | 'down'; silent: boolean }[],
): number => Math.max(0, hearings - recorders.filter((one) => one.jibri === 'idle' && !one.silent).length)

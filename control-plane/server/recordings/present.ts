import type { LiveContent } from '../../contract/recording-content.ts'
import type { Recording, RecordingPart } from '../../contract/recordings.ts'
import type { HearingPlan } from '../hearings/index.ts'
import { notBefore } from '../platform/clock.ts'
import { conditionCause, worstOf } from './condition.ts'
import { endingCause, faultCause, partFaultCause } from './fault-words.ts'
import { filmChapters, filmGaps } from './film.ts'
import { conditionsOf } from './integrity.ts'
import { recordingStatus } from './recording.ts'
import type { GapRow, HearingRecordingRow, PartRow, SessionRow } from './store.ts'

/** A recording as the screens see it. */
export function presentRecording(
  row: HearingRecordingRow,
  context: {
    plan: HearingPlan | undefined
    sessions: SessionRow[]
    gaps: GapRow[]
    parts: PartRow[]
    awaitedMs: number
    live: LiveContent | null
    now: number
    may: string[]
  },
): Recording {
  const { plan, sessions, parts } = context
  const facts = {
    wanted: row.wanted,
    state: row.state,
    sessions: sessions.map((session) => ({ sessionId: session.sessionId, wasOn: session.onAt !== null })),
    parts: parts.map((part) => ({ ...part, isDamaged: conditionCause(conditionsOf(part)) !== null })),
  }
  return {
    id: row.id,
    hearingId: row.hearingId,
    hearingCode: plan?.code ?? '',
    hearingTitle: plan?.title ?? '',
    hearingStartsAt: new Date(plan?.startsAt ?? row.createdAt).toISOString(),
    endpointNames: plan?.endpoints.map((endpoint) => endpoint.name) ?? [],
    status: recordingStatus(facts, context.awaitedMs),
    faults: row.faults,
    lastFault: row.lastFault === null ? null : faultCause(row.lastFault),
    stateAt: row.stateAt.toISOString(),
    sessions: sessions.map(presentSession),
    gaps: context.gaps.map((gap) => ({
      beganAt: gap.beganAt.toISOString(),
      endedAt: gap.endedAt?.toISOString() ?? null,
    })),
    parts: parts.map(presentPart),
    ...filmOf(plan, parts),
    now: context.live,
    may: row.wanted === 'on' ? context.may : context.may.filter((action) => action !== 'restart'),
  }
}

/** Where the agenda's items are seen in the film that the player plays, and what of the hearing it lacks. */
function filmOf(plan: HearingPlan | undefined, parts: PartRow[]): Pick<Recording, 'chapters' | 'filmGaps'> {
  if (plan === undefined || plan.liveAt === null) return { chapters: [], filmGaps: [] }
  const film = { liveAt: plan.liveAt, endedAt: plan.endedAt, parts: parts.filter(isPlayable).map(filmPart) }
  return { chapters: filmChapters(plan.agenda, film), filmGaps: film.parts.length === 0 ? [] : filmGaps(film) }
}

/** A session as the screens see it: rows from before clock steps were marked may end before they begin. */
function presentSession(session: SessionRow): Recording['sessions'][number] {
  const began = (session.onAt ?? session.startedAt).getTime()
  const ended = session.endedAt === null ? null : notBefore(began, session.endedAt.getTime())
  return {
    sessionId: session.sessionId,
    startedAt: session.startedAt.toISOString(),
    onAt: session.onAt?.toISOString() ?? null,
    endedAt: ended === null ? null : new Date(ended.at).toISOString(),
    clockStepped: session.clockStepped || ended?.clockStepped === true,
    endedByFault: endingCause(session.endedBy),
  }
}

function statusOf(part: PartRow): RecordingPart['status'] {
  const worst = worstOf(conditionsOf(part))
  return worst === 'whole' ? part.status : worst
}

/** Whether the player plays it: what is measured in the film counts these alone, in this order. */
const isPlayable = (part: PartRow): boolean => part.playablePath !== null && part.playableCondition === 'whole'

const filmPart = ({ startedAt, durationMs }: PartRow) => ({ startedAt: startedAt?.getTime() ?? null, durationMs })

/** One file as the screens see it. */
export function presentPart(part: PartRow): RecordingPart {
  const size = (name: 'width' | 'height'): number | null => {
    const value = part.media?.[name]
    return typeof value === 'number' ? value : null
  }
  return {
    id: part.id,
    sessionId: part.sessionId,
    fileName: part.fileName,
    host: part.host,
    status: statusOf(part),
    progressPercent: part.progressPercent,
    fault: conditionCause(conditionsOf(part)) ?? partFaultCause(part.fault),
    sizeBytes: part.declaredSize,
    sha256: part.declaredSha256,
    durationMs: part.durationMs,
    startedAt: part.startedAt?.toISOString() ?? null,
    storedAt: part.storedAt?.toISOString() ?? null,
    width: size('width'),
    height: size('height'),
    mediaUrl: isPlayable(part) ? `/api/recordings/parts/${part.id}/media` : null,
    content: part.content,
    posterUrl: part.posterPath === null ? null : `/api/recordings/parts/${part.id}/poster`,
  }
}

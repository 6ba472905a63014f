import type { Recording, RecordingPart } from '../../contract/recordings.ts'
import type { HearingPlan } from '../hearings/index.ts'
import { conditionCause, worstOf } from './condition.ts'
import { endingCause, faultCause, partFaultCause } from './fault-words.ts'
import { conditionsOf } from './integrity.ts'
import { chaptersOf, recordingStatus } from './recording.ts'
import type { GapRow, PartRow, RecordingRow, SessionRow } from './store.ts'

/** A recording as the screens see it. */
export function presentRecording(
  row: RecordingRow,
  context: {
    plan: HearingPlan | undefined
    sessions: SessionRow[]
    gaps: GapRow[]
    parts: PartRow[]
    awaitedMs: number
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
  const first = parts.find((part) => part.status === 'ready')
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
    chapters:
      plan === undefined || plan.liveAt === null || first === undefined
        ? []
        : chaptersOf(plan.agenda, {
            liveAt: plan.liveAt,
            recordingStartedAt: first.startedAt?.getTime() ?? plan.liveAt,
            durationMs: parts.reduce((sum, part) => sum + (part.durationMs ?? 0), 0),
          }),
    may: row.wanted === 'on' ? context.may : context.may.filter((action) => action !== 'restart'),
  }
}

const presentSession = (session: SessionRow): Recording['sessions'][number] => ({
  sessionId: session.sessionId,
  startedAt: session.startedAt.toISOString(),
  onAt: session.onAt?.toISOString() ?? null,
  endedAt: session.endedAt?.toISOString() ?? null,
  endedByFault: endingCause(session.endedBy),
})

function statusOf(part: PartRow): RecordingPart['status'] {
  const worst = worstOf(conditionsOf(part))
  return worst === 'whole' ? part.status : worst
}

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
    mediaUrl:
      part.playablePath === null || part.playableCondition !== 'whole'
        ? null
        : `/api/recordings/parts/${part.id}/media`,
    posterUrl: part.posterPath === null ? null : `/api/recordings/parts/${part.id}/poster`,
  }
}

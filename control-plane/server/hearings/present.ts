import type { HearingAnswer, HearingListItem } from '../../contract/hearings.ts'
import { roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import type { Instant } from '../platform/clock.ts'
import type { Fault } from '../platform/problem.ts'
import { allowedActions, type HearingPlan, isEditable, startEarlyMs } from './hearing.ts'
import type { MoveRow } from './store.ts'
import { type CalendarWord, submissionLimits } from './submission.ts'

const text = (at: Instant): string => new Date(at).toISOString()
const optional = (at: Instant | null): string | null => (at === null ? null : text(at))

const presentEndpoints = (plan: HearingPlan) =>
  plan.endpoints.map(({ endpointId, kind, name, shortName }) => ({ endpointId, kind, name, shortName }))

/** One hearing as this actor may see it, with what the actor may do next. */
export function presentHearing(
  actor: Actor,
  plan: HearingPlan,
  around: { history: MoveRow[]; warnings: Fault[]; word: CalendarWord; now: Instant },
): HearingAnswer {
  // Case content and people's addresses stay with the provincial roles that work on cases.
  const readsCases = actor.kind === 'staff' && roleMay(actor.role, 'case.read')
  return {
    id: plan.id,
    code: plan.code,
    title: plan.title,
    status: plan.status,
    startsAt: text(plan.startsAt),
    endsAt: text(plan.endsAt),
    version: plan.version,
    late: plan.late,
    lateReason: plan.lateReason,
    submittedAt: optional(plan.submittedAt),
    decisionNumber: plan.decisionNumber,
    decidedAt: optional(plan.decidedAt),
    returnReason: plan.returnReason,
    liveAt: optional(plan.liveAt),
    endedAt: optional(plan.endedAt),
    createdAt: text(plan.createdAt),
    endpoints: presentEndpoints(plan),
    agenda: plan.agenda.map(({ id, title, minutes, speaker }) => ({ id, title, minutes, speaker })),
    participants: plan.participants.map((person) => ({
      id: person.id,
      name: person.name,
      jobTitle: person.jobTitle,
      organisation: person.organisation,
      role: person.role,
      endpointId: person.endpointId,
      required: person.required,
      email: readsCases ? person.email : null,
    })),
    cases: readsCases
      ? plan.cases.map(({ id, code, title, criterion, consent }) => ({ id, code, title, criterion, consent }))
      : [],
    history: around.history.map((move) => ({
      from: move.fromStatus,
      to: move.toStatus,
      at: move.at.toISOString(),
      actorName: move.actorName,
      reason: move.reason,
      clockStepped: move.clockStepped,
    })),
    limits: isEditable(plan.status) ? submissionLimits(around.word) : null,
    warnings: around.warnings,
    startableFrom: text(plan.startsAt - startEarlyMs),
    may: allowedActions(actor, plan, around.now),
  }
}

export function presentListItem(actor: Actor, plan: HearingPlan, now: Instant): HearingListItem {
  return {
    id: plan.id,
    code: plan.code,
    title: plan.title,
    status: plan.status,
    startsAt: text(plan.startsAt),
    endsAt: text(plan.endsAt),
    late: plan.late,
    version: plan.version,
    endpoints: presentEndpoints(plan),
    caseCount: plan.cases.length,
    may: allowedActions(actor, plan, now),
  }
}

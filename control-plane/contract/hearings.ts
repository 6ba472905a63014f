import { type Static, Type } from 'typebox'
import { Consent } from './cases.ts'
import { EditedHearing, NewHearing, ParticipantRole, PlanWarning, SubmissionLimits, Typed } from './hearing-plan.ts'
import { route } from './route.ts'
import { ById, Criterion, DespiteTwin, HearingStatus, Id, InstantText, Nullable, Version } from './words.ts'

/** What a caller may do with one hearing: edit it or move it (hearings/hearing.ts holds the table of moves). */
export const hearingActions = [
  'edit',
  'submit',
  'approve',
  'return',
  'start',
  'end',
  'postpone',
  'cancel',
  'archive',
] as const
export type HearingAction = (typeof hearingActions)[number]
export const HearingAction = Type.Unsafe<HearingAction>({ type: 'string', enum: [...hearingActions] })
export const hearingActionLabels: Record<HearingAction, string> = {
  edit: 'Sửa kế hoạch',
  submit: 'Trình duyệt',
  approve: 'Phê duyệt',
  return: 'Trả lại',
  start: 'Bắt đầu buổi tiếp',
  end: 'Kết thúc buổi tiếp',
  postpone: 'Hoãn buổi tiếp',
  cancel: 'Hủy buổi tiếp',
  archive: 'Lưu hồ sơ',
}

export const HearingEndpoint = Type.Object({
  endpointId: Id,
  kind: Type.Unsafe<'central' | 'delegate'>({ type: 'string', enum: ['central', 'delegate'] }),
  name: Type.String(),
  shortName: Type.String(),
})

export const HearingAnswer = Type.Object({
  id: Id,
  /** BT-2026-001 */
  code: Type.String(),
  title: Type.String(),
  status: HearingStatus,
  startsAt: InstantText,
  endsAt: InstantText,
  version: Type.Integer(),
  /** Submitted with fewer than 05 working days left; marked for ever. */
  late: Type.Boolean(),
  lateReason: Nullable(Type.String()),
  submittedAt: Nullable(InstantText),
  decisionNumber: Nullable(Type.String()),
  /** The chairman's last word, whichever it was: `history` says which. */
  decidedAt: Nullable(InstantText),
  returnReason: Nullable(Type.String()),
  liveAt: Nullable(InstantText),
  endedAt: Nullable(InstantText),
  createdAt: InstantText,
  endpoints: Type.Array(HearingEndpoint),
  agenda: Type.Array(
    Type.Object({ id: Id, title: Type.String(), minutes: Type.Integer(), speaker: Nullable(Type.String()) }),
  ),
  participants: Type.Array(
    Type.Object({
      id: Id,
      name: Type.String(),
      jobTitle: Nullable(Type.String()),
      organisation: Nullable(Type.String()),
      role: ParticipantRole,
      endpointId: Nullable(Id),
      required: Type.Boolean(),
      /** null also when the caller's role may not read it. */
      email: Nullable(Type.String()),
    }),
  ),
  /** Empty for roles that may not read cases. */
  cases: Type.Array(
    Type.Object({ id: Id, code: Type.String(), title: Type.String(), criterion: Criterion, consent: Consent }),
  ),
  history: Type.Array(
    Type.Object({
      from: Nullable(HearingStatus),
      to: HearingStatus,
      at: InstantText,
      actorName: Type.String(),
      reason: Nullable(Type.String()),
      /** The clock was set back between the move before and this one. */
      clockStepped: Type.Boolean(),
    }),
  ),
  /** Only while the plan may still be submitted (draft, returned, postponed). */
  limits: Nullable(SubmissionLimits),
  warnings: Type.Array(PlanWarning),
  /** Not before this instant may the hearing be started (when its room opens). */
  startableFrom: InstantText,
  may: Type.Array(HearingAction),
})
export type HearingAnswer = Static<typeof HearingAnswer>

export const HearingListItem = Type.Object({
  id: Id,
  code: Type.String(),
  title: Type.String(),
  status: HearingStatus,
  startsAt: InstantText,
  endsAt: InstantText,
  late: Type.Boolean(),
  version: Type.Integer(),
  endpoints: Type.Array(HearingEndpoint),
  caseCount: Type.Integer(),
  may: Type.Array(HearingAction),
})
export type HearingListItem = Static<typeof HearingListItem>

const tags = ['hearings']
const answer = { 200: HearingAnswer }

/** `status`: one or several, separated by commas. `from`/`to` bound the start. Upcoming and running first, then the past, newest first. */
export const listHearings = route({
  method: 'GET',
  url: '/api/hearings',
  schema: {
    summary: 'Danh sách buổi tiếp',
    tags,
    querystring: Type.Object(
      {
        q: Type.Optional(Type.String({ maxLength: 200 })),
        status: Type.Optional(Type.String({ maxLength: 200 })),
        from: Type.Optional(InstantText),
        to: Type.Optional(InstantText),
        endpointId: Type.Optional(Id),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
        offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
      },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object({
        items: Type.Array(HearingListItem),
        total: Type.Integer(),
        /** Whether the caller may draft a new hearing. */
        mayCreate: Type.Boolean(),
      }),
    },
  },
})

export const getHearing = route({
  method: 'GET',
  url: '/api/hearings/:id',
  schema: { summary: 'Một buổi tiếp', tags, params: ById, response: answer },
})

/** 409 `twin-made` with `made` (`hearing:ID`) and `code` when the same was planned minutes ago, unless `despiteTwin`. */
export const createHearing = route({
  method: 'POST',
  url: '/api/hearings',
  schema: {
    summary: 'Lập kế hoạch buổi tiếp',
    tags,
    querystring: DespiteTwin,
    body: NewHearing,
    response: { 201: HearingAnswer },
  },
})

/** In draft, returned or postponed only. */
export const editHearing = route({
  method: 'PUT',
  url: '/api/hearings/:id',
  schema: { summary: 'Sửa kế hoạch buổi tiếp', tags, params: ById, body: EditedHearing, response: answer },
})

/** 422 `late-submission` with `workingDaysLeft`, `demanded`, `latestDate` when too late and no `lateReason` is given (Điều 6.1.a). */
export const submitHearing = route({
  method: 'POST',
  url: '/api/hearings/:id/submit',
  schema: {
    summary: 'Trình Chủ tịch duyệt',
    tags,
    params: ById,
    body: Type.Object(
      { version: Version, lateReason: Type.Optional(Nullable(Typed(2000))) },
      { additionalProperties: false },
    ),
    response: answer,
  },
})

export const approveHearing = route({
  method: 'POST',
  url: '/api/hearings/:id/approve',
  schema: {
    summary: 'Chủ tịch phê duyệt',
    tags,
    params: ById,
    body: Type.Object({ version: Version, decisionNumber: Typed(60) }, { additionalProperties: false }),
    response: answer,
  },
})

const withReason = Type.Object({ version: Version, reason: Typed(2000) }, { additionalProperties: false })

export const returnHearing = route({
  method: 'POST',
  url: '/api/hearings/:id/return',
  schema: { summary: 'Chủ tịch trả lại', tags, params: ById, body: withReason, response: answer },
})

/** 409 `presence-unknown` while Prosody does not tell who is there; 409 `quorum-missing` with `missing: [{ name }]` while somebody who must be there is not in the room (Điều 2.4). */
export const startHearing = route({
  method: 'POST',
  url: '/api/hearings/:id/start',
  schema: { summary: 'Bắt đầu buổi tiếp', tags, params: ById, response: answer },
})

export const endHearing = route({
  method: 'POST',
  url: '/api/hearings/:id/end',
  schema: { summary: 'Kết thúc buổi tiếp', tags, params: ById, response: answer },
})

/** Room, grants and test calls are withdrawn; the plan may be edited and submitted again, at the new time if one is given. */
export const postponeHearing = route({
  method: 'POST',
  url: '/api/hearings/:id/postpone',
  schema: {
    summary: 'Hoãn buổi tiếp',
    tags,
    params: ById,
    body: Type.Object(
      {
        version: Version,
        reason: Typed(2000),
        startsAt: Type.Optional(InstantText),
        endsAt: Type.Optional(InstantText),
      },
      { additionalProperties: false },
    ),
    response: answer,
  },
})

export const cancelHearing = route({
  method: 'POST',
  url: '/api/hearings/:id/cancel',
  schema: { summary: 'Hủy buổi tiếp', tags, params: ById, body: withReason, response: answer },
})

/** 409 `archive-missing` until the recording and an archive copy are verified (Điều 7.1, 7.4). */
export const archiveHearing = route({
  method: 'POST',
  url: '/api/hearings/:id/archive',
  schema: { summary: 'Lưu hồ sơ buổi tiếp', tags, params: ById, response: answer },
})

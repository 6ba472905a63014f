import { type Static, Type } from 'typebox'
import { Id, InstantText, Nullable, Version } from './words.ts'

export const participantRoles = ['chair', 'secretary', 'technical-officer', 'citizen', 'invited', 'observer'] as const
export type ParticipantRole = (typeof participantRoles)[number]
export const ParticipantRole = Type.Unsafe<ParticipantRole>({ type: 'string', enum: [...participantRoles] })
export const participantRoleLabels: Record<ParticipantRole, string> = {
  chair: 'Người chủ trì',
  secretary: 'Thư ký ghi biên bản',
  'technical-officer': 'Cán bộ phụ trách kỹ thuật',
  citizen: 'Công dân',
  invited: 'Người được mời',
  observer: 'Người dự, theo dõi',
}

// Lengths and types only: what a person typed wrongly is told by the rules, in Vietnamese and all at once (422 with `faults`).
export const Typed = (maxLength: number) => Type.String({ maxLength })

export const AgendaItemInput = Type.Object(
  {
    title: Typed(300),
    minutes: Type.Integer({ minimum: -1_000_000, maximum: 1_000_000 }),
    speaker: Type.Optional(Nullable(Typed(120))),
  },
  { additionalProperties: false },
)
export type AgendaItemInput = Static<typeof AgendaItemInput>

export const ParticipantInput = Type.Object(
  {
    name: Typed(120),
    jobTitle: Type.Optional(Nullable(Typed(200))),
    organisation: Type.Optional(Nullable(Typed(200))),
    role: ParticipantRole,
    /** The room where the person sits; null: joins on an own device by a grant. */
    endpointId: Nullable(Id),
    /** Counts for the quorum (Điều 2.4). */
    required: Type.Boolean(),
    email: Type.Optional(Nullable(Typed(254))),
  },
  { additionalProperties: false },
)
export type ParticipantInput = Static<typeof ParticipantInput>

// The central endpoint is added by the server: a hearing always has it.
const planFields = {
  title: Typed(300),
  startsAt: InstantText,
  endsAt: InstantText,
  delegates: Type.Array(Id, { maxItems: 135 }),
  agenda: Type.Array(AgendaItemInput, { maxItems: 100 }),
  participants: Type.Array(ParticipantInput, { maxItems: 300 }),
  caseIds: Type.Array(Id, { maxItems: 50 }),
}
/** A draft may still lack agenda, participants and cases; submitting demands them. */
export const NewHearing = Type.Object(planFields, { additionalProperties: false })
export type NewHearing = Static<typeof NewHearing>
export const EditedHearing = Type.Object({ ...planFields, version: Version }, { additionalProperties: false })
export type EditedHearing = Static<typeof EditedHearing>

/** Where the plan stands against Điều 6.1.a, were it submitted now. Dates are YYYY-MM-DD in Việt Nam. */
export const SubmissionLimits = Type.Object({
  /** Working days left from today to the day of the hearing (formula A: today counts not, the day itself counts). */
  workingDaysLeft: Type.Integer(),
  demanded: Type.Integer(),
  latestDate: Type.String(),
  /** Five full working days in between (formula B): after this date a soft warning. */
  advisedDate: Type.String(),
  standing: Type.Unsafe<'in-time' | 'tight' | 'late'>({ type: 'string', enum: ['in-time', 'tight', 'late'] }),
})
export type SubmissionLimits = Static<typeof SubmissionLimits>

/** Something a person should look at, that refuses nothing. */
export const PlanWarning = Type.Object({ field: Type.String(), message: Type.String() })
export type PlanWarning = Static<typeof PlanWarning>

import { type Static, Type } from 'typebox'
import { route } from './route.ts'
import { ById, CaseKind, Criterion, DespiteTwin, Id, InstantText, Nullable, Version } from './words.ts'

export const consents = ['asked', 'consented', 'refused'] as const
export type Consent = (typeof consents)[number]
export const Consent = Type.Unsafe<Consent>({ type: 'string', enum: [...consents] })
export const consentLabels: Record<Consent, string> = {
  asked: 'Chờ Chủ tịch cho ý kiến',
  consented: 'Chủ tịch đã đồng ý',
  refused: 'Chủ tịch không đồng ý',
}

/** What a caller may do with one case. */
export const caseActions = ['edit', 'edit-citizen', 'consent', 'refuse'] as const
export type CaseAction = (typeof caseActions)[number]
const CaseAction = Type.Unsafe<CaseAction>({ type: 'string', enum: [...caseActions] })

// Lengths and types only: what a person typed wrongly is told by the rules, in Vietnamese and all at once (422 with `faults`).
const Typed = (maxLength: number) => Type.String({ maxLength })

export const CitizenInput = Type.Object(
  {
    name: Typed(120),
    /** 12 digits; null when the citizen has not shown it. */
    idNumber: Nullable(Typed(40)),
    phone: Nullable(Typed(40)),
    address: Nullable(Typed(300)),
  },
  { additionalProperties: false },
)
export type CitizenInput = Static<typeof CitizenInput>

const caseFields = {
  title: Typed(300),
  summary: Typed(10_000),
  kind: CaseKind,
  criterion: Criterion,
  criterionReason: Typed(2000),
  citizen: CitizenInput,
}
export const NewCase = Type.Object(caseFields, { additionalProperties: false })
export type NewCase = Static<typeof NewCase>
export const EditedCase = Type.Object({ ...caseFields, version: Version }, { additionalProperties: false })
export type EditedCase = Static<typeof EditedCase>

export const CaseAnswer = Type.Object({
  id: Id,
  /** VV-2026-0001 */
  code: Type.String(),
  title: Type.String(),
  summary: Type.String(),
  kind: CaseKind,
  criterion: Criterion,
  criterionReason: Type.String(),
  /** `masked`: the caller's role may not read citizens' data; the values are then initials and last digits. */
  citizen: Type.Object({
    masked: Type.Boolean(),
    name: Type.String(),
    idNumber: Nullable(Type.String()),
    phone: Nullable(Type.String()),
    address: Nullable(Type.String()),
  }),
  consent: Consent,
  consentReason: Nullable(Type.String()),
  consentByName: Nullable(Type.String()),
  consentAt: Nullable(InstantText),
  version: Type.Integer(),
  createdByName: Type.String(),
  createdAt: InstantText,
  may: Type.Array(CaseAction),
})
export type CaseAnswer = Static<typeof CaseAnswer>

/** A row of the list: no citizen's data at all. */
export const CaseListItem = Type.Object({
  id: Id,
  code: Type.String(),
  title: Type.String(),
  kind: CaseKind,
  criterion: Criterion,
  consent: Consent,
  version: Type.Integer(),
  createdAt: InstantText,
  may: Type.Array(CaseAction),
})
export type CaseListItem = Static<typeof CaseListItem>

/** `q` looks into code, title and summary, without regard to case or diacritics. Newest first. */
export const listCases = route({
  method: 'GET',
  url: '/api/cases',
  schema: {
    summary: 'Danh sách vụ việc',
    tags: ['cases'],
    querystring: Type.Object(
      {
        q: Type.Optional(Type.String({ maxLength: 200 })),
        consent: Type.Optional(Consent),
        criterion: Type.Optional(Criterion),
        kind: Type.Optional(CaseKind),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
        offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
      },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object({
        items: Type.Array(CaseListItem),
        total: Type.Integer(),
        /** Whether the caller may enter a new case. */
        mayCreate: Type.Boolean(),
      }),
    },
  },
})

export const getCase = route({
  method: 'GET',
  url: '/api/cases/:id',
  schema: { summary: 'Một vụ việc', tags: ['cases'], params: ById, response: { 200: CaseAnswer } },
})

/** 409 `twin-made` with `made` (`case:ID`) and `code` when the same was entered minutes ago, unless `despiteTwin`. */
export const createCase = route({
  method: 'POST',
  url: '/api/cases',
  schema: {
    summary: 'Nhập vụ việc',
    tags: ['cases'],
    querystring: DespiteTwin,
    body: NewCase,
    response: { 201: CaseAnswer },
  },
})

/** A consented case keeps its matter (409 `case-decided`); the citizen's details may still be corrected. Editing a refused case asks for consent anew. */
export const editCase = route({
  method: 'PUT',
  url: '/api/cases/:id',
  schema: { summary: 'Sửa vụ việc', tags: ['cases'], params: ById, body: EditedCase, response: { 200: CaseAnswer } },
})

/** Điều 4.2: only the chairman. 409 when already decided or changed since it was read. */
export const consentCase = route({
  method: 'POST',
  url: '/api/cases/:id/consent',
  schema: {
    summary: 'Chủ tịch đồng ý vụ việc',
    tags: ['cases'],
    params: ById,
    body: Type.Object(
      { version: Version, reason: Type.Optional(Nullable(Typed(2000))) },
      { additionalProperties: false },
    ),
    response: { 200: CaseAnswer },
  },
})

export const refuseCase = route({
  method: 'POST',
  url: '/api/cases/:id/refuse',
  schema: {
    summary: 'Chủ tịch không đồng ý vụ việc',
    tags: ['cases'],
    params: ById,
    body: Type.Object({ version: Version, reason: Typed(2000) }, { additionalProperties: false }),
    response: { 200: CaseAnswer },
  },
})

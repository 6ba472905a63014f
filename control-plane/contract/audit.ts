import { type Static, Type } from 'typebox'
import { route } from './route.ts'
import { ById, InstantText, Nullable } from './words.ts'

export const AuditEntry = Type.Object({
  seq: Type.Integer(),
  at: InstantText,
  actorKind: Type.String(),
  actorId: Type.String(),
  actorName: Type.String(),
  /** Such as `hearing.approved`, `permission.denied`. */
  action: Type.String(),
  /** `kind:id`. */
  subject: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
  previousHash: Type.String(),
  keyId: Nullable(Type.String()),
  hash: Type.String(),
})
export type AuditEntry = Static<typeof AuditEntry>

const Filter = Type.String({ maxLength: 200 })

/** Newest first; the next page is asked with `before` = `next`. */
export const readAudit = route({
  method: 'GET',
  url: '/api/audit',
  schema: {
    summary: 'The audit trail',
    tags: ['audit'],
    querystring: Type.Object(
      {
        before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
        /** Exact `kind:id`, or `kind:` for all of a kind. */
        subject: Type.Optional(Filter),
        /** Exact, or a beginning such as `hearing.`. */
        action: Type.Optional(Filter),
        /** Part of the name, or the exact id. */
        actor: Type.Optional(Filter),
        from: Type.Optional(InstantText),
        to: Type.Optional(InstantText),
      },
      { additionalProperties: false },
    ),
    response: { 200: Type.Object({ items: Type.Array(AuditEntry), next: Nullable(Type.Integer()) }) },
  },
})

const brokenWhys = [
  'missing',
  'changed',
  'unlinked',
  'unkeyed',
  'retired-key',
  'unknown-key',
  'replaced',
  'cut',
] as const
const BrokenWhy = Type.Unsafe<(typeof brokenWhys)[number]>({ type: 'string', enum: [...brokenWhys] })

export const AuditVerdict = Type.Object({
  is: Type.Unsafe<'whole' | 'broken'>({ type: 'string', enum: ['whole', 'broken'] }),
  /** Rows read, when whole. */
  rows: Type.Optional(Type.Integer()),
  lastHash: Type.Optional(Type.String()),
  /** The first broken row. */
  seq: Type.Optional(Type.Integer()),
  why: Type.Optional(BrokenWhy),
  /** The first row sealed with a key that the database does not hold, when whole. */
  keyedFrom: Type.Optional(Nullable(Type.Integer())),
  /** Vietnamese, ready to show. */
  message: Type.String(),
})
export type AuditVerdict = Static<typeof AuditVerdict>

export const verifyAudit = route({
  method: 'GET',
  url: '/api/audit/verify',
  schema: {
    summary: 'Recomputes the whole hash chain',
    tags: ['audit'],
    querystring: Type.Object(
      {
        /** A hash that somebody kept elsewhere; the row with it must be there. */
        expect: Type.Optional(Type.String({ pattern: '^([0-9a-f]{64})?$', maxLength: 64 })),
        /** How many rows there were then. */
        count: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
      },
      { additionalProperties: false },
    ),
    response: { 200: AuditVerdict },
  },
})

export const AlertAnswer = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  subject: Type.String(),
  severity: Type.Unsafe<'warning' | 'critical'>({ type: 'string', enum: ['warning', 'critical'] }),
  message: Type.String(),
  raisedAt: InstantText,
  seenAt: InstantText,
  clearedAt: Nullable(InstantText),
})
export type AlertAnswer = Static<typeof AlertAnswer>

/** Re-read on the topic `alerts`. */
export const listAlerts = route({
  method: 'GET',
  url: '/api/alerts',
  schema: {
    summary: 'Open alerts, and those cleared lately',
    tags: ['alerts'],
    response: { 200: Type.Object({ open: Type.Array(AlertAnswer), recent: Type.Array(AlertAnswer) }) },
  },
})

/** For an alert that a person has dealt with; one whose cause lasts opens again by itself. */
export const closeAlert = route({
  method: 'POST',
  url: '/api/alerts/:id/close',
  schema: {
    summary: 'Closes an open alert',
    tags: ['alerts'],
    params: ById,
    response: { 204: Type.Null() },
  },
})

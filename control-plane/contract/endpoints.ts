import { type Static, Type } from 'typebox'
import { KioskState } from './kiosk.ts'
import { route } from './route.ts'
import { ById, Id, InstantText, Nullable, Text } from './words.ts'

const tags = ['endpoints']
const strict = { additionalProperties: false }
const params = ById

export const Device = Type.Object({
  id: Id,
  label: Type.String(),
  enrolledAt: InstantText,
  lastSeenAt: Nullable(InstantText),
  connected: Type.Boolean(),
  state: Nullable(KioskState),
  revokedAt: Nullable(InstantText),
})
export type Device = Static<typeof Device>

export const Endpoint = Type.Object({
  id: Id,
  kind: Type.Unsafe<'central' | 'delegate'>({ type: 'string', enum: ['central', 'delegate'] }),
  communeCode: Nullable(Type.String()),
  name: Type.String(),
  shortName: Type.String(),
  slug: Type.String(),
  /** The wards, communes and districts of before 01/07/2025 in its place: people still search by them. */
  formerNames: Type.Array(Type.String()),
  formerProvince: Nullable(Type.String()),
  contactName: Nullable(Type.String()),
  contactEmail: Nullable(Type.String()),
  contactPhone: Nullable(Type.String()),
  active: Type.Boolean(),
  devices: Type.Integer(),
  connected: Type.Boolean(),
  may: Type.Array(Type.String()),
})
export type Endpoint = Static<typeof Endpoint>

export const listEndpoints = route({
  method: 'GET',
  url: '/api/endpoints',
  schema: {
    summary: 'The central endpoint and the delegate endpoints, in Vietnamese order',
    tags,
    querystring: Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, strict),
    response: { 200: Type.Object({ items: Type.Array(Endpoint) }) },
  },
})

export const showEndpoint = route({
  method: 'GET',
  url: '/api/endpoints/:id',
  schema: {
    summary: 'One endpoint with its devices',
    tags,
    params,
    response: { 200: Type.Object({ endpoint: Endpoint, devices: Type.Array(Device) }) },
  },
})

export const editContact = route({
  method: 'PUT',
  url: '/api/endpoints/:id/contact',
  schema: {
    summary: 'Who answers for the endpoint; test results go to this address',
    tags,
    params,
    body: Type.Object(
      {
        contactName: Nullable(Type.String({ maxLength: 120 })),
        contactEmail: Nullable(Type.String({ maxLength: 200, format: 'email' })),
        contactPhone: Nullable(Type.String({ maxLength: 40 })),
      },
      strict,
    ),
    response: { 200: Endpoint },
  },
})

export const makeEnrolmentCode = route({
  method: 'POST',
  url: '/api/endpoints/:id/enrolment-codes',
  schema: {
    summary: 'A short code that enrols one room PC once, within 15 minutes',
    tags,
    params,
    body: Type.Object({ label: Text(80) }, strict),
    response: { 201: Type.Object({ code: Type.String(), expiresAt: InstantText }) },
  },
})

export const revokeDevice = route({
  method: 'POST',
  url: '/api/devices/:id/revoke',
  schema: {
    summary: 'Revoke a room PC; it is told at once',
    tags,
    params,
    body: Type.Object({ reason: Text(300) }, strict),
    response: { 204: Type.Null() },
  },
})

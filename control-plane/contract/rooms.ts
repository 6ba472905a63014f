import { type Static, Type } from 'typebox'
import { Entry } from './call.ts'
import { route } from './route.ts'
import { mostTyped } from './short-code.ts'
import { ById, HearingStatus, Id, InstantText, Nullable } from './words.ts'

const tags = ['rooms']
const hearing = ById
const strict = { additionalProperties: false }

/** The link's token (from its fragment) or the short code typed by hand. */
export const Key = Type.Object(
  {
    token: Type.Optional(Type.String({ minLength: 20, maxLength: 200 })),
    /** As it was typed or pasted: the code is found in it (short-code.ts). */
    code: Type.Optional(Type.String({ minLength: 1, maxLength: mostTyped })),
  },
  strict,
)
export type Key = Static<typeof Key>

/** Names one tab of one device for as long as it is open; random, and no credential. */
export const Seat = Type.String({ minLength: 16, maxLength: 64, pattern: '^[A-Za-z0-9-]+$' })

export const Invitation = Type.Object({
  displayName: Type.String(),
  /** The name that the room, the token and the recording show. */
  shownAs: Type.String(),
  hearing: Type.Object({
    code: Type.String(),
    title: Type.String(),
    status: HearingStatus,
    startsAt: InstantText,
    endsAt: InstantText,
    endpointNames: Type.Array(Type.String()),
  }),
  opensAt: InstantText,
  closesAt: InstantText,
  serverTime: InstantText,
  /** `waiting`: before the window; the page counts down and asks again. */
  state: Type.Unsafe<'waiting' | 'open'>({ type: 'string', enum: ['waiting', 'open'] }),
  /** The same link or code is in the room, or on its way, on another device: entering puts that one out. */
  elsewhere: Type.Boolean(),
})
export type Invitation = Static<typeof Invitation>

/** Looks at a grant; consumes nothing. Refusals: 404 grant-unknown, 410 grant-revoked, -replaced, -over, -cancelled. */
export const lookAtGrant = route({
  method: 'POST',
  url: '/api/join',
  schema: {
    summary: 'What a join link or code leads to',
    tags,
    body: Type.Object({ ...Key.properties, seat: Type.Optional(Seat) }, strict),
    response: { 200: Invitation },
  },
})

/**
 * Enters: a fresh token each time, as often as needed while the window is open. 409 grant-in-use: it is at work on another device, which leaves
 * the room only when `takesOver` says that somebody pressed for it.
 */
export const enterByGrant = route({
  method: 'POST',
  url: '/api/join/enter',
  schema: {
    summary: 'A fresh token for the room',
    tags,
    body: Type.Object(
      {
        ...Key.properties,
        acceptsRecording: Type.Boolean(),
        seat: Type.Optional(Seat),
        takesOver: Type.Optional(Type.Boolean()),
      },
      strict,
    ),
    response: { 200: Entry },
  },
})

/** A page in the room tells that it lives, and hears whether the seat is still its own and whether another device asked for it. */
export const keepSeat = route({
  method: 'POST',
  url: '/api/join/seat',
  schema: {
    summary: 'The page in the room keeps its seat',
    tags,
    body: Type.Object({ ...Key.properties, seat: Seat }, strict),
    response: { 200: Type.Object({ held: Type.Boolean(), askedAt: Nullable(InstantText) }) },
  },
})

/** The same for the room PC of an endpoint (device credential). */
export const enterAsDevice = route({
  method: 'POST',
  url: '/api/kiosk/hearings/:id/enter',
  schema: {
    summary: 'A fresh token for the room PC; 409 grant-in-use while another PC of the endpoint is in the room',
    tags: ['kiosk'],
    params: hearing,
    querystring: Type.Object({ takesOver: Type.Optional(Type.Boolean()) }, strict),
    response: { 200: Entry },
  },
})

export const Grant = Type.Object({
  id: Id,
  kind: Type.Unsafe<'endpoint' | 'participant'>({ type: 'string', enum: ['endpoint', 'participant'] }),
  displayName: Type.String(),
  moderator: Type.Boolean(),
  required: Type.Boolean(),
  revokedAt: Nullable(InstantText),
  revokedReason: Nullable(Type.String()),
  firstEnteredAt: Nullable(InstantText),
  lastEnteredAt: Nullable(InstantText),
  entries: Type.Integer(),
  present: Type.Boolean(),
  may: Type.Array(Type.String()),
})
export type Grant = Static<typeof Grant>

export const listGrants = route({
  method: 'GET',
  url: '/api/hearings/:id/grants',
  schema: {
    summary: 'Join grants of a hearing',
    tags,
    params: hearing,
    response: {
      200: Type.Object({ opensAt: Nullable(InstantText), closesAt: Nullable(InstantText), items: Type.Array(Grant) }),
    },
  },
})

/** Shows the link and the short code again; stands in the audit trail. */
export const revealGrant = route({
  method: 'POST',
  url: '/api/grants/:id/reveal',
  schema: {
    summary: 'The link and the short code of one grant',
    tags,
    params: hearing,
    response: { 200: Type.Object({ link: Type.String(), code: Type.String() }) },
  },
})

const Reason = Type.Object({ reason: Type.String({ minLength: 3, maxLength: 500, pattern: '\\S' }) }, strict)

/** Revokes; whoever is in the room with it is put out at once. */
export const revokeGrant = route({
  method: 'POST',
  url: '/api/grants/:id/revoke',
  schema: { summary: 'Revoke a grant', tags, params: hearing, body: Reason, response: { 204: Type.Null() } },
})

/** Revokes and makes a new grant for the same person or room: a new link and code. */
export const renewGrant = route({
  method: 'POST',
  url: '/api/grants/:id/renew',
  schema: {
    summary: 'A new link in place of this one',
    tags,
    params: hearing,
    body: Reason,
    response: { 200: Type.Object({ id: Id }) },
  },
})

export const AttendanceInterval = Type.Object({
  displayName: Type.String(),
  grantId: Nullable(Type.String()),
  joinedAt: InstantText,
  leftAt: Nullable(InstantText),
  /** 'left', 'room-destroyed', 'line-lost', or 'snapshot' (the leave was inferred after a restart). */
  leftBy: Nullable(Type.String()),
  /** Where the end is not certain: until when he was there without doubt. */
  certainUntil: Nullable(InstantText),
  /** A clock was set back during the stay: how long it was is not certain. */
  clockStepped: Type.Boolean(),
})

export const RoomBoard = Type.Object({
  serverTime: InstantText,
  opensAt: Nullable(InstantText),
  closesAt: Nullable(InstantText),
  closedAt: Nullable(InstantText),
  /** Điều 2.4: central + every delegate endpoint + every required person at the same time. */
  quorum: Type.Object({
    met: Type.Boolean(),
    /** False while Prosody does not tell who is there: what stands here may be out of date, and `met` is false. */
    isCurrent: Type.Boolean(),
    present: Type.Array(Type.Object({ grantId: Type.String(), name: Type.String() })),
    missing: Type.Array(Type.Object({ grantId: Type.String(), name: Type.String() })),
    /** Required people whose grant was revoked and not made anew: they are not waited for any more. */
    released: Type.Array(Type.Object({ grantId: Type.String(), name: Type.String() })),
  }),
  attendance: Type.Array(AttendanceInterval),
})
export type RoomBoard = Static<typeof RoomBoard>

export const showRoom = route({
  method: 'GET',
  url: '/api/hearings/:id/room',
  schema: { summary: 'Who is in the room, as the server sees it', tags, params: hearing, response: { 200: RoomBoard } },
})

import { type Static, Type } from 'typebox'
import { route } from './route.ts'
import { mostTyped } from './short-code.ts'
import { TestOrder } from './test-calls.ts'
import { HearingStatus, Id, InstantText, Nullable } from './words.ts'

const tags = ['kiosk']
const strict = { additionalProperties: false }

/** One use of a short code enrols the room PC; the credential is told this once and kept by the PC. */
export const enrolDevice = route({
  method: 'POST',
  url: '/api/kiosk/enrol',
  schema: {
    summary: 'Enrol a room PC by its short code',
    tags,
    body: Type.Object({ code: Type.String({ minLength: 1, maxLength: mostTyped }) }, strict),
    response: { 201: Type.Object({ deviceId: Id, credential: Type.String(), endpointName: Type.String() }) },
  },
})

/** The credential for a token of ten minutes; 401 device-revoked once it was revoked. */
export const openDeviceSession = route({
  method: 'POST',
  url: '/api/kiosk/session',
  schema: {
    summary: 'A short token for the room PC',
    tags,
    body: Type.Object({ credential: Type.String({ minLength: 20, maxLength: 200 }) }, strict),
    response: { 200: Type.Object({ token: Type.String(), expiresAt: InstantText }) },
  },
})

/**
 * What is the matter with a camera or microphone. `other`: works, but is not the chosen one; `silent`: open, and gives no picture or sound;
 * `no-answer`: neither opened nor refused in time; `unsupported`: the browser gives no page any device; `asking`: somebody has to press "allow".
 */
export const deviceStates = [
  'unknown',
  'asking',
  'ok',
  'other',
  'silent',
  'none',
  'refused',
  'busy',
  'no-answer',
  'unsupported',
] as const
export type DeviceState = (typeof deviceStates)[number]

/** What the room PC tells of itself, every 10 s and on change. */
export const KioskState = Type.Object(
  {
    camera: Type.Unsafe<DeviceState>({ type: 'string', enum: [...deviceStates] }),
    microphone: Type.Unsafe<DeviceState>({ type: 'string', enum: [...deviceStates] }),
    speaker: Type.Unsafe<'ok' | 'none' | 'unknown'>({ type: 'string', enum: ['ok', 'none', 'unknown'] }),
    /** Round trip to the server over the socket, milliseconds. */
    rttMs: Nullable(Type.Number({ minimum: 0, maximum: 3_600_000 })),
    clockOffsetMs: Nullable(Type.Number({ minimum: -1e13, maximum: 1e13 })),
    showing: Type.Unsafe<'idle' | 'test-call' | 'hearing'>({ type: 'string', enum: ['idle', 'test-call', 'hearing'] }),
    browser: Type.String({ maxLength: 200 }),
  },
  strict,
)
export type KioskState = Static<typeof KioskState>

/** A hearing of this endpoint, as its room PC shows it. */
export const BoardHearing = Type.Object({
  id: Id,
  code: Type.String(),
  title: Type.String(),
  status: HearingStatus,
  startsAt: InstantText,
  endsAt: InstantText,
  opensAt: InstantText,
  closesAt: InstantText,
  /** The server sees this endpoint in the room. */
  present: Type.Boolean(),
  /** The other room PC of this endpoint that is in the room in its place; null: none. */
  elsewhere: Nullable(Type.Object({ label: Type.String() })),
  /** Another room PC of this endpoint has just asked for this one's place. */
  asked: Type.Boolean(),
})
export type BoardHearing = Static<typeof BoardHearing>

/** Everything that the kiosk page shows; the server sends it whole whenever something of it changed. */
export const Board = Type.Object({
  serverTime: InstantText,
  endpoint: Type.Object({
    id: Id,
    name: Type.String(),
    kind: Type.Unsafe<'central' | 'delegate'>({ type: 'string', enum: ['central', 'delegate'] }),
  }),
  device: Type.Object({ id: Id, label: Type.String() }),
  /** The next or present hearing of this endpoint. */
  hearing: Nullable(BoardHearing),
  /** Beside it: others of these days, which may be entered too. */
  others: Type.Array(BoardHearing, { maxItems: 10 }),
  tests: Type.Array(TestOrder),
  /** The last finished test of this endpoint, in words. */
  lastTest: Nullable(Type.Object({ at: InstantText, verdict: Type.String(), text: Type.String() })),
})
export type Board = Static<typeof Board>

/** WebSocket `/api/kiosk/socket`; the first message authenticates, because an address may be logged. */
export const KioskSays = Type.Union([
  Type.Object({ type: Type.Literal('hello'), token: Type.String({ minLength: 1, maxLength: 2_000 }) }, strict),
  Type.Object({ type: Type.Literal('state'), state: KioskState }, strict),
  /** `at`: the page's own clock, given back in the answer. */
  Type.Object({ type: Type.Literal('ping'), at: Type.Number({ minimum: 0, maximum: 1e15 }) }, strict),
])
export type KioskSays = Static<typeof KioskSays>
export type ServerSays =
  | { type: 'board'; board: Board }
  | { type: 'pong'; at: number; serverTime: number }
  | { type: 'refused'; why: 'revoked' | 'token' | 'replaced' }

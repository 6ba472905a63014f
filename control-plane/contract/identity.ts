import { type Static, Type } from 'typebox'
import { route } from './route.ts'
import { ById, Id, InstantText, Nullable, Role, Text } from './words.ts'

/** A screen sends it with what it reads again by itself while nobody sits there: such a request does not prolong the session. */
export const unattendedHeader = 'x-tiepdan-unattended'

/** `totp`: the code of the authenticator is still asked; `enrol-totp`: the role demands one and none is set up yet. */
export const signInSteps = ['done', 'totp', 'enrol-totp'] as const
export type SignInStep = (typeof signInSteps)[number]
const SignInStep = Type.Unsafe<SignInStep>({ type: 'string', enum: [...signInSteps] })

export const SignInAnswer = Type.Object({ next: SignInStep })
export type SignInAnswer = Static<typeof SignInAnswer>

// `writeOnly`: taken as it was typed; the texts of people are cleaned (text.ts), and then it would be another one.
const Password = Type.String({ minLength: 1, maxLength: 200, writeOnly: true })
/** Six digits; spaces are tolerated. */
const Code = Type.String({ minLength: 6, maxLength: 10, pattern: '^[0-9 ]+$' })
const Username = Type.String({ minLength: 1, maxLength: 60, pattern: '\\S' })
const strict = { additionalProperties: false }
const tags = ['identity']

export const signIn = route({
  method: 'POST',
  url: '/api/sign-in',
  schema: {
    summary: 'Sign in with user name and password; sets the session cookie',
    tags,
    // With the code at once: the way in for the owner while strangers' guesses slow everybody down (429 with `withCode`).
    body: Type.Object({ username: Username, password: Password, code: Type.Optional(Code) }, strict),
    response: { 200: SignInAnswer },
  },
})

export const signInSecondFactor = route({
  method: 'POST',
  url: '/api/sign-in/second-factor',
  schema: {
    summary: 'The code of the authenticator; a code works once',
    tags,
    body: Type.Object({ code: Code }, strict),
    response: { 200: SignInAnswer },
  },
})

/** What the person at an open session types again: the password, and the code of the second factor where there is one. */
const Proof = { password: Password, code: Type.Optional(Code) }

export const TotpEnrolment = Type.Object({
  /** Base32, to type by hand. */
  secret: Type.String(),
  /** otpauth://totp/… for a QR code. */
  uri: Type.String(),
})
export type TotpEnrolment = Static<typeof TotpEnrolment>

/** Begins anew each time: an earlier secret that was not confirmed is forgotten. */
export const beginTotpEnrolment = route({
  method: 'POST',
  url: '/api/sign-in/totp-enrolment',
  schema: { summary: 'A new second-factor secret, shown once', tags, response: { 200: TotpEnrolment } },
})

export const confirmTotpEnrolment = route({
  method: 'POST',
  url: '/api/sign-in/totp-enrolment/confirm',
  schema: {
    summary: 'Confirms the secret by a code and completes the sign-in',
    tags,
    body: Type.Object({ code: Code }, strict),
    response: { 200: SignInAnswer },
  },
})

export const signOut = route({
  method: 'POST',
  url: '/api/sign-out',
  schema: { summary: 'Ends this session', tags, response: { 204: Type.Null() } },
})

export const StaffAnswer = Type.Object({
  id: Id,
  username: Type.String(),
  displayName: Type.String(),
  role: Role,
  endpointId: Nullable(Id),
  secondFactor: Type.Boolean(),
  /** Where the person is told of changes to the account; null: the office is told. */
  email: Nullable(Type.String()),
  disabled: Type.Boolean(),
  createdAt: InstantText,
})
export type StaffAnswer = Static<typeof StaffAnswer>

export const WhoAmI = Type.Object({
  staff: StaffAnswer,
  /** Names of server/identity/permissions.ts. */
  permissions: Type.Array(Type.String()),
  /** Seals what this person typed and did not save, in the own browser (32 bytes, base64url): unreadable there to whoever is not signed in. */
  draftKey: Type.String(),
  /** A trial: every screen says "chạy thử". */
  stage: Type.Boolean(),
  serverTime: InstantText,
  session: Type.Object({
    id: Id,
    /** Ends at the latest then, however busy. */
    expiresAt: InstantText,
    /** Ends after this long without a request, in milliseconds. */
    idleMs: Type.Integer(),
  }),
})
export type WhoAmI = Static<typeof WhoAmI>

/**
 * 401 `not-signed-in`: show the sign-in form. 401 `second-factor-needed` with member `next` ('totp' | 'enrol-totp'):
 * the password was right, the second step is open.
 */
export const whoAmI = route({
  method: 'GET',
  url: '/api/me',
  schema: { summary: 'Who is signed in and what they may do', tags, response: { 200: WhoAmI } },
})

export const changePassword = route({
  method: 'POST',
  url: '/api/me/password',
  schema: {
    summary: 'Changes the own password; every other session of this person ends',
    tags,
    body: Type.Object({ current: Password, code: Type.Optional(Code), fresh: Password }, strict),
    response: { 204: Type.Null() },
  },
})

/**
 * Before acts that let others in (a grant's link, a room PC's code, accounts, service credentials): these answer 403 `step-up-needed` with member
 * `secondFactor` until password (and code) were typed again at this session, lately. Wrong: 422; too often: 429.
 */
export const stepUp = route({
  method: 'POST',
  url: '/api/me/step-up',
  schema: {
    summary: 'Proves again who sits at this session',
    tags,
    body: Type.Object(Proof, strict),
    /** How long it counts, in milliseconds. */
    response: { 200: Type.Object({ validMs: Type.Integer() }) },
  },
})

export const beginSecondFactor = route({
  method: 'POST',
  url: '/api/me/second-factor',
  schema: {
    summary: 'A new second factor in place of the present one, not yet in force; its secret is shown once',
    tags,
    body: Type.Object(Proof, strict),
    response: { 200: TotpEnrolment },
  },
})

/** A new session takes the place of this one; every other session of this person ends. */
export const confirmSecondFactor = route({
  method: 'POST',
  url: '/api/me/second-factor/confirm',
  schema: {
    summary: 'Puts the new second factor in force by its first code',
    tags,
    body: Type.Object({ code: Code }, strict),
    response: { 200: SignInAnswer },
  },
})

const Email = Nullable(Type.String({ maxLength: 200 }))

export const changeEmail = route({
  method: 'POST',
  url: '/api/me/email',
  schema: {
    summary: 'Where the person is told of changes to the account',
    tags,
    body: Type.Object({ email: Email, ...Proof }, strict),
    response: { 200: StaffAnswer },
  },
})

export const SessionAnswer = Type.Object({
  id: Id,
  current: Type.Boolean(),
  address: Type.String(),
  createdAt: InstantText,
  lastSeenAt: InstantText,
  expiresAt: InstantText,
})
export type SessionAnswer = Static<typeof SessionAnswer>

export const listSessions = route({
  method: 'GET',
  url: '/api/me/sessions',
  schema: {
    summary: 'The own open sessions',
    tags,
    response: { 200: Type.Object({ items: Type.Array(SessionAnswer) }) },
  },
})

export const revokeSession = route({
  method: 'DELETE',
  url: '/api/me/sessions/:id',
  schema: { summary: 'Ends one of the own sessions', tags, params: ById, response: { 204: Type.Null() } },
})

export const listStaff = route({
  method: 'GET',
  url: '/api/staff',
  schema: { summary: 'All accounts', tags, response: { 200: Type.Object({ items: Type.Array(StaffAnswer) }) } },
})

/** Lengths only; the rules answer 422 with every fault in Vietnamese. */
export const NewStaff = Type.Object(
  {
    username: Username,
    displayName: Text(120),
    role: Role,
    /** Needed for a commune officer, refused for everybody else. */
    endpointId: Type.Optional(Nullable(Id)),
    email: Type.Optional(Email),
  },
  strict,
)
export type NewStaff = Static<typeof NewStaff>

/** `password` is told once and must be handed over in person; the person changes it after signing in. */
export const StaffWithPassword = Type.Object({ staff: StaffAnswer, password: Type.String() })
export type StaffWithPassword = Static<typeof StaffWithPassword>

export const createStaff = route({
  method: 'POST',
  url: '/api/staff',
  schema: {
    summary: 'A new account with a generated password',
    tags,
    body: NewStaff,
    response: { 201: StaffWithPassword },
  },
})

export const resetStaff = route({
  method: 'POST',
  url: '/api/staff/:id/reset',
  schema: {
    summary: 'A new password, the second factor to be set up anew; every session of this person ends',
    tags,
    params: ById,
    response: { 200: StaffWithPassword },
  },
})

export const disableStaff = route({
  method: 'POST',
  url: '/api/staff/:id/disable',
  schema: { summary: 'Ends every session and refuses new ones', tags, params: ById, response: { 200: StaffAnswer } },
})

export const enableStaff = route({
  method: 'POST',
  url: '/api/staff/:id/enable',
  schema: { summary: 'Lets a disabled account sign in again', tags, params: ById, response: { 200: StaffAnswer } },
})

export const ServiceCredentialAnswer = Type.Object({
  id: Id,
  name: Type.String(),
  /** The machines that it may speak for. */
  hosts: Type.Array(Type.String()),
  createdAt: InstantText,
  revokedAt: Nullable(InstantText),
})
export type ServiceCredentialAnswer = Static<typeof ServiceCredentialAnswer>

export const listServiceCredentials = route({
  method: 'GET',
  url: '/api/service-credentials',
  schema: {
    summary: 'Credentials of recorder hosts',
    tags,
    response: { 200: Type.Object({ items: Type.Array(ServiceCredentialAnswer) }) },
  },
})

const HostName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$', maxLength: 100 })
const NewServiceCredential = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,62}$', maxLength: 63 }),
    /** Left out: the one machine that is called as the credential is. */
    hosts: Type.Optional(Type.Array(HostName, { maxItems: 50, uniqueItems: true })),
  },
  strict,
)
export type NewServiceCredential = Static<typeof NewServiceCredential>

export const createServiceCredential = route({
  method: 'POST',
  url: '/api/service-credentials',
  schema: {
    summary: 'A new credential; its secret is told once',
    tags,
    body: NewServiceCredential,
    response: { 201: Type.Object({ credential: ServiceCredentialAnswer, secret: Type.String() }) },
  },
})

export const revokeServiceCredential = route({
  method: 'DELETE',
  url: '/api/service-credentials/:id',
  schema: {
    summary: 'Refuses the credential and every token made from it, at once',
    tags,
    params: ById,
    response: { 204: Type.Null() },
  },
})

/** Called by recorder hosts: secret in, token of ten minutes out. */
export const createServiceToken = route({
  method: 'POST',
  url: '/api/service-tokens',
  schema: {
    summary: 'Exchanges a service secret for a short token',
    tags,
    body: Type.Object(
      { name: Type.String({ maxLength: 63 }), secret: Type.String({ maxLength: 200, writeOnly: true }) },
      strict,
    ),
    response: { 200: Type.Object({ token: Type.String(), expiresAt: InstantText }) },
  },
})

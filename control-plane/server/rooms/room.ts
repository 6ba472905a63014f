import { randomBytes } from 'node:crypto'
import { shownCode } from '../../contract/short-code.ts'
import type { HearingStatus } from '../../contract/words.ts'
import { dayMs, hourMs, type Instant, minuteMs } from '../platform/clock.ts'

/** Settings of rooms; each is what an office would change. Milliseconds. */
export interface RoomSettings {
  /** A hearing's room opens this long before the planned start. */
  earlyMs: number
  /** It stays open this long after the planned end when nobody has ended the hearing; a live hearing's stays open for as long as it lives. */
  overrunMs: number
  /** The least a token lives from now on: a reconnecting participant of an overrunning hearing is not locked out. */
  tokenMs: number
  /**
   * Told to Prosody as the room's longest life. Prosody destroys the room when it has passed, with a hearing in it: so longer than anybody
   * would let one live. Rooms end when the control plane closes them.
   */
  longestRoomMs: number
  /** After `ended` the room lives on this long, so that the recorder ends in order and people see the words of parting. */
  partingMs: number
}

export const roomSettings: RoomSettings = {
  earlyMs: 60 * minuteMs,
  overrunMs: 4 * hourMs,
  tokenMs: 8 * hourMs,
  longestRoomMs: 30 * dayMs,
  partingMs: 12_000,
}

/** 128 random bits in lower-case hex: cannot be guessed and says nothing about the case (design §6). */
export const newRoomName = (): string => randomBytes(16).toString('hex')

export interface Window {
  opensAt: Instant
  closesAt: Instant
}

export const hearingWindow = (
  hearing: { startsAt: Instant; endsAt: Instant },
  settings: RoomSettings = roomSettings,
): Window => ({
  opensAt: hearing.startsAt - settings.earlyMs,
  closesAt: hearing.endsAt + settings.overrunMs,
})

/** The room's time is over: nobody is let in any more. Never that of a live hearing, whatever end was planned. */
export const isRoomOver = (
  room: Pick<Window, 'closesAt'> & { closed: boolean },
  hearing: { status: HearingStatus } | null,
  now: Instant,
): boolean => hearing?.status !== 'live' && (room.closed || now >= room.closesAt)

/** Of a room PC's hearings the first is shown large; this many in all, so that two in a day are both seen. */
const shownAtMost = 4

/**
 * The hearings that an endpoint's room PC shows, of its approved, ready and live ones, earliest first. First the one to be in now: one that is live,
 * until it has ended (of two, one of which was probably forgotten, the one that the room is in, else the later); then one that may be entered, the
 * room's own before others, and before its planned end before one that nobody came to; then the next. The others stand beside it.
 * `presentIn`: ids of those that the room is in.
 */
export function hearingsShown<Plan extends { id: string; status: HearingStatus; startsAt: Instant; endsAt: Instant }>(
  plans: readonly Plan[],
  presentIn: ReadonlySet<string>,
  now: Instant,
): Plan[] {
  const rank = (plan: Plan): number => {
    const isPresent = presentIn.has(plan.id)
    if (plan.status === 'live') return isPresent ? 0 : 1
    if (hearingWindow(plan).opensAt > now) return 5
    if (isPresent) return 2
    return now < plan.endsAt ? 3 : 4
  }
  return plans
    .filter((plan) => plan.status === 'live' || hearingWindow(plan).closesAt > now)
    .map((plan, at) => ({ plan, rank: rank(plan), at }))
    .sort((left, right) => left.rank - right.rank || (left.rank < 2 ? right.at - left.at : left.at - right.at))
    .map(({ plan }) => plan)
    .slice(0, shownAtMost)
}

export type Admission =
  | { is: 'open' }
  | { is: 'waiting'; opensAt: Instant }
  | { is: 'refused'; why: 'revoked' | 'over' | 'postponed' | 'cancelled' }

/** Whether a grant lets in now. A live hearing always lets in; a revoked grant never does. */
export function admission(
  room: Window & { closed: boolean },
  hearing: { status: HearingStatus } | null,
  grant: { revoked: boolean },
  now: Instant,
): Admission {
  if (hearing && (hearing.status === 'cancelled' || hearing.status === 'postponed'))
    return { is: 'refused', why: hearing.status }
  if (grant.revoked) return { is: 'refused', why: 'revoked' }
  if (hearing?.status === 'live') return { is: 'open' }
  if (isRoomOver(room, hearing, now) || hearing?.status === 'ended' || hearing?.status === 'archived')
    return { is: 'refused', why: 'over' }
  return now < room.opensAt ? { is: 'waiting', opensAt: room.opensAt } : { is: 'open' }
}

/** Whether Prosody may let the room exist now (reservation). A little early, because clocks differ. */
export function mayExist(
  room: Window & { closed: boolean },
  hearing: { status: HearingStatus } | null,
  now: Instant,
): boolean {
  return admission({ ...room, opensAt: room.opensAt - 2 * minuteMs }, hearing, { revoked: false }, now).is === 'open'
}

/** From when to when a token holds: a little early for clock skew, and past the planned end. */
export const tokenWindow = (
  room: Window,
  now: Instant,
  settings: RoomSettings = roomSettings,
): { notBefore: Instant; expires: Instant } => ({
  notBefore: now - minuteMs,
  expires: Math.max(room.closesAt, now + settings.tokenMs),
})

/** Whom a grant is for. */
interface Subject {
  endpointId: string | null
  participantId: string | null
}

/** Two grants of one room that are for the same endpoint or the same person. */
export const sameSubject = (left: Subject, right: Subject): boolean =>
  left.endpointId === right.endpointId && left.participantId === right.participantId

/**
 * The name that the token carries and the room shows, and with it every recording: a citizen on his own device is one of the citizens, by
 * number when there are several. Rooms and officers keep their names. `citizens`: ids of the hearing's citizens on own devices, in order.
 */
export function shownName(
  grant: { participantId: string | null },
  displayName: string,
  citizens: readonly string[],
): string {
  const at = grant.participantId === null ? -1 : citizens.indexOf(grant.participantId)
  if (at < 0) return displayName
  return citizens.length === 1 ? 'Công dân' : `Công dân ${at + 1}`
}

export interface QuorumMember {
  grantId: string
  name: string
}

type QuorumGrant = Subject & { id: string; displayName: string; required: boolean; revoked: boolean }

/**
 * Điều 2.4: everybody who must be there is there at the same time, as the server sees it. A room is waited for even while it has no
 * grant in use: the regulation demands every endpoint of the plan. A person whose grant was revoked and not made anew is not (`released`):
 * one who was listed twice would keep the hearing from ever starting.
 */
export function quorum(
  grants: QuorumGrant[],
  presentUserIds: ReadonlySet<string>,
): { met: boolean; present: QuorumMember[]; missing: QuorumMember[]; released: QuorumMember[] } {
  const found = { present: [] as QuorumMember[], missing: [] as QuorumMember[], released: [] as QuorumMember[] }
  const required = grants.filter((grant) => grant.required)
  for (const [index, grant] of required.entries()) {
    if (required.findIndex((other) => sameSubject(other, grant)) !== index) continue
    const valid = required.filter((other) => sameSubject(other, grant) && !other.revoked)
    const there = valid.find((other) => presentUserIds.has(other.id))
    const member = { grantId: (there ?? valid.at(-1) ?? grant).id, name: grant.displayName }
    const isReleased = valid.length === 0 && grant.participantId !== null
    found[isReleased ? 'released' : there === undefined ? 'missing' : 'present'].push(member)
  }
  return { met: found.present.length > 0 && found.missing.length === 0, ...found }
}

/** Codes of earlier releases were made of these; theirs stay valid. */
const earlierAlphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** The short code that an earlier release made of a grant's digest. */
export function earlierCode(digest: string): string {
  const bytes = Buffer.from(digest, 'base64url')
  return shownCode([...bytes.subarray(0, 10)].map((byte) => earlierAlphabet[byte % earlierAlphabet.length]).join(''))
}

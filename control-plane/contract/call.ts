import { type Static, Type } from 'typebox'
import { InstantText } from './words.ts'

/** Where a call goes: the same page code runs on the stage and on a real Jitsi, with these addresses. */
export const CallSettings = Type.Object({
  /** Origin of Jitsi Meet. */
  jitsiUrl: Type.String(),
  libraryUrl: Type.String(),
  externalApiUrl: Type.String(),
  /** XMPP over WebSocket (RFC 7395), without the room's query. */
  serviceUrl: Type.String(),
  domain: Type.String(),
  muc: Type.String(),
  focus: Type.String(),
  /** The XMPP domain of whoever is in a room without being a participant: the recorders. */
  hiddenDomain: Type.String(),
  /** True only on a stage without a videobridge: then exactly two can see each other. */
  peerToPeer: Type.Boolean(),
})
export type CallSettings = Static<typeof CallSettings>

/** What lets one person or device into one room, now. The token is fresh and lives past the planned end. */
export const Entry = Type.Object({
  room: Type.String(),
  token: Type.String(),
  call: CallSettings,
  /** As the room shows it. */
  displayName: Type.String(),
  moderator: Type.Boolean(),
  expires: InstantText,
})
export type Entry = Static<typeof Entry>

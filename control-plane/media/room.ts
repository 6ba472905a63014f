import type { CallSettings } from '../contract/call.ts'
import type { ChosenDevices } from './devices.ts'
import { type JitsiConference, type JitsiTrack, loadLibrary } from './jitsi.ts'
import { type DeviceOutcome, makeTracks } from './own-tracks.ts'

export type RoomEvent =
  | { is: 'signalled' }
  | { is: 'joined' }
  | { is: 'user-joined'; id: string }
  | { is: 'user-left'; id: string }
  /** Another participant says something of himself to all, by his presence. */
  | { is: 'property'; id: string; name: string; value: string }
  | { is: 'track'; track: JitsiTrack }
  | ({ is: 'device' } & DeviceOutcome)
  | { is: 'recorder'; status: 'pending' | 'on' | 'off'; sessionId: string | null; error: string | null }
  /** The call is over for this page; whoever holds it enters again with a fresh token. */
  | { is: 'lost'; why: string }

export interface RoomOrder {
  call: CallSettings
  room: string
  token: string
  displayName: string
  /** Which devices to send; 'none' joins without camera and microphone. */
  send: 'none' | ChosenDevices
  signal: AbortSignal
  onEvent(event: RoomEvent): void
}

export interface RoomHandle {
  conference: JitsiConference
  localTracks: JitsiTrack[]
  /** The open peer connections that carry or carried media, with their number in this call: one may take over from another. */
  connections(): [connection: RTCPeerConnection, ordinal: number][]
  /** Says something of this participant to all others. */
  say(name: string, value: string): void
  leave(): Promise<void>
}

const joinMs = 20_000

/** What the library takes for the connection; why each, and why no others: docs/decisions/library-options.md. */
const connectionOptions = (call: CallSettings, room: string) => ({
  hosts: { domain: call.domain, muc: call.muc, focus: call.focus },
  serviceUrl: `${call.serviceUrl}?room=${room}`,
  // Without STUN servers of others: nothing leaves the deployment.
  p2p: { enabled: call.peerToPeer, stunServers: [] },
  // It would fetch the XMPP address by HTTP from our page's other origin each minute, for the sake of shards that there are none of.
  websocketKeepAlive: -1,
})

const conferenceOptions = (call: CallSettings) => ({
  p2p: { enabled: call.peerToPeer, stunServers: [] },
  openBridgeChannel: call.peerToPeer ? false : 'datachannel',
  // Without it today's library takes a recorder for a stranger: the starter's recording then stays `pending` for ever (jitsi-integration §11).
  hiddenDomain: call.hiddenDomain,
})

/**
 * Enters a room with lib-jitsi-meet. Resolves once joined; rejects with a short word after at most 20 s
 * (a reservation's refusal is not told by every build of the library, so the time-out is ours).
 */
export async function enterRoom(order: RoomOrder): Promise<RoomHandle> {
  const { call, signal, onEvent } = order
  signal.throwIfAborted()
  const library = await loadLibrary(call.libraryUrl)
  const localTracks =
    order.send === 'none'
      ? []
      : await makeTracks(order.send, library, (outcome) => onEvent({ is: 'device', ...outcome }))
  const connection = new library.JitsiConnection(null, order.token, connectionOptions(call, order.room))
  let conference: JitsiConference | undefined
  let left = false
  let lost = false

  async function leave(): Promise<void> {
    if (left) return
    left = true
    await Promise.race([conference?.leave().catch(() => undefined), new Promise((done) => setTimeout(done, 2_000))])
    for (const track of localTracks) await track.dispose().catch(() => undefined)
    connection.disconnect()
  }

  const lose = (why: string): void => {
    if (lost || left) return
    lost = true
    onEvent({ is: 'lost', why })
  }

  const { connection: connectionEvents, conference: events } = library.events
  const joined = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('join-timeout')), joinMs)
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
    const failed = (why: string): void => {
      clearTimeout(timer)
      reject(new Error(why))
      lose(why)
    }
    connection.addEventListener(connectionEvents.CONNECTION_FAILED ?? '', (why: string) => failed(String(why)))
    connection.addEventListener(connectionEvents.CONNECTION_DISCONNECTED ?? '', (why: string) =>
      failed(String(why ?? 'disconnected')),
    )
    connection.addEventListener(connectionEvents.CONNECTION_ESTABLISHED ?? '', () => {
      onEvent({ is: 'signalled' })
      conference = connection.initJitsiConference(order.room, conferenceOptions(call))
      listen(conference, events, order, {
        joined: () => {
          clearTimeout(timer)
          resolve()
        },
        failed,
      })
      for (const track of localTracks) conference.addTrack(track).catch((error: unknown) => failed(String(error)))
      conference.setDisplayName(order.displayName)
      conference.join()
    })
    connection.connect()
  })
  try {
    await joined
  } catch (error) {
    await leave()
    throw error
  }
  const entered = conference as unknown as JitsiConference
  signal.addEventListener('abort', () => leave(), { once: true })
  return {
    conference: entered,
    localTracks,
    leave,
    connections: connectionsOf(entered),
    say: (name, value) => entered.setLocalParticipantProperty(name, value),
  }
}

/** The library tells the active connection alone; those that were active before are kept in sight until they close. */
function connectionsOf(conference: JitsiConference): RoomHandle['connections'] {
  const met = new Map<RTCPeerConnection, number>()
  let count = 0
  return () => {
    const active = conference.getActivePeerConnection()?.peerconnection
    if (active !== undefined && !met.has(active)) met.set(active, ++count)
    for (const connection of met.keys()) if (connection.signalingState === 'closed') met.delete(connection)
    return [...met]
  }
}

function listen(
  conference: JitsiConference,
  events: Record<string, string>,
  order: RoomOrder,
  outcome: { joined(): void; failed(why: string): void },
): void {
  const on = (name: string, listener: (...values: never[]) => void): void =>
    conference.on(events[name] ?? name, listener)
  on('CONFERENCE_JOINED', () => {
    // Through a videobridge no picture comes until somebody says which are wanted (jitsi-integration §6).
    if (!order.call.peerToPeer)
      conference.setReceiverConstraints?.({ lastN: -1, defaultConstraints: { maxHeight: 720 } })
    outcome.joined()
    order.onEvent({ is: 'joined' })
  })
  on('CONFERENCE_FAILED', (why: string) => outcome.failed(String(why)))
  on('KICKED', () => outcome.failed('kicked'))
  // A recorder comes and goes without being anybody's company.
  const tellUser = (is: 'user-joined' | 'user-left') => (id: string, who?: { isHidden(): boolean }) => {
    if (who?.isHidden() !== true) order.onEvent({ is, id })
  }
  on('USER_JOINED', tellUser('user-joined'))
  on('USER_LEFT', tellUser('user-left'))
  on('PARTICIPANT_PROPERTY_CHANGED', (from: { getId(): string }, name: string, _before: unknown, value: unknown) =>
    order.onEvent({ is: 'property', id: from.getId(), name, value: String(value) }),
  )
  on('TRACK_ADDED', (track: JitsiTrack) => {
    if (!track.isLocal()) order.onEvent({ is: 'track', track })
  })
  on(
    'RECORDER_STATE_CHANGED',
    (session: {
      getID(): string | undefined
      getStatus(): string | undefined
      getError(): string | null | undefined
    }) => {
      const status = session.getStatus()
      order.onEvent({
        is: 'recorder',
        status: status === 'on' || status === 'pending' ? status : 'off',
        sessionId: session.getID() ?? null,
        error: session.getError() || null,
      })
    },
  )
}

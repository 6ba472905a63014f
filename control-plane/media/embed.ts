import type { Entry } from '../contract/call.ts'
import { faultOf, hearEntry, noEntrance, readEntryReport } from './entrance.ts'
import { hear, isDead, isStuck, noLine, readLineReport } from './line.ts'
import {
  type DeviceApi,
  type DeviceNews,
  type HandedDevices,
  handedOption,
  watchMeetingDevices,
} from './meeting-devices.ts'

/** What the embedded Jitsi Meet tells the page around it. `lost`: the call is over without anybody having asked for it. */
export type MeetingEvent =
  | { is: 'joined' }
  | { is: 'left' }
  | { is: 'lost'; why: string }
  | { is: 'kicked' }
  | { is: 'participants'; count: number }
  | ({ is: 'device' } & DeviceNews)

interface ExternalApi extends DeviceApi {
  executeCommand(command: string, ...values: unknown[]): void
  getNumberOfParticipants(): number
  getIFrame(): HTMLIFrameElement
  dispose(): void
}

type ExternalApiConstructor = new (domain: string, options: Record<string, unknown>) => ExternalApi

let loading: Promise<ExternalApiConstructor> | undefined

async function loadExternalApi(url: string): Promise<ExternalApiConstructor> {
  // A frame whose page could not be fetched says nothing at all: Jitsi's server is asked before one is made again.
  if (loading !== undefined) await fetch(url, { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(8_000) })
  loading ??= new Promise<ExternalApiConstructor>((resolve, reject) => {
    const script = document.createElement('script')
    script.src = url
    script.onload = () =>
      resolve((window as unknown as { JitsiMeetExternalAPI: ExternalApiConstructor }).JitsiMeetExternalAPI)
    script.onerror = () => reject(new Error('meeting-unreachable'))
    document.head.append(script)
  }).catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

/** Jitsi Meet's settings for a meeting room: no pre-join page, nothing of others, Vietnamese (jitsi-integration §9). */
const configOverwrite = {
  prejoinConfig: { enabled: false },
  disableDeepLinking: true,
  defaultLanguage: 'vi',
  disableInviteFunctions: true,
  disableThirdPartyRequests: true,
  hideConferenceSubject: true,
  enableNoisyMicDetection: false,
  toolbarButtons: ['microphone', 'camera', 'tileview', 'fullscreen', 'desktop', 'raisehand', 'settings', 'hangup'],
}

export interface Meeting {
  hangUp(): void
  dispose(): void
}

/**
 * A place in `parent` for Jitsi's frame. Its iframe API writes the token into the address twice, in the fragment and, for old servers, in the query,
 * which servers log and proxies see. The frame's address is made before it is put into the page, and asked for only then: in between the query's is
 * taken out. Today's Jitsi Meet reads the fragment first (docs/decisions/tokens-in-addresses.md).
 */
function withoutTokenInQuery(parent: HTMLElement): HTMLElement {
  const place = document.createElement('div')
  place.style.cssText = 'width:100%;height:100%'
  place.appendChild = <Child extends Node>(child: Child): Child => {
    if (child instanceof HTMLIFrameElement) {
      const address = new URL(child.src)
      address.searchParams.delete('jwt')
      child.src = address.href
      // Jitsi's iframe API gives its frame no name; a screen reader would read the address.
      child.title = 'Phòng họp trực tuyến'
    }
    return Node.prototype.appendChild.call(place, child) as Child
  }
  // Added, never in place of what is there: an entry that was given up meanwhile must not push out the one after it.
  parent.append(place)
  return place
}

/**
 * Embeds Jitsi Meet in `parent`. Our page owns reload and renewal: Jitsi's own page loses its token on reload (jitsi-meet #15172),
 * so whatever ends the call is told here and the page enters anew with a fresh token. `devices`: what was chosen and seen before.
 */
export async function embedMeeting(
  parent: HTMLElement,
  entry: Entry,
  devices: HandedDevices,
  onEvent: (event: MeetingEvent) => void,
): Promise<Meeting> {
  const Api = await loadExternalApi(entry.call.externalApiUrl)
  // The iframe API takes a domain with a port; the stage's takes an origin too, for it has no TLS.
  const domain = entry.call.jitsiUrl.startsWith('https://')
    ? entry.call.jitsiUrl.slice('https://'.length)
    : entry.call.jitsiUrl
  const place = withoutTokenInQuery(parent)
  const api = new Api(domain, {
    roomName: entry.room,
    jwt: entry.token,
    parentNode: place,
    lang: 'vi',
    width: '100%',
    height: '100%',
    configOverwrite,
    devices: handedOption(devices),
    userInfo: { displayName: entry.displayName },
  })
  const state = { asked: false, over: false, joined: false }
  const end = (event: MeetingEvent): void => {
    if (state.over) return
    state.over = true
    onEvent(event)
  }
  const watch = watchPage(api, entry.call.jitsiUrl, (why) => end({ is: 'lost', why }))
  const deviceWatch = watchMeetingDevices(api, devices, (news) => onEvent({ is: 'device', ...news }))
  const count = (): void => onEvent({ is: 'participants', count: api.getNumberOfParticipants() })
  api.addListener('videoConferenceJoined', () => {
    state.joined = true
    onEvent({ is: 'joined' })
  })
  api.addListener('participantJoined', count)
  api.addListener('participantLeft', count)
  api.addListener('participantKickedOut', (payload) => {
    if ((payload.kicked as { local?: boolean } | undefined)?.local === true) end({ is: 'kicked' })
  })
  api.addListener('errorOccurred', (payload) => {
    const error = payload.error as { name?: string; type?: string; isFatal?: boolean } | undefined
    // "Fatal" is what Jitsi Meet answers by reloading. A room that does not exist or a refused token is not among it, and ends the entry all the same.
    const ends = error?.isFatal === true || ['CONFERENCE', 'CONNECTION', 'CONFIG'].includes(error?.type ?? '')
    if (ends || (!state.joined && error?.name !== undefined)) end({ is: 'lost', why: String(error?.name ?? 'error') })
  })
  api.addListener('suspendDetected', () => end({ is: 'lost', why: 'suspended' }))
  api.addListener('videoConferenceLeft', () => end(state.asked ? { is: 'left' } : { is: 'lost', why: 'left' }))
  api.addListener('readyToClose', () => {
    // The person pressed "leave" inside the meeting.
    state.asked = true
    end({ is: 'left' })
  })
  return {
    hangUp() {
      state.asked = true
      api.executeCommand('hangup')
    },
    dispose() {
      state.over = true
      watch.close()
      deviceWatch.close()
      api.dispose()
      place.remove()
    },
  }
}

/**
 * Hears the script in the meeting's page and tells when its entry has come to nothing, when nothing comes over its line any more, or nothing
 * of what comes is shown.
 */
function watchPage(api: ExternalApi, jitsiUrl: string, onLost: (why: string) => void): { close(): void } {
  let line = noLine
  let entrance = noEntrance
  const onMessage = (event: MessageEvent): void => {
    // Any page may post to this one: only the meeting's own frame is believed.
    if (event.origin !== new URL(jitsiUrl).origin || event.source !== api.getIFrame().contentWindow) return
    const entry = readEntryReport(event.data)
    if (entry !== undefined) {
      entrance = hearEntry(entrance, entry)
      const fault = faultOf(entrance)
      if (fault !== undefined) onLost(fault)
    }
    const report = readLineReport(event.data)
    if (report === undefined) return
    line = hear(line, report, api.getNumberOfParticipants() > 1)
    if (isDead(line)) onLost('line-dead')
    else if (isStuck(line)) onLost('picture-stuck')
  }
  window.addEventListener('message', onMessage)
  return { close: () => window.removeEventListener('message', onMessage) }
}

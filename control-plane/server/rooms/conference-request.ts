import type { CallSettings } from '../../contract/call.ts'
import { secondMs } from '../platform/clock.ts'

// Prosody asks the reservation API within it, and a Jicofo that was just started is slow.
const answerMs = 20 * secondMs
const framing = 'urn:ietf:params:xml:ns:xmpp-framing'
const sasl = 'urn:ietf:params:xml:ns:xmpp-sasl'
const bind = 'urn:ietf:params:xml:ns:xmpp-bind'
const focusXmlns = 'http://jitsi.org/protocol/focus'

/** What became of a sign-in, or of the request for a room after it. */
export type Answered =
  | { is: 'refused' }
  | { is: 'signed-in' }
  | { is: 'room-ready' }
  /** `condition`: XMPP's word (service-unavailable, …). `reservation`: the control plane's own code, where it was asked and said no. */
  | { is: 'no-room'; condition: string; reservation: string | undefined }

interface Line {
  settings: Pick<CallSettings, 'serviceUrl' | 'domain' | 'muc' | 'focus'>
  room: string
  token: string
}

/**
 * Signs in to Prosody with a room token as a browser does, through the web server and over the WebSocket; no room is entered.
 * @throws when the line breaks or nothing decides within 20 s.
 */
export const signIn = (line: Line): Promise<Answered> => converse(line, false)

/**
 * Signs in and asks Jicofo for the room by the conference request (IQ), as lib-jitsi-meet does before it enters. Jicofo then is in the room until it is
 * closed or stays empty for a minute.
 * @throws when the line breaks or nothing decides within 20 s.
 */
export const requestConference = (line: Line): Promise<Answered> => converse(line, true)

function converse({ settings, room, token }: Line, wantsRoom: boolean): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${settings.serviceUrl}?${new URLSearchParams({ room, token })}`, 'xmpp')
    const timer = setTimeout(
      () => end(() => reject(new Error(`không có câu trả lời trong ${answerMs / secondMs} giây`))),
      answerMs,
    )
    let isSignedIn = false
    function end(settle: () => void): void {
      clearTimeout(timer)
      settle()
      socket.close()
    }
    const open = (): void => socket.send(`<open xmlns='${framing}' to='${settings.domain}' version='1.0'/>`)
    socket.onopen = open
    socket.onerror = () => end(() => reject(new Error('không nối được tới cổng WebSocket của phòng họp')))
    socket.onclose = () => end(() => reject(new Error('đường nối bị đóng trước khi trả lời')))
    socket.onmessage = ({ data }) => {
      const stanza = String(data)
      if (/^<(\w+:)?features/.test(stanza))
        socket.send(isSignedIn ? bindRequest : `<auth xmlns='${sasl}' mechanism='ANONYMOUS'/>`)
      if (/^<failure/.test(stanza)) end(() => resolve({ is: 'refused' }))
      if (/^<success/.test(stanza)) {
        isSignedIn = true
        if (wantsRoom) open()
        else end(() => resolve({ is: 'signed-in' }))
      }
      const answer = answerOf(stanza)
      if (answer?.id === 'bind') socket.send(conferenceRequest(settings, room))
      if (answer?.id === 'conference') end(() => resolve(roomOutcome(stanza, answer.type)))
    }
  })
}

const bindRequest = `<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='${bind}'/></iq>`

const conferenceRequest = ({ focus, muc }: Line['settings'], room: string): string =>
  `<iq xmlns='jabber:client' type='set' id='conference' to='${focus}'><conference xmlns='${focusXmlns}' room='${room}@${muc}' machine-uid='tu-kiem-tra'/></iq>`

/** Id and type of an answer; the attributes come in any order. */
function answerOf(stanza: string): { id: string; type: string } | undefined {
  const [tag] = /^<iq\s[^>]*>/.exec(stanza) ?? []
  const [, id] = /\sid=['"]([^'"]*)['"]/.exec(tag ?? '') ?? []
  const [, type] = /\stype=['"](result|error)['"]/.exec(tag ?? '') ?? []
  return id === undefined || type === undefined ? undefined : { id, type }
}

function roomOutcome(stanza: string, type: string): Answered {
  if (type === 'result' && /<conference\b[^>]*\sready=['"]true['"]/.test(stanza)) return { is: 'room-ready' }
  const [, condition = type === 'result' ? 'not-ready' : 'undefined-condition'] =
    /<error[^>]*>\s*<([a-z-]+)/.exec(stanza) ?? []
  const [, reservation] = /<reservation-error[^>]*\serror-code=['"]([^'"]*)['"]/.exec(stanza) ?? []
  return { is: 'no-room', condition, reservation }
}

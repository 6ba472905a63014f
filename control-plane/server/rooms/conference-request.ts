import type { CallSettings } from '../../contract/call.ts'
import { secondMs } from '../platform/clock.ts'
import { openBosh, openWebSocket, type XmppLine } from './xmpp-line.ts'

// Prosody asks the reservation API within it, and a Jicofo that was just started is slow.
const answerMs = 20 * secondMs
const sasl = 'urn:ietf:params:xml:ns:xmpp-sasl'
const bind = 'urn:ietf:params:xml:ns:xmpp-bind'
const muc = 'http://jabber.org/protocol/muc'
const focusXmlns = 'http://jitsi.org/protocol/focus'

/** What became of a sign-in, or of what was asked after it. */
export type Answered =
  | { is: 'refused' }
  | { is: 'signed-in' }
  | { is: 'room-ready' }
  /** `condition`: XMPP's word (service-unavailable, …). `reservation`: the control plane's own code, where it was asked and said no. */
  | { is: 'no-room'; condition: string; reservation: string | undefined }
  | { is: 'entered' }
  | { is: 'not-let-in'; condition: string }

/** By which of Prosody's two doors. */
export type Transport = 'websocket' | 'bosh'

export interface Caller {
  settings: Pick<CallSettings, 'jitsiUrl' | 'serviceUrl' | 'domain' | 'muc' | 'focus'>
  room: string
  /** None: as one who has no token. */
  token: string | undefined
  transport?: Transport
}
type Goal = 'sign-in' | 'room' | 'enter'

/**
 * Signs in to Prosody with a room token as a browser does, through the web server; no room is entered.
 * @throws when the line breaks or nothing decides within 20 s.
 */
export const signIn = (caller: Caller): Promise<Answered> => converse(caller, 'sign-in')

/**
 * Signs in and asks Jicofo for the room by the conference request (IQ), as lib-jitsi-meet does before it enters. Jicofo then is in the room until it is
 * closed or stays empty for a minute.
 * @throws when the line breaks or nothing decides within 20 s.
 */
export const requestConference = (caller: Caller): Promise<Answered> => converse(caller, 'room')

/**
 * Signs in and enters the room straight away, as one does who goes round Jicofo; whoever is let in leaves at once.
 * @throws when the line breaks or nothing decides within 20 s.
 */
export const enterRoom = (caller: Caller): Promise<Answered> => converse(caller, 'enter')

function converse({ settings, room, token, transport = 'websocket' }: Caller, goal: Goal): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => end(() => reject(new Error(`không có câu trả lời trong ${answerMs / secondMs} giây`))),
      answerMs,
    )
    let isSignedIn = false
    let isOver = false
    function end(settle: () => void): void {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      settle()
      line.close()
    }
    function onStanza(stanza: string): void {
      if (/<(\w+:)?features/.test(stanza))
        line.send(isSignedIn ? bindRequest : `<auth xmlns='${sasl}' mechanism='ANONYMOUS'/>`)
      if (/^\s*<failure/.test(stanza)) end(() => resolve({ is: 'refused' }))
      if (/^\s*<success/.test(stanza)) {
        isSignedIn = true
        if (goal === 'sign-in') end(() => resolve({ is: 'signed-in' }))
        else line.open()
      }
      const answer = answerOf(stanza)
      // Who was put out is refused here already, whatever his token says.
      if (answer?.id === 'bind' && answer.type === 'error')
        end(() => resolve({ is: 'not-let-in', condition: conditionOf(stanza) ?? 'undefined-condition' }))
      else if (answer?.id === 'bind')
        line.send(goal === 'room' ? conferenceRequest(settings, room) : entry(settings, room))
      if (answer?.id === 'conference') end(() => resolve(roomOutcome(stanza, answer.type)))
      const entered = goal === 'enter' ? entryOutcome(stanza) : undefined
      if (entered !== undefined) end(() => resolve(entered))
    }
    const open = transport === 'bosh' ? openBosh : openWebSocket
    const onBroken = (why: string): void => end(() => reject(new Error(why)))
    const line: XmppLine = open({ settings, room, token, onStanza, onBroken })
  })
}

const bindRequest = `<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='${bind}'/></iq>`

const conferenceRequest = ({ focus, muc: rooms }: Caller['settings'], room: string): string =>
  `<iq xmlns='jabber:client' type='set' id='conference' to='${focus}'><conference xmlns='${focusXmlns}' room='${room}@${rooms}' machine-uid='tu-kiem-tra'/></iq>`

const entry = ({ muc: rooms }: Caller['settings'], room: string): string =>
  `<presence xmlns='jabber:client' to='${room}@${rooms}/thu-vao'><x xmlns='${muc}'/></presence>`

/** Id and type of an answer; the attributes come in any order. */
function answerOf(stanza: string): { id: string; type: string } | undefined {
  const [tag] = /<iq\s[^>]*>/.exec(stanza) ?? []
  const [, id] = /\sid=['"]([^'"]*)['"]/.exec(tag ?? '') ?? []
  const [, type] = /\stype=['"](result|error)['"]/.exec(tag ?? '') ?? []
  return id === undefined || type === undefined ? undefined : { id, type }
}

const conditionOf = (stanza: string): string | undefined => /<error[^>]*>\s*<([a-z-]+)/.exec(stanza)?.[1]

function roomOutcome(stanza: string, type: string): Answered {
  if (type === 'result' && /<conference\b[^>]*\sready=['"]true['"]/.test(stanza)) return { is: 'room-ready' }
  const condition = conditionOf(stanza) ?? (type === 'result' ? 'not-ready' : 'undefined-condition')
  const [, reservation] = /<reservation-error[^>]*\serror-code=['"]([^'"]*)['"]/.exec(stanza) ?? []
  return { is: 'no-room', condition, reservation }
}

/** In: the room says which occupant is oneself (status 110). */
function entryOutcome(stanza: string): Answered | undefined {
  if (/<presence\b[^>]*\stype=['"]error['"]/.test(stanza))
    return { is: 'not-let-in', condition: conditionOf(stanza) ?? 'undefined-condition' }
  if (/<presence\b/.test(stanza) && /<status\b[^>]*\scode=['"]110['"]/.test(stanza)) return { is: 'entered' }
  return undefined
}

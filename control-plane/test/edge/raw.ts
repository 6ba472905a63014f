import { setTimeout as sleep } from 'node:timers/promises'

/** An XMPP client of a person's own making: says whatever it is told to, leaves without a word, takes streams up again. */
export interface RawClient {
  jid: string
  /** What resumes this stream (XEP-0198). */
  resumption: string
  received: string[]
  send(xml: string): void
  /** Sends a request and answers the whole reply. */
  ask(to: string, type: 'get' | 'set', child: string): Promise<string>
  join(room: string, nick: string): Promise<string>
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<string>
  /** Says that everything has arrived: a session that owes nothing ends without Prosody sending errors back for it. */
  acknowledge(): void
  /** The line breaks: Prosody keeps the session for a while. */
  drop(): void
  /** Leaves as one should. */
  leave(): Promise<void>
  isOpen(): boolean
}

const framing = 'urn:ietf:params:xml:ns:xmpp-framing'
const sm = 'urn:xmpp:sm:3'
export const mucOf = (room: string): string => `${room}@conference.meet.jitsi`
let asked = 0

/**
 * Signs in with a token and binds a resource, or resumes a stream. `previd` as Jitsi's library sends it on taking up a stream: the account
 * is then the one of that stream, whoever's token this is. Rejects with what the server said when it refuses.
 */
export async function rawClient(
  prosodyUrl: string,
  token: string,
  options: { previd?: string; resume?: boolean; available?: boolean } = {},
): Promise<RawClient> {
  const previd = options.previd === undefined ? '' : `&previd=${encodeURIComponent(options.previd)}`
  const socket = new WebSocket(`${prosodyUrl.replace(/^http/, 'ws')}/xmpp-websocket?room=abc&token=${token}${previd}`, [
    'xmpp',
  ])
  const received: string[] = []
  socket.addEventListener('message', (event) => received.push(String(event.data)))
  await new Promise((done, failed) => {
    socket.addEventListener('open', done)
    socket.addEventListener('error', failed)
  })
  let from = 0
  let counted = 0
  const waitFor = async (pattern: RegExp, timeoutMs = 5_000): Promise<string> => {
    const until = performance.now() + timeoutMs
    while (performance.now() < until) {
      const found = received.slice(from).find((text) => pattern.test(text))
      if (found !== undefined) return found
      await sleep(10)
    }
    throw new Error(`nothing like ${pattern}; seen: ${received.slice(from).join('\n').slice(0, 2_000)}`)
  }
  const send = (xml: string): void => socket.send(xml)
  const step = async (xml: string, answer: RegExp): Promise<string> => {
    from = received.length
    send(xml)
    const found = await waitFor(answer)
    if (/<failure|<failed|type=['"]error/.test(found)) throw new Error(found)
    return found
  }
  const open = `<open xmlns='${framing}' to='meet.jitsi' version='1.0'/>`
  const result: RawClient = {
    jid: '',
    resumption: '',
    received,
    send,
    async ask(to, type, child) {
      const id = `raw-${++asked}`
      send(`<iq xmlns='jabber:client' id='${id}' type='${type}' to='${to}'>${child}</iq>`)
      return waitFor(new RegExp(`<iq[^>]*id=['"]${id}['"]`))
    },
    async join(room, nick) {
      send(
        `<presence xmlns='jabber:client' to='${mucOf(room)}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
      )
      const own = await waitFor(new RegExp(`<presence[^>]*from=['"]${mucOf(room)}/${nick}['"]`))
      if (/type=['"]error/.test(own)) throw new Error(own)
      return own
    },
    waitFor,
    acknowledge() {
      const stanzas = received.slice(counted).filter((text) => /^<(presence|message|iq)\b/.test(text))
      send(`<a xmlns='${sm}' h='${stanzas.length}'/>`)
    },
    drop: () => socket.close(),
    async leave() {
      if (socket.readyState === WebSocket.OPEN) {
        send(`<close xmlns='${framing}'/>`)
        await sleep(50)
      }
      socket.close()
    },
    isOpen: () => socket.readyState === WebSocket.OPEN,
  }
  try {
    await step(open, /<mechanism/)
    await step(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>`, /<(success|failure)/)
    await step(open, /<bind/)
    if (options.resume === true) {
      await step(`<resume xmlns='${sm}' h='0' previd='${options.previd}'/>`, /<(resumed|failed)/)
      from = 0
      return result
    }
    const bound = await step(
      `<iq xmlns='jabber:client' id='bind' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`,
      /id=['"]bind['"]/,
    )
    result.jid = /<jid>([^<]+)</.exec(bound)?.[1] ?? ''
    const enabled = await step(`<enable xmlns='${sm}' resume='true'/>`, /<(enabled|failed)/)
    counted = received.length
    result.resumption = /\bid=['"]([^'"]+)['"]/.exec(enabled)?.[1] ?? ''
    if (options.available === true) send(`<presence xmlns='jabber:client'/>`)
  } catch (error) {
    socket.close()
    throw error
  }
  from = 0
  return result
}

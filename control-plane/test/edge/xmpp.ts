import { client, xml } from '@xmpp/client'

interface Element {
  name: string
  attrs: Record<string, string>
  getChild(name: string, xmlns?: string): Element | undefined
  toString(): string
}

/** A participant without a browser: signs in with a room token and enters by the conference request, as Jitsi's library does. */
export interface Participant {
  nick: string
  presences: Element[]
  /** Occupants seen, by nick, the own included. */
  seen(): string[]
  request(to: string, child: unknown): Promise<Element>
  leave(): Promise<void>
  waitFor(fits: (stanza: Element) => boolean, timeoutMs?: number): Promise<Element>
}

interface Xmpp {
  on(event: string, listener: (value: never) => unknown): void
  send(stanza: unknown): Promise<void>
  start(): Promise<unknown>
  stop(): Promise<unknown>
  reconnect: { stop(): void }
  iqCaller: { request(stanza: unknown, timeoutMs: number): Promise<Element> }
}

const room = (name: string, nick: string): string => `${name}@conference.meet.jitsi/${nick}`

/** Resolves to the participant, or rejects with the server's word: a SASL text, or the condition of an error. */
export async function enter(
  prosodyUrl: string,
  token: string,
  options: { room?: string; nick?: string; skipFocus?: boolean } = {},
): Promise<Participant> {
  const name = options.room ?? 'abc'
  const nick = options.nick ?? `n${Math.floor(performance.now() * 1_000) % 1_000_000}`
  const xmpp = client({
    service: `${prosodyUrl.replace(/^http/, 'ws')}/xmpp-websocket?room=${name}&token=${token}`,
    domain: 'meet.jitsi',
  } as never) as unknown as Xmpp
  const stanzas: Element[] = []
  xmpp.on('error', () => undefined)
  xmpp.on('stanza', ((stanza: Element) => stanzas.push(stanza)) as (value: never) => unknown)
  xmpp.reconnect.stop()
  const waitFor = async (fits: (stanza: Element) => boolean, timeoutMs = 5_000): Promise<Element> => {
    const until = performance.now() + timeoutMs
    while (performance.now() < until) {
      const found = stanzas.find(fits)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`no such stanza; seen: ${stanzas.map(String).join('\n').slice(0, 1_500)}`)
  }
  const leave = async (): Promise<void> => {
    await Promise.race([xmpp.stop().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 1_000))])
  }
  try {
    await xmpp.start()
    if (options.skipFocus !== true) {
      const asked = xml(
        'iq',
        { type: 'set', to: 'focus.meet.jitsi' },
        xml('conference', { xmlns: 'http://jitsi.org/protocol/focus', room: `${name}@conference.meet.jitsi` }),
      )
      await xmpp.iqCaller.request(asked, 8_000)
    }
    await xmpp.send(xml('presence', { to: room(name, nick) }, xml('x', { xmlns: 'http://jabber.org/protocol/muc' })))
    const own = await waitFor((stanza) => stanza.name === 'presence' && stanza.attrs.from === room(name, nick))
    if (own.attrs.type === 'error') throw new Error(/<error[^>]*>\s*<([a-z-]+)/.exec(own.toString())?.[1] ?? 'error')
  } catch (error) {
    await leave()
    throw error
  }
  return {
    nick,
    presences: stanzas,
    seen: () => [
      ...new Set(
        stanzas
          .filter((stanza) => stanza.name === 'presence' && stanza.attrs.type === undefined)
          .map((stanza) => stanza.attrs.from?.split('/')[1] ?? ''),
      ),
    ],
    request: (to, child) => xmpp.iqCaller.request(xml('iq', { type: 'set', to }, child), 5_000),
    leave,
    waitFor,
  }
}

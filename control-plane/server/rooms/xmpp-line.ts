import type { CallSettings } from '../../contract/call.ts'

/** A line to Prosody as browsers have one; stanzas go and come as text. */
export interface XmppLine {
  /** Begins the stream, and begins it anew after a sign-in. */
  open(): void
  send(stanza: string): void
  close(): void
}

export interface LineOrder {
  settings: Pick<CallSettings, 'jitsiUrl' | 'serviceUrl' | 'domain'>
  room: string
  /** None: as one who has no token. */
  token: string | undefined
  /** One stanza, or several that came together. */
  onStanza(text: string): void
  onBroken(why: string): void
}

const framing = 'urn:ietf:params:xml:ns:xmpp-framing'
const httpBind = 'http://jabber.org/protocol/httpbind'
const xbosh = 'urn:xmpp:xbosh'

const queryOf = ({ room, token }: LineOrder): string =>
  `${new URLSearchParams({ room, ...(token === undefined ? {} : { token }) })}`

/** RFC 7395, through the web server. */
export function openWebSocket(order: LineOrder): XmppLine {
  const socket = new WebSocket(`${order.settings.serviceUrl}?${queryOf(order)}`, 'xmpp')
  const open = (): void => socket.send(`<open xmlns='${framing}' to='${order.settings.domain}' version='1.0'/>`)
  socket.onopen = open
  socket.onerror = () => order.onBroken('không nối được tới cổng WebSocket của phòng họp')
  socket.onclose = () => order.onBroken('đường nối bị đóng trước khi trả lời')
  socket.onmessage = ({ data }) => order.onStanza(String(data))
  return { open, send: (stanza) => socket.send(stanza), close: () => socket.close() }
}

const answerMs = 10_000

/** XEP-0124 and XEP-0206, through the web server: one request after the other, each held by Prosody for a second at most. */
export function openBosh(order: LineOrder): XmppLine {
  const { domain, jitsiUrl } = order.settings
  const url = `${jitsiUrl}/http-bind?${queryOf(order)}`
  const waiting: string[] = []
  const gone = new AbortController()
  let rid = Math.floor(Math.random() * 1e9) + 1
  let sid: string | undefined
  let restarts = false

  async function post(attributes: string, inner: string): Promise<string> {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8' },
      body: `<body rid='${rid++}' xmlns='${httpBind}' ${attributes}>${inner}</body>`,
      signal: AbortSignal.any([gone.signal, AbortSignal.timeout(answerMs)]),
    })
    const text = await answer.text()
    if (!answer.ok || !/^(<\?xml[^>]*>\s*)?<body[\s>]/.test(text)) throw new Error(`BOSH trả lời ${answer.status}`)
    return text
  }

  function hear(text: string): void {
    const [head = ''] = /<body[^>]*>/.exec(text) ?? []
    sid ??= /\ssid=['"]([^'"]*)['"]/.exec(head)?.[1]
    const inner = text.slice(text.indexOf(head) + head.length)
    if (!/^\s*(<\/body>)?\s*$/.test(inner) && !/^\s*$/.test(inner)) order.onStanza(inner)
    if (/\stype=['"]terminate['"]/.test(head)) throw new Error('đường nối BOSH bị đóng trước khi trả lời')
  }

  async function talk(): Promise<void> {
    hear(
      await post(
        `to='${domain}' content='text/xml; charset=utf-8' ver='1.6' wait='1' hold='1' xml:lang='vi' xmpp:version='1.0' xmlns:xmpp='${xbosh}'`,
        '',
      ),
    )
    if (sid === undefined) throw new Error('BOSH không mở được phiên')
    while (!gone.signal.aborted) {
      const restart = restarts ? `to='${domain}' xmpp:restart='true' xmlns:xmpp='${xbosh}'` : ''
      restarts = false
      hear(await post(`sid='${sid}' ${restart}`, restart === '' ? waiting.splice(0).join('') : ''))
    }
  }

  talk().catch((error: unknown) => {
    if (gone.signal.aborted) return
    const cause = error instanceof Error ? error.message : String(error)
    order.onBroken(`cổng BOSH của phòng họp: ${cause}`)
  })
  return {
    open: () => {
      restarts = true
    },
    send: (stanza) => void waiting.push(stanza),
    close() {
      if (gone.signal.aborted) return
      gone.abort()
      if (sid === undefined) return
      const goodbye = `<body rid='${rid++}' sid='${sid}' type='terminate' xmlns='${httpBind}'/>`
      fetch(url, { method: 'POST', body: goodbye, signal: AbortSignal.timeout(answerMs) }).catch(() => undefined)
    },
  }
}

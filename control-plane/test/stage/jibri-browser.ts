// The browser of one stage Jibri as a process of its own: in the room as the recorder, with the session's id in its presence. As the real
// one it outlives a Jibri that is killed. Settings come as JSON in the first argument; says `inside` once it is in the room.
import { randomBytes } from 'node:crypto'
import { client, xml } from '@xmpp/client'

/** The account with which a recorder enters rooms. */
export interface RecorderAccount {
  service: string
  domain: string
  muc: string
  username: string
  password: string
}

export interface BrowserSettings extends RecorderAccount {
  room: string
  sessionId: string
  /** Whose it is: its host ends it by this. */
  recordingsFolder: string
}

/** The page is loaded anew; who ended the room in order has ended the browser by then. */
const reloadMs = 3_000

/** Exit status of a browser whose call was ended from outside. */
export const callEnded = 3

interface Element {
  name: string
  attrs: Record<string, string>
  is(name: string): boolean
}

async function enter(settings: BrowserSettings): Promise<void> {
  const { service, domain, username, password } = settings
  const room = `${settings.room}@${settings.muc}`
  let place = `${room}/recorder-${randomBytes(4).toString('hex')}`
  const xmpp = client({ service, domain, username, password, resource: randomBytes(4).toString('hex') })
  const end = (): void => process.exit(callEnded)
  xmpp.on('error', () => undefined)
  xmpp.on('disconnect', end)
  xmpp.on('online', () =>
    xmpp.send(xml('presence', { to: place }, xml('x', { xmlns: 'http://jabber.org/protocol/muc' }))),
  )
  let inside = false
  let leaving = false
  /** As Jitsi Meet's page when the focus is lost: it comes back by itself, and without the session's id, which Jibri gave it only once. */
  async function reload(): Promise<void> {
    leaving = true
    await xmpp.send(xml('presence', { type: 'unavailable', to: place })).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, reloadMs))
    place = `${room}/recorder-${randomBytes(4).toString('hex')}`
    await xmpp.send(xml('presence', { to: place }, xml('x', { xmlns: 'http://jabber.org/protocol/muc' })))
    leaving = false
  }
  xmpp.on('stanza', async (stanza: Element) => {
    if (stanza.is('presence') && stanza.attrs.from === `${room}/focus` && stanza.attrs.type === 'unavailable')
      return reload()
    if (!stanza.is('presence') || stanza.attrs.from !== place) return
    if (leaving) return
    if (stanza.attrs.type === 'unavailable' || stanza.attrs.type === 'error') return end()
    if (inside) return
    inside = true
    await xmpp.send(xml('presence', { to: place }, xml('session_id', {}, settings.sessionId), xml('mode', {}, 'file')))
    process.stdout.write('inside\n')
  })
  process.on('SIGTERM', async () => {
    await xmpp.send(xml('presence', { type: 'unavailable', to: place })).catch(() => undefined)
    process.exit(0)
  })
  await xmpp.start()
}

if (process.argv[1] === import.meta.filename && process.argv[2] !== undefined)
  enter(JSON.parse(process.argv[2]) as BrowserSettings).catch(() => process.exit(callEnded))

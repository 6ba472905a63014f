import { createServer, type Server } from 'node:http'
import { client, xml } from '@xmpp/client'
import { createRecorders, type Recorders } from './focus-recorders.ts'
import { stageXmpp } from './prosody.ts'

// @xmpp/client carries no types of its own: these are the few members used here.
interface Element {
  name: string
  attrs: Record<string, string>
  children: (Element | string)[]
  getChild(name: string, xmlns?: string): Element | undefined
  getChildren(name: string): Element[]
  is(name: string): boolean
}

const focusXmlns = 'http://jitsi.org/protocol/focus'
const jibriXmlns = 'http://jitsi.org/protocol/jibri'
const mucXmlns = 'http://jabber.org/protocol/muc'
const { muc, auth, recorder } = stageXmpp

interface Room {
  name: string
  /** Occupants by nick: their role, as Jicofo knows it. */
  roles: Map<string, string>
  status: Element | null
}

export interface StageFocus {
  /** Where stage Jibris report to; and as Jicofo's own HTTP port, it makes any room for anybody at `/conference-request/v1`. */
  url: string
  rooms(): string[]
  recorders: Recorders
  /** kill -9 and a new start: it leaves every room, and knows of no recording any more. */
  crash(): Promise<void>
  stop(): Promise<void>
}

/**
 * Stand-in for Jicofo at the protocol's edge: answers conference requests, is in each room as `focus`, obeys recording requests of
 * moderators only, and publishes their state in its presence as Jicofo does. No media session is made: calls are peer to peer.
 */
export async function startStageFocus(options: {
  prosodyUrl: string
  password: string
  port: number
  jibris: string[]
}): Promise<StageFocus> {
  const xmpp = client({
    service: `${options.prosodyUrl.replace(/^http/, 'ws')}/xmpp-websocket`,
    domain: auth,
    username: 'focus',
    password: options.password,
    resource: 'focus',
  })
  const rooms = new Map<string, Room>()
  let stopping = false

  const recorders = createRecorders({
    jibris: options.jibris,
    publish(roomName, state) {
      const room = rooms.get(roomName)
      if (room === undefined) return
      room.status = xml('jibri-recording-status', {
        xmlns: jibriXmlns,
        status: state.status,
        session_id: state.sessionId,
        recording_mode: 'file',
        ...(state.initiator === undefined ? {} : { initiator: state.initiator }),
        ...(state.error === undefined ? {} : { failure_reason: state.error }),
      }) as Element
      sendPresence(room).catch(() => undefined)
    },
  })

  function sendPresence(room: Room, joining = false): Promise<void> {
    return xmpp.send(
      xml(
        'presence',
        { to: `${room.name}@${muc}/focus` },
        ...(joining ? [xml('x', { xmlns: mucXmlns })] : []),
        ...(room.status === null ? [] : [room.status]),
        xml('versions', { xmlns: 'http://jitsi.org/jitmeet' }),
      ),
    )
  }

  xmpp.on('error', () => undefined)
  xmpp.on('online', async () => {
    // After a restart of Prosody the rooms are gone: whoever comes back asks for them again. Their recordings have ended.
    for (const room of rooms.keys()) recorders.roomGone(room)
    rooms.clear()
    await xmpp.send(xml('presence', {}))
  })
  xmpp.on('stanza', (stanza: Element) => {
    if (stanza.is('presence')) onPresence(stanza)
  })

  function onPresence(stanza: Element): void {
    const [bare, nick] = (stanza.attrs.from ?? '').split('/')
    const room = rooms.get(bare?.split('@')[0] ?? '')
    if (room === undefined || nick === undefined) return
    if (stanza.attrs.type === 'unavailable') {
      if (nick === 'focus') {
        forget(room)
        return
      }
      room.roles.delete(nick)
      if (room.roles.size === 0) leaveSoon(room)
      return
    }
    const item = stanza.getChild('x', 'http://jabber.org/protocol/muc#user')?.getChild('item')
    // A recorder is no participant (Jicofo's trusted-domains): a room with nobody else in it is empty.
    const isRecorder = item?.attrs.jid?.split('/')[0]?.endsWith(`@${recorder}`) === true
    if (nick !== 'focus' && item !== undefined && !isRecorder) room.roles.set(nick, item.attrs.role ?? 'none')
  }

  function forget(room: Room): void {
    rooms.delete(room.name)
    recorders.roomGone(room.name)
  }

  function leaveSoon(room: Room): void {
    setTimeout(() => {
      if (stopping || rooms.get(room.name) !== room || room.roles.size > 0) return
      forget(room)
      xmpp.send(xml('presence', { type: 'unavailable', to: `${room.name}@${muc}/focus` })).catch(() => undefined)
    }, 1_000).unref()
  }

  async function makeRoom(roomJid: string): Promise<void> {
    const name = roomJid.split('@')[0]?.toLowerCase() ?? ''
    if (rooms.has(name)) return
    const room: Room = { name, roles: new Map(), status: null }
    rooms.set(name, room)
    await sendPresence(room, true)
  }

  xmpp.iqCallee.set(focusXmlns, 'conference', async ({ element }: { element: Element }) => {
    await makeRoom(element.attrs.room ?? '')
    return xml('conference', { xmlns: focusXmlns, room: element.attrs.room, ready: 'true', focusjid: `focus@${auth}` })
  })

  const iqError = (condition: string, type: string): Element =>
    xml('error', { type }, xml(condition, { xmlns: 'urn:ietf:params:xml:ns:xmpp-stanzas' })) as Element

  xmpp.iqCallee.set(jibriXmlns, 'jibri', async ({ element, stanza }: { element: Element; stanza: Element }) => {
    const [bare, nick = ''] = (stanza.attrs.from ?? '').split('/')
    const room = rooms.get(bare?.split('@')[0] ?? '')
    if (room === undefined) return iqError('item-not-found', 'cancel')
    if (room.roles.get(nick) !== 'moderator') return iqError('not-allowed', 'cancel')
    if (element.attrs.action === 'stop') {
      const stopped = await recorders.stop(room.name)
      return stopped ? xml('jibri', { xmlns: jibriXmlns, status: 'off' }) : iqError('item-not-found', 'cancel')
    }
    const outcome = await recorders.start(room.name, element.attrs.app_data ?? '', `${bare}/${nick}`)
    if (outcome.is === 'started') {
      return xml('jibri', {
        xmlns: jibriXmlns,
        status: 'pending',
        session_id: outcome.sessionId,
        recording_mode: 'file',
      })
    }
    return iqError(outcome.reason, outcome.reason === 'resource-constraint' ? 'wait' : 'cancel')
  })

  const server = await listen(options.port, recorders, makeRoom)
  await xmpp.start()
  return {
    url: `http://127.0.0.1:${options.port}`,
    rooms: () => [...rooms.keys()],
    recorders,
    async crash() {
      recorders.forgetAll()
      const names = [...rooms.keys()]
      rooms.clear()
      for (const name of names) await xmpp.send(xml('presence', { type: 'unavailable', to: `${name}@${muc}/focus` }))
    },
    async stop() {
      stopping = true
      recorders.close()
      xmpp.reconnect.stop()
      await Promise.race([xmpp.stop().catch(() => undefined), new Promise((done) => setTimeout(done, 2_000))])
      await new Promise((done) => server.close(done))
    },
  }
}

/**
 * POST /jibri-status { jibri, sessionId, status, error? } from the stage's recorders; POST /conference-request/v1 { room } from anybody,
 * without a token and without Jitsi's reservation module being asked, as Jicofo's.
 */
async function listen(port: number, recorders: Recorders, makeRoom: (jid: string) => Promise<void>): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Parameters<Recorders['report']>[0] & {
        room?: string
      }
      if (request.url !== '/conference-request/v1') {
        recorders.report(body)
        response.writeHead(204).end()
        return
      }
      await makeRoom(body.room ?? '')
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ ready: true, room: body.room, focusJid: `focus@${auth}` }))
    })
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return server
}

import { randomUUID } from 'node:crypto'
import { minuteMs, secondMs } from '../platform/clock.ts'
import type { CommandHandler } from '../platform/commands.ts'
import { wordsOf } from '../platform/plain-error.ts'
import type { Platform } from '../platform/platform.ts'
import { callSettings } from './entry.ts'
import { newRoomName } from './room.ts'
import type { Signing } from './signing.ts'

const answerMs = 10 * secondMs
const framing = 'urn:ietf:params:xml:ns:xmpp-framing'
const sasl = 'urn:ietf:params:xml:ns:xmpp-sasl'

/**
 * Signs in to Prosody with a room token, as a browser does: through the web server, over the WebSocket. No room is entered.
 * @throws when the line breaks or nothing decides within 10 s.
 */
function signIn(serviceUrl: string, domain: string, room: string, token: string): Promise<'accepted' | 'refused'> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${serviceUrl}?${new URLSearchParams({ room, token })}`, 'xmpp')
    const timer = setTimeout(() => end(() => reject(new Error('không có câu trả lời trong 10 giây'))), answerMs)
    function end(settle: () => void): void {
      clearTimeout(timer)
      settle()
      socket.close()
    }
    socket.onopen = () => socket.send(`<open xmlns='${framing}' to='${domain}' version='1.0'/>`)
    socket.onerror = () => end(() => reject(new Error('không nối được tới cổng WebSocket của phòng họp')))
    socket.onclose = () => end(() => reject(new Error('đường nối bị đóng trước khi trả lời')))
    socket.onmessage = ({ data }) => {
      const stanza = String(data)
      if (/^<(\w+:)?features/.test(stanza)) socket.send(`<auth xmlns='${sasl}' mechanism='ANONYMOUS'/>`)
      if (/^<success/.test(stanza)) end(() => resolve('accepted'))
      if (/^<failure/.test(stanza)) end(() => resolve('refused'))
    }
  })
}

/** The same token with one claim changed after signing. */
function changed(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  return [header, Buffer.from(JSON.stringify({ ...claims, room: '*' })).toString('base64url'), signature].join('.')
}

/** Whether Prosody takes our tokens and refuses others: for the self-check. The room's name is nobody's and is never entered. */
export function entryCheck(platform: Platform, signing: Signing): CommandHandler {
  return async (_given, say) => {
    const { serviceUrl, domain } = callSettings(platform.config)
    const room = newRoomName()
    const now = platform.clock.now()
    const token = await signing.mint({
      room,
      user: { id: randomUUID(), name: 'Tự kiểm tra', moderator: false },
      features: { recording: false },
      notBefore: now - minuteMs,
      expires: now + minuteMs,
    })
    try {
      if ((await signIn(serviceUrl, domain, room, token)) !== 'accepted') {
        say('Phòng họp từ chối thẻ đúng.')
        return false
      }
      if ((await signIn(serviceUrl, domain, room, changed(token))) !== 'refused') {
        say('Phòng họp nhận cả thẻ đã bị sửa: ai cũng vào được phòng.')
        return false
      }
    } catch (error) {
      say(wordsOf(error))
      return false
    }
    say('Phòng họp nhận thẻ đúng và từ chối thẻ đã bị sửa.')
    return true
  }
}

import { randomUUID } from 'node:crypto'
import { minuteMs } from '../platform/clock.ts'
import type { CommandHandler } from '../platform/commands.ts'
import { wordsOf } from '../platform/plain-error.ts'
import type { Platform } from '../platform/platform.ts'
import { type Answered, requestConference, signIn } from './conference-request.ts'
import { changedToken } from './doors.ts'
import { callSettings } from './entry.ts'
import { newRoomName } from './room.ts'
import type { Signing } from './signing.ts'
import * as store from './store.ts'

/** What is wrong with an answer to a right token, in words that say where to look. */
function fault(answered: Answered): string | undefined {
  if (answered.is === 'room-ready') return undefined
  if (answered.is === 'refused') return 'Phòng họp từ chối thẻ đúng.'
  if (answered.is !== 'no-room') return 'Phòng họp nhận thẻ nhưng không cho hỏi mở phòng.'
  const { condition, reservation } = answered
  if (reservation !== undefined)
    return `Prosody không được hệ thống điều hành cho mở phòng thử (mã ${reservation}): kiểm tra bí mật chung và đường từ Prosody tới hệ thống điều hành.`
  if (condition === 'service-unavailable')
    return 'Yêu cầu mở phòng không tới được Jicofo (service-unavailable): Jicofo chưa nối vào Prosody, hoặc danh bạ của nó thiếu mục focus. Chạy lại site.yml --tags jitsi.'
  return `Jicofo không mở được phòng (${condition}). Xem nhật ký của Jicofo.`
}

/**
 * For the self-check: whether Prosody takes our tokens and refuses others, and whether a real conference request makes a room. The room is one of its own
 * that lives for a minute at most; nobody enters it.
 */
export function entryCheck(platform: Platform, signing: Signing): CommandHandler {
  const { clock, db } = platform
  return async (_given, say) => {
    const settings = callSettings(platform.config)
    const now = clock.now()
    // Its name is nobody's but is known: of a room that the control plane does not know Jicofo is never told.
    const room = await db.transaction((tx) =>
      store.insertRoom(tx, {
        name: newRoomName(),
        purpose: 'self-check',
        opensAt: new Date(now - minuteMs),
        closesAt: new Date(now + minuteMs),
        createdAt: new Date(now),
      }),
    )
    const token = await signing.mint({
      room: room.name,
      user: { id: randomUUID(), name: 'Tự kiểm tra', moderator: false },
      features: { recording: false },
      notBefore: now - minuteMs,
      expires: now + minuteMs,
    })
    try {
      const wrong = fault(await requestConference({ settings, room: room.name, token }))
      if (wrong !== undefined) {
        say(wrong)
        return false
      }
      if ((await signIn({ settings, room: room.name, token: changedToken(token) })).is !== 'refused') {
        say('Phòng họp nhận cả thẻ đã bị sửa: ai cũng vào được phòng.')
        return false
      }
    } catch (error) {
      say(wordsOf(error))
      return false
    } finally {
      // The watch closes it within seconds, and Jicofo leaves with it.
      await db.transaction((tx) => store.updateRoom(tx, room.id, { closesAt: new Date(clock.now()) }))
    }
    say('Phòng họp nhận thẻ đúng, từ chối thẻ đã bị sửa; Jicofo mở được phòng.')
    return true
  }
}

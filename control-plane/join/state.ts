import { readFragment } from '../contract/join-link.ts'
import type { Invitation, Key } from '../contract/rooms.ts'
import type { ProblemDocument } from '../contract/route.ts'

/** What the page is at. */
export type Join =
  | { at: 'asking-code'; fault: string | null }
  | { at: 'checking'; key: Key }
  | { at: 'waiting'; key: Key; invitation: Invitation }
  | { at: 'open'; key: Key; invitation: Invitation; fault: string | null }
  | { at: 'inside'; key: Key; invitation: Invitation; takesOver: boolean }
  /** Was inside, or about to be: the link is at work on another device. */
  | { at: 'elsewhere'; key: Key; invitation: Invitation; wasInside: boolean }
  /** `key` null: what the address held was no key at all. */
  | { at: 'refused'; why: string; retryable: boolean; key: Key | null }

export type JoinEvent =
  /** The page was opened at, or led to, an address with this fragment: a link pasted into the tab of another one loads nothing anew. */
  | { is: 'address'; fragment: string }
  | { is: 'key'; key: Key }
  | { is: 'other-code' }
  | { is: 'invitation'; invitation: Invitation; wasInside: boolean }
  | { is: 'failed'; problem: ProblemDocument }
  | { is: 'entered' }
  | { is: 'left' }
  | { is: 'put-out' }
  | { is: 'replaced' }

const asking: Join = { at: 'asking-code', fault: null }
const damaged: Join = {
  at: 'refused',
  why: 'Liên kết bị thiếu hoặc hỏng khi sao chép. Vui lòng mở lại liên kết trong giấy mời, hoặc nhập mã đăng nhập.',
  retryable: false,
  key: null,
}

/** The link's key from its fragment; without one the page asks for the short code. */
export const begin = (fragment: string): Join => arrived(asking, fragment)

function arrived(join: Join, fragment: string): Join {
  const link = readFragment(fragment)
  if (link.is === 'none') return join
  // Nobody is taken out of the room by half an address.
  if (link.is === 'damaged') return join.at === 'inside' ? join : damaged
  const isKnown = join.at !== 'asking-code' && join.at !== 'refused' && join.key.token === link.token
  return isKnown ? join : { at: 'checking', key: { token: link.token } }
}

export function next(join: Join, event: JoinEvent): Join {
  switch (event.is) {
    case 'address':
      return arrived(join, event.fragment)
    case 'key':
      return { at: 'checking', key: event.key }
    case 'other-code':
      return asking
    case 'invitation': {
      if (join.at === 'asking-code' || join.at === 'refused') return join
      const { key } = join
      const { invitation } = event
      if (invitation.state === 'waiting') return { at: 'waiting', key, invitation }
      if (invitation.elsewhere) return { at: 'elsewhere', key, invitation, wasInside: event.wasInside }
      // A reload in the middle of the hearing goes straight back in.
      return event.wasInside
        ? { at: 'inside', key, invitation, takesOver: false }
        : { at: 'open', key, invitation, fault: null }
    }
    case 'failed':
      return failed(join, event.problem)
    case 'entered':
      return join.at === 'open' || join.at === 'elsewhere'
        ? { at: 'inside', key: join.key, invitation: join.invitation, takesOver: join.at === 'elsewhere' }
        : join
    case 'left':
      return join.at === 'inside' ? { at: 'open', key: join.key, invitation: join.invitation, fault: null } : join
    case 'put-out':
      return join.at === 'inside' ? { at: 'checking', key: join.key } : join
    case 'replaced':
      return join.at === 'inside'
        ? { at: 'elsewhere', key: join.key, invitation: join.invitation, wasInside: true }
        : join
  }
}

function failed(join: Join, problem: ProblemDocument): Join {
  if (join.at === 'asking-code') return { ...join, fault: problem.title }
  if (join.at === 'refused') return join
  const { key } = join
  if (problem.type.endsWith(':grant-in-use') && join.at === 'inside')
    return { at: 'elsewhere', key, invitation: join.invitation, wasInside: false }
  // The hearing was put back while somebody stood at the door: asked again, the page counts down.
  if (problem.type.endsWith(':grant-early')) return { at: 'checking', key }
  // A code that was typed wrongly is mended where it was typed.
  if (key.code !== undefined && [400, 404, 422, 429].includes(problem.status))
    return { at: 'asking-code', fault: problem.title }
  return {
    at: 'refused',
    why: problem.title,
    retryable: problem.status === 0 || problem.status === 429 || problem.status >= 500,
    key,
  }
}

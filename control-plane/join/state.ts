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
  | { at: 'refused'; why: string; retryable: boolean; key: Key }

export type JoinEvent =
  | { is: 'key'; key: Key }
  | { is: 'invitation'; invitation: Invitation; wasInside: boolean }
  | { is: 'failed'; problem: ProblemDocument }
  | { is: 'entered' }
  | { is: 'left' }
  | { is: 'put-out' }
  | { is: 'replaced' }

/** The link's key from its fragment; without one the page asks for the short code. */
export const begin = (fragment: string): Join =>
  fragment.length >= 20 ? { at: 'checking', key: { token: fragment } } : { at: 'asking-code', fault: null }

export function next(join: Join, event: JoinEvent): Join {
  switch (event.is) {
    case 'key':
      return { at: 'checking', key: event.key }
    case 'invitation': {
      if (join.at === 'asking-code') return join
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
  if (join.at === 'asking-code') return { at: 'asking-code', fault: problem.title }
  const { key } = join
  if (problem.type.endsWith(':grant-in-use') && join.at === 'inside')
    return { at: 'elsewhere', key, invitation: join.invitation, wasInside: false }
  // The words say to try the letter again or to type the code: here is where.
  if (problem.status === 404) return { at: 'asking-code', fault: problem.title }
  return {
    at: 'refused',
    why: problem.title,
    retryable: problem.status === 0 || problem.status === 429 || problem.status >= 500,
    key,
  }
}

import type { Board, BoardHearing, ServerSays } from '../contract/kiosk.ts'

/** What the page is at. One union, so that no two of these can be true together. */
export type Kiosk =
  | { at: 'enrolling' }
  | { at: 'connecting' }
  | { at: 'shown'; board: Board; link: 'up' | 'down' }
  | { at: 'revoked' }
  | { at: 'replaced' }

export type KioskEvent =
  | { is: 'enrolled' }
  | { is: 'said'; message: ServerSays }
  | { is: 'link-down' }
  | { is: 'credential-refused' }
  | { is: 'begin-anew' }

/** Where the page begins: not enrolled, or with the board that it kept, until the server speaks. */
export function begin(credential: string | undefined, board: Board | undefined): Kiosk {
  if (credential === undefined) return { at: 'enrolling' }
  // A board that was kept by an earlier release may lack what has come since.
  return board === undefined
    ? { at: 'connecting' }
    : { at: 'shown', board: { ...board, others: board.others ?? [] }, link: 'down' }
}

export function next(kiosk: Kiosk, event: KioskEvent): Kiosk {
  switch (event.is) {
    case 'begin-anew':
      return { at: 'enrolling' }
    case 'enrolled':
      return { at: 'connecting' }
    case 'credential-refused':
      return { at: 'revoked' }
    case 'link-down':
      return kiosk.at === 'shown' ? { ...kiosk, link: 'down' } : kiosk
    case 'said':
      return heard(kiosk, event.message)
  }
}

function heard(kiosk: Kiosk, message: ServerSays): Kiosk {
  if (message.type === 'board') return { at: 'shown', board: message.board, link: 'up' }
  if (message.type === 'refused') {
    if (message.why === 'revoked') return { at: 'revoked' }
    // An old token: the link fetches a new one and comes back.
    return message.why === 'replaced' ? { at: 'replaced' } : kiosk
  }
  return kiosk
}

/** Where the room is; `inside` holds what it entered. */
export type Place = { at: 'free' } | { at: 'inside'; hearingId: string } | { at: 'parting' }

/**
 * Where a page that was loaded anew finds itself: in the hearing that it was in (`inside`: its id), by itself, unless that one is over or may not be
 * entered any more. Nobody has to press again because a page was reloaded, or the machine came back.
 */
export function placeAtBegin(inside: string | undefined, board: Board, serverNow: number): Place {
  const isBack = inside !== undefined && mayEnter(onBoard(board, inside) ?? null, serverNow)
  return isBack ? { at: 'inside', hearingId: inside } : { at: 'free' }
}

const onBoard = ({ hearing, others }: Board, id: string): BoardHearing | undefined =>
  [hearing, ...others].find((one) => one?.id === id) ?? undefined

/** Where it is in the board's light: a hearing that is over is not on the board any more. */
export function placeOf(
  place: Place,
  board: Board,
): { at: 'free' } | { at: 'inside'; hearing: BoardHearing } | { at: 'parting' } {
  if (place.at !== 'inside') return place
  const hearing = onBoard(board, place.hearingId)
  return hearing === undefined ? { at: 'parting' } : { at: 'inside', hearing }
}

/** Whether the hearing's room may be entered now. */
export function mayEnter(hearing: Board['hearing'], serverNow: number): boolean {
  if (hearing === null) return false
  if (hearing.status === 'live') return true
  return serverNow >= Date.parse(hearing.opensAt) && serverNow < Date.parse(hearing.closesAt)
}

/** The time left in words: "2 ngày 3 giờ", "12 phút 05 giây". */
export function inWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor((seconds % 86_400) / 3_600),
    Math.floor((seconds % 3_600) / 60),
  ]
  if (days > 0) return `${days} ngày ${hours} giờ`
  if (hours > 0) return `${hours} giờ ${minutes} phút`
  return `${minutes} phút ${String(seconds % 60).padStart(2, '0')} giây`
}

/** Waits before the next try to reach the server: 1 s doubling to 15 s. */
export const reconnectMs = (attempt: number): number => Math.min(15_000, 1_000 * 2 ** Math.min(attempt, 4))

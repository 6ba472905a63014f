import type { CaseBrief } from '../cases/index.ts'
import type { Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { CalendarWord } from './submission.ts'

type Reader = Database | Tx

interface KnownEndpoint {
  id: string
  kind: 'central' | 'delegate'
  name: string
  shortName: string
  slug: string
  active: boolean
}

/** What hearings need from the rest of the house. */
export interface HearingDeps {
  calendar: {
    /** How the day of `startsAt` stands, seen from `now`, on the Vietnamese working calendar. */
    word(db: Reader, when: { now: Instant; startsAt: Instant }): Promise<CalendarWord>
  }
  cases: { briefs(db: Reader, ids: string[]): Promise<CaseBrief[]> }
  endpoints: {
    find(db: Reader, ids: string[]): Promise<KnownEndpoint[]>
    central(db: Reader): Promise<KnownEndpoint | undefined>
    /** When a room PC of each endpoint last spoke; endpoints without one are not there. */
    lastWords(db: Reader): Promise<Map<string, Instant>>
  }
  /** Điều 2.4: who must be in the room and is not, as the server sees it; not current while Prosody does not say who is there. */
  quorum(tx: Tx, hearingId: string): Promise<{ met: boolean; isCurrent: boolean; missing: { name: string }[] }>
  /** Điều 7.1, 7.4: what still lacks before the hearing may be archived, each in Vietnamese. Absent: nothing can be archived yet. */
  lacksForArchive?(tx: Tx, hearingId: string): Promise<string[]>
}

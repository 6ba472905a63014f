import type { HearingAnswer } from '../../contract/hearings.ts'
import { type HearingStatus, hearingStatusLabels } from '../../contract/words.ts'
import { when } from '../parts/words.ts'

const line: HearingStatus[] = ['draft', 'submitted', 'approved', 'ready', 'live', 'ended', 'archived']

/** The steps of a hearing's life, with the time each was last reached. */
export function StatusLine({ hearing }: { hearing: HearingAnswer }) {
  const aside = !line.includes(hearing.status)
  // A hearing that left the line stands where its plan has to begin again, or ended.
  const now = aside ? 0 : line.indexOf(hearing.status)
  return (
    <ol className={aside ? 'status-line aside' : 'status-line'} aria-label="Tiến trình buổi tiếp">
      {line.map((status, index) => {
        const reached = hearing.history.findLast((move) => move.to === status)
        const place = aside || index > now ? 'later' : index === now ? 'now' : 'done'
        return (
          <li key={status} className={place} aria-current={place === 'now' ? 'step' : undefined}>
            <span className="step-name">{hearingStatusLabels[status]}</span>
            <span className="step-time">{place !== 'later' && reached ? when(reached.at) : ''}</span>
          </li>
        )
      })}
    </ol>
  )
}

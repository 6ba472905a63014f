import { Alert } from '@mantine/core'
import { latestSubmission } from '../../contract/calendar.ts'
import { useAsk } from '../ask.ts'
import { Failed } from '../parts/states.tsx'
import { plainDate } from '../parts/words.ts'

const words = {
  'in-time': { colour: 'teal', title: 'Bảo đảm thời hạn trình' },
  tight: { colour: 'yellow', title: 'Sát thời hạn trình' },
  late: { colour: 'orange', title: 'Không bảo đảm 05 ngày làm việc: khi trình phải nêu rõ lý do' },
} as const

/** Where the chosen time stands against the 05 working days of Điều 6.1.a, as the server counts them. */
export function LimitNotice({ startsAt }: { startsAt: string }) {
  const asked = useAsk(
    ['calendar', 'limit'],
    latestSubmission,
    { querystring: { startsAt } },
    { enabled: startsAt !== '', keep: true },
  )
  if (startsAt === '') return null
  if (asked.isError) return <Failed error={asked.error} onAgain={() => asked.refetch()} />
  if (asked.data === undefined) return null
  const { standing, workingDaysLeft, latestA, latestB, warnings } = asked.data
  return (
    <Alert color={words[standing].colour} title={words[standing].title} role="status" data-testid="limit">
      Còn {Math.max(0, workingDaysLeft)} ngày làm việc đến ngày tiếp. Hạn trình cuối: {plainDate(latestA)}
      {latestB !== latestA && `; để đủ 05 ngày trọn vẹn: ${plainDate(latestB)}`}.
      {warnings.length > 0 && (
        <ul className="plain-list">
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </Alert>
  )
}

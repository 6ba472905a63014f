import { Alert, Anchor, Tabs } from '@mantine/core'
import { Link, useParams, useSearchParams } from 'react-router'
import { getHearing, type HearingAnswer } from '../../contract/hearings.ts'
import { hearingStatusLabels } from '../../contract/words.ts'
import { useAsk } from '../ask.ts'
import { Guarded, part } from '../parts/part.tsx'
import { Page, Shown } from '../parts/states.tsx'
import { plainDate, span, statusColours } from '../parts/words.ts'
import { useMay } from '../session.tsx'
import { Moves } from './moves.tsx'
import { Overview } from './overview.tsx'
import { StatusLine } from './status-line.tsx'
import { TestsTab } from './tests.tsx'

const GrantsTab = part(() => import('./grants.tsx'))
const RoomTab = part(() => import('./room.tsx'))
const RecordingTab = part(() => import('./recording.tsx'))

const tabs = [
  { value: 'tong-quan', label: 'Tổng quan', may: 'hearing.read' },
  { value: 'kiem-thu', label: 'Kiểm thử', may: 'test-call.read' },
  { value: 'dang-nhap', label: 'Thông tin đăng nhập', may: 'grant.read' },
  { value: 'phong-hop', label: 'Phòng họp', may: 'room.watch' },
  { value: 'ban-ghi', label: 'Bản ghi hình', may: 'recording.read' },
]

/** One hearing, from its plan to its recording. */
export default function Hearing() {
  const { id = '' } = useParams()
  const asked = useAsk(['hearing', id], getHearing, { params: { id } })
  return <Shown asked={asked}>{(hearing) => <One hearing={hearing} />}</Shown>
}

function One({ hearing }: { hearing: HearingAnswer }) {
  const may = useMay()
  const [search, setSearch] = useSearchParams()
  const shown = tabs.filter((tab) => may(tab.may))
  const chosen = shown.find((tab) => tab.value === search.get('muc'))?.value ?? 'tong-quan'
  return (
    <Page
      title={hearing.title}
      over={
        <>
          <Anchor component={Link} to="/buoi-tiep" size="sm">
            Buổi tiếp
          </Anchor>{' '}
          / {hearing.code} · {span(hearing.startsAt, hearing.endsAt)}
        </>
      }
      badge={{ text: hearingStatusLabels[hearing.status], colour: statusColours[hearing.status] }}
      actions={<Moves hearing={hearing} />}
    >
      <Guarded>
        <StatusLine hearing={hearing} />
        <Notices hearing={hearing} />
      </Guarded>
      <Tabs
        value={chosen}
        onChange={(value) => value !== null && setSearch({ muc: value }, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {shown.map((tab) => (
            <Tabs.Tab key={tab.value} value={tab.value}>
              {tab.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Guarded key={chosen}>
          <Tabs.Panel value="tong-quan">
            <Overview hearing={hearing} />
          </Tabs.Panel>
          <Tabs.Panel value="kiem-thu">
            <TestsTab hearing={hearing} />
          </Tabs.Panel>
          <Tabs.Panel value="dang-nhap">
            <GrantsTab hearing={hearing} />
          </Tabs.Panel>
          <Tabs.Panel value="phong-hop">
            <RoomTab hearing={hearing} />
          </Tabs.Panel>
          <Tabs.Panel value="ban-ghi">
            <RecordingTab hearing={hearing} />
          </Tabs.Panel>
        </Guarded>
      </Tabs>
    </Page>
  )
}

/** What a person should know before the next step: late, sent back, what the plan lacks. */
function Notices({ hearing }: { hearing: HearingAnswer }) {
  const { limits, warnings } = hearing
  return (
    <>
      {hearing.late && (
        <Alert color="orange" title="Trình muộn (dưới 05 ngày làm việc)">
          Lý do: {hearing.lateReason}
        </Alert>
      )}
      {hearing.status === 'returned' && hearing.returnReason !== null && (
        <Alert color="orange" title="Chủ tịch trả lại để chỉnh sửa">
          {hearing.returnReason}
        </Alert>
      )}
      {limits?.standing === 'in-time' && (
        <Alert color="teal">
          Còn {limits.workingDaysLeft} ngày làm việc đến ngày tiếp; hạn trình cuối {plainDate(limits.latestDate)}.
        </Alert>
      )}
      {warnings.length > 0 && (
        <Alert color="yellow" title="Cần lưu ý">
          <ul className="plain-list">
            {warnings.map((warning) => (
              <li key={`${warning.field}${warning.message}`}>{warning.message}</li>
            ))}
          </ul>
        </Alert>
      )}
    </>
  )
}

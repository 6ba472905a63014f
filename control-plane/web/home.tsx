import { Alert, Anchor, Badge, Card, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { Link } from 'react-router'
import { listAlerts } from '../contract/audit.ts'
import { listHearings } from '../contract/hearings.ts'
import { type HearingStatus, hearingStatusLabels, type Role } from '../contract/words.ts'
import { useAsk } from './ask.ts'
import { Page, Shown } from './parts/states.tsx'
import { statusColours, when } from './parts/words.ts'
import { useMay, useMe } from './session.tsx'

const duties: Record<Role, { text: string; to: string; statuses: HearingStatus[] }> = {
  chairman: { text: 'Buổi tiếp chờ phê duyệt', to: '/buoi-tiep', statuses: ['submitted'] },
  'reception-board': {
    text: 'Kế hoạch cần hoàn thiện để trình',
    to: '/buoi-tiep',
    statuses: ['draft', 'returned', 'postponed'],
  },
  office: { text: 'Buổi tiếp cần kiểm thử và chuẩn bị', to: '/buoi-tiep', statuses: ['approved', 'ready', 'live'] },
  inspector: { text: 'Buổi tiếp đã kết thúc, có thể xem lại bản ghi', to: '/ban-ghi-hinh', statuses: ['ended'] },
  'commune-officer': { text: 'Buổi tiếp của điểm cầu', to: '/buoi-tiep', statuses: ['approved', 'ready', 'live'] },
  administrator: { text: 'Buổi tiếp đang diễn ra', to: '/buoi-tiep', statuses: ['live'] },
}

/** What is on, what is wrong, and what this person has to do. */
export function Home() {
  const me = useMe()
  const may = useMay()
  const duty = duties[me.staff.role]
  return (
    <Page title={`Kính chào ${me.staff.displayName}`}>
      {may('alerts.read') && <OpenAlerts />}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card withBorder>
          <Text fw={600} mb="xs">
            Việc của ông/bà: {duty.text}
          </Text>
          <HearingLines status={duty.statuses.join(',')} empty="Không có việc nào đang chờ." />
          <Anchor component={Link} to={duty.to} mt="sm" size="sm">
            Xem tất cả
          </Anchor>
        </Card>
        <Card withBorder>
          <Text fw={600} mb="xs">
            Buổi tiếp sắp tới
          </Text>
          <HearingLines status="approved,ready,live" empty="Chưa có buổi tiếp nào được phê duyệt." />
        </Card>
      </SimpleGrid>
    </Page>
  )
}

function HearingLines({ status, empty }: { status: string; empty: string }) {
  const asked = useAsk(['hearings'], listHearings, { querystring: { status, limit: 6 } })
  return (
    <Shown asked={asked} empty={empty} isEmpty={({ items }) => items.length === 0}>
      {({ items }) => (
        <Stack gap="xs">
          {items.map((hearing) => (
            <Group key={hearing.id} justify="space-between" wrap="nowrap" align="flex-start">
              <div>
                <Anchor component={Link} to={`/buoi-tiep/${hearing.id}`}>
                  {hearing.title}
                </Anchor>
                <Text size="sm" c="dimmed">
                  {hearing.code} · {when(hearing.startsAt)}
                </Text>
              </div>
              <Badge color={statusColours[hearing.status]} variant="light" style={{ flexShrink: 0 }}>
                {hearingStatusLabels[hearing.status]}
              </Badge>
            </Group>
          ))}
        </Stack>
      )}
    </Shown>
  )
}

function OpenAlerts() {
  const asked = useAsk(['alerts'], listAlerts, {})
  const open = asked.data?.open ?? []
  if (open.length === 0) return null
  return (
    <Stack gap="xs">
      {open.slice(0, 4).map((alert) => (
        <Alert
          key={alert.id}
          color={alert.severity === 'critical' ? 'red' : 'yellow'}
          title={alert.severity === 'critical' ? 'Cảnh báo khẩn' : 'Lưu ý'}
        >
          {alert.message}
        </Alert>
      ))}
      {open.length > 4 && (
        <Anchor component={Link} to="/canh-bao">
          Còn {open.length - 4} cảnh báo khác
        </Anchor>
      )}
    </Stack>
  )
}

import { Badge, Button, Card, Group, Stack, Text } from '@mantine/core'
import { type AlertAnswer, closeAlert, listAlerts } from '../contract/audit.ts'
import { useAsk, useDo } from './ask.ts'
import { LastDrill } from './drill.tsx'
import { Failed, Page, Shown } from './parts/states.tsx'
import { whenExactly } from './parts/words.ts'
import { LastSelfCheck } from './self-check.tsx'
import { useMay } from './session.tsx'

/** Open alerts and those that ended lately. */
export default function Alerts() {
  const asked = useAsk(['alerts'], listAlerts, {})
  const may = useMay()
  return (
    <Page title="Cảnh báo">
      <Shown
        asked={asked}
        empty="Hệ thống đang hoạt động bình thường, không có cảnh báo nào."
        isEmpty={({ open, recent }) => open.length + recent.length === 0}
      >
        {({ open, recent }) => (
          <Stack>
            {open.length === 0 && <Text>Không có cảnh báo nào đang mở.</Text>}
            {open.map((alert) => (
              <One key={alert.id} alert={alert} />
            ))}
            {recent.length > 0 && <Text fw={600}>Đã hết gần đây</Text>}
            {recent.map((alert) => (
              <One key={alert.id} alert={alert} />
            ))}
          </Stack>
        )}
      </Shown>
      {may('self-check.read') && <LastSelfCheck />}
      {may('self-check.read') && <LastDrill />}
    </Page>
  )
}

function One({ alert }: { alert: AlertAnswer }) {
  const may = useMay()
  const close = useDo(closeAlert, ['alerts'])
  return (
    <Card withBorder className={alert.clearedAt === null ? undefined : 'faded'}>
      <Group justify="space-between" align="flex-start">
        <div>
          <Badge color={alert.severity === 'critical' ? 'red' : 'yellow'}>
            {alert.severity === 'critical' ? 'Khẩn' : 'Lưu ý'}
          </Badge>
          <Text mt={4}>{alert.message}</Text>
          <Text size="sm" c="dimmed">
            Từ {whenExactly(alert.raisedAt)}
            {alert.clearedAt !== null && `, hết lúc ${whenExactly(alert.clearedAt)}`} · {alert.kind}
          </Text>
        </div>
        {alert.clearedAt === null && may('settings.manage') && (
          <Button
            size="xs"
            variant="default"
            loading={close.isPending}
            onClick={() => close.mutate({ params: { id: alert.id } })}
          >
            Đã xử lý
          </Button>
        )}
      </Group>
      {close.isError && <Failed error={close.error} />}
    </Card>
  )
}

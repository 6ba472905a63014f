import { Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import type { HearingAnswer } from '../../contract/hearings.ts'
import { listTestCalls, runTestCall, type TestCall } from '../../contract/test-calls.ts'
import { useAsk, useDo } from '../ask.ts'
import { Failed, Shown } from '../parts/states.tsx'
import { useMay } from '../session.tsx'
import { AlreadyTested } from '../tests/already.tsx'
import { TestLine } from '../tests/line.tsx'

/** The tests of every endpoint of the hearing (6.1.b), as they run. */
export function TestsTab({ hearing }: { hearing: HearingAnswer }) {
  const asked = useAsk(['test-calls', hearing.id], listTestCalls, { querystring: { hearingId: hearing.id } })
  return (
    <Shown
      asked={asked}
      isEmpty={({ items }) => items.length === 0}
      empty="Các lượt kiểm thử được tạo khi Chủ tịch phê duyệt buổi tiếp: trước 01 ngày và trước 02 giờ, cho từng điểm cầu."
    >
      {({ items }) => (
        <Stack>
          <Summary items={items} />
          {hearing.endpoints.map((endpoint) => (
            <OfEndpoint
              key={endpoint.endpointId}
              hearing={hearing}
              endpoint={endpoint}
              tests={items.filter((test) => test.endpointId === endpoint.endpointId)}
            />
          ))}
        </Stack>
      )}
    </Shown>
  )
}

function Summary({ items }: { items: TestCall[] }) {
  const planned = items.filter((test) => test.status !== 'cancelled' && test.supersededAt === null)
  const done = planned.filter((test) => test.status === 'done').length
  const running = planned.filter((test) => test.status === 'running').length
  return (
    <Text role="status">
      Đã xong {done} trong {planned.length} lượt{running > 0 && `, ${running} lượt đang chạy`}.
    </Text>
  )
}

interface Props {
  hearing: HearingAnswer
  endpoint: HearingAnswer['endpoints'][number]
  tests: TestCall[]
}

function OfEndpoint({ hearing, endpoint, tests }: Props) {
  const may = useMay()
  const run = useDo(runTestCall, ['test-calls'])
  const busy = tests.some((test) => test.status === 'running')
  const open = tests.some((test) => test.may.includes('retest'))
  const inOrder = tests.toSorted((one, other) => one.dueAt.localeCompare(other.dueAt))
  return (
    <Card withBorder>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {endpoint.name}
        </Title>
        {may('test-call.run') && open && (
          <Button
            size="xs"
            variant="light"
            loading={run.isPending}
            disabled={busy}
            onClick={() => run.mutate({ body: { endpointId: endpoint.endpointId, hearingId: hearing.id } })}
          >
            Kiểm thử ngay
          </Button>
        )}
      </Group>
      {run.isError && <Failed error={run.error} />}
      <AlreadyTested ordered={run.data} />
      {inOrder.length === 0 && <Text c="dimmed">Chưa có lượt kiểm thử nào.</Text>}
      {inOrder.map((test) => (
        <TestLine key={test.id} test={test} />
      ))}
    </Card>
  )
}

import { Anchor, Badge, Group, Progress, Text } from '@mantine/core'
import { Link } from 'react-router'
import { type TestCall, waitingLabels, waiveTestCall } from '../../contract/test-calls.ts'
import { testCallKindLabels, verdictLabels } from '../../contract/words.ts'
import { useDo } from '../ask.ts'
import { ReasonButton } from '../parts/reason-button.tsx'
import { clockTime, verdictColours, when } from '../parts/words.ts'

const restWords = { due: 'Chờ đến giờ', running: 'Đang kiểm thử', done: 'Đã xong', cancelled: 'Đã hủy' } as const

/** The verdict, or where the test stands. */
export function Verdict({ test }: { test: TestCall }) {
  if (test.verdict === null) {
    return (
      <Badge variant="light" color={test.status === 'running' ? 'blue' : 'gray'}>
        {test.waiting === null ? restWords[test.status] : 'Đang chờ'}
      </Badge>
    )
  }
  return (
    <Group gap={4}>
      <Badge color={verdictColours[test.verdict]} variant="light">
        {verdictLabels[test.verdict]}
      </Badge>
      {test.waiver !== null && (
        <Badge color="gray" variant="light">
          Được bỏ qua
        </Badge>
      )}
    </Group>
  )
}

/** How far a running test is, or what a due one waits for. */
export function TestProgress({ test }: { test: TestCall }) {
  if (test.waiting !== null) {
    return (
      <Text size="sm" role="status">
        {waitingLabels[test.waiting.for]}
        {test.waiting.for === 'servers' && ` lúc ${clockTime(test.waiting.until)}`}.
      </Text>
    )
  }
  if (test.status !== 'running') return null
  const { step, percent } = test.progress ?? { step: 'Chuẩn bị phòng kiểm thử', percent: 5 }
  return (
    <div role="status">
      <Text size="sm">{step}…</Text>
      <Progress value={percent} animated aria-label={`${step}, ${percent} %`} />
    </div>
  )
}

/** The time that says most of a test now, with its own word. */
function standing(test: TestCall): string {
  if (test.status === 'cancelled') return `Đã hủy; giờ định trước ${when(test.dueAt)}`
  if (test.status === 'running') return `Bắt đầu lúc ${when(test.startedAt)}`
  return test.finishedAt === null ? `Đến giờ lúc ${when(test.dueAt)}` : `Xong lúc ${when(test.finishedAt)}`
}

/** One test in a list: when, how it went, what to do about it. */
export function TestLine({ test, withEndpoint }: { test: TestCall; withEndpoint?: boolean }) {
  return (
    <div className="test-line">
      <Group justify="space-between" align="flex-start">
        <div className="grow">
          <Anchor component={Link} to={`/kiem-thu/${test.id}`} fw={500}>
            {testCallKindLabels[test.kind]}
            {withEndpoint === true && ` – ${test.endpointName}`}
          </Anchor>
          <Text size="sm" c="dimmed">
            {standing(test)}
            {test.late && ' · chạy muộn'}
            {test.supersededAt !== null && ' · theo lịch trước khi hoãn'}
            {test.attempt > 1 && ` · lần ${test.attempt}`}
          </Text>
        </div>
        <Group gap="xs">
          <Verdict test={test} />
          {test.status === 'done' && (
            <Anchor component={Link} to={`/kiem-thu/${test.id}/bien-ban`} size="sm">
              Biên bản
            </Anchor>
          )}
          <Waive test={test} />
        </Group>
      </Group>
      <TestProgress test={test} />
      {test.reasons.length > 0 && (
        <ul className="plain-list small">
          {test.reasons.map((reason) => (
            <li key={reason.code}>
              {reason.text} <em>{reason.remedy}</em>
            </li>
          ))}
        </ul>
      )}
      {test.waiver !== null && (
        <Text size="sm">
          {test.waiver.by} cho phép bỏ qua lúc {when(test.waiver.at)}: {test.waiver.reason}
        </Text>
      )}
    </div>
  )
}

/** Accepts a failed or absent result by name and reason (9.2). */
export function Waive({ test }: { test: TestCall }) {
  const waive = useDo(waiveTestCall, ['test-calls', 'test-call', 'hearing', 'hearings'])
  if (!test.may.includes('waive')) return null
  return (
    <ReasonButton
      label="Cho phép bỏ qua"
      size="xs"
      colour="orange"
      title="Cho phép bỏ qua kết quả kiểm thử"
      explain={`${test.endpointName}: ${verdictLabels[test.verdict ?? 'failed']}. Tên ông/bà và lý do được ghi vào biên bản và nhật ký.`}
      ask={{ label: 'Lý do', lines: true }}
      confirm="Cho phép bỏ qua"
      act={waive}
      onConfirm={(reason) => waive.mutateAsync({ params: { id: test.id }, body: { reason } })}
    />
  )
}

import { Alert, Anchor, Button, Card, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { Link, useNavigate, useParams } from 'react-router'
import { runTestCall, showTestCall, type TestCall } from '../../contract/test-calls.ts'
import { testCallKindLabels } from '../../contract/words.ts'
import { useAsk, useDo } from '../ask.ts'
import { Facts, Failed, Page, Shown } from '../parts/states.tsx'
import { clockSteppedWords, when } from '../parts/words.ts'
import { AlreadyTested } from './already.tsx'
import { Figures } from './figures.tsx'
import { TestProgress, Verdict, Waive } from './line.tsx'

/** One test call: how far it is, then its figures, verdict and what to do. */
export default function TestCallDetail() {
  const { id = '' } = useParams()
  const asked = useAsk(['test-call', id], showTestCall, { params: { id } })
  return <Shown asked={asked}>{(test) => <One test={test} />}</Shown>
}

function One({ test }: { test: TestCall }) {
  const navigate = useNavigate()
  const run = useDo(runTestCall, ['test-calls'], { onDone: (fresh) => navigate(`/kiem-thu/${fresh.id}`) })
  const hearingId = test.hearingId === null ? {} : { hearingId: test.hearingId }
  return (
    <Page
      title={`${testCallKindLabels[test.kind]} – ${test.endpointName}`}
      over={
        test.hearingId !== null && (
          <Anchor component={Link} to={`/buoi-tiep/${test.hearingId}?muc=kiem-thu`} size="sm">
            {test.hearingCode} – {test.hearingTitle}
          </Anchor>
        )
      }
      actions={
        <>
          <Waive test={test} />
          {test.may.includes('retest') && (
            <Button
              variant="default"
              loading={run.isPending}
              disabled={test.status === 'running'}
              onClick={() => run.mutate({ body: { endpointId: test.endpointId, ...hearingId } })}
            >
              Kiểm thử lại ngay
            </Button>
          )}
          {test.status === 'done' && (
            <Button component={Link} to={`/kiem-thu/${test.id}/bien-ban`}>
              Biên bản kiểm thử
            </Button>
          )}
        </>
      }
    >
      {run.isError && <Failed error={run.error} />}
      <AlreadyTested ordered={run.data} />
      <TestProgress test={test} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card withBorder>
          <Stack>
            <div data-testid="verdict">
              <Verdict test={test} />
            </div>
            <Facts
              rows={[
                ['Điểm cầu', test.endpointName],
                ['Giờ định trước', `${when(test.dueAt)}${test.late ? ' (chạy muộn)' : ''}`],
                ...(test.supersededAt === null
                  ? []
                  : [['Lịch', `Theo lịch cũ; buổi tiếp được hoãn lúc ${when(test.supersededAt)}`] as [string, string]]),
                // One that was given back to be called anew has not begun, whenever its last attempt did.
                ['Bắt đầu', test.status === 'due' ? '—' : when(test.startedAt)],
                [
                  'Kết thúc',
                  test.clockStepped ? `${when(test.finishedAt)} (${clockSteppedWords})` : when(test.finishedAt),
                ],
                ['Lần thử', String(test.attempt)],
              ]}
            />
          </Stack>
        </Card>
        <Card withBorder>
          <Title order={2} size="h4" mb="sm">
            Nhận xét và cách khắc phục
          </Title>
          {test.reasons.length === 0 && (
            <Text c="dimmed">{test.status === 'done' ? 'Không có điểm nào cần khắc phục.' : 'Chưa có kết quả.'}</Text>
          )}
          <Stack gap="xs">
            {test.reasons.map((reason) => (
              <Alert key={reason.code} color={reason.severity === 'failed' ? 'red' : 'yellow'} title={reason.text}>
                {reason.remedy}
              </Alert>
            ))}
            {test.waiver !== null && (
              <Alert color="gray" title={`${test.waiver.by} cho phép bỏ qua`}>
                {test.waiver.reason} ({when(test.waiver.at)})
              </Alert>
            )}
          </Stack>
        </Card>
      </SimpleGrid>
      {(test.agent !== null || test.kiosk !== null) && (
        <Card withBorder>
          <Title order={2} size="h4" mb="sm">
            Số liệu đo
          </Title>
          <Figures test={test} className="figures" />
        </Card>
      )}
    </Page>
  )
}

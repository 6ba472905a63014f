import { Badge, Card, Code, Group, Stack, Text } from '@mantine/core'
import {
  type Drill,
  type DrillStep,
  drillStepLabels,
  drillVerdictLabels,
  drillVerdictLine,
  readDrills,
} from '../contract/drills.ts'
import { useAsk } from './ask.ts'
import { Shown } from './parts/states.tsx'
import { whenExactly } from './parts/words.ts'

const marks: Record<DrillStep['is'], { text: string; colour: string }> = {
  passed: { text: 'Đạt', colour: 'green' },
  failed: { text: 'Không đạt', colour: 'red' },
  running: { text: 'Đang chạy', colour: 'blue' },
  skipped: { text: 'Bỏ qua', colour: 'gray' },
}
const verdictColours: Record<NonNullable<Drill['verdict']>, string> = {
  passed: 'green',
  failed: 'red',
  stopped: 'gray',
  'cut-off': 'red',
}

/** The minutes of the last end-to-end drill. */
export function LastDrill() {
  const asked = useAsk(['drills'], readDrills, {})
  return (
    <Card withBorder component="section" aria-labelledby="drill">
      <Text id="drill" component="h2" fz="md" fw={600} m={0}>
        Diễn tập hệ thống
      </Text>
      <Shown asked={asked}>
        {({ last, nightlyAt }) => (
          <Stack gap="xs" mt="xs">
            {last === null ? <Never /> : <Minutes drill={last} />}
            <Text size="sm" c="dimmed">
              {nightlyAt === null
                ? 'Chưa đặt giờ tự diễn tập hằng đêm.'
                : `Tự diễn tập hằng đêm lúc ${nightlyAt}, trừ khi gần giờ buổi tiếp.`}
            </Text>
          </Stack>
        )}
      </Shown>
    </Card>
  )
}

const Never = () => (
  <Text c="dimmed">
    Chưa diễn tập lần nào. Trên máy chủ, chạy <Code>scripts/drill</Code>: máy giả lập vào phòng, ghi hình, rồi tự dọn
    sạch trong vài phút.
  </Text>
)

function Minutes({ drill }: { drill: Drill }) {
  return (
    <>
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          Lần gần nhất: {whenExactly(drill.startedAt ?? drill.requestedAt)}, {drill.requestedBy}
        </Text>
        {drill.verdict === null ? (
          <Badge color="blue">{drill.state === 'clearing' ? 'Đang dọn' : 'Đang diễn tập'}</Badge>
        ) : (
          <Badge color={verdictColours[drill.verdict]}>{drillVerdictLabels[drill.verdict]}</Badge>
        )}
      </Group>
      {drill.verdict !== null && <Text size="sm">{drillVerdictLine(drill)}</Text>}
      <details open={drill.verdict !== 'passed'}>
        <summary>Các bước ({drill.steps.length})</summary>
        <ol className="plain-list">
          {drill.steps.map((step) => (
            <Step key={step.key} step={step} />
          ))}
        </ol>
      </details>
    </>
  )
}

const secondsText = (ms: number): string => `${(ms / 1000).toFixed(1).replace('.', ',')} giây`

const Step = ({ step }: { step: DrillStep }) => (
  <li>
    <Badge color={marks[step.is].colour} variant="light">
      {marks[step.is].text}
    </Badge>
    <Text mt={4}>
      {drillStepLabels[step.key]}
      {step.ms !== null && (
        <Text span c="dimmed" size="sm">
          {` (${secondsText(step.ms)})`}
        </Text>
      )}
    </Text>
    {step.figures.map(({ name, value }) => (
      <Text key={`${name} ${value}`} size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {name}: {value}
      </Text>
    ))}
    {step.fault !== null && (
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {step.fault}
      </Text>
    )}
  </li>
)

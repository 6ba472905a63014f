import { Alert, Badge, Card, Group, Progress, Stack, Text, Title } from '@mantine/core'
import {
  type PartStatus,
  partStatusLabels,
  type Recording,
  type RecordingPart,
  type RecordingStatus,
  recordingStatusLabels,
} from '../../contract/recordings.ts'
import { Facts } from '../parts/states.tsx'
import { bytes, clockSteppedWords, clockTime, duration, recordingColours, when } from '../parts/words.ts'
import { LackingNow } from './lacking-now.tsx'
import { Player } from './player.tsx'

/** One recording: where it stands, the film, its parts and their proof of integrity. */
export function RecordingView({ recording }: { recording: Recording }) {
  return (
    <Stack>
      <Group>
        <Badge
          size="lg"
          variant="light"
          color={recordingColours[recording.status]}
          data-testid="recording-status"
          role="status"
        >
          {recordingStatusLabels[recording.status]}
        </Badge>
        <Text size="sm" c="dimmed">
          {standing(recording)}
        </Text>
      </Group>
      <LackingNow recording={recording} />
      {recording.faults > 0 && (
        <Alert color="orange" title={`${recording.faults} sự cố trong khi ghi hình`}>
          {recording.lastFault ?? 'Hệ thống đã tự ghi lại bằng máy khác.'} Các phần được phát nối tiếp nhau.
        </Alert>
      )}
      {recording.status === 'damaged' && (
        <Alert color="red" title="Có tệp trong kho bị mất hoặc đã thay đổi">
          Phần bị ảnh hưởng được ghi rõ ở dưới. Đề nghị báo Văn phòng kiểm tra kho lưu trữ và bản sao lưu; tệp trở lại
          đúng như cũ thì hệ thống tự nhận ra.
        </Alert>
      )}
      {recording.status === 'missing' && (
        <Alert
          color="orange"
          title={
            recording.parts.length === 0
              ? 'Chưa nhận được tệp nào từ máy ghi hình'
              : 'Còn thiếu tệp của ít nhất một phiên ghi'
          }
        >
          Đề nghị kiểm tra máy ghi hình và đường truyền; tệp vẫn nằm trên máy ghi cho đến khi kho xác nhận đã nhận.
        </Alert>
      )}
      <Player recording={recording} />
      <Card withBorder>
        <Title order={2} size="h4" mb="sm">
          Các phần của bản ghi hình
        </Title>
        {recording.parts.length === 0 && <Text c="dimmed">Chưa có tệp nào về kho.</Text>}
        <Stack>
          {recording.parts.map((part, index) => (
            <Part key={part.id} part={part} number={index + 1} />
          ))}
        </Stack>
      </Card>
      <Sessions recording={recording} />
    </Stack>
  )
}

const stateLabels: Record<RecordingStatus, string> = {
  expected: 'Chờ bắt đầu từ',
  starting: 'Gọi máy ghi lúc',
  recording: 'Đang ghi từ',
  fault: 'Sự cố lúc',
  uploading: 'Ghi hình dừng lúc',
  missing: 'Ghi hình dừng lúc',
  ready: 'Vào kho lúc',
  broken: 'Vào kho lúc',
  damaged: 'Vào kho lúc',
}

/** The time that says most of a recording now, with its own word. */
function standing({ status, stateAt, parts }: Recording): string {
  const stored = parts.flatMap(({ storedAt }) => (storedAt === null ? [] : [storedAt])).sort()
  const isStored = status === 'ready' || status === 'broken' || status === 'damaged'
  return `${stateLabels[status]} ${when(isStored ? (stored.at(-1) ?? null) : stateAt)}`
}

const movingStatuses: PartStatus[] = ['receiving', 'verifying', 'probing', 'remuxing', 'storing']

function Part({ part, number }: { part: RecordingPart; number: number }) {
  const moving = movingStatuses.includes(part.status)
  return (
    <div className="part">
      <Group justify="space-between">
        <Text fw={500}>
          Phần {number}
          {part.startedAt !== null && `, bắt đầu ${when(part.startedAt)}`}
        </Text>
        <Badge variant="light" color={moving ? 'blue' : part.status === 'ready' ? 'teal' : 'red'}>
          {partStatusLabels[part.status]}
        </Badge>
      </Group>
      {moving && (
        <Progress
          value={part.progressPercent}
          animated
          aria-label={`${partStatusLabels[part.status]}, ${part.progressPercent} %`}
        />
      )}
      {part.fault !== null && (
        <Alert color="red" mt="xs">
          {part.fault}
        </Alert>
      )}
      <Facts
        rows={[
          ['Thời lượng', duration(part.durationMs)],
          ['Dung lượng', bytes(part.sizeBytes)],
          ['Máy ghi hình', part.host],
          ['Vào kho lúc', when(part.storedAt)],
          [
            'Mã băm SHA-256',
            <span className="mono small" key="hash">
              {part.sha256}
            </span>,
          ],
        ]}
      />
    </div>
  )
}

function sessionTimes({ startedAt, onAt, endedAt }: Recording['sessions'][number]): string {
  if (onAt !== null)
    return `Ghi từ ${clockTime(onAt)}${endedAt === null ? ', đang chạy' : ` đến ${clockTime(endedAt)}`}`
  const asked = `Yêu cầu lúc ${clockTime(startedAt)}`
  return endedAt === null ? `${asked}, máy ghi chưa bắt đầu` : `${asked}, không ghi được, bỏ lúc ${clockTime(endedAt)}`
}

function Sessions({ recording }: { recording: Recording }) {
  if (recording.sessions.length === 0) return null
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Các phiên ghi
      </Title>
      <ul className="plain-list">
        {recording.sessions.map((session) => (
          <li key={session.sessionId}>
            {sessionTimes(session)}
            {session.clockStepped && ` (${clockSteppedWords})`}
            {session.endedByFault !== null && ` – ${session.endedByFault}`}
          </li>
        ))}
        {recording.gaps.map((gap) => (
          <li key={gap.beganAt}>
            <strong>
              {`Không ghi hình được từ ${clockTime(gap.beganAt)}`}
              {gap.endedAt === null
                ? ' đến nay'
                : ` đến ${clockTime(gap.endedAt)} (${Math.round((Date.parse(gap.endedAt) - Date.parse(gap.beganAt)) / 1000)} giây)`}
            </strong>
          </li>
        ))}
      </ul>
    </Card>
  )
}

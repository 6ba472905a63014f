import { Alert, Card, Group, Text, Title } from '@mantine/core'
import type { HearingAnswer } from '../../contract/hearings.ts'
import {
  hearingRecording,
  listRecorders,
  type Recording,
  recordingStatusLabels,
  restartRecording,
} from '../../contract/recordings.ts'
import { useAsk, useDo } from '../ask.ts'
import { ReasonButton } from '../parts/reason-button.tsx'
import { Shown } from '../parts/states.tsx'
import { clockTime } from '../parts/words.ts'
import { LackingNow, lackingNow } from '../recordings/lacking-now.tsx'

const good = ['recording', 'ready', 'uploading']

/** Whether the hearing is being recorded, now; with its alarms and the button beside them. */
export function RecorderCard({ hearing }: { hearing: HearingAnswer }) {
  const asked = useAsk(['recording', 'of', hearing.id], hearingRecording, { params: { id: hearing.id } })
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Ghi hình
      </Title>
      <Shown asked={asked}>
        {({ recording }) =>
          recording === null ? (
            <>
              <Text>Ghi hình tự khởi động khi buổi tiếp bắt đầu.</Text>
              <FreeRecorders />
            </>
          ) : (
            <State recording={recording} />
          )
        }
      </Shown>
    </Card>
  )
}

function State({ recording }: { recording: Recording }) {
  const restart = useDo(restartRecording, ['recording', 'recordings'])
  const running = recording.sessions.find((session) => session.endedAt === null)
  return (
    <>
      <Text
        className={good.includes(recording.status) && lackingNow(recording).length === 0 ? 'lamp good' : 'lamp bad'}
        fw={500}
        role="status"
      >
        {recordingStatusLabels[recording.status]}
      </Text>
      {running?.onAt != null && <Text size="sm">Đang ghi từ {clockTime(running.onAt)}.</Text>}
      <LackingNow recording={recording} />
      {recording.faults > 0 && (
        <Alert color="orange" mt="sm" title={`${recording.faults} sự cố trong buổi tiếp này`}>
          {recording.lastFault ?? 'Hệ thống đã tự khởi động lại ghi hình.'}
        </Alert>
      )}
      {recording.may.includes('restart') && (
        <Group mt="md">
          <ReasonButton
            label="Ghi lại bằng máy khác"
            size="xs"
            colour="orange"
            title="Khởi động lại ghi hình"
            explain="Phiên ghi hiện tại dừng và một phiên mới bắt đầu trong ít giây. Các phần vẫn thuộc cùng một bản ghi hình."
            ask={{ label: 'Lý do' }}
            confirm="Ghi lại"
            act={restart}
            onConfirm={(reason) => restart.mutateAsync({ params: { id: recording.id }, body: { reason } })}
          />
        </Group>
      )}
    </>
  )
}

function FreeRecorders() {
  const asked = useAsk(['recorders'], listRecorders, {})
  if (asked.data === undefined) return null
  const free = asked.data.items.filter(({ silent, report }) => !silent && report.jibri === 'idle').length
  return (
    <Text className={free > 0 ? 'lamp good' : 'lamp bad'} mt="xs">
      {free > 0 ? `${free} máy ghi hình đang sẵn sàng.` : 'Không có máy ghi hình nào sẵn sàng. Đề nghị kiểm tra ngay.'}
    </Text>
  )
}

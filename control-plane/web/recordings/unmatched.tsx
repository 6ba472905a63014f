import { Alert, Anchor, Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { dismissPart, listRecordings, listUnmatched, matchPart, type RecordingPart } from '../../contract/recordings.ts'
import { useAsk, useDo } from '../ask.ts'
import { ReasonButton } from '../parts/reason-button.tsx'
import { Failed } from '../parts/states.tsx'
import { bytes, duration, when } from '../parts/words.ts'

/** Files in the store of which nobody knows the hearing: a person says whose they are. Nothing is shown when there are none. */
export function Unmatched() {
  const asked = useAsk(['recordings', 'unmatched'], listUnmatched, {})
  if (asked.data === undefined || asked.data.items.length === 0) return null
  const { items, may } = asked.data
  return (
    <section>
      <Text component="h2" fw={700} size="lg" mb="xs">
        Chưa rõ buổi tiếp
      </Text>
      <Alert color="orange" mb="sm">
        Các tệp này đã vào kho nhưng không khớp buổi tiếp nào. Máy ghi giữ bản của mình cho đến khi có người xác định.
      </Alert>
      <Stack>
        {items.map((part) => (
          <File key={part.id} part={part} mayWatch={may.includes('watch')} mayDecide={may.includes('decide')} />
        ))}
      </Stack>
    </section>
  )
}

function File(props: { part: RecordingPart & { roomName: string | null }; mayWatch: boolean; mayDecide: boolean }) {
  const { part } = props
  return (
    <div className="part">
      <Text fw={500}>
        {part.fileName} · {part.host}
        {part.startedAt !== null && `, bắt đầu ${when(part.startedAt)}`}
      </Text>
      <Text size="sm" c="dimmed">
        {duration(part.durationMs)} · {bytes(part.sizeBytes)} · phòng {part.roomName ?? 'không rõ'} · vào kho{' '}
        {when(part.storedAt)}
        {part.fault !== null && ` · ${part.fault}`}
      </Text>
      {props.mayWatch && part.mediaUrl !== null && (
        <Anchor href={part.mediaUrl} target="_blank" size="sm">
          Xem để nhận ra buổi tiếp
        </Anchor>
      )}
      {props.mayDecide && <Decide id={part.id} />}
    </div>
  )
}

function Decide({ id }: { id: string }) {
  const [hearingId, setHearingId] = useState('')
  const hearings = useAsk(['recordings'], listRecordings, { querystring: {} })
  const match = useDo(matchPart, ['recordings', 'recording', 'alerts'])
  const dismiss = useDo(dismissPart, ['recordings', 'recording', 'alerts'])
  const choices = (hearings.data?.items ?? []).map((one) => ({
    value: one.hearingId,
    label: `${one.hearingCode} – ${one.hearingTitle} (${when(one.hearingStartsAt)})`,
  }))
  return (
    <>
      <Group align="flex-end" mt="xs">
        <NativeSelect
          label="Thuộc buổi tiếp"
          value={hearingId}
          onChange={(event) => setHearingId(event.currentTarget.value)}
          data={[{ value: '', label: 'Chọn buổi tiếp' }, ...choices]}
          className="grow"
        />
        <Button
          disabled={hearingId === ''}
          loading={match.isPending}
          onClick={() => match.mutate({ params: { id }, body: { hearingId } })}
        >
          Xác định
        </Button>
        <ReasonButton
          label="Không thuộc buổi tiếp nào"
          title="Tệp không thuộc buổi tiếp nào"
          explain="Tệp vẫn được giữ trong kho; máy ghi hình được xóa bản của mình. Lý do được ghi vào nhật ký hệ thống."
          ask={{ label: 'Lý do' }}
          colour="gray"
          confirm="Xác nhận"
          act={dismiss}
          onConfirm={(reason) => dismiss.mutateAsync({ params: { id }, body: { reason } })}
        />
      </Group>
      {match.error !== null && <Failed error={match.error} />}
    </>
  )
}

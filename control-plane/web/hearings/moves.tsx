import { Button, Group, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'react-router'
import {
  approveHearing,
  archiveHearing,
  cancelHearing,
  endHearing,
  type HearingAnswer,
  hearingActionLabels as labels,
  postponeHearing,
  returnHearing,
  submitHearing,
} from '../../contract/hearings.ts'
import { faultsOf, useDo } from '../ask.ts'
import { ReasonButton } from '../parts/reason-button.tsx'
import { fromField, span, toField } from '../parts/words.ts'

const again = ['hearing', 'hearings', 'room', 'test-calls', 'recording']

/** What this person may do with the hearing now, as the server says. The start stands in the room's tab, beside the quorum. */
export function Moves({ hearing }: { hearing: HearingAnswer }) {
  const { may } = hearing
  return (
    <Group gap="xs">
      {may.includes('edit') && (
        <Button component={Link} to={`/buoi-tiep/${hearing.id}/sua`} variant="default">
          {labels.edit}
        </Button>
      )}
      {may.includes('cancel') && <Cancel hearing={hearing} />}
      {may.includes('postpone') && <Postpone hearing={hearing} />}
      {may.includes('return') && <SendBack hearing={hearing} />}
      {may.includes('submit') && <Submit hearing={hearing} />}
      {may.includes('approve') && <Approve hearing={hearing} />}
      {may.includes('start') && (
        <Button component={Link} to={`/buoi-tiep/${hearing.id}?muc=phong-hop`}>
          {labels.start}
        </Button>
      )}
      {may.includes('end') && <End hearing={hearing} />}
      {may.includes('archive') && <Archive hearing={hearing} />}
    </Group>
  )
}

interface Props {
  hearing: HearingAnswer
}
const of = ({ id }: HearingAnswer) => ({ id })

function Submit({ hearing }: Props) {
  const submit = useDo(submitHearing, again)
  const late = hearing.limits?.standing === 'late'
  return (
    <ReasonButton
      label={labels.submit}
      title={`Trình Chủ tịch duyệt ${hearing.code}`}
      explain={
        late
          ? 'Kế hoạch không còn đủ 05 ngày làm việc trước buổi tiếp. Lý do trình muộn được lưu cùng hồ sơ và hiện với Chủ tịch.'
          : 'Kế hoạch được chuyển đến Chủ tịch và không sửa được cho đến khi được trả lại.'
      }
      ask={late ? { label: 'Lý do trình muộn', lines: true, field: 'lateReason' } : null}
      confirm="Trình duyệt"
      act={submit}
      onConfirm={(lateReason) =>
        submit.mutateAsync({
          params: of(hearing),
          body: { version: hearing.version, lateReason: lateReason === '' ? null : lateReason },
        })
      }
    />
  )
}

function Approve({ hearing }: Props) {
  const approve = useDo(approveHearing, again)
  return (
    <ReasonButton
      label={labels.approve}
      title={`Phê duyệt ${hearing.code}`}
      explain="Ngay khi phê duyệt, hệ thống tạo phòng họp, thông tin đăng nhập và các lượt kiểm thử của mọi điểm cầu."
      ask={{ label: 'Số quyết định', field: 'decisionNumber' }}
      confirm="Phê duyệt"
      act={approve}
      onConfirm={(decisionNumber) =>
        approve.mutateAsync({ params: of(hearing), body: { version: hearing.version, decisionNumber } })
      }
    >
      <Text size="sm">
        {span(hearing.startsAt, hearing.endsAt)}; {hearing.endpoints.length} điểm cầu; {hearing.cases.length} vụ việc.
        {hearing.late && ` Trình muộn: ${hearing.lateReason}`}
      </Text>
    </ReasonButton>
  )
}

function SendBack({ hearing }: Props) {
  const sendBack = useDo(returnHearing, again)
  return (
    <ReasonButton
      label={labels.return}
      colour="orange"
      title={`Trả lại ${hearing.code}`}
      explain="Ban Tiếp công dân nhận lại kế hoạch để chỉnh sửa và trình lại."
      ask={{ label: 'Lý do trả lại', lines: true }}
      confirm="Trả lại"
      act={sendBack}
      onConfirm={(reason) => sendBack.mutateAsync({ params: of(hearing), body: { version: hearing.version, reason } })}
    />
  )
}

function Cancel({ hearing }: Props) {
  const cancel = useDo(cancelHearing, again)
  return (
    <ReasonButton
      label={labels.cancel}
      colour="red"
      title={`Hủy ${hearing.code}`}
      explain="Buổi tiếp bị hủy hẳn: phòng họp đóng, thông tin đăng nhập và kiểm thử bị thu hồi. Không thể khôi phục."
      ask={{ label: 'Lý do hủy', lines: true }}
      confirm="Hủy buổi tiếp"
      act={cancel}
      onConfirm={(reason) => cancel.mutateAsync({ params: of(hearing), body: { version: hearing.version, reason } })}
    />
  )
}

function Postpone({ hearing }: Props) {
  const postpone = useDo(postponeHearing, again)
  const [startsAt, setStartsAt] = useState('')
  const faults = faultsOf(postpone.error)
  return (
    <ReasonButton
      label={labels.postpone}
      colour="yellow"
      title={`Hoãn ${hearing.code}`}
      explain="Phòng họp, thông tin đăng nhập và kiểm thử bị thu hồi; kế hoạch được sửa và trình lại."
      ask={{ label: 'Lý do hoãn', lines: true }}
      confirm="Hoãn buổi tiếp"
      act={postpone}
      onConfirm={(reason) =>
        postpone.mutateAsync({
          params: of(hearing),
          body: { version: hearing.version, reason, ...(startsAt === '' ? {} : { startsAt }) },
        })
      }
    >
      <TextInput
        type="datetime-local"
        label="Thời gian bắt đầu mới (nếu đã định)"
        description="Để trống nếu chưa định; thời lượng giữ nguyên."
        value={toField(startsAt)}
        error={faults.startsAt ?? faults.endsAt}
        onChange={(event) => setStartsAt(fromField(event.currentTarget.value))}
      />
    </ReasonButton>
  )
}

export function End({ hearing }: Props) {
  const end = useDo(endHearing, again)
  return (
    <ReasonButton
      label={labels.end}
      colour="red"
      title={`Kết thúc ${hearing.code}`}
      explain="Phòng họp đóng với mọi người và ghi hình dừng lại. Buổi tiếp đã kết thúc thì không mở lại được."
      ask={null}
      confirm="Kết thúc buổi tiếp"
      act={end}
      onConfirm={() => end.mutateAsync({ params: of(hearing) })}
    />
  )
}

function Archive({ hearing }: Props) {
  const archive = useDo(archiveHearing, again)
  return (
    <ReasonButton
      label={labels.archive}
      title={`Lưu hồ sơ ${hearing.code}`}
      explain="Hồ sơ chỉ được đóng khi bản ghi hình đã vào kho và có bản sao lưu đã kiểm tra (Điều 7)."
      ask={null}
      confirm="Lưu hồ sơ"
      act={archive}
      onConfirm={() => archive.mutateAsync({ params: of(hearing) })}
    />
  )
}

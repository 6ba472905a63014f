import { Alert, Card, Group, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core'
import { type HearingAnswer, startHearing } from '../../contract/hearings.ts'
import { type RoomBoard, showRoom } from '../../contract/rooms.ts'
import { useAsk, useDo } from '../ask.ts'
import { useWatched } from '../attended.ts'
import { Listing, Row } from '../parts/listing.tsx'
import { Guarded } from '../parts/part.tsx'
import { ReasonButton } from '../parts/reason-button.tsx'
import { Shown } from '../parts/states.tsx'
import { clockSteppedWords, clockTime, when } from '../parts/words.ts'
import { useMay } from '../session.tsx'
import { End } from './moves.tsx'
import { RecorderCard } from './recorder.tsx'

/** The live board: who is in the room as the server sees it, the quorum, the recorder; start and end. */
export default function RoomTab({ hearing }: { hearing: HearingAnswer }) {
  const may = useMay()
  useWatched(hearing.status === 'live')
  const asked = useAsk(['room', hearing.id], showRoom, { params: { id: hearing.id } })
  return (
    <Shown
      asked={asked}
      isEmpty={({ opensAt }) => opensAt === null}
      empty="Phòng họp được tạo khi Chủ tịch phê duyệt buổi tiếp."
    >
      {(board) => (
        <Stack>
          <Where board={board} hearing={hearing} />
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            {board.closedAt === null && <Quorum board={board} hearing={hearing} />}
            {may('recording.read') && (
              <Guarded>
                <RecorderCard hearing={hearing} />
              </Guarded>
            )}
          </SimpleGrid>
          <Guarded>
            <Attendance board={board} />
          </Guarded>
        </Stack>
      )}
    </Shown>
  )
}

function Where({ board, hearing }: { board: RoomBoard; hearing: HearingAnswer }) {
  if (hearing.status === 'live') {
    return (
      <Alert color="red" title={`Buổi tiếp đang diễn ra từ ${clockTime(hearing.liveAt)}`}>
        Phòng họp mở cho đến khi ông/bà bấm “Kết thúc buổi tiếp”.
      </Alert>
    )
  }
  if (board.closedAt !== null) return <Text>Phòng họp đã đóng lúc {when(board.closedAt)}.</Text>
  return (
    <Text>
      Phòng họp mở từ {when(board.opensAt)} đến {when(board.closesAt)}.
    </Text>
  )
}

function Quorum({ board, hearing }: { board: RoomBoard; hearing: HearingAnswer }) {
  const { met, isCurrent, present, missing } = board.quorum
  const count = met ? 'Đã đủ thành phần trong phòng họp.' : `Còn thiếu ${missing.length} thành phần.`
  return (
    <Card withBorder data-testid="quorum">
      <Title order={2} size="h4" mb="sm">
        Thành phần bắt buộc (Điều 2 khoản 4)
      </Title>
      <Text mb="xs" fw={500} c={met ? 'teal.8' : 'orange.9'} role="status">
        {isCurrent
          ? count
          : 'Chưa rõ ai đang có mặt: máy chủ phòng họp không trả lời. Danh sách dưới đây có thể đã cũ.'}
      </Text>
      <ul className="lamps">
        {missing.map((one) => (
          <li key={one.grantId} className="lamp bad">
            {one.name} <span className="quiet">– chưa có mặt</span>
          </li>
        ))}
        {present.map((one) => (
          <li key={one.grantId} className="lamp good">
            {one.name} <span className="quiet">– có mặt</span>
          </li>
        ))}
      </ul>
      {board.quorum.released.length > 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          Không còn tính vì thông tin đăng nhập đã bị thu hồi:{' '}
          {board.quorum.released.map(({ name }) => name).join(', ')}.
        </Text>
      )}
      <Group mt="md">
        <Start board={board} hearing={hearing} />
        {hearing.may.includes('end') && <End hearing={hearing} />}
      </Group>
    </Card>
  )
}

function Start({ board, hearing }: { board: RoomBoard; hearing: HearingAnswer }) {
  const start = useDo(startHearing, ['hearing', 'hearings', 'room', 'recording'])
  if (!hearing.may.includes('start')) return null
  return (
    <div>
      <ReasonButton
        label="Bắt đầu buổi tiếp"
        title={`Bắt đầu ${hearing.code}`}
        explain="Giờ bắt đầu được ghi nhận và ghi hình tự khởi động. Đề nghị nhắc mọi người rằng buổi tiếp được ghi hình."
        ask={null}
        confirm="Bắt đầu"
        act={start}
        disabled={!board.quorum.met}
        onConfirm={() => start.mutateAsync({ params: { id: hearing.id } })}
      />
      <Text size="sm" c="dimmed" mt={4}>
        {board.quorum.met
          ? `Bắt đầu được từ ${when(hearing.startableFrom)}.`
          : 'Chỉ bắt đầu được khi mọi thành phần bắt buộc cùng có mặt.'}
      </Text>
    </div>
  )
}

/** How an end was found out, where it is not the word of the one who left, and until when he was there without doubt. */
function leftWords({ leftAt, leftBy, certainUntil }: RoomBoard['attendance'][number]): string {
  const how = { 'line-lost': 'mất đường truyền', snapshot: 'suy ra sau khi máy chủ phòng họp khởi động lại' }[
    leftBy ?? ''
  ]
  if (how === undefined) return ''
  if (certainUntil === null || leftAt === null) return ` (${how})`
  const seconds = Math.round((Date.parse(leftAt) - Date.parse(certainUntil)) / 1000)
  return seconds === 0
    ? ` (${how})`
    : ` (${how}; chắc chắn có mặt đến ${clockTime(certainUntil)}, sau đó ${seconds} giây không rõ)`
}

function Attendance({ board }: { board: RoomBoard }) {
  const rows = board.attendance.toSorted((one, other) => other.joinedAt.localeCompare(one.joinedAt))
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Sự có mặt, do máy chủ ghi nhận
      </Title>
      {rows.length === 0 ? (
        <Text c="dimmed">Chưa có ai vào phòng.</Text>
      ) : (
        <Listing names={['Người, điểm cầu', 'Vào', 'Ra']}>
          {rows.map((row) => (
            <Row key={`${row.grantId}${row.joinedAt}`}>
              <Table.Td>
                <span className={row.leftAt === null ? 'lamp good' : 'lamp'}>{row.displayName}</span>
              </Table.Td>
              <Table.Td>{clockTime(row.joinedAt)}</Table.Td>
              <Table.Td>
                {row.leftAt === null ? 'đang trong phòng' : clockTime(row.leftAt)}
                {leftWords(row)}
                {row.clockStepped && (
                  <Text size="sm" c="orange.9">
                    ({clockSteppedWords})
                  </Text>
                )}
              </Table.Td>
            </Row>
          ))}
        </Listing>
      )}
    </Card>
  )
}

import { Anchor, Badge, Group, Table, Text, TextInput } from '@mantine/core'
import { useDeferredValue, useState } from 'react'
import { Link } from 'react-router'
import { listRecorders, listRecordings, type Recording, recordingStatusLabels } from '../../contract/recordings.ts'
import { useAsk } from '../ask.ts'
import { Listing, Row } from '../parts/listing.tsx'
import { Page, Shown } from '../parts/states.tsx'
import { bytes, duration, fromField, recordingColours, when } from '../parts/words.ts'
import { Unmatched } from './unmatched.tsx'

/** The library of recordings, and the hosts that make them. */
export default function Recordings() {
  const [q, setQ] = useState('')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const querystring = {
    q: useDeferredValue(q),
    ...(from === '' ? {} : { from: fromField(`${from}T00:00`) }),
    ...(to === '' ? {} : { to: fromField(`${to}T23:59`) }),
  }
  const asked = useAsk(['recordings'], listRecordings, { querystring }, { keep: true })
  return (
    <Page title="Bản ghi hình">
      <Group align="flex-end" className="filters">
        <TextInput
          label="Tìm theo buổi tiếp, điểm cầu (không cần dấu)"
          value={q}
          onChange={(event) => setQ(event.currentTarget.value)}
          className="grow"
        />
        <TextInput type="date" label="Từ ngày" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <TextInput type="date" label="Đến ngày" value={to} onChange={(event) => setTo(event.currentTarget.value)} />
      </Group>
      <Shown
        asked={asked}
        isEmpty={({ items }) => items.length === 0}
        empty={
          q === '' && from === '' && to === ''
            ? 'Chưa có bản ghi hình nào. Bản ghi tự về đây sau mỗi buổi tiếp.'
            : 'Không có bản ghi hình nào phù hợp.'
        }
      >
        {({ items }) => (
          <Listing names={['Buổi tiếp', 'Thời gian', 'Điểm cầu', 'Thời lượng', 'Trạng thái']}>
            {items.map((item) => (
              <One key={item.id} item={item} />
            ))}
          </Listing>
        )}
      </Shown>
      <Unmatched />
      <Recorders />
    </Page>
  )
}

function One({ item }: { item: Recording }) {
  const known = item.parts.map((part) => part.durationMs).filter((length) => length !== null)
  const length = known.reduce((sum, one) => sum + one, 0)
  const atLeast = known.length < item.parts.length ? 'ít nhất ' : ''
  return (
    <Row>
      <Table.Td>
        <Anchor component={Link} to={`/ban-ghi-hinh/${item.id}`}>
          {item.hearingCode} – {item.hearingTitle}
        </Anchor>
      </Table.Td>
      <Table.Td className="nowrap">{when(item.hearingStartsAt)}</Table.Td>
      <Table.Td>{item.endpointNames.join(', ')}</Table.Td>
      <Table.Td className="nowrap">{length === 0 ? '—' : `${atLeast}${duration(length)}`}</Table.Td>
      <Table.Td>
        <Badge variant="light" color={recordingColours[item.status]}>
          {recordingStatusLabels[item.status]}
        </Badge>
        {item.faults > 0 && (
          <Text size="xs" c="orange.9">
            {item.faults} sự cố
          </Text>
        )}
      </Table.Td>
    </Row>
  )
}

const states = { idle: 'Sẵn sàng', busy: 'Đang ghi', unhealthy: 'Gặp lỗi', down: 'Không chạy' } as const

function Recorders() {
  const asked = useAsk(['recorders'], listRecorders, {})
  if (asked.data === undefined || asked.data.items.length === 0) return null
  return (
    <section>
      <Text component="h2" fw={700} size="lg" mb="xs">
        Máy ghi hình
      </Text>
      <ul className="lamps">
        {asked.data.items.map(({ host, reportedAt, report, silent }) => (
          <li key={host} className={!silent && ['idle', 'busy'].includes(report.jibri) ? 'lamp good' : 'lamp bad'}>
            <strong>{host}</strong>: {silent ? `không báo về từ ${when(reportedAt)}` : states[report.jibri]}
            <span className="quiet">
              {' '}
              · còn trống {bytes(report.freeBytes)}
              {report.spool.waiting > 0 && ` · ${report.spool.waiting} tệp chờ gửi (${bytes(report.spool.bytes)})`}
              {(report.spool.held ?? 0) > 0 && ` · ${report.spool.held} tệp giữ lại, chưa rõ buổi tiếp`}
              {report.fault !== undefined && ` · ${report.fault.detail}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

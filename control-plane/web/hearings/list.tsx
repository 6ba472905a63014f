import { Anchor, Badge, Button, Group, NativeSelect, Table, Text, TextInput } from '@mantine/core'
import { useDeferredValue, useState } from 'react'
import { Link } from 'react-router'
import { type HearingListItem, listHearings } from '../../contract/hearings.ts'
import { type HearingStatus, hearingStatuses, hearingStatusLabels } from '../../contract/words.ts'
import { useAsk } from '../ask.ts'
import { Listing, Row } from '../parts/listing.tsx'
import { Pages } from '../parts/pages.tsx'
import { Page, Shown } from '../parts/states.tsx'
import { span, statusColours } from '../parts/words.ts'

const pageLength = 30

/** All hearings that this person may see: the coming ones first. */
export default function Hearings() {
  const [q, setQ] = useState('')
  const [status, setStatus] = useState<HearingStatus | ''>('')
  const [offset, setOffset] = useState(0)
  const querystring = { q: useDeferredValue(q), status, limit: pageLength, offset }
  const asked = useAsk(['hearings'], listHearings, { querystring }, { keep: true })
  return (
    <Page
      title="Buổi tiếp công dân trực tuyến"
      actions={
        asked.data?.mayCreate && (
          <Button component={Link} to="/buoi-tiep/moi">
            Lập kế hoạch buổi tiếp
          </Button>
        )
      }
    >
      <Group align="flex-end" className="filters">
        <TextInput
          label="Tìm theo mã, tên (không cần dấu)"
          value={q}
          onChange={(event) => {
            setQ(event.currentTarget.value)
            setOffset(0)
          }}
          className="grow"
        />
        <NativeSelect
          label="Trạng thái"
          value={status}
          onChange={(event) => {
            setStatus(event.currentTarget.value as HearingStatus | '')
            setOffset(0)
          }}
          data={[
            { value: '', label: 'Tất cả' },
            ...hearingStatuses.map((value) => ({ value, label: hearingStatusLabels[value] })),
          ]}
        />
      </Group>
      <Shown
        asked={asked}
        isEmpty={({ items }) => items.length === 0}
        empty={q === '' && status === '' ? 'Chưa có buổi tiếp nào.' : 'Không có buổi tiếp nào phù hợp.'}
      >
        {({ items, total }) => (
          <>
            <Listing names={['Mã', 'Buổi tiếp', 'Thời gian', 'Điểm cầu đại biểu', 'Trạng thái']}>
              {items.map((item) => (
                <One key={item.id} item={item} />
              ))}
            </Listing>
            <Pages total={total} offset={offset} length={pageLength} onOffset={setOffset} what="buổi tiếp" />
          </>
        )}
      </Shown>
    </Page>
  )
}

function One({ item }: { item: HearingListItem }) {
  const delegates = item.endpoints.filter((endpoint) => endpoint.kind === 'delegate')
  return (
    <Row>
      <Table.Td className="nowrap">{item.code}</Table.Td>
      <Table.Td>
        <Anchor component={Link} to={`/buoi-tiep/${item.id}`}>
          {item.title}
        </Anchor>
      </Table.Td>
      <Table.Td>{span(item.startsAt, item.endsAt)}</Table.Td>
      <Table.Td>
        {delegates
          .slice(0, 3)
          .map((endpoint) => endpoint.shortName)
          .join(', ')}
        {delegates.length > 3 && ` và ${delegates.length - 3} điểm cầu khác`}
      </Table.Td>
      <Table.Td>
        <Badge color={statusColours[item.status]} variant="light">
          {hearingStatusLabels[item.status]}
        </Badge>
        {item.late && (
          <Text size="xs" c="orange.9">
            Trình muộn
          </Text>
        )}
      </Table.Td>
    </Row>
  )
}

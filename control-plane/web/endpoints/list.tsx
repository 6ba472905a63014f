import { Anchor, Badge, Group, Table, TextInput } from '@mantine/core'
import { useDeferredValue, useState } from 'react'
import { Link } from 'react-router'
import { listEndpoints } from '../../contract/endpoints.ts'
import { useAsk } from '../ask.ts'
import { Listing, Row } from '../parts/listing.tsx'
import { Page, Shown } from '../parts/states.tsx'

/** The centre and the communes and wards of the province. */
export default function Endpoints() {
  const [q, setQ] = useState('')
  const search = useDeferredValue(q)
  const asked = useAsk(['endpoints'], listEndpoints, { querystring: search === '' ? {} : { q: search } })
  return (
    <Page title="Điểm cầu">
      <TextInput
        label="Tìm theo tên (không cần dấu), mã, tỉnh cũ"
        value={q}
        onChange={(event) => setQ(event.currentTarget.value)}
        maw={460}
      />
      <Shown asked={asked} empty="Không có điểm cầu nào phù hợp." isEmpty={({ items }) => items.length === 0}>
        {({ items }) => (
          <>
            <Group gap="xs">
              <Badge variant="light">{items.length} điểm cầu</Badge>
              <Badge variant="light" color="teal">
                {items.filter((endpoint) => endpoint.connected).length} đang kết nối
              </Badge>
            </Group>
            <Listing names={['Tên', 'Mã', 'Tỉnh cũ', 'Đầu mối', 'Thiết bị phòng họp']}>
              {items.map((endpoint) => (
                <Row key={endpoint.id}>
                  <Table.Td>
                    <Anchor component={Link} to={`/diem-cau/${endpoint.id}`}>
                      {endpoint.name}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>{endpoint.communeCode ?? ''}</Table.Td>
                  <Table.Td>{endpoint.formerProvince ?? ''}</Table.Td>
                  <Table.Td>{endpoint.contactName ?? '—'}</Table.Td>
                  <Table.Td>
                    <span className={endpoint.connected ? 'lamp good' : 'lamp'}>
                      {endpoint.devices === 0 ? 'Chưa ghi danh' : endpoint.connected ? 'Đang kết nối' : 'Không kết nối'}
                    </span>
                  </Table.Td>
                </Row>
              ))}
            </Listing>
          </>
        )}
      </Shown>
    </Page>
  )
}

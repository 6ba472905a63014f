import { Anchor, Badge, Button, Group, NativeSelect, Table, Text, TextInput } from '@mantine/core'
import { useDeferredValue, useState } from 'react'
import { Link } from 'react-router'
import { type Consent, consentLabels, consents, listCases } from '../../contract/cases.ts'
import { type CaseKind, caseKindLabels, caseKinds } from '../../contract/words.ts'
import { useAsk } from '../ask.ts'
import { Listing, Row } from '../parts/listing.tsx'
import { Pages } from '../parts/pages.tsx'
import { Page, Shown } from '../parts/states.tsx'
import { consentColours, when } from '../parts/words.ts'

const pageLength = 30

/** The cases that may be brought before a hearing (Điều 4). */
export default function Cases() {
  const [q, setQ] = useState('')
  const [consent, setConsent] = useState<Consent | ''>('')
  const [kind, setKind] = useState<CaseKind | ''>('')
  const [offset, setOffset] = useState(0)
  const filter = { q: useDeferredValue(q), ...(consent === '' ? {} : { consent }), ...(kind === '' ? {} : { kind }) }
  const asked = useAsk(['cases'], listCases, { querystring: { ...filter, limit: pageLength, offset } }, { keep: true })
  const fresh = (): void => setOffset(0)
  return (
    <Page
      title="Vụ việc"
      actions={
        asked.data?.mayCreate && (
          <Button component={Link} to="/vu-viec/moi">
            Nhập vụ việc
          </Button>
        )
      }
    >
      <Group align="flex-end" className="filters">
        <TextInput
          label="Tìm theo mã, tên, nội dung (không cần dấu)"
          value={q}
          onChange={(event) => {
            setQ(event.currentTarget.value)
            fresh()
          }}
          className="grow"
        />
        <NativeSelect
          label="Ý kiến của Chủ tịch"
          value={consent}
          onChange={(event) => {
            setConsent(event.currentTarget.value as Consent | '')
            fresh()
          }}
          data={[{ value: '', label: 'Tất cả' }, ...consents.map((value) => ({ value, label: consentLabels[value] }))]}
        />
        <NativeSelect
          label="Loại"
          value={kind}
          onChange={(event) => {
            setKind(event.currentTarget.value as CaseKind | '')
            fresh()
          }}
          data={[
            { value: '', label: 'Tất cả' },
            ...caseKinds.map((value) => ({ value, label: caseKindLabels[value] })),
          ]}
        />
      </Group>
      <Shown
        asked={asked}
        isEmpty={({ items }) => items.length === 0}
        empty={
          q === '' && consent === '' && kind === '' ? 'Chưa có vụ việc nào được nhập.' : 'Không có vụ việc nào phù hợp.'
        }
      >
        {({ items, total }) => (
          <>
            <Listing names={['Mã', 'Vụ việc', 'Loại', 'Tiêu chí', 'Ý kiến của Chủ tịch', 'Ngày nhập']}>
              {items.map((item) => (
                <Row key={item.id}>
                  <Table.Td className="nowrap">{item.code}</Table.Td>
                  <Table.Td>
                    <Anchor component={Link} to={`/vu-viec/${item.id}`}>
                      {item.title}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>{caseKindLabels[item.kind]}</Table.Td>
                  <Table.Td>
                    <Text span size="sm" title={`Điều 4 khoản 1 điểm ${item.criterion}`}>
                      Điểm {item.criterion}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <Badge variant="light" color={consentColours[item.consent]}>
                      {consentLabels[item.consent]}
                    </Badge>
                  </Table.Td>
                  <Table.Td className="nowrap">{when(item.createdAt)}</Table.Td>
                </Row>
              ))}
            </Listing>
            <Pages total={total} offset={offset} length={pageLength} onOffset={setOffset} what="vụ việc" />
          </>
        )}
      </Shown>
    </Page>
  )
}

import { Alert, Badge, Button, Group, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { approveCalendarYear, calendarDayKindLabels, certaintyLabels, readCalendar } from '../contract/calendar.ts'
import { useAsk, useDo } from './ask.ts'
import { Listing, Row } from './parts/listing.tsx'
import { Failed, Page, Shown } from './parts/states.tsx'
import { dayOf } from './parts/words.ts'

/** The days that differ from Monday to Friday, year by year; deadlines are counted by them. */
export default function Calendar() {
  const [year, setYear] = useState(() => new Date(Date.now()).getFullYear())
  const asked = useAsk(['calendar'], readCalendar, { querystring: { year } })
  const approve = useDo(approveCalendarYear, ['calendar'])
  return (
    <Page
      title={`Lịch làm việc năm ${year}`}
      actions={
        <>
          <Button variant="default" onClick={() => setYear(year - 1)}>
            Năm trước
          </Button>
          <Button variant="default" onClick={() => setYear(year + 1)}>
            Năm sau
          </Button>
        </>
      }
    >
      <Shown asked={asked}>
        {(calendar) => (
          <>
            {calendar.warnings.map((warning) => (
              <Alert key={warning} color="yellow">
                {warning}
              </Alert>
            ))}
            <Group>
              <Badge color={calendar.approved ? 'teal' : 'orange'}>
                {calendar.approved ? 'Đã duyệt theo văn bản chính thức' : 'Chưa duyệt'}
              </Badge>
              {calendar.may.includes('approve') && !calendar.approved && (
                <Button size="xs" loading={approve.isPending} onClick={() => approve.mutate({ params: { year } })}>
                  Duyệt lịch năm này
                </Button>
              )}
            </Group>
            {approve.isError && <Failed error={approve.error} />}
            <Text size="sm" c="dimmed">
              Các ngày không nêu dưới đây theo tuần làm việc thứ Hai – thứ Sáu.
            </Text>
            <Listing names={['Ngày', 'Loại', 'Lý do', 'Căn cứ', 'Mức chắc chắn']}>
              {calendar.days.map((day) => (
                <Row key={day.date}>
                  <Table.Td>{dayOf(day.date)}</Table.Td>
                  <Table.Td>{calendarDayKindLabels[day.kind]}</Table.Td>
                  <Table.Td>{day.reason}</Table.Td>
                  <Table.Td>{day.legalSource}</Table.Td>
                  <Table.Td>{certaintyLabels[day.certainty]}</Table.Td>
                </Row>
              ))}
            </Listing>
          </>
        )}
      </Shown>
    </Page>
  )
}

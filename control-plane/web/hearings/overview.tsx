import { Anchor, Badge, Card, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { consentLabels } from '../../contract/cases.ts'
import { participantRoleLabels } from '../../contract/hearing-plan.ts'
import { approvalHolds, hearingTimes } from '../../contract/hearing-times.ts'
import type { HearingAnswer } from '../../contract/hearings.ts'
import { hearingStatusLabels } from '../../contract/words.ts'
import { Listing, Row } from '../parts/listing.tsx'
import { Facts } from '../parts/states.tsx'
import { consentColours, span, when } from '../parts/words.ts'
import { useMay } from '../session.tsx'

/** The plan as it stands, and how it came there. */
export function Overview({ hearing }: { hearing: HearingAnswer }) {
  const may = useMay()
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Part title="Kế hoạch">
          <Facts
            rows={[
              ['Thời gian', span(hearing.startsAt, hearing.endsAt)],
              ['Số quyết định', decisionOf(hearing)],
              ...hearingTimes(hearing.history).map(({ label, at }): [string, string] => [label, when(at)]),
            ]}
          />
        </Part>
        <Part title={`Điểm cầu (${hearing.endpoints.length})`}>
          <ul className="plain-list">
            {hearing.endpoints.map((endpoint) => (
              <li key={endpoint.endpointId}>
                <Anchor component={Link} to={`/diem-cau/${endpoint.endpointId}`}>
                  {endpoint.name}
                </Anchor>
                {endpoint.kind === 'central' && (
                  <Text span size="sm" c="dimmed">
                    {' '}
                    (trung tâm)
                  </Text>
                )}
              </li>
            ))}
          </ul>
          {may('case.read') && (
            <>
              <Text fw={500} mt="md">
                Vụ việc
              </Text>
              {hearing.cases.length === 0 && <Text c="dimmed">Chưa chọn vụ việc.</Text>}
              <ul className="plain-list">
                {hearing.cases.map((one) => (
                  <li key={one.id}>
                    <Anchor component={Link} to={`/vu-viec/${one.id}`}>
                      {one.code} – {one.title}
                    </Anchor>{' '}
                    <Badge size="sm" variant="light" color={consentColours[one.consent]}>
                      {consentLabels[one.consent]}
                    </Badge>
                  </li>
                ))}
              </ul>
            </>
          )}
        </Part>
      </SimpleGrid>
      <Agenda hearing={hearing} />
      <People hearing={hearing} />
      <Part title="Lịch sử">
        <ul className="history">
          {hearing.history.toReversed().map((move) => (
            <li key={`${move.to}${move.at}`}>
              <Text size="sm" c="dimmed" span>
                {when(move.at)}
              </Text>{' '}
              <strong>{hearingStatusLabels[move.to]}</strong> – {move.actorName}
              {move.clockStepped && ' (đồng hồ máy chủ bị chỉnh lùi trước thời điểm này)'}
              {move.reason !== null && <div className="lines">{move.reason}</div>}
            </li>
          ))}
        </ul>
      </Part>
    </Stack>
  )
}

function decisionOf({ decisionNumber, history }: HearingAnswer): string {
  if (decisionNumber === null) return '—'
  return approvalHolds(history) ? decisionNumber : `${decisionNumber} (của lần phê duyệt trước, không còn hiệu lực)`
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        {title}
      </Title>
      {children}
    </Card>
  )
}

function Agenda({ hearing }: { hearing: HearingAnswer }) {
  const total = hearing.agenda.reduce((sum, item) => sum + item.minutes, 0)
  return (
    <Part title={`Kịch bản${total > 0 ? ` (${total} phút)` : ''}`}>
      {hearing.agenda.length === 0 ? (
        <Text c="dimmed">Chưa lập kịch bản.</Text>
      ) : (
        <ol className="agenda">
          {hearing.agenda.map((item) => (
            <li key={item.id}>
              {item.title}{' '}
              <Text span size="sm" c="dimmed">
                {item.minutes} phút{item.speaker === null ? '' : ` · ${item.speaker}`}
              </Text>
            </li>
          ))}
        </ol>
      )}
    </Part>
  )
}

function People({ hearing }: { hearing: HearingAnswer }) {
  const room = (id: string | null): string =>
    id === null
      ? 'Thiết bị riêng'
      : (hearing.endpoints.find((endpoint) => endpoint.endpointId === id)?.shortName ?? '—')
  return (
    <Part title={`Thành phần tham dự (${hearing.participants.length})`}>
      {hearing.participants.length === 0 ? (
        <Text c="dimmed">Chưa có ai.</Text>
      ) : (
        <Listing names={['Họ và tên', 'Tư cách', 'Chức vụ, cơ quan', 'Nơi tham dự', 'Bắt buộc']}>
          {hearing.participants.map((person) => (
            <Row key={person.id}>
              <Table.Td>{person.name}</Table.Td>
              <Table.Td>{participantRoleLabels[person.role]}</Table.Td>
              <Table.Td>
                {[person.jobTitle, person.organisation].filter((part) => part !== null).join(', ') || '—'}
              </Table.Td>
              <Table.Td>{room(person.endpointId)}</Table.Td>
              <Table.Td>{person.required ? 'Có' : ''}</Table.Td>
            </Row>
          ))}
        </Listing>
      )}
    </Part>
  )
}

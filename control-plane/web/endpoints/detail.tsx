import { Button, Card, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useParams } from 'react-router'
import { type Device, type Endpoint, editContact, revokeDevice, showEndpoint } from '../../contract/endpoints.ts'
import type { DeviceState } from '../../contract/kiosk.ts'
import { listTestCalls, runTestCall } from '../../contract/test-calls.ts'
import { faultsOf, useAsk, useDo } from '../ask.ts'
import { ReasonButton } from '../parts/reason-button.tsx'
import { Failed, Page, Shown } from '../parts/states.tsx'
import { when, whenExactly } from '../parts/words.ts'
import { AlreadyTested } from '../tests/already.tsx'
import { TestLine } from '../tests/line.tsx'
import { EnrolmentCode } from './enrolment-code.tsx'

/** One endpoint: who answers for it, its room PCs, its tests. */
export default function EndpointDetail() {
  const { id = '' } = useParams()
  const asked = useAsk(['endpoint', id], showEndpoint, { params: { id } })
  return (
    <Shown asked={asked}>
      {({ endpoint, devices }) => (
        <Page title={endpoint.name} actions={endpoint.may.includes('test') && <TestNow endpointId={endpoint.id} />}>
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Contact endpoint={endpoint} />
            <Card withBorder>
              <Group justify="space-between" mb="sm">
                <Text fw={600}>Thiết bị phòng họp</Text>
                {endpoint.may.includes('enrol') && <EnrolmentCode endpointId={endpoint.id} />}
              </Group>
              {devices.length === 0 && (
                <Text c="dimmed">
                  Chưa có máy nào được ghi danh. Bấm “Cấp mã ghi danh”, đọc mã cho người ở phòng họp.
                </Text>
              )}
              <Stack>
                {devices.map((device) => (
                  <DeviceCard key={device.id} device={device} mayRevoke={endpoint.may.includes('revoke-device')} />
                ))}
              </Stack>
            </Card>
          </SimpleGrid>
          <Tests endpointId={endpoint.id} />
        </Page>
      )}
    </Shown>
  )
}

function TestNow({ endpointId }: { endpointId: string }) {
  const run = useDo(runTestCall, ['test-calls'])
  return (
    <>
      {run.isError && <Failed error={run.error} />}
      <AlreadyTested ordered={run.data} />
      <Button loading={run.isPending} onClick={() => run.mutate({ body: { endpointId } })}>
        Kiểm thử ngay
      </Button>
    </>
  )
}

function Tests({ endpointId }: { endpointId: string }) {
  const asked = useAsk(['test-calls', 'endpoint'], listTestCalls, { querystring: { endpointId } })
  return (
    <Card withBorder>
      <Text fw={600} mb="xs">
        Các lượt kiểm thử
      </Text>
      <Shown asked={asked} empty="Chưa có lượt kiểm thử nào." isEmpty={({ items }) => items.length === 0}>
        {({ items }) => items.slice(0, 20).map((test) => <TestLine key={test.id} test={test} />)}
      </Shown>
    </Card>
  )
}

function Contact({ endpoint }: { endpoint: Endpoint }) {
  const [contact, setContact] = useState({
    contactName: endpoint.contactName ?? '',
    contactEmail: endpoint.contactEmail ?? '',
    contactPhone: endpoint.contactPhone ?? '',
  })
  const save = useDo(editContact, ['endpoint', 'endpoints'])
  const faults = faultsOf(save.error)
  const fixed = !endpoint.may.includes('edit-contact')
  const set = (name: keyof typeof contact) => (event: { currentTarget: { value: string } }) =>
    setContact({ ...contact, [name]: event.currentTarget.value })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const value = (text: string): string | null => (text.trim() === '' ? null : text.trim())
    save.mutate({
      params: { id: endpoint.id },
      body: {
        contactName: value(contact.contactName),
        contactEmail: value(contact.contactEmail),
        contactPhone: value(contact.contactPhone),
      },
    })
  }
  return (
    <Card withBorder component="form" onSubmit={submit}>
      <Stack>
        <Text fw={600}>Đầu mối kỹ thuật</Text>
        <TextInput
          label="Họ và tên"
          value={contact.contactName}
          onChange={set('contactName')}
          error={faults.contactName}
          readOnly={fixed}
        />
        <TextInput
          label="Thư điện tử"
          description="Khi kiểm thử không đạt, kết quả được gửi ngay đến địa chỉ này."
          value={contact.contactEmail}
          onChange={set('contactEmail')}
          error={faults.contactEmail}
          readOnly={fixed}
        />
        <TextInput
          label="Điện thoại"
          value={contact.contactPhone}
          onChange={set('contactPhone')}
          error={faults.contactPhone}
          readOnly={fixed}
        />
        {save.isError && Object.keys(faults).length === 0 && <Failed error={save.error} />}
        {!fixed && (
          <Group>
            <Button type="submit" variant="light" loading={save.isPending}>
              Lưu
            </Button>
            {save.isSuccess && <Text c="teal.8">Đã lưu.</Text>}
          </Group>
        )}
      </Stack>
    </Card>
  )
}

const parts: Record<DeviceState, string> = {
  ok: 'hoạt động',
  other: 'hoạt động nhưng không phải thiết bị đã chọn',
  silent: 'không có tín hiệu',
  none: 'không tìm thấy',
  refused: 'bị chặn',
  busy: 'đang bị chương trình khác dùng',
  'no-answer': 'không trả lời',
  unsupported: 'trình duyệt không hỗ trợ',
  asking: 'đang chờ cho phép',
  unknown: 'chưa rõ',
}

function DeviceCard({ device, mayRevoke }: { device: Device; mayRevoke: boolean }) {
  const revoke = useDo(revokeDevice, ['endpoint', 'endpoints'])
  const { state } = device
  return (
    <Card withBorder padding="sm" className={device.revokedAt === null ? undefined : 'faded'}>
      <Group justify="space-between" align="flex-start">
        <div>
          <Text fw={600}>{device.label}</Text>
          <span className={device.connected ? 'lamp good' : 'lamp bad'}>
            {device.revokedAt !== null
              ? `Đã thu hồi ${when(device.revokedAt)}`
              : device.connected
                ? 'Đang kết nối'
                : `Mất kết nối, thấy lần cuối ${whenExactly(device.lastSeenAt)}`}
          </span>
          {state !== null && device.revokedAt === null && (
            <Text size="sm">
              Camera {parts[state.camera]} · Micro {parts[state.microphone]} · Loa {parts[state.speaker]} · Phản hồi{' '}
              {state.rttMs === null ? '—' : `${Math.round(state.rttMs)} ms`}
            </Text>
          )}
        </div>
        {mayRevoke && device.revokedAt === null && (
          <ReasonButton
            label="Thu hồi"
            size="xs"
            colour="red"
            title="Thu hồi thiết bị"
            explain="Máy này mất quyền ngay lập tức và phải ghi danh lại."
            ask={{ label: 'Lý do' }}
            confirm="Thu hồi"
            act={revoke}
            onConfirm={(reason) => revoke.mutateAsync({ params: { id: device.id }, body: { reason } })}
          />
        )}
      </Group>
    </Card>
  )
}

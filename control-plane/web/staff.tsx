import { Badge, Button, Group, Modal, NativeSelect, Stack, Table, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { listEndpoints } from '../contract/endpoints.ts'
import {
  createStaff,
  disableStaff,
  enableStaff,
  listStaff,
  resetStaff,
  type StaffAnswer,
  type StaffWithPassword,
} from '../contract/identity.ts'
import { type Role, roleLabels, roles } from '../contract/words.ts'
import { faultsOf, useAsk, useDo } from './ask.ts'
import { CopyButton } from './parts/copy.tsx'
import { Listing, Row } from './parts/listing.tsx'
import { ReasonButton } from './parts/reason-button.tsx'
import { Failed, Page, Shown } from './parts/states.tsx'

/** The accounts of staff (administrator). */
export default function Staff() {
  const asked = useAsk(['staff'], listStaff, {})
  const [told, setTold] = useState<StaffWithPassword | null>(null)
  return (
    <Page title="Tài khoản cán bộ" actions={<NewAccount onMade={setTold} />}>
      <Shown asked={asked} isEmpty={({ items }) => items.length === 0} empty="Chưa có tài khoản nào.">
        {({ items }) => (
          <Listing names={['Họ tên', 'Tài khoản', 'Vai trò', 'Xác thực hai bước', 'Thao tác']}>
            {items.map((one) => (
              <One key={one.id} one={one} onPassword={setTold} />
            ))}
          </Listing>
        )}
      </Shown>
      <Modal
        opened={told !== null}
        onClose={() => setTold(null)}
        title="Mật khẩu mới"
        closeButtonProps={{ 'aria-label': 'Đóng' }}
      >
        {told !== null && (
          <Stack align="center">
            <Text>
              Mật khẩu của {told.staff.displayName} ({told.staff.username}), chỉ hiện một lần:
            </Text>
            <span className="code-big small-code">{told.password}</span>
            <CopyButton text={told.password} label="Sao chép" />
            <Text size="sm" c="dimmed">
              Trao tận tay; người nhận đổi mật khẩu sau khi đăng nhập.
            </Text>
          </Stack>
        )}
      </Modal>
    </Page>
  )
}

function One({ one, onPassword }: { one: StaffAnswer; onPassword(told: StaffWithPassword): void }) {
  const reset = useDo(resetStaff, ['staff'], { onDone: onPassword })
  const disable = useDo(disableStaff, ['staff'])
  const enable = useDo(enableStaff, ['staff'])
  const params = { id: one.id }
  return (
    <Row>
      <Table.Td>{one.displayName}</Table.Td>
      <Table.Td>{one.username}</Table.Td>
      <Table.Td>{roleLabels[one.role]}</Table.Td>
      <Table.Td>{one.secondFactor ? 'Đã thiết lập' : '—'}</Table.Td>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          {one.disabled ? (
            <>
              <Badge color="gray">Đã khóa</Badge>
              <Button size="xs" variant="default" loading={enable.isPending} onClick={() => enable.mutate({ params })}>
                Mở khóa
              </Button>
            </>
          ) : (
            <>
              <ReasonButton
                label="Cấp lại mật khẩu"
                size="xs"
                colour="gray"
                title={`Cấp lại mật khẩu cho ${one.displayName}`}
                explain="Mọi phiên của người này kết thúc; xác thực hai bước được thiết lập lại khi đăng nhập."
                ask={null}
                confirm="Cấp lại"
                act={reset}
                onConfirm={() => reset.mutateAsync({ params })}
              />
              <ReasonButton
                label="Khóa"
                size="xs"
                colour="red"
                title={`Khóa tài khoản ${one.username}`}
                explain="Mọi phiên của người này kết thúc ngay và không đăng nhập được nữa."
                ask={null}
                confirm="Khóa tài khoản"
                act={disable}
                onConfirm={() => disable.mutateAsync({ params })}
              />
            </>
          )}
        </Group>
        {enable.isError && <Failed error={enable.error} />}
      </Table.Td>
    </Row>
  )
}

const blank = { username: '', displayName: '', endpointId: '', email: '' }

function NewAccount({ onMade }: { onMade(told: StaffWithPassword): void }) {
  const [open, setOpen] = useState(false)
  const [typed, setTyped] = useState({ ...blank, role: 'office' as Role })
  const endpoints = useAsk(['endpoints'], listEndpoints, { querystring: {} }, { enabled: open })
  const create = useDo(createStaff, ['staff'], {
    onDone: (made) => {
      setOpen(false)
      setTyped({ ...blank, role: 'office' })
      onMade(made)
    },
  })
  const faults = faultsOf(create.error)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const { endpointId, email, ...rest } = typed
    const atEndpoint = typed.role === 'commune-officer' && endpointId ? endpointId : null
    create.mutate({ body: { ...rest, endpointId: atEndpoint, email: email.trim() || null } })
  }
  return (
    <>
      <Button aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Thêm tài khoản
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title="Thêm tài khoản"
        closeButtonProps={{ 'aria-label': 'Đóng' }}
      >
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label="Họ tên"
              required
              data-autofocus
              value={typed.displayName}
              error={faults.displayName}
              onChange={(event) => setTyped({ ...typed, displayName: event.currentTarget.value })}
            />
            <TextInput
              label="Tài khoản"
              required
              value={typed.username}
              error={faults.username}
              onChange={(event) => setTyped({ ...typed, username: event.currentTarget.value })}
            />
            <TextInput
              label="Thư điện tử"
              description="Nơi báo cho người này mỗi khi tài khoản thay đổi; để trống thì báo Văn phòng."
              type="email"
              value={typed.email}
              error={faults.email}
              onChange={(event) => setTyped({ ...typed, email: event.currentTarget.value })}
            />
            <NativeSelect
              label="Vai trò"
              value={typed.role}
              error={faults.role}
              onChange={(event) => setTyped({ ...typed, role: event.currentTarget.value as Role })}
              data={roles.map((value) => ({ value, label: roleLabels[value] }))}
            />
            {typed.role === 'commune-officer' && (
              <NativeSelect
                label="Điểm cầu"
                value={typed.endpointId}
                error={faults.endpointId}
                onChange={(event) => setTyped({ ...typed, endpointId: event.currentTarget.value })}
                data={[
                  { value: '', label: 'Chọn điểm cầu' },
                  ...(endpoints.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
                ]}
              />
            )}
            {create.isError && <Failed error={create.error} without={Object.keys(faults)} />}
            <Button type="submit" loading={create.isPending}>
              Tạo tài khoản
            </Button>
          </Stack>
        </form>
      </Modal>
    </>
  )
}

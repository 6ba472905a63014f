import { Badge, Button, Card, Group, PasswordInput, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { changePassword, listSessions, revokeSession } from '../contract/identity.ts'
import { roleLabels } from '../contract/words.ts'
import { faultsOf, useAsk, useDo } from './ask.ts'
import { Facts, Failed, Page, Shown } from './parts/states.tsx'
import { when } from './parts/words.ts'
import { useMe } from './session.tsx'

/** The own account: password and open sessions. */
export default function Account() {
  const { staff } = useMe()
  return (
    <Page title="Tài khoản của tôi">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Stack>
          <Card withBorder>
            <Facts
              rows={[
                ['Họ tên', staff.displayName],
                ['Tài khoản', staff.username],
                ['Vai trò', roleLabels[staff.role]],
                ['Xác thực hai bước', staff.secondFactor ? 'Đã thiết lập' : 'Chưa thiết lập'],
              ]}
            />
          </Card>
          <Sessions />
        </Stack>
        <Password />
      </SimpleGrid>
    </Page>
  )
}

function Password() {
  const [current, setCurrent] = useState('')
  const [fresh, setFresh] = useState('')
  const change = useDo(changePassword, ['sessions'], {
    onDone: () => {
      setCurrent('')
      setFresh('')
    },
  })
  const faults = faultsOf(change.error)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    change.mutate({ body: { current, fresh } })
  }
  return (
    <Card withBorder component="form" onSubmit={submit}>
      <Stack>
        <Title order={2} size="h4">
          Đổi mật khẩu
        </Title>
        <PasswordInput
          label="Mật khẩu hiện tại"
          autoComplete="current-password"
          required
          value={current}
          error={faults.current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label="Mật khẩu mới"
          autoComplete="new-password"
          required
          value={fresh}
          error={faults.fresh}
          onChange={(event) => setFresh(event.currentTarget.value)}
        />
        {change.isError && <Failed error={change.error} without={['current', 'fresh']} />}
        {change.isSuccess && <Text c="teal.8">Đã đổi mật khẩu. Các phiên khác của ông/bà đã kết thúc.</Text>}
        <div>
          <Button type="submit" loading={change.isPending} disabled={current === '' || fresh === ''}>
            Đổi mật khẩu
          </Button>
        </div>
      </Stack>
    </Card>
  )
}

function Sessions() {
  const asked = useAsk(['sessions'], listSessions, {})
  const revoke = useDo(revokeSession, ['sessions'])
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Phiên đang mở
      </Title>
      <Shown asked={asked}>
        {({ items }) => (
          <Stack gap="sm">
            {items.map((session) => (
              <Group key={session.id} justify="space-between">
                <div>
                  <Text>Từ địa chỉ {session.address}</Text>
                  <Text size="sm" c="dimmed">
                    Đăng nhập {when(session.createdAt)}, dùng lần cuối {when(session.lastSeenAt)}
                  </Text>
                </div>
                {session.current ? (
                  <Badge variant="light">Phiên này</Badge>
                ) : (
                  <Button
                    size="xs"
                    variant="default"
                    loading={revoke.isPending}
                    onClick={() => revoke.mutate({ params: { id: session.id } })}
                  >
                    Kết thúc
                  </Button>
                )}
              </Group>
            ))}
          </Stack>
        )}
      </Shown>
      {revoke.isError && <Failed error={revoke.error} />}
    </Card>
  )
}

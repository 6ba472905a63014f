import { Badge, Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { listSessions, revokeSession } from '../../contract/identity.ts'
import { roleLabels } from '../../contract/words.ts'
import { useAsk, useDo } from '../ask.ts'
import { Facts, Failed, Page, Shown } from '../parts/states.tsx'
import { when } from '../parts/words.ts'
import { useMe } from '../session.tsx'
import { Address } from './address.tsx'
import { Password } from './password.tsx'
import { SecondFactor } from './second-factor.tsx'

/** The own account: password, second factor, address for notices, and open sessions. */
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
                ['Thư báo thay đổi gửi tới', staff.email ?? 'Văn phòng (chưa có địa chỉ riêng)'],
              ]}
            />
          </Card>
          <Sessions />
        </Stack>
        <Stack>
          <Password />
          <SecondFactor />
          <Address />
        </Stack>
      </SimpleGrid>
    </Page>
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

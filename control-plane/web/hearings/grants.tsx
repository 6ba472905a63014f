import { Badge, Button, Card, Group, Modal, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { renderSVG } from 'uqr'
import type { HearingAnswer } from '../../contract/hearings.ts'
import { type Grant, listGrants, renewGrant, revealGrant, revokeGrant } from '../../contract/rooms.ts'
import { useAsk, useDo } from '../ask.ts'
import { CopyButton } from '../parts/copy.tsx'
import { ReasonButton } from '../parts/reason-button.tsx'
import { Failed, Shown, Waiting } from '../parts/states.tsx'
import { when } from '../parts/words.ts'

/** What lets each room and person in, and who has used it. */
export default function GrantsTab({ hearing }: { hearing: HearingAnswer }) {
  const asked = useAsk(['room', hearing.id, 'grants'], listGrants, { params: { id: hearing.id } })
  return (
    <Shown
      asked={asked}
      isEmpty={({ items }) => items.length === 0}
      empty="Thông tin đăng nhập được tạo khi Chủ tịch phê duyệt buổi tiếp."
    >
      {({ items, opensAt, closesAt }) => (
        <Stack>
          <Text>
            Phòng họp mở từ {when(opensAt)} đến {when(closesAt)}. Buổi tiếp đang diễn ra thì luôn vào được.
          </Text>
          {items.map((grant) => (
            <GrantCard key={grant.id} grant={grant} />
          ))}
        </Stack>
      )}
    </Shown>
  )
}

function GrantCard({ grant }: { grant: Grant }) {
  const revoked = grant.revokedAt !== null
  return (
    <Card withBorder className={revoked ? 'faded' : undefined}>
      <Group justify="space-between" align="flex-start">
        <div>
          <Group gap="xs">
            <Title order={2} size="h5">
              {grant.displayName}
            </Title>
            {grant.moderator && <Badge variant="light">Điều hành phòng</Badge>}
            {grant.required && (
              <Badge variant="light" color="gray">
                Bắt buộc có mặt
              </Badge>
            )}
          </Group>
          <Text size="sm" c="dimmed">
            {grant.kind === 'endpoint' ? 'Máy phòng họp của điểm cầu' : 'Thiết bị riêng của người tham dự'}
          </Text>
          <Presence grant={grant} />
        </div>
        <Group gap="xs">
          {grant.may.includes('reveal') && <Reveal grant={grant} />}
          <Renew grant={grant} />
          <Revoke grant={grant} />
        </Group>
      </Group>
    </Card>
  )
}

function Presence({ grant }: { grant: Grant }) {
  if (grant.revokedAt !== null) {
    return (
      <Text size="sm" c="red.8">
        Đã thu hồi lúc {when(grant.revokedAt)}: {grant.revokedReason}
      </Text>
    )
  }
  if (grant.present) return <span className="lamp good">Đang trong phòng</span>
  return (
    <span className="lamp">
      {grant.lastEnteredAt === null ? 'Chưa vào lần nào' : `Vào lần cuối ${when(grant.lastEnteredAt)}`}
      {grant.entries > 1 && `, ${grant.entries} lần`}
    </span>
  )
}

function Renew({ grant }: { grant: Grant }) {
  const renew = useDo(renewGrant, ['room'])
  if (!grant.may.includes('renew')) return null
  return (
    <ReasonButton
      label={grant.revokedAt === null ? 'Đổi mới' : 'Cấp lại'}
      size="xs"
      colour="gray"
      title={`Cấp thông tin đăng nhập mới cho ${grant.displayName}`}
      explain="Liên kết và mã cũ mất hiệu lực ngay; người đang trong phòng bằng liên kết cũ được đưa ra."
      ask={{ label: 'Lý do' }}
      confirm="Cấp mới"
      act={renew}
      onConfirm={(reason) => renew.mutateAsync({ params: { id: grant.id }, body: { reason } })}
    />
  )
}

function Revoke({ grant }: { grant: Grant }) {
  const revoke = useDo(revokeGrant, ['room'])
  if (!grant.may.includes('revoke')) return null
  return (
    <ReasonButton
      label="Thu hồi"
      size="xs"
      colour="red"
      title={`Thu hồi thông tin đăng nhập của ${grant.displayName}`}
      explain="Liên kết và mã mất hiệu lực ngay; người đang trong phòng được đưa ra."
      ask={{ label: 'Lý do' }}
      confirm="Thu hồi"
      act={revoke}
      onConfirm={(reason) => revoke.mutateAsync({ params: { id: grant.id }, body: { reason } })}
    />
  )
}

/** Link, QR and short code; each look stands in the audit trail, so they show only when asked for. */
function Reveal({ grant }: { grant: Grant }) {
  const [open, setOpen] = useState(false)
  const reveal = useDo(revealGrant, [])
  const show = (): void => {
    setOpen(true)
    reveal.mutate({ params: { id: grant.id } })
  }
  const close = (): void => {
    setOpen(false)
    reveal.reset()
  }
  return (
    <>
      <Button size="xs" aria-haspopup="dialog" onClick={show}>
        Xem liên kết, mã
      </Button>
      <Modal opened={open} onClose={close} title={grant.displayName} closeButtonProps={{ 'aria-label': 'Đóng' }}>
        {reveal.isPending && <Waiting />}
        {reveal.isError && <Failed error={reveal.error} onAgain={show} />}
        {reveal.data !== undefined && (
          <Stack align="center">
            <img
              src={`data:image/svg+xml,${encodeURIComponent(renderSVG(reveal.data.link))}`}
              alt="Mã QR của liên kết vào phòng"
              width={200}
              height={200}
            />
            <Text className="mono" size="sm" ta="center" data-testid="grant-link">
              {reveal.data.link}
            </Text>
            <CopyButton text={reveal.data.link} label="Sao chép liên kết" />
            <Text>Hoặc mở trang {location.origin}/vao và nhập mã:</Text>
            <span className="code-big" data-testid="grant-code">
              {reveal.data.code}
            </span>
            <Text size="sm" c="dimmed" ta="center">
              Chỉ gửi riêng cho đúng người nhận. Lần xem này được ghi vào nhật ký.
            </Text>
          </Stack>
        )}
      </Modal>
    </>
  )
}

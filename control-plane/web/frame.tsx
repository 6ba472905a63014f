import { AppShell, Badge, Burger, Button, Group, NavLink, Text } from '@mantine/core'
import {
  IconAdjustments,
  IconAlertTriangle,
  IconBuildingCommunity,
  IconCalendar,
  IconFolders,
  IconHome,
  IconListCheck,
  IconMovie,
  IconUser,
  IconUsers,
  IconVideo,
} from '@tabler/icons-react'
import { type ReactNode, useEffect, useState } from 'react'
import { Link, useLocation } from 'react-router'
import { listAlerts } from '../contract/audit.ts'
import { signOut } from '../contract/identity.ts'
import { roleLabels } from '../contract/words.ts'
import { useNewRelease } from '../page-kit/release.ts'
import { useAsk, useDo } from './ask.ts'
import { useLive } from './live.ts'
import { NewRelease } from './parts/part.tsx'
import { useMay, useMe } from './session.tsx'

const places = [
  { to: '/', label: 'Trang chính', may: 'session.own', Icon: IconHome },
  { to: '/buoi-tiep', label: 'Buổi tiếp', may: 'hearing.read', Icon: IconVideo },
  { to: '/vu-viec', label: 'Vụ việc', may: 'case.read', Icon: IconFolders },
  { to: '/diem-cau', label: 'Điểm cầu', may: 'endpoint.read', Icon: IconBuildingCommunity },
  { to: '/ban-ghi-hinh', label: 'Bản ghi hình', may: 'recording.read', Icon: IconMovie },
  { to: '/canh-bao', label: 'Cảnh báo', may: 'alerts.read', Icon: IconAlertTriangle },
  { to: '/lich', label: 'Lịch làm việc', may: 'calendar.read', Icon: IconCalendar },
  { to: '/nguong-kiem-thu', label: 'Ngưỡng kiểm thử', may: 'settings.manage', Icon: IconAdjustments },
  { to: '/nhat-ky', label: 'Nhật ký hệ thống', may: 'audit.read', Icon: IconListCheck },
  { to: '/nhan-su', label: 'Tài khoản cán bộ', may: 'staff.manage', Icon: IconUsers },
  { to: '/tai-khoan', label: 'Tài khoản của tôi', may: 'session.own', Icon: IconUser },
]

/** What stands around every screen: the menu, who is signed in, whether the line to the server is up. */
export function Frame({ children }: { children: ReactNode }) {
  const me = useMe()
  const live = useLive()
  const isNew = useNewRelease(live)
  const [open, setOpen] = useState(false)
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when the place changes.
  useEffect(() => setOpen(false), [pathname])
  return (
    <AppShell
      header={{ height: me.stage ? 82 : 56 }}
      navbar={{ width: 232, breakpoint: 'md', collapsed: { mobile: !open } }}
      padding="md"
    >
      <AppShell.Header className="no-print">
        <a href="#noi-dung" className="skip">
          Đến nội dung chính
        </a>
        {me.stage && <div className="ribbon">CHẠY THỬ – dữ liệu và phòng họp không phải thật</div>}
        <Group h={56} px="md" justify="space-between" wrap="nowrap" gap="sm">
          <Group wrap="nowrap" gap="sm" className="grow">
            <Burger
              opened={open}
              onClick={() => setOpen(!open)}
              hiddenFrom="md"
              size="sm"
              aria-label={open ? 'Đóng thực đơn' : 'Mở thực đơn'}
              aria-expanded={open}
            />
            <Text fw={700} truncate c="teal.9">
              Tiếp công dân trực tuyến
            </Text>
          </Group>
          <Who live={live} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" className="no-print menu" data-open={open} aria-label="Thực đơn">
        <Menu pathname={pathname} />
      </AppShell.Navbar>
      <AppShell.Main id="noi-dung" tabIndex={-1}>
        <div className="content">
          {isNew && (
            <div className="new-release no-print">
              <NewRelease />
            </div>
          )}
          {children}
        </div>
      </AppShell.Main>
    </AppShell>
  )
}

function Who({ live }: { live: boolean }) {
  const { staff } = useMe()
  const leave = useDo(signOut, [], { onDone: () => location.assign('/') })
  return (
    <Group wrap="nowrap" gap="sm">
      {!live && (
        <Text c="orange.9" size="sm" role="status" className="nowrap">
          Mất kết nối, đang nối lại…
        </Text>
      )}
      <div className="who">
        <Text size="sm" fw={500} truncate>
          {staff.displayName}
        </Text>
        {staff.displayName !== roleLabels[staff.role] && (
          <Text size="xs" c="dimmed">
            {roleLabels[staff.role]}
          </Text>
        )}
      </div>
      <Button variant="default" size="xs" loading={leave.isPending} onClick={() => leave.mutate({})}>
        Đăng xuất
      </Button>
    </Group>
  )
}

function Menu({ pathname }: { pathname: string }) {
  const may = useMay()
  return places
    .filter((place) => may(place.may))
    .map(({ to, label, Icon }) => (
      <NavLink
        key={to}
        component={Link}
        to={to}
        label={label}
        leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
        rightSection={to === '/canh-bao' ? <OpenAlerts /> : undefined}
        active={to === '/' ? pathname === '/' : pathname.startsWith(to)}
        aria-current={(to === '/' ? pathname === '/' : pathname.startsWith(to)) ? 'page' : undefined}
      />
    ))
}

function OpenAlerts() {
  const open = useAsk(['alerts'], listAlerts, {}).data?.open ?? []
  if (open.length === 0) return null
  return (
    <Badge color={open.some((alert) => alert.severity === 'critical') ? 'red' : 'yellow'} size="sm" circle>
      {open.length}
    </Badge>
  )
}

import { Button, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { makeEnrolmentCode } from '../../contract/endpoints.ts'
import { useDo } from '../ask.ts'
import { Failed } from '../parts/states.tsx'

/** A short code, shown big to be read out, with the time it still holds. */
export function EnrolmentCode({ endpointId }: { endpointId: string }) {
  const [open, setOpen] = useState(false)
  const [label, setLabel] = useState('Máy phòng họp')
  const make = useDo(makeEnrolmentCode, [])
  const close = (): void => {
    setOpen(false)
    make.reset()
  }
  return (
    <>
      <Button size="xs" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Cấp mã ghi danh
      </Button>
      <Modal opened={open} onClose={close} title="Ghi danh máy phòng họp" closeButtonProps={{ 'aria-label': 'Đóng' }}>
        {make.data === undefined ? (
          <Stack>
            <TextInput
              label="Tên gọi của máy"
              value={label}
              onChange={(event) => setLabel(event.currentTarget.value)}
              data-autofocus
            />
            {make.isError && <Failed error={make.error} />}
            <Button
              loading={make.isPending}
              disabled={label.trim() === ''}
              onClick={() => make.mutate({ params: { id: endpointId }, body: { label } })}
            >
              Tạo mã
            </Button>
          </Stack>
        ) : (
          <Stack align="center">
            <Text>Trên máy phòng họp, mở trang {location.origin}/kiosk rồi nhập mã:</Text>
            <span className="code-big" data-testid="enrolment-code">
              {make.data.code}
            </span>
            <Left until={make.data.expiresAt} />
          </Stack>
        )}
      </Modal>
    </>
  )
}

function Left({ until }: { until: string }) {
  const [left, setLeft] = useState(() => Date.parse(until) - Date.now())
  useEffect(() => {
    const timer = setInterval(() => setLeft(Date.parse(until) - Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [until])
  if (left <= 0) return <Text c="red.8">Mã đã hết hạn. Đóng cửa sổ này và cấp mã mới.</Text>
  const seconds = Math.floor(left / 1000)
  return (
    <Text c="dimmed" role="timer">
      Còn hiệu lực {Math.floor(seconds / 60)} phút {String(seconds % 60).padStart(2, '0')} giây, dùng một lần
    </Text>
  )
}

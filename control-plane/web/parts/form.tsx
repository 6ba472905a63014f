import { Alert, Button } from '@mantine/core'
import { useEffect } from 'react'
import { problemOf } from '../ask.ts'
import { Failed } from './states.tsx'

interface Props {
  error: unknown
  /** Reads the newest version number; what was typed stays. */
  onKeepMine(): void
  onTakeTheirs(): void
  /** Fields that show their fault themselves. */
  shownAtFields: string[]
}

/** Why a form was not saved. When somebody else saved in between, what was typed is kept and the person decides. */
export function NotSaved({ error, onKeepMine, onTakeTheirs, shownAtFields }: Props) {
  useEffect(() => {
    // The first field to mend may be far above the button that was pressed.
    if (error != null) document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus()
  }, [error])
  if (error == null) return null
  if (problemOf(error).type !== 'urn:tiepdan:problem:conflict') return <Failed error={error} without={shownAtFields} />
  return (
    <Alert color="orange" title="Dữ liệu đã được người khác cập nhật trong lúc ông/bà nhập." role="alert">
      Nội dung ông/bà đã nhập vẫn còn nguyên ở dưới và chưa được lưu.
      <div className="buttons">
        <Button size="xs" color="orange" onClick={onKeepMine}>
          Giữ nội dung của tôi, lưu lại trên bản mới
        </Button>
        <Button size="xs" variant="default" onClick={onTakeTheirs}>
          Tải bản mới, bỏ nội dung đã nhập
        </Button>
      </div>
    </Alert>
  )
}

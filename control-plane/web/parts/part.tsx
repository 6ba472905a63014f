import { Alert, Button } from '@mantine/core'
import { type ComponentType, type ReactNode, Suspense, useEffect, useState } from 'react'
import { Guard } from '../../page-kit/guard.tsx'
import { lazily, PartNotLoaded } from '../../page-kit/part.ts'
import { isOutdated } from '../../page-kit/release.ts'
import { queries } from '../ask.ts'
import { Waiting } from './states.tsx'

/** A screen or tab that is fetched when first shown; a failure stays in its place, whether of fetching or of showing. */
export function part<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  const made = lazily(load)
  // biome-ignore lint/correctness/noComponentHookFactories: called once a part when the program starts, as React.lazy is.
  return function Part(props: P) {
    const [Shown, setShown] = useState(() => made.now)
    const anew = (): void => {
      made.anew()
      setShown(() => made.now)
    }
    return (
      <Guarded onAgain={anew}>
        <Suspense fallback={<Waiting />}>
          <Shown {...props} />
        </Suspense>
      </Guarded>
    )
  }
}

/** Keeps a failure of what is inside in this place, with the way on. */
export function Guarded({ children, onAgain }: { children: ReactNode; onAgain?: () => void }) {
  return (
    <Guard
      fallback={(error, again) =>
        error instanceof PartNotLoaded ? <NotLoaded onAgain={again} /> : <Broken onAgain={again} />
      }
      onAgain={() => {
        // What was kept may be what could not be shown: it is asked anew.
        queries.removeQueries({ type: 'inactive' })
        onAgain?.()
      }}
    >
      {children}
    </Guard>
  )
}

const reload = (): void => location.reload()
const retryEveryMs = 10_000

/** Goes on trying by itself: in a live hearing nobody has a hand free. */
function NotLoaded({ onAgain }: { onAgain(): void }) {
  const [outdated, setOutdated] = useState(false)
  useEffect(() => {
    isOutdated().then(setOutdated)
    const timer = setTimeout(onAgain, retryEveryMs)
    addEventListener('online', onAgain)
    return () => {
      clearTimeout(timer)
      removeEventListener('online', onAgain)
    }
  }, [onAgain])
  return outdated ? (
    <NewRelease />
  ) : (
    <Alert color="orange" role="alert" title="Chưa tải được phần này của trang.">
      Đường truyền có thể đang chập chờn; trang tự thử lại sau ít giây. Các phần khác vẫn dùng được.
      <div className="buttons">
        <Button size="xs" color="orange" onClick={onAgain}>
          Thử lại
        </Button>
      </div>
    </Alert>
  )
}

function Broken({ onAgain }: { onAgain(): void }) {
  return (
    <Alert color="red" role="alert" title="Phần này của trang gặp lỗi.">
      Bấm “Thử lại”. Nếu vẫn vậy, tải lại trang; nếu tải lại không hết, vui lòng báo quản trị hệ thống. Các phần khác
      vẫn dùng được.
      <div className="buttons">
        <Button size="xs" color="red" onClick={onAgain}>
          Thử lại
        </Button>
        <Button size="xs" variant="default" onClick={reload}>
          Tải lại trang
        </Button>
      </div>
    </Alert>
  )
}

/** A newer build is there. Never loaded by itself: what is being typed would be lost. */
export function NewRelease() {
  return (
    <Alert color="blue" role="status" title="Đã có bản mới của trang.">
      Ông/bà lưu nội dung đang nhập (nếu có), rồi tải bản mới.
      <div className="buttons">
        <Button size="xs" onClick={reload}>
          Tải bản mới
        </Button>
      </div>
    </Alert>
  )
}

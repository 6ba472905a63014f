import { useEffect, useReducer, useRef, useState } from 'react'
import { Enrolment } from './enrolment.tsx'
import type { Link } from './link.ts'
import { openLink } from './link.ts'
import { forgetEverything, keep, recall } from './memory.ts'
import { Office } from './office.tsx'
import { Room } from './room.tsx'
import { begin, type Kiosk, next } from './state.ts'

/** The page that a room PC shows all day (design §7). */
export function KioskPage() {
  const [kiosk, tell] = useReducer(next, undefined, () => begin(recall('credential'), recall('board')))
  const [link, setLink] = useState<Link>()
  const enrolled = kiosk.at !== 'enrolling' && kiosk.at !== 'revoked' && kiosk.at !== 'replaced'

  useEffect(() => {
    if (!enrolled) return
    const opened = openLink({
      onSay(message) {
        if (message.type === 'board') keep('board', message.board)
        tell({ is: 'said', message })
      },
      onDown: () => tell({ is: 'link-down' }),
      onRefused: () => tell({ is: 'credential-refused' }),
    })
    setLink(opened)
    return () => opened.close()
  }, [enrolled])

  return <Shown kiosk={kiosk} link={link} tell={tell} />
}

function Shown({
  kiosk,
  link,
  tell,
}: {
  kiosk: Kiosk
  link: Link | undefined
  tell: React.ActionDispatch<[Parameters<typeof next>[1]]>
}) {
  switch (kiosk.at) {
    case 'enrolling':
      return <Enrolment onEnrolled={() => tell({ is: 'enrolled' })} />
    case 'connecting':
      return (
        <Message
          title="Đang kết nối máy chủ…"
          text={
            <>
              Máy sẽ tự kết nối lại liên tục. Nếu quá vài phút, kiểm tra cáp mạng, rồi gọi <Office />.
            </>
          }
          busy
        />
      )
    case 'revoked':
      return (
        <Message
          title="Thiết bị đã bị thu hồi"
          text={
            <>
              Thiết bị này không còn được dùng cho điểm cầu. Gọi <Office /> để được cấp mã ghi danh mới.
            </>
          }
        >
          <button
            type="button"
            className="main"
            onClick={() => {
              forgetEverything()
              tell({ is: 'begin-anew' })
            }}
          >
            Nhập mã ghi danh mới
          </button>
        </Message>
      )
    case 'replaced':
      return (
        <Message
          title="Trang thiết bị đang mở ở cửa sổ khác"
          text="Chỉ một cửa sổ được hoạt động. Đóng cửa sổ kia rồi bấm nút dưới đây."
        >
          <button type="button" className="main" onClick={() => location.reload()}>
            Dùng cửa sổ này
          </button>
        </Message>
      )
    case 'shown':
      return link === undefined ? null : <Room board={kiosk.board} linkUp={kiosk.link === 'up'} link={link} />
  }
}

function Message({
  title,
  text,
  busy,
  children,
}: {
  title: string
  text: React.ReactNode
  busy?: boolean
  children?: React.ReactNode
}) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <main className="message" aria-busy={busy === true}>
      {busy === true && <div className="spinner" aria-hidden="true" />}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <p>{text}</p>
      {children}
    </main>
  )
}

import { Counting } from '../kiosk/counting.tsx'
import { OfficeToDial } from '../kiosk/office.tsx'

interface Props {
  title: string
  busy?: boolean
  /** A refusal: told at once to who cannot see it. */
  isAlert?: boolean
  children?: React.ReactNode
}

/** One thing that the page has to say, with what can be done about it. */
export function Card({ title, busy, isAlert, children }: Props) {
  return (
    <main className="message" aria-busy={busy === true}>
      <p className="brand">Tiếp công dân trực tuyến – tỉnh Gia Lai</p>
      {busy === true && <div className="spinner" aria-hidden="true" />}
      <div role={isAlert === true ? 'alert' : undefined}>
        <h1>
          <Counting text={title} />
        </h1>
      </div>
      {children}
    </main>
  )
}

/** Whom to call, and where the field for another code is. */
export function Help({ onOther }: { onOther?: () => void }) {
  return (
    <p className="help">
      Cần giúp, xin gọi <OfficeToDial />.{' '}
      {onOther !== undefined && (
        <button type="button" onClick={onOther}>
          Nhập mã khác
        </button>
      )}
    </p>
  )
}

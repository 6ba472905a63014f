import { type FormEvent, useState } from 'react'
import { readLinkIn } from '../contract/join-link.ts'
import type { Key } from '../contract/rooms.ts'
import { grantCodeLength } from '../contract/short-code.ts'
import { CodeField, codeAsked, codeFault } from '../kiosk/code-field.tsx'

interface Props {
  /** What the server said of the code that stands there. */
  fault: string | null
  text: string
  onText(text: string): void
  onKey(key: Key): void
}

/** The field for the short code; a link that is pasted there is taken too. */
export function CodeForm({ fault, text, onText, onKey }: Props) {
  const [ownFault, setOwnFault] = useState<string | null>(null)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const link = readLinkIn(text)
    const wrong = link.is === 'token' ? null : codeFault(text, grantCodeLength)
    setOwnFault(wrong)
    if (link.is === 'token') onKey({ token: link.token })
    else if (wrong === null) onKey({ code: codeAsked(text, grantCodeLength) })
  }
  return (
    <form onSubmit={submit} className="code">
      <p>Mã gồm {grantCodeLength} chữ và số, ghi trong thông tin đăng nhập gửi kèm giấy mời.</p>
      <CodeField
        label="Mã đăng nhập"
        length={grantCodeLength}
        example="BCGHK-23456"
        text={text}
        onText={onText}
        fault={ownFault ?? fault}
      />
      <button type="submit" className="main" disabled={text.trim() === ''}>
        Tiếp tục
      </button>
    </form>
  )
}

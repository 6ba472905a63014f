import { type FormEvent, useEffect, useState } from 'react'
import { readLinkIn } from '../contract/join-link.ts'
import type { Key } from '../contract/rooms.ts'

interface Props {
  fault: string | null
  /** What stood there when it was refused. */
  typed: string
  onKey(key: Key): void
}

/** The field for the short code; a link that is pasted there is taken too. */
export function CodeForm({ fault, typed, onKey }: Props) {
  const [text, setText] = useState(typed)
  useEffect(() => setText(typed), [typed])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const link = readLinkIn(text)
    onKey(link.is === 'token' ? { token: link.token } : { code: text.trim() })
  }
  return (
    <form onSubmit={submit} className="code">
      <p>Mã gồm 10 ký tự, ghi trong thông tin đăng nhập gửi kèm giấy mời.</p>
      <label htmlFor="code">Mã đăng nhập</label>
      <input
        id="code"
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder="ABCDE-23456"
        autoComplete="off"
        required
        aria-describedby="fault"
      />
      <button type="submit" className="main" disabled={text.replace(/[^A-Za-z0-9]/g, '').length < 10}>
        Tiếp tục
      </button>
      <p id="fault" className="fault" role="alert">
        {fault}
      </p>
    </form>
  )
}

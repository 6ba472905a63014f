import { useEffect, useRef } from 'react'
import { type CodeRead, mostTyped, readCode, shownCode } from '../contract/short-code.ts'
import { Counting } from './counting.tsx'

/** What is asked of the server for a field's text: the one code that is in it, else whatever may be one. */
export function codeAsked(text: string, length: number): string {
  const { codes, rewritten } = readCode(text, length)
  const [only] = codes
  if (only !== undefined && codes.length === 1) return shownCode(only)
  // A letter may be longer than what the server takes.
  return (rewritten ? text.trim() : codes.map(shownCode).join(' ')).slice(0, mostTyped)
}

/** What is wrong with the text before anybody is asked; null where it may be a code. */
export function codeFault(text: string, length: number): string | null {
  if (readCode(text, length).codes.length > 0) return null
  const count = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
  return `Mã gồm ${length} chữ và số; trong ô ${count === 0 ? 'chưa có ký tự nào' : `có ${count} ký tự`}. Vui lòng so lại rồi nhập đủ.`
}

/** Says what was made of the text, where that is not what stands there. */
function understood(text: string, { codes, rewritten }: CodeRead): string {
  const [first] = codes
  if (first === undefined) return ''
  if (!rewritten) return text.toUpperCase().replace(/[\s-]/g, '') === first ? '' : `Mã tìm thấy: ${shownCode(first)}`
  return codes.length === 1
    ? `Bộ gõ tiếng Việt đã đổi chữ trong ô; mã được hiểu là ${shownCode(first)}.`
    : `Bộ gõ tiếng Việt đã đổi chữ trong ô; trang sẽ thử các cách hiểu như ${shownCode(first)}. Nếu vẫn không đúng, xin tắt bộ gõ rồi nhập lại.`
}

interface Props {
  label: string
  length: number
  example: string
  text: string
  onText(text: string): void
  fault: string | null
}

/** The field for a short code. It keeps what was typed as it was typed: a field that changes its own text breaks the input method that writes into it. */
export function CodeField({ label, length, example, text, onText, fault }: Props) {
  const input = useRef<HTMLInputElement>(null)
  // The page that asked showed something else meanwhile: who has to mend a code is put where it stands.
  useEffect(() => {
    if (fault !== null) input.current?.focus()
  }, [fault])
  return (
    <>
      <label htmlFor="code">{label}</label>
      <input
        ref={input}
        id="code"
        value={text}
        onChange={(event) => onText(event.target.value)}
        placeholder={example}
        autoComplete="off"
        autoCorrect="off"
        autoCapitalize="characters"
        spellCheck={false}
        required
        aria-describedby="understood fault"
        aria-invalid={fault !== null}
      />
      <p id="understood" className="understood" role="status">
        {understood(text, readCode(text, length))}
      </p>
      <p id="fault" className="fault" role="alert">
        {fault !== null && <Counting text={fault} />}
      </p>
    </>
  )
}

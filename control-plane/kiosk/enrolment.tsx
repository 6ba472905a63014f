import { type FormEvent, useState } from 'react'
import { CallFailed } from '../contract/route.ts'
import { enrolmentCodeLength } from '../contract/short-code.ts'
import { CodeField, codeAsked, codeFault } from './code-field.tsx'
import { enrol } from './link.ts'
import { keep } from './memory.ts'
import { Office } from './office.tsx'

type Step = { at: 'typing'; fault: string | null } | { at: 'asking' }

/** The first thing a room PC shows: the short code that the office reads out. */
export function Enrolment({ onEnrolled }: { onEnrolled(): void }) {
  const [text, setText] = useState('')
  const [step, setStep] = useState<Step>({ at: 'typing', fault: null })

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    const wrong = codeFault(text, enrolmentCodeLength)
    if (wrong !== null) {
      setStep({ at: 'typing', fault: wrong })
      return
    }
    setStep({ at: 'asking' })
    try {
      keep('credential', await enrol(codeAsked(text, enrolmentCodeLength)))
      onEnrolled()
    } catch (error) {
      setStep({
        at: 'typing',
        fault: error instanceof CallFailed ? error.problem.title : 'Không ghi danh được. Vui lòng thử lại.',
      })
    }
  }

  return (
    <main className="message">
      <p className="brand">Tiếp công dân trực tuyến – tỉnh Gia Lai</p>
      <h1>Ghi danh thiết bị phòng họp</h1>
      <p>
        Gọi <Office /> để nhận mã ghi danh gồm {enrolmentCodeLength} chữ và số, nhập vào ô dưới đây. Mã dùng một lần,
        trong 15 phút.
      </p>
      <form onSubmit={submit} className="code">
        <CodeField
          label="Mã ghi danh"
          length={enrolmentCodeLength}
          example="BCGH-2345"
          text={text}
          onText={setText}
          fault={step.at === 'typing' ? step.fault : null}
        />
        <button type="submit" className="main" disabled={step.at === 'asking' || text.trim() === ''}>
          {step.at === 'asking' ? 'Đang ghi danh…' : 'Ghi danh'}
        </button>
      </form>
    </main>
  )
}

import { type FormEvent, useState } from 'react'
import { CallFailed } from '../contract/route.ts'
import { enrol } from './link.ts'
import { keep } from './memory.ts'
import { Office } from './office.tsx'

type Step = { at: 'typing'; fault: string | null } | { at: 'asking' }

/** The first thing a room PC shows: the short code that the office reads out. */
export function Enrolment({ onEnrolled }: { onEnrolled(): void }) {
  const [code, setCode] = useState('')
  const [step, setStep] = useState<Step>({ at: 'typing', fault: null })

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    setStep({ at: 'asking' })
    try {
      keep('credential', await enrol(code.trim()))
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
        Gọi <Office /> để nhận mã ghi danh gồm 8 ký tự, nhập vào ô dưới đây. Mã dùng một lần, trong 15 phút.
      </p>
      <form onSubmit={submit} className="code">
        <label htmlFor="code">Mã ghi danh</label>
        <input
          id="code"
          value={code}
          onChange={(event) => setCode(event.target.value.toUpperCase())}
          placeholder="ABCD-2345"
          autoComplete="off"
          maxLength={12}
          required
          aria-describedby="fault"
        />
        <button type="submit" className="main" disabled={step.at === 'asking' || code.trim().length < 8}>
          {step.at === 'asking' ? 'Đang ghi danh…' : 'Ghi danh'}
        </button>
        <p id="fault" className="fault" role="alert">
          {step.at === 'typing' ? step.fault : ''}
        </p>
      </form>
    </main>
  )
}

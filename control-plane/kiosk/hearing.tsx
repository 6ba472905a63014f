import { useEffect, useRef, useState } from 'react'
import type { Entry } from '../contract/call.ts'
import type { BoardHearing } from '../contract/kiosk.ts'
import { enterAsDevice } from '../contract/rooms.ts'
import { CallFailed, call } from '../contract/route.ts'
import { type Stay, type StayStep, stayInMeeting } from '../media/stay.ts'
import { DeviceStrip, useDeviceNews } from './device-news.tsx'
import type { Link } from './link.ts'
import { keep, recall, recallHanded } from './memory.ts'
import { Office } from './office.tsx'

interface Props {
  hearing: BoardHearing
  linkUp: boolean
  link: Link
  onLeave(): void
  /** Put out, or let in no more: a reload must not go back by itself. */
  onPutOut(): void
  /** The server says that this hearing is over. */
  onOver(): void
}

// The server tells whether it sees this room in the meeting; this long without being seen is a call that only looks alive.
const unseenMs = 20_000

/** The room in the hearing: Jitsi Meet embedded, entered again by itself whenever the call breaks. */
export function Hearing({ hearing, linkUp, link, onLeave, onPutOut, onOver }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const stay = useRef<Stay>(undefined)
  // The parent makes these anew at each render; the meeting must not be entered anew for that.
  const told = useRef({ onLeave, onPutOut, onOver })
  told.current = { onLeave, onPutOut, onOver }
  const [step, setStep] = useState<StayStep>({ at: 'entering', waitsFor: null })
  const { id, present } = hearing
  // Pressed for: the other room PC is put out; once, so that two do not take the place from each other for ever.
  const takesOver = useRef(false)
  const devices = useDeviceNews()

  useEffect(() => {
    if (place.current === null) return
    const begun = stayInMeeting(place.current, {
      enter: () => getEntry(id, link, takesOver),
      devices: recallHanded,
      onStep(reached) {
        setStep(reached)
        if (reached.at === 'entering') devices.clear()
        if (reached.at === 'inside') keep('inside', { hearingId: id })
        if (reached.at === 'left') told.current.onLeave()
        if (reached.at === 'refused' || reached.at === 'kicked') told.current.onPutOut()
        if (reached.at === 'refused' && isOver(reached.problem.type)) told.current.onOver()
      },
      onDevice: devices.hear,
    })
    stay.current = begun
    return begun.end
  }, [id, link, devices.clear, devices.hear])

  // Present in the server's eyes? A line that died silently shows first here.
  useEffect(() => {
    if (step.at !== 'inside' || present || !linkUp) return
    const timer = setTimeout(() => stay.current?.enterNow(), unseenMs)
    return () => clearTimeout(timer)
  }, [step.at, present, linkUp])

  return (
    <main className="hearing">
      <div className="bar">
        <strong>{hearing.code}</strong>
        <span>{hearing.title}</span>
        <button type="button" onClick={() => (step.at === 'inside' ? stay.current?.hangUp() : onLeave())}>
          Rời phòng
        </button>
      </div>
      <DeviceStrip news={devices.news} onHide={devices.clear} place={{ is: 'room' }} />
      <div className="meeting" ref={place} />
      {hearing.asked && step.at === 'inside' && (
        <p className="asked" role="status">
          Một máy khác của điểm cầu vừa xin vào phòng thay máy này.
        </p>
      )}
      {step.at !== 'inside' && (
        <Cover
          step={step}
          elsewhere={hearing.elsewhere}
          onAgain={() => stay.current?.enterNow()}
          onTakeOver={() => {
            takesOver.current = true
            stay.current?.enterNow()
          }}
          onLeave={onLeave}
        />
      )}
    </main>
  )
}

const isOver = (problemType: string): boolean => /grant-(over|cancelled)$/.test(problemType)

interface CoverProps {
  step: StayStep
  elsewhere: BoardHearing['elsewhere']
  onAgain(): void
  onTakeOver(): void
  onLeave(): void
}

function Cover({ step, elsewhere, onAgain, onTakeOver, onLeave }: CoverProps) {
  const isInUse = step.at === 'refused' && step.problem.type.endsWith(':grant-in-use')
  if (isInUse || (step.at === 'kicked' && elsewhere !== null)) {
    return (
      <div className="cover" role="status">
        <p>
          Điểm cầu đang trong phòng bằng {elsewhere === null ? 'máy khác' : `máy “${elsewhere.label}”`}. Hai máy cùng
          lúc sẽ gây hú, nên mỗi điểm cầu chỉ vào bằng một máy.
        </p>
        <button type="button" className="main" onClick={onTakeOver}>
          Chuyển sang máy này
        </button>
        <button type="button" onClick={onLeave}>
          Về màn hình chờ
        </button>
      </div>
    )
  }
  return (
    <div className="cover" role="status">
      {step.at === 'entering' && <p>{step.waitsFor} Đang vào phòng…</p>}
      {step.at === 'rejoining' && (
        <>
          <p>
            {step.waitsFor} Máy đang tự vào lại phòng (lần {step.attempt})…
          </p>
          <button type="button" className="main" onClick={onAgain}>
            Vào lại ngay
          </button>
        </>
      )}
      {(step.at === 'refused' || step.at === 'kicked') && (
        <>
          <p>{step.at === 'refused' ? step.problem.title : 'Thiết bị đã được mời ra khỏi phòng.'}</p>
          <p>
            Cần giúp hoặc cần vào lại, xin gọi <Office />.
          </p>
          <button type="button" className="main" onClick={onLeave}>
            Về màn hình chờ
          </button>
        </>
      )}
    </div>
  )
}

/** A fresh token; while the control plane is down, the last one that still holds. */
async function getEntry(hearingId: string, link: Link, takesOver: { current: boolean }): Promise<Entry> {
  try {
    const entry = await call(
      enterAsDevice,
      { params: { id: hearingId }, querystring: { takesOver: takesOver.current } },
      { headers: await link.authorization(), signal: AbortSignal.timeout(8_000) },
    )
    takesOver.current = false
    keep('entry', { hearingId, entry })
    return entry
  } catch (error) {
    if (error instanceof CallFailed && error.problem.status !== 0 && error.problem.status < 500) throw error
    const kept = recall('entry')
    if (kept?.hearingId === hearingId && Date.parse(kept.entry.expires) > Date.now()) return kept.entry
    throw error
  }
}

import { useEffect, useRef, useState } from 'react'
import { enterByGrant, type Invitation, type Key, keepSeat } from '../contract/rooms.ts'
import { call, type ProblemDocument } from '../contract/route.ts'
import { DeviceStrip, useDeviceNews } from '../kiosk/device-news.tsx'
import { recallHanded } from '../kiosk/memory.ts'
import { OfficeToDial } from '../kiosk/office.tsx'
import { isInAppBrowser } from '../media/devices.ts'
import { type Stay, type StayStep, stayInMeeting } from '../media/stay.ts'

interface Props {
  keyGiven: Key
  seat: string
  /** Somebody pressed for it: the device that is in the room by the same link is put out. */
  takesOver: boolean
  invitation: Invitation
  onLeft(): void
  onPutOut(): void
  /** Another device took the seat. */
  onReplaced(): void
  onRefused(problem: ProblemDocument): void
}

/** The meeting, entered again with a fresh token by itself whenever it breaks. */
export function Meeting({ keyGiven, seat, takesOver, invitation, onLeft, onPutOut, onReplaced, onRefused }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const stay = useRef<Stay>(undefined)
  const [step, setStep] = useState<StayStep>({ at: 'entering', waitsFor: null })
  // The parent makes these anew at each render; the meeting must not be entered anew for that.
  const told = useRef({ onLeft, onPutOut, onReplaced, onRefused })
  told.current = { onLeft, onPutOut, onReplaced, onRefused }

  const devices = useDeviceNews()

  useEffect(() => {
    if (place.current === null) return
    // Once: a page that was replaced must not take its seat back by itself.
    let takesOverOnce = takesOver
    const begun = stayInMeeting(place.current, {
      async enter() {
        const entry = await call(enterByGrant, {
          body: { ...keyGiven, seat, takesOver: takesOverOnce, acceptsRecording: true },
        })
        takesOverOnce = false
        return entry
      },
      devices: recallHanded,
      onStep(reached) {
        setStep(reached)
        if (reached.at === 'entering') devices.clear()
        if (reached.at === 'left') told.current.onLeft()
        if (reached.at === 'kicked') told.current.onPutOut()
        if (reached.at === 'refused') told.current.onRefused(reached.problem)
      },
      onDevice: devices.hear,
    })
    stay.current = begun
    return begun.end
  }, [keyGiven, seat, takesOver, devices.clear, devices.hear])
  const isAsked = useSeat(keyGiven, seat, onReplaced)

  return (
    <main className="hearing">
      <div className="bar">
        <strong>{invitation.hearing.code}</strong>
        <span>{invitation.hearing.title}</span>
        <button type="button" onClick={() => (step.at === 'inside' ? stay.current?.hangUp() : onLeft())}>
          Rời phòng
        </button>
      </div>
      {isAsked && (
        <p className="asked" role="status">
          Liên kết này vừa được mở trên thiết bị khác. Nếu không phải ông/bà mở, vui lòng báo <OfficeToDial />.
        </p>
      )}
      <DeviceStrip
        news={devices.news}
        onHide={devices.clear}
        place={{ is: 'own', inApp: isInAppBrowser(navigator.userAgent) }}
      />
      <div className="meeting" ref={place} />
      {step.at !== 'inside' && (
        <div className="cover" role="status">
          <p>
            {step.at === 'rejoining'
              ? `${step.waitsFor} Đang tự vào lại phòng (lần ${step.attempt})…`
              : `${step.at === 'entering' && step.waitsFor !== null ? step.waitsFor : ''} Đang vào phòng…`}
          </p>
        </div>
      )}
    </main>
  )
}

const keepEveryMs = 10_000

/** Keeps the seat while the page is in the room; true while another device asks for it. */
function useSeat(key: Key, seat: string, onReplaced: () => void): boolean {
  const [isAsked, setIsAsked] = useState(false)
  const told = useRef(onReplaced)
  told.current = onReplaced
  useEffect(() => {
    const stop = new AbortController()
    // Held once: before the entry has been answered the seat is nobody's yet.
    let wasHeld = false
    const keep = async (): Promise<void> => {
      const { held, askedAt } = await call(keepSeat, { body: { ...key, seat } }, { signal: stop.signal })
      setIsAsked(askedAt !== null)
      if (wasHeld && !held) told.current()
      wasHeld = held
    }
    // A line that is away for a while is the meeting's affair.
    const timer = setInterval(() => keep().catch(() => undefined), keepEveryMs)
    return () => {
      stop.abort()
      clearInterval(timer)
    }
  }, [key, seat])
  return isAsked
}

import { useEffect, useRef, useState } from 'react'
import { enterByGrant, type Invitation, type Key } from '../contract/rooms.ts'
import { call, type ProblemDocument } from '../contract/route.ts'
import { type Stay, type StayStep, stayInMeeting } from '../media/stay.ts'

interface Props {
  keyGiven: Key
  invitation: Invitation
  onLeft(): void
  onPutOut(): void
  onRefused(problem: ProblemDocument): void
}

/** The meeting, entered again with a fresh token by itself whenever it breaks. */
export function Meeting({ keyGiven, invitation, onLeft, onPutOut, onRefused }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const stay = useRef<Stay>(undefined)
  const [step, setStep] = useState<StayStep>({ at: 'entering', waitsFor: null })
  // The parent makes these anew at each render; the meeting must not be entered anew for that.
  const told = useRef({ onLeft, onPutOut, onRefused })
  told.current = { onLeft, onPutOut, onRefused }

  useEffect(() => {
    if (place.current === null) return
    const begun = stayInMeeting(
      place.current,
      () => call(enterByGrant, { body: { ...keyGiven, acceptsRecording: true } }),
      (reached) => {
        setStep(reached)
        if (reached.at === 'left') told.current.onLeft()
        if (reached.at === 'kicked') told.current.onPutOut()
        if (reached.at === 'refused') told.current.onRefused(reached.problem)
      },
    )
    stay.current = begun
    return begun.end
  }, [keyGiven])

  return (
    <div className="hearing">
      <div className="bar">
        <strong>{invitation.hearing.code}</strong>
        <span>{invitation.hearing.title}</span>
        <button type="button" onClick={() => (step.at === 'inside' ? stay.current?.hangUp() : onLeft())}>
          Rời phòng
        </button>
      </div>
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
    </div>
  )
}

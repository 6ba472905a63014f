import { useEffect, useState } from 'react'
import type { Board } from '../contract/kiosk.ts'
import { reloadWhenThere, useNewRelease } from '../page-kit/release.ts'
import { Hearing } from './hearing.tsx'
import { Idle } from './idle.tsx'
import type { Link } from './link.ts'
import { forget, keep, recall } from './memory.ts'
import { statesOf, useSenses } from './senses.ts'
import { type Place, placeAtBegin, placeOf } from './state.ts'
import { useTestCall } from './test-call.ts'

interface Props {
  board: Board
  linkUp: boolean
  link: Link
}

// Long enough to be read from across the room.
const partingMs = 8_000
const newReleaseSpreadMs = 10_000

/** An enrolled room: waiting, in a test call, in a hearing, or taking leave of one. */
export function Room({ board, linkUp, link }: Props) {
  const [place, setPlace] = useState<Place>(() => placeAtBegin(recall('inside')?.hearingId, board, link.now()))
  const now = placeOf(place, board)
  const test = useTestCall({ board, link, free: now.at === 'free' })
  const senses = useSenses(now.at === 'free' && test.at === 'none')
  const showing = now.at !== 'free' ? 'hearing' : test.at === 'none' ? 'idle' : 'test-call'
  const { camera, microphone, speaker } = statesOf(senses)

  const isNew = useNewRelease(linkUp)
  useEffect(() => {
    if (!isNew || showing !== 'idle') return
    const stop = new AbortController()
    // Not all rooms of a province in the same moment.
    const timer = setTimeout(() => reloadWhenThere(stop.signal), Math.random() * newReleaseSpreadMs)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [isNew, showing])

  useEffect(() => {
    const tell = (): void =>
      link.tellState({ camera, microphone, speaker, showing, browser: navigator.userAgent.slice(0, 200) })
    tell()
    const timer = setInterval(tell, 10_000)
    return () => clearInterval(timer)
  }, [link, camera, microphone, speaker, showing])

  const enteredId = now.at === 'inside' ? now.hearing.id : undefined
  useEffect(() => {
    if (enteredId === undefined) forget('inside')
    else keep('inside', { hearingId: enteredId })
  }, [enteredId])

  useEffect(() => {
    if (now.at !== 'parting') return
    // Taken leave of for good: the same hearing is entered again by a press only.
    setPlace({ at: 'parting' })
    const timer = setTimeout(() => setPlace({ at: 'free' }), partingMs)
    return () => clearTimeout(timer)
  }, [now.at])

  switch (now.at) {
    case 'inside':
      return (
        <Hearing
          hearing={now.hearing}
          linkUp={linkUp}
          link={link}
          onLeave={() => setPlace({ at: 'free' })}
          onPutOut={() => forget('inside')}
          onOver={() => setPlace({ at: 'parting' })}
        />
      )
    case 'parting':
      return (
        <main className="message" role="status">
          <h1>Buổi tiếp đã khép lại</h1>
          <p>Máy tự trở về màn hình chờ sau ít giây. Cứ để máy mở trang này.</p>
        </main>
      )
    case 'free':
      return (
        <Idle
          board={board}
          linkUp={linkUp}
          link={link}
          senses={senses}
          test={test}
          onEnter={(hearingId) => setPlace({ at: 'inside', hearingId })}
        />
      )
  }
}

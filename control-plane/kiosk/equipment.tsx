import { useEffect, useRef } from 'react'
import { deviceWords } from '../media/device-words.ts'
import type { Held } from '../media/hold-device.ts'
import { DeviceChoice } from './device-choice.tsx'
import { type Sensing, soundSpeaker } from './senses.ts'

interface Props {
  senses: Sensing
  /** `rttMs` is null while nothing was measured. */
  line: { isUp: boolean; rttMs: number | null }
}

const speakerWords = { ok: 'Sẵn sàng', none: 'Không tìm thấy loa.', unknown: 'Bấm để nghe thử' } as const

/** What the room has, each part with its lamp, and what to do about those that fail. */
export function Equipment({ senses, line }: Props) {
  const video = useRef<HTMLVideoElement>(null)
  const { stream } = senses.camera
  useEffect(() => {
    if (video.current) video.current.srcObject = stream
  }, [stream])
  return (
    <section className="equipment">
      <div className="preview">
        <video ref={video} autoPlay muted playsInline aria-label="Hình từ camera của phòng" />
        {stream === null && <span>Chưa có hình</span>}
      </div>
      <dl>
        <Lamp
          name="Camera"
          state={senses.camera.state}
          text={deviceWords('camera', senses.camera, senses.chosen.camera, { is: 'room' })}
        >
          <DeviceChoice kind="camera" senses={senses} />
          <Again held={senses.camera} senses={senses} />
        </Lamp>
        <Lamp
          name="Micro"
          state={senses.microphone.state}
          text={deviceWords('microphone', senses.microphone, senses.chosen.microphone, { is: 'room' })}
        >
          <meter min={0} max={0.3} value={Math.min(0.3, senses.level)} aria-label="Mức âm thanh" />
          <DeviceChoice kind="microphone" senses={senses} />
          <Again held={senses.microphone} senses={senses} />
        </Lamp>
        <Lamp name="Loa" state={senses.speaker} text={speakerWords[senses.speaker]}>
          <button type="button" onClick={soundSpeaker}>
            Nghe thử
          </button>
        </Lamp>
        <Lamp
          name="Đường truyền"
          state={line.isUp ? 'ok' : 'none'}
          text={line.rttMs === null ? (line.isUp ? 'Đang đo…' : 'Mất kết nối') : `Phản hồi ${line.rttMs} ms`}
        />
      </dl>
    </section>
  )
}

/** A refusal is the one fault that the page does not try again by itself. */
function Again({ held, senses }: { held: Held; senses: Sensing }) {
  if (held.state !== 'refused' && held.state !== 'no-answer') return null
  return (
    <button type="button" onClick={senses.again}>
      Thử lại
    </button>
  )
}

interface LampProps {
  name: string
  state: string
  text: string
  children?: React.ReactNode
}

function Lamp({ name, state, text, children }: LampProps) {
  const isWaiting = state === 'unknown' || state === 'asking'
  const colour = state === 'ok' ? 'good' : isWaiting ? 'wait' : state === 'other' ? 'warn' : 'bad'
  return (
    <div className="row">
      <dt>{name}</dt>
      <dd>
        <span className={`lamp ${colour}`}>{text}</span>
        {children}
      </dd>
    </div>
  )
}

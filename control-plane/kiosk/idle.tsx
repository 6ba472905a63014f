import { useEffect, useRef, useState } from 'react'
import type { Board } from '../contract/kiosk.ts'
import { hearingStatusLabels } from '../contract/words.ts'
import type { Link } from './link.ts'
import { Office } from './office.tsx'
import { type Senses, soundSpeaker } from './senses.ts'
import { inWords, mayEnter } from './state.ts'
import type { TestState } from './test-call.ts'

interface Props {
  board: Board
  linkUp: boolean
  link: Link
  senses: Senses & { choose(devices: { cameraId?: string; microphoneId?: string }): void }
  test: TestState
  onEnter(hearingId: string): void
}

const dateText = new Intl.DateTimeFormat('vi-VN', {
  timeZone: 'Asia/Ho_Chi_Minh',
  weekday: 'long',
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})
const clockText = new Intl.DateTimeFormat('vi-VN', {
  timeZone: 'Asia/Ho_Chi_Minh',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

const stepWords: Record<string, string> = {
  loading: 'Đang chuẩn bị',
  joining: 'Đang vào phòng kiểm thử',
  waiting: 'Đang chờ trung tâm',
  connected: 'Đã kết nối',
  measuring: 'Đang đo đường truyền, hình và tiếng',
  done: 'Đang gửi kết quả',
}
const stepPercents: Record<string, number> = {
  loading: 10,
  joining: 25,
  waiting: 40,
  connected: 55,
  measuring: 70,
  done: 95,
}

/** What the room sees while no hearing is on. */
export function Idle({ board, linkUp, link, senses, test, onEnter }: Props) {
  const now = useServerNow(link)
  return (
    <main className="idle">
      <header>
        <div>
          <p className="brand">Tiếp công dân trực tuyến – tỉnh Gia Lai</p>
          <h1>{board.endpoint.name}</h1>
        </div>
        <div className="clock">
          <time>{clockText.format(now)}</time>
          <span className={linkUp ? 'lamp good' : 'lamp bad'}>
            {linkUp ? 'Đã kết nối máy chủ' : 'Mất kết nối, đang nối lại…'}
          </span>
        </div>
      </header>
      {!linkUp && (
        <p className="outage" role="status">
          Máy đang tự nối lại và giữ nguyên thông tin đã nhận. Nếu quá vài phút, kiểm tra cáp mạng, rồi gọi <Office />.
          Không cần tắt máy.
        </p>
      )}
      <NextHearing board={board} now={now} testing={test.at === 'running'} onEnter={onEnter} />
      {test.at === 'running' && (
        <section className="test" aria-live="polite">
          <h2>Đang kiểm thử đường truyền</h2>
          <p>{stepWords[test.step]}… Xin giữ yên máy, không tắt loa và micro.</p>
          <progress max={100} value={stepPercents[test.step] ?? 0} />
        </section>
      )}
      <Equipment senses={senses} link={link} linkUp={linkUp} />
      {board.lastTest !== null && test.at === 'none' && (
        <footer className={`last ${board.lastTest.verdict}`}>
          Kiểm thử gần nhất ({dateText.format(new Date(board.lastTest.at))}): {board.lastTest.text}
        </footer>
      )}
    </main>
  )
}

function NextHearing({
  board,
  now,
  testing,
  onEnter,
}: {
  board: Board
  now: number
  testing: boolean
  onEnter(id: string): void
}) {
  const { hearing } = board
  if (hearing === null) {
    return (
      <section className="next">
        <h2>Chưa có buổi tiếp sắp tới</h2>
        <p>Cứ để máy mở trang này. Buổi tiếp được phê duyệt sẽ tự hiện ở đây.</p>
      </section>
    )
  }
  const open = mayEnter(hearing, now)
  return (
    <section className="next">
      <p className="status">{hearingStatusLabels[hearing.status]}</p>
      <h2>{hearing.title}</h2>
      <p>
        {hearing.code} · {dateText.format(new Date(hearing.startsAt))}
      </p>
      {hearing.status !== 'live' && now < Date.parse(hearing.startsAt) && (
        <p className="countdown">Còn {inWords(Date.parse(hearing.startsAt) - now)} nữa bắt đầu</p>
      )}
      {hearing.elsewhere !== null && (
        <p className="hint" role="status">
          Điểm cầu đang trong phòng bằng máy “{hearing.elsewhere.label}”.
        </p>
      )}
      {open ? (
        <button type="button" className="main big" disabled={testing} onClick={() => onEnter(hearing.id)}>
          Vào buổi tiếp
        </button>
      ) : (
        <p className="hint">Phòng họp mở lúc {dateText.format(new Date(hearing.opensAt))}.</p>
      )}
    </section>
  )
}

const words = {
  camera: {
    ok: 'Hoạt động',
    none: 'Không tìm thấy. Cắm lại cáp camera.',
    refused: 'Bị chặn. Cho phép trang dùng camera.',
    unknown: 'Đang kiểm tra…',
  },
  microphone: {
    ok: 'Hoạt động',
    none: 'Không tìm thấy. Cắm lại micro.',
    refused: 'Bị chặn. Cho phép trang dùng micro.',
    silent: 'Không có tín hiệu. Bật công tắc micro.',
    unknown: 'Đang kiểm tra…',
  },
  speaker: { ok: 'Sẵn sàng', none: 'Không tìm thấy loa.', unknown: 'Bấm để nghe thử' },
} as const

function Equipment({ senses, link, linkUp }: { senses: Props['senses']; link: Link; linkUp: boolean }) {
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    if (video.current) video.current.srcObject = senses.stream
  }, [senses.stream])
  const rtt = linkUp ? link.rttMs() : null
  return (
    <section className="equipment">
      <div className="preview">
        <video ref={video} autoPlay muted playsInline aria-label="Hình từ camera của phòng" />
        {senses.stream === null && <span>Chưa có hình</span>}
      </div>
      <dl>
        <Lamp name="Camera" state={senses.camera} text={words.camera[senses.camera]}>
          <Choice label="Chọn camera" devices={senses.cameras} onChoose={(cameraId) => senses.choose({ cameraId })} />
        </Lamp>
        <Lamp name="Micro" state={senses.microphone} text={words.microphone[senses.microphone]}>
          <meter min={0} max={0.3} value={Math.min(0.3, senses.level)} aria-label="Mức âm thanh" />
          <Choice
            label="Chọn micro"
            devices={senses.microphones}
            onChoose={(microphoneId) => senses.choose({ microphoneId })}
          />
        </Lamp>
        <Lamp name="Loa" state={senses.speaker} text={words.speaker[senses.speaker]}>
          <button type="button" onClick={soundSpeaker}>
            Nghe thử
          </button>
        </Lamp>
        <Lamp
          name="Đường truyền"
          state={linkUp ? 'ok' : 'none'}
          text={rtt === null ? (linkUp ? 'Đang đo…' : 'Mất kết nối') : `Phản hồi ${rtt} ms`}
        />
      </dl>
    </section>
  )
}

function Lamp({
  name,
  state,
  text,
  children,
}: {
  name: string
  state: string
  text: string
  children?: React.ReactNode
}) {
  const colour = state === 'ok' ? 'good' : state === 'unknown' ? 'wait' : 'bad'
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

function Choice({
  label,
  devices,
  onChoose,
}: {
  label: string
  devices: MediaDeviceInfo[]
  onChoose(id: string): void
}) {
  if (devices.length < 2) return null
  return (
    <select aria-label={label} onChange={(event) => onChoose(event.target.value)}>
      {devices.map((device) => (
        <option key={device.deviceId} value={device.deviceId}>
          {device.label}
        </option>
      ))}
    </select>
  )
}

/** The server's clock, each second. */
function useServerNow(link: Link): number {
  const [now, setNow] = useState(() => link.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(link.now()), 1_000)
    return () => clearInterval(timer)
  }, [link])
  return now
}

import { useEffect, useState } from 'react'
import type { Board } from '../contract/kiosk.ts'
import { hearingStatusLabels } from '../contract/words.ts'
import { everySecond } from '../media/wake.ts'
import { Equipment } from './equipment.tsx'
import type { Link } from './link.ts'
import { Office } from './office.tsx'
import type { Sensing } from './senses.ts'
import { inWords, mayEnter } from './state.ts'
import type { TestState } from './test-call.ts'

interface Props {
  board: Board
  linkUp: boolean
  link: Link
  senses: Sensing
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
      <Others board={board} now={now} testing={test.at === 'running'} onEnter={onEnter} />
      {test.at === 'running' && (
        <section className="test" aria-live="polite">
          <h2>Đang kiểm thử đường truyền</h2>
          <p>{stepWords[test.step]}… Xin giữ yên máy, không tắt loa và micro.</p>
          <progress max={100} value={stepPercents[test.step] ?? 0} />
        </section>
      )}
      <Equipment senses={senses} line={{ isUp: linkUp, rttMs: linkUp ? link.rttMs() : null }} />
      {board.lastTest !== null && test.at === 'none' && (
        <footer className={`last ${board.lastTest.verdict}`}>
          Kiểm thử gần nhất ({dateText.format(new Date(board.lastTest.at))}): {board.lastTest.text}
        </footer>
      )}
    </main>
  )
}

interface NextProps {
  board: Board
  now: number
  testing: boolean
  onEnter(id: string): void
}

function NextHearing({ board, now, testing, onEnter }: NextProps) {
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
      {hearing.status !== 'live' && now >= Date.parse(hearing.endsAt) && (
        <p className="hint" role="status">
          Đã quá giờ kết thúc dự kiến mà buổi tiếp chưa bắt đầu. Gọi Văn phòng UBND tỉnh để hoãn hoặc bắt đầu lại.
        </p>
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

/** A hearing that nobody came to must not stand before the one that people wait for, nor the other way round. */
function Others({ board, now, testing, onEnter }: NextProps) {
  if (board.others.length === 0) return null
  return (
    <section className="others" aria-label="Các buổi tiếp khác">
      {board.others.map((hearing) => (
        <p key={hearing.id}>
          <span>
            {dateText.format(new Date(hearing.startsAt))} · {hearing.code} – {hearing.title}
          </span>
          {mayEnter(hearing, now) && (
            <button type="button" disabled={testing} onClick={() => onEnter(hearing.id)}>
              Vào buổi {hearing.code}
            </button>
          )}
        </p>
      ))}
    </section>
  )
}

/** The server's clock, each second. */
function useServerNow(link: Link): number {
  const [now, setNow] = useState(() => link.now())
  useEffect(() => {
    setNow(link.now())
    return everySecond(() => setNow(link.now()))
  }, [link])
  return now
}

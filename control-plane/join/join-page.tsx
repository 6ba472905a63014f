import { useEffect, useReducer, useRef, useState } from 'react'
import { type Invitation, type Key, lookAtGrant } from '../contract/rooms.ts'
import { CallFailed, call, type ProblemDocument } from '../contract/route.ts'
import { secondsTold } from '../kiosk/counting.tsx'
import { useSenses } from '../kiosk/senses.ts'
import { inWords } from '../kiosk/state.ts'
import { everySecond, startTiming } from '../media/wake.ts'
import { Card, Help } from './card.tsx'
import { CodeForm } from './code-form.tsx'
import { Meeting } from './meeting.tsx'
import { OpenElsewhere, OwnDevices } from './own-devices.tsx'
import { useRenewal } from './renewal.ts'
import { takeSeat } from './seat.ts'
import { begin, next } from './state.ts'

const insideKey = 'tiepdan.inside'
/** A line that is cut without a word answers nothing for minutes. */
const lookMs = 20_000
const noAnswer: ProblemDocument = {
  type: 'urn:tiepdan:problem:no-answer',
  title: 'Máy chủ chưa trả lời. Trang tự thử lại; vui lòng kiểm tra đường truyền.',
  status: 0,
  retryable: true,
}
/** After a fault that passes by itself. */
const againMs = 10_000
const dateText = new Intl.DateTimeFormat('vi-VN', {
  timeZone: 'Asia/Ho_Chi_Minh',
  weekday: 'long',
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})

/** The page behind a join link: countdown, a look at camera and microphone, one press, the meeting (design §6). */
export function JoinPage() {
  const [join, tell] = useReducer(next, location.hash, begin)
  const [seat, setSeat] = useState<string>()
  // Kept here: the field comes and goes with what the page has to say, what was typed stays.
  const [text, setText] = useState('')
  useEffect(() => {
    takeSeat().then(setSeat)
  }, [])
  useRenewal(join.at === 'waiting')
  const key = join.at === 'asking-code' ? null : join.key
  useAddress(key, (fragment) => tell({ is: 'address', fragment }))

  useEffect(() => {
    if (join.at !== 'checking' || seat === undefined) return
    const stop = new AbortController()
    const late = setTimeout(() => tell({ is: 'failed', problem: noAnswer }), lookMs)
    stop.signal.addEventListener('abort', () => clearTimeout(late))
    call(lookAtGrant, { body: { ...join.key, seat } }, { signal: stop.signal })
      .then((invitation) =>
        tell({ is: 'invitation', invitation, wasInside: sessionStorage.getItem(insideKey) === nameOf(join.key) }),
      )
      .catch((error: unknown) => {
        if (error instanceof CallFailed) tell({ is: 'failed', problem: error.problem })
      })
    return () => stop.abort()
  }, [join, seat])

  useEffect(() => {
    if (join.at === 'inside') sessionStorage.setItem(insideKey, nameOf(join.key))
    if (join.at === 'open' || join.at === 'elsewhere') sessionStorage.removeItem(insideKey)
  }, [join])

  const again = (): void => {
    if (key) tell({ is: 'key', key })
  }
  // The line may not be back yet: what is shown stays until there is an answer.
  const askQuietly = (): void => {
    if (!key || seat === undefined) return
    call(lookAtGrant, { body: { ...key, seat } }, { signal: AbortSignal.timeout(10_000) })
      .then((invitation) => tell({ is: 'invitation', invitation, wasInside: false }))
      .catch(() => undefined)
  }
  useEffect(() => {
    if (join.at !== 'refused' || !join.retryable || join.key === null) return
    const { key: given } = join
    // Nobody has to stay and press while a server starts anew; not before the seconds it may have named.
    const pauseMs = Math.max(againMs, secondsTold(join.why) * 1_000)
    const timer = setTimeout(() => tell({ is: 'key', key: given }), pauseMs)
    return () => clearTimeout(timer)
  }, [join])
  const otherCode = (): void => tell({ is: 'other-code' })
  switch (join.at) {
    case 'asking-code':
      return (
        <Card title="Nhập mã đăng nhập">
          <CodeForm
            fault={join.fault}
            text={text}
            onText={setText}
            onKey={(given) => tell({ is: 'key', key: given })}
          />
          <Help />
        </Card>
      )
    case 'checking':
      return <Card title="Đang kiểm tra thông tin đăng nhập…" busy />
    case 'waiting':
      return <Waiting invitation={join.invitation} onOpen={again} onOther={otherCode} onWake={askQuietly} />
    case 'open':
      return <Door invitation={join.invitation} onEnter={() => tell({ is: 'entered' })} />
    case 'elsewhere':
      return (
        <Elsewhere
          invitation={join.invitation}
          wasInside={join.wasInside}
          onEnter={() => tell({ is: 'entered' })}
          onAgain={again}
          onOther={otherCode}
        />
      )
    case 'inside':
      return seat === undefined ? null : (
        <Meeting
          keyGiven={join.key}
          seat={seat}
          takesOver={join.takesOver}
          invitation={join.invitation}
          onLeft={() => tell({ is: 'left' })}
          onPutOut={() => tell({ is: 'put-out' })}
          onReplaced={() => tell({ is: 'replaced' })}
          onRefused={(problem) => tell({ is: 'failed', problem })}
        />
      )
    case 'refused':
      return (
        <Card title={join.why} isAlert>
          {join.retryable && (
            <button type="button" className="main" onClick={again}>
              Thử lại
            </button>
          )}
          <Help />
          <CodeForm fault={null} text={text} onText={setText} onKey={(given) => tell({ is: 'key', key: given })} />
        </Card>
      )
  }
}

/**
 * Tells of every later address of this tab, and writes the key in use into it, without the tail that came with it: a reload, a bookmark and a copy are
 * then those of what is shown. A code stands in no address.
 */
function useAddress(key: Key | null, onFragment: (fragment: string) => void): void {
  const told = useRef(onFragment)
  told.current = onFragment
  useEffect(() => {
    const onChange = (): void => told.current(location.hash)
    addEventListener('hashchange', onChange)
    return () => removeEventListener('hashchange', onChange)
  }, [])
  useEffect(() => {
    if (key === null) return
    const hash = key.token === undefined ? '' : `#${key.token}`
    if (location.hash !== hash) history.replaceState(history.state, '', location.pathname + hash)
  }, [key])
}

/** Names the key for this tab's own memory; the token itself is not stored. */
const nameOf = (key: Key): string => (key.token ?? key.code ?? '').slice(0, 8)

function Facts({ invitation }: { invitation: Invitation }) {
  const { hearing } = invitation
  return (
    <dl className="facts">
      <dt>Buổi tiếp</dt>
      <dd>
        {hearing.code} – {hearing.title}
      </dd>
      <dt>Thời gian</dt>
      <dd>{dateText.format(new Date(hearing.startsAt))}</dd>
      <dt>Nơi tham dự</dt>
      <dd>{hearing.endpointNames.join('; ')}</dd>
      <dt>Vào phòng với tên</dt>
      <dd>
        {invitation.displayName}
        {invitation.shownAs !== invitation.displayName && ` (trong phòng và bản ghi hiện là “${invitation.shownAs}”)`}
      </dd>
    </dl>
  )
}

interface WaitingProps {
  invitation: Invitation
  onOpen(): void
  onOther(): void
  /** The page was away: the hearing may have another time by now. */
  onWake(): void
}

function Waiting({ invitation, onOpen, onOther, onWake }: WaitingProps) {
  // The server's clock counts, whatever this machine's says.
  const [leftMs, setLeftMs] = useState(() => Date.parse(invitation.opensAt) - Date.parse(invitation.serverTime))
  const told = useRef({ onOpen, onWake })
  told.current = { onOpen, onWake }
  useEffect(() => {
    const passedMs = startTiming()
    const whole = Date.parse(invitation.opensAt) - Date.parse(invitation.serverTime)
    return everySecond((woke) => {
      const left = whole - passedMs()
      setLeftMs(left)
      if (left <= 0) told.current.onOpen()
      else if (woke) told.current.onWake()
    })
  }, [invitation])
  return (
    <Card title="Phòng họp chưa mở">
      <Facts invitation={invitation} />
      <OpenElsewhere />
      <p className="countdown" role="timer">
        Phòng mở sau {inWords(leftMs)}
      </p>
      <p className="hint">
        Xin giữ trang này. Phòng sẽ tự mở khi đến giờ; có thể đóng và mở lại liên kết bất cứ lúc nào.
      </p>
      <Help onOther={onOther} />
    </Card>
  )
}

function Door({ invitation, onEnter }: { invitation: Invitation; onEnter(): void }) {
  const [knows, setKnows] = useState(false)
  const senses = useSenses(true)
  return (
    <Card title="Mời ông/bà vào phòng">
      <Facts invitation={invitation} />
      <OwnDevices senses={senses} />
      <ConsentBox knows={knows} onChange={setKnows} />
      <button type="button" className="main big" disabled={!knows} onClick={onEnter}>
        Vào phòng
      </button>
      <Help />
    </Card>
  )
}

/** The link is at work on another device: one press takes the place here, and the other leaves. */
function Elsewhere({
  invitation,
  wasInside,
  onEnter,
  onAgain,
  onOther,
}: {
  invitation: Invitation
  wasInside: boolean
  onEnter(): void
  onAgain(): void
  onOther(): void
}) {
  const [knows, setKnows] = useState(false)
  return (
    <Card title="Đang dùng trên thiết bị khác">
      <p role="status">
        {wasInside
          ? 'Buổi tiếp đã được chuyển sang thiết bị khác mở cùng liên kết này, nên thiết bị này đã rời phòng.'
          : 'Liên kết này đang ở trong phòng trên thiết bị khác. Hai thiết bị cùng lúc sẽ gây hú, nên mỗi liên kết chỉ vào bằng một thiết bị.'}
      </p>
      <Facts invitation={invitation} />
      <p className="hint">
        Bấm nút dưới đây thì thiết bị kia rời phòng. Nếu ông/bà không mở ở nơi khác, vui lòng báo Văn phòng UBND tỉnh để
        được cấp liên kết mới.
      </p>
      <ConsentBox knows={knows} onChange={setKnows} />
      <button type="button" className="main big" disabled={!knows} onClick={onEnter}>
        Chuyển sang thiết bị này
      </button>
      <button type="button" onClick={onAgain}>
        Kiểm tra lại
      </button>
      <Help onOther={onOther} />
    </Card>
  )
}

function ConsentBox({ knows, onChange }: { knows: boolean; onChange(knows: boolean): void }) {
  return (
    <label className="notice">
      <input type="checkbox" checked={knows} onChange={(event) => onChange(event.target.checked)} />
      <span>
        Tôi đã biết buổi tiếp được ghi hình, ghi âm và lưu trữ theo Quy chế tiếp công dân trực tuyến của tỉnh.
      </span>
    </label>
  )
}

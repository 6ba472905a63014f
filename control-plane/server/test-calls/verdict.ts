import { hasMeasured, type Measurement, type Reason, type Thresholds } from '../../contract/test-calls.ts'
import type { VerdictWord } from '../../contract/words.ts'
import { deviceFaults } from './device-faults.ts'
import { measurementGaps } from './unmeasured.ts'

export type Verdict = { is: VerdictWord; reasons: Reason[] }

const remedies = {
  line: 'Kiểm tra cáp mạng, tắt các máy đang tải dữ liệu, ưu tiên mạng dây; nếu vẫn kém, báo nhà cung cấp đường truyền.',
  firewall: 'Kiểm tra tường lửa và cổng UDP ra máy chủ phòng họp; báo Văn phòng UBND tỉnh để kiểm tra TURN.',
  camera: 'Kiểm tra camera: mở nắp che, cắm lại cáp, chọn đúng camera trên màn hình thiết bị.',
  microphone: 'Kiểm tra micro: bật công tắc, cắm lại cáp, chọn đúng micro trên màn hình thiết bị.',
  speaker: 'Kiểm tra loa: bật nguồn, tăng âm lượng, chọn đúng loa; kiểm tra micro có thu được tiếng loa.',
  machine: 'Đóng các chương trình khác trên máy, khởi động lại máy; nếu vẫn chậm, báo cán bộ kỹ thuật.',
  again: 'Kiểm thử lại; nếu vẫn không đo được, tải lại trang thiết bị của phòng họp và báo Văn phòng UBND tỉnh.',
  clock: 'Bật đồng bộ thời gian trên máy (NTP) rồi kiểm thử lại.',
} as const

const round = (value: number): string => (value >= 10 ? String(Math.round(value)) : value.toFixed(1).replace('.', ','))

/** How a test call ended. Only `measured` says anything of the endpoint's line; `servers`: our own side could not call. */
export type Outcome =
  | { is: 'measured'; agent: Measurement; kiosk: Measurement | null }
  | { is: 'absent' }
  | { is: 'room-busy' }
  | { is: 'servers' }

/**
 * The verdict (design §8). Pure. Both ends' figures are looked at, each direction by its receiver, who knows what arrived. It speaks of nothing that
 * nobody measured, and says so: a gap is a warning, an end that measured nothing a failure (docs/decisions/not-measured.md).
 */
export function judge(outcome: Outcome, thresholds: Thresholds): Verdict {
  if (outcome.is !== 'measured') return unmeasured[outcome.is]
  const { agent, kiosk } = outcome
  const reasons = [
    ...connectionReasons(agent, kiosk),
    ...flowReasons(agent, kiosk, thresholds),
    ...deviceReasons(agent, kiosk, thresholds),
    ...gapReasons(agent, kiosk),
  ]
  const severities = new Set(reasons.map((reason) => reason.severity))
  return { is: severities.has('failed') ? 'failed' : severities.has('warned') ? 'warned' : 'passed', reasons }
}

const failed = (code: string, text: string, remedy: string): Reason => ({ code, text, remedy, severity: 'failed' })
const warned = (code: string, text: string, remedy: string): Reason => ({ code, text, remedy, severity: 'warned' })

const unmeasured: Record<Exclude<Outcome['is'], 'measured'>, Verdict> = {
  absent: {
    is: 'absent',
    reasons: [
      failed(
        'absent',
        'Thiết bị phòng họp của điểm cầu không tham gia kiểm thử.',
        'Bật máy phòng họp, mở trang thiết bị và để mạng hoạt động; sau đó bấm kiểm thử lại.',
      ),
    ],
  },
  'room-busy': {
    is: 'absent',
    reasons: [
      failed(
        'room-busy',
        'Máy phòng họp ở trong một buổi tiếp suốt thời gian chờ nên chưa kiểm thử được.',
        'Bấm kiểm thử lại khi phòng trống, hoặc Văn phòng cho phép bỏ qua kèm lý do.',
      ),
    ],
  },
  servers: {
    is: 'failed',
    reasons: [
      failed(
        'servers',
        'Máy chủ của hệ thống không gọi kiểm thử được. Đây không phải lỗi của điểm cầu.',
        'Văn phòng xem trang Cảnh báo, khôi phục máy chủ phòng họp (Prosody) và máy tham dự tự động (Chromium), rồi bấm kiểm thử lại.',
      ),
    ],
  },
}

/** Both ends reached each other: only then is there something to measure. */
const isConnected = (agent: Measurement, kiosk: Measurement): boolean =>
  agent.connectedMs !== null && kiosk.connectedMs !== null

function gapReasons(agent: Measurement, kiosk: Measurement | null): Reason[] {
  if (kiosk === null || !isConnected(agent, kiosk)) return []
  const empty = [
    ...(hasMeasured(agent) ? [] : ['máy kiểm thử của trung tâm']),
    ...(hasMeasured(kiosk) ? [] : ['máy phòng họp']),
  ]
  if (empty.length > 0) {
    const text = `Cuộc gọi thử bị ngắt trước khi đo được gì ở ${empty.join(' và ')}: chưa kết luận được về điểm cầu.`
    return [failed('nothing-measured', text, remedies.again)]
  }
  const gaps = measurementGaps(agent, kiosk)
  if (gaps.length === 0) return []
  const text = `Chưa đo được nên chưa kết luận được: ${gaps.join('; ')}.`
  return [warned('not-measured', text, remedies.again)]
}

function connectionReasons(agent: Measurement, kiosk: Measurement | null): Reason[] {
  // Its report did not come: how far it got nobody knows.
  if (kiosk === null) return [failed('no-report', 'Máy phòng họp không gửi kết quả đo về.', remedies.again)]
  if (!isConnected(agent, kiosk)) {
    return [
      kiosk.signalMs !== null
        ? failed('not-connected', 'Vào được phòng nhưng hình và tiếng không kết nối.', remedies.firewall)
        : failed('no-signal', 'Thiết bị không vào được phòng kiểm thử.', remedies.line),
    ]
  }
  const reasons: Reason[] = []
  if (kiosk.candidate?.relayed === true) {
    reasons.push(warned('relayed', 'Đường truyền phải đi vòng qua máy chủ chuyển tiếp (TURN).', remedies.firewall))
  }
  if ([agent, kiosk].some((side) => side.errors.includes('stalled'))) {
    reasons.push(failed('stalled', 'Hình đứng giữa chừng trong lúc kiểm thử.', remedies.line))
  }
  return reasons
}

/** Two limits on one figure, worst first. */
function limit(
  value: number | null,
  warnAt: number,
  failAt: number,
  worseIs: 'above' | 'below',
  tell: (shown: string, severity: Reason['severity']) => Reason,
): Reason[] {
  if (value === null) return []
  const beyond = (bound: number): boolean => (worseIs === 'above' ? value > bound : value < bound)
  if (beyond(failAt)) return [tell(round(value), 'failed')]
  return beyond(warnAt) ? [tell(round(value), 'warned')] : []
}

function flowReasons(agent: Measurement, kiosk: Measurement | null, t: Thresholds): Reason[] {
  const reasons: Reason[] = []
  const rtts = [agent.rttMs, kiosk?.rttMs].filter((value) => value != null)
  reasons.push(
    ...limit(rtts.length === 0 ? null : Math.max(...rtts), t.rttWarnMs, t.rttFailMs, 'above', (shown, severity) => ({
      code: 'rtt',
      text: `Độ trễ khứ hồi ${shown} ms, cao hơn mức cho phép.`,
      remedy: remedies.line,
      severity,
    })),
  )
  const directions = [
    { name: 'từ điểm cầu về trung tâm', code: 'up', flow: agent.receive },
    { name: 'từ trung tâm đến điểm cầu', code: 'down', flow: kiosk?.receive },
  ]
  for (const { name, code, flow } of directions) {
    if (flow === undefined) continue
    const tell =
      (what: string, unit: string, key: string, remedy: string) => (shown: string, severity: Reason['severity']) => ({
        code: `${key}-${code}`,
        text: `${what} ${name}: ${shown} ${unit}.`,
        remedy,
        severity,
      })
    reasons.push(
      ...limit(
        flow.lossPercent,
        t.lossWarnPercent,
        t.lossFailPercent,
        'above',
        tell('Mất gói', '%', 'loss', remedies.line),
      ),
      ...limit(
        flow.jitterMs,
        t.jitterWarnMs,
        t.jitterFailMs,
        'above',
        tell('Biến động trễ', 'ms', 'jitter', remedies.line),
      ),
      ...limit(
        flow.bitrateKbps,
        t.bitrateWarnKbps,
        t.bitrateFailKbps,
        'below',
        tell('Tốc độ thấp', 'kbit/s', 'bitrate', remedies.line),
      ),
      ...limit(
        flow.framesPerSecond,
        t.framesWarn,
        t.framesFail,
        'below',
        tell('Số hình mỗi giây thấp', '', 'frames', remedies.machine),
      ),
      ...limit(flow.height, t.heightWarn, 0, 'below', tell('Độ nét thấp', 'dòng', 'height', remedies.line)),
    )
  }
  const slow = [agent.firstFrameMs, kiosk?.firstFrameMs].some((value) => value != null && value > t.firstFrameWarnMs)
  if (slow) reasons.push(warned('first-frame', 'Hình đầu tiên hiện chậm.', remedies.line))
  return reasons
}

function deviceReasons(agent: Measurement, kiosk: Measurement | null, t: Thresholds): Reason[] {
  const reasons: Reason[] = deviceFaults(kiosk?.errors ?? [])
  if (agent.connectedMs !== null && hasMeasured(agent)) {
    if (agent.picture === 'black') reasons.push(failed('picture-black', 'Hình từ điểm cầu đen.', remedies.camera))
    if (agent.picture === 'frozen')
      reasons.push(failed('picture-frozen', 'Hình từ điểm cầu đứng yên.', remedies.camera))
    if (agent.picture === 'none')
      reasons.push(failed('picture-none', 'Không nhận được hình từ điểm cầu.', remedies.camera))
    if (agent.tone !== null && !agent.tone.heard) {
      const tell = t.toneRequired === 1 ? failed : warned
      reasons.push(tell('tone', 'Không nghe lại được âm thử qua loa và micro của phòng.', remedies.speaker))
    }
  }
  if (kiosk !== null && kiosk.connectedMs !== null && hasMeasured(kiosk)) {
    if (kiosk.picture === 'none')
      reasons.push(failed('central-picture-none', 'Điểm cầu không nhận được hình từ trung tâm.', remedies.line))
    if (kiosk.picture === 'black' || kiosk.picture === 'frozen')
      reasons.push(failed('central-picture', 'Hình từ trung tâm tại điểm cầu bị đen hoặc đứng.', remedies.machine))
    if (kiosk.microphoneLevel !== null && kiosk.microphoneLevel < t.microphoneSilent) {
      reasons.push(failed('microphone', 'Micro của phòng không có tín hiệu.', remedies.microphone))
    }
    if (kiosk.clockOffsetMs !== null && Math.abs(kiosk.clockOffsetMs) > t.clockWarnMs) {
      reasons.push(
        warned('clock', `Đồng hồ của máy lệch ${round(Math.abs(kiosk.clockOffsetMs) / 1000)} giây.`, remedies.clock),
      )
    }
  }
  return reasons
}

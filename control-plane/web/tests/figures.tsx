import { hasMeasured, type Measurement, type TestCall } from '../../contract/test-calls.ts'
import { figure } from '../parts/words.ts'

const pictures: Record<Measurement['picture'], string> = {
  moving: 'chuyển động',
  frozen: 'đứng',
  black: 'đen',
  none: 'không có',
}

/** An end that measured nothing did not look either. */
const picture = (end: Measurement | null): string => (end !== null && hasMeasured(end) ? pictures[end.picture] : '—')

/** The measured figures of both ends, side by side; a plain table, for the screen and for paper. */
export function Figures({ test, className }: { test: TestCall; className: string }) {
  const { agent, kiosk } = test
  const candidate = (end: Measurement | null): string =>
    end?.candidate == null
      ? '—'
      : `${end.candidate.local} → ${end.candidate.remote} (${end.candidate.protocol}${end.candidate.relayed ? ', chuyển tiếp' : ''})`
  const size = (end: Measurement | null): string =>
    end?.receive.height == null || end.receive.width === null ? '—' : `${end.receive.width}×${end.receive.height}`
  const rows: [string, string, string][] = [
    ['Kết nối báo hiệu', figure(agent?.signalMs, 'ms'), figure(kiosk?.signalMs, 'ms')],
    ['Kết nối hình và tiếng', figure(agent?.connectedMs, 'ms'), figure(kiosk?.connectedMs, 'ms')],
    ['Hình đầu tiên', figure(agent?.firstFrameMs, 'ms'), figure(kiosk?.firstFrameMs, 'ms')],
    ['Đường đi (ICE)', candidate(agent), candidate(kiosk)],
    ['Độ trễ khứ hồi', figure(agent?.rttMs, 'ms'), figure(kiosk?.rttMs, 'ms')],
    ['Tốc độ nhận', figure(agent?.receive.bitrateKbps, 'kbit/s'), figure(kiosk?.receive.bitrateKbps, 'kbit/s')],
    ['Mất gói khi nhận', figure(agent?.receive.lossPercent, '%', 1), figure(kiosk?.receive.lossPercent, '%', 1)],
    ['Biến động trễ', figure(agent?.receive.jitterMs, 'ms', 1), figure(kiosk?.receive.jitterMs, 'ms', 1)],
    ['Hình nhận được', size(agent), size(kiosk)],
    ['Số hình mỗi giây', figure(agent?.receive.framesPerSecond, '', 1), figure(kiosk?.receive.framesPerSecond, '', 1)],
    ['Trạng thái hình', picture(agent), picture(kiosk)],
    ['Mức micro của phòng', '—', figure(kiosk?.microphoneLevel == null ? null : kiosk.microphoneLevel * 100, '%', 1)],
    [
      'Âm thử nghe lại qua loa, micro',
      agent?.tone == null
        ? '—'
        : agent.tone.heard
          ? `có, ${agent.tone.levelDb} dB${agent.tone.delayMs === null ? '' : `, sau ${agent.tone.delayMs} ms`}`
          : 'không',
      '—',
    ],
    ['Đồng hồ lệch máy chủ', '—', figure(kiosk?.clockOffsetMs, 'ms')],
  ]
  return (
    <table className={className}>
      <caption>Dấu “—”: không đo được.</caption>
      <thead>
        <tr>
          <th>Nội dung</th>
          <th>Trung tâm nhận từ điểm cầu</th>
          <th>Điểm cầu nhận từ trung tâm</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, centre, room]) => (
          <tr key={name}>
            <td>{name}</td>
            <td>{centre}</td>
            <td>{room}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

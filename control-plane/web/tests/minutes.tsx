import { Anchor, Button, Group } from '@mantine/core'
import { Link, useParams } from 'react-router'
import { showTestCall, type TestCall } from '../../contract/test-calls.ts'
import { testCallKindLabels, verdictLabels } from '../../contract/words.ts'
import { useAsk } from '../ask.ts'
import { Shown } from '../parts/states.tsx'
import { clockSteppedWords, dateInWords, timeInWords, when } from '../parts/words.ts'
import { Figures } from './figures.tsx'

/** Minutes of a test call (biên bản kiểm thử, Điều 6.1.b), laid out after Nghị định 30/2020 for one A4. */
export default function Minutes() {
  const { id = '' } = useParams()
  const asked = useAsk(['test-call', id], showTestCall, { params: { id } })
  return (
    <Shown asked={asked}>
      {(test) => (
        <>
          <Group className="no-print" mb="md" justify="space-between">
            <Anchor component={Link} to={`/kiem-thu/${test.id}`}>
              Về lượt kiểm thử
            </Anchor>
            <Button onClick={() => window.print()}>In biên bản</Button>
          </Group>
          <Sheet test={test} />
        </>
      )}
    </Shown>
  )
}

function Sheet({ test }: { test: TestCall }) {
  return (
    <article className="minutes">
      <div className="head">
        <div>
          UBND TỈNH GIA LAI
          <br />
          <b className="under short">VĂN PHÒNG</b>
          <br />
          Số: ......../BB-VP
        </div>
        <div>
          <b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b>
          <br />
          <b className="motto">Độc lập - Tự do - Hạnh phúc</b>
        </div>
      </div>
      <h1>BIÊN BẢN</h1>
      <p className="subject">Kiểm thử kỹ thuật điểm cầu tiếp công dân trực tuyến</p>
      <Findings test={test} />
      <Figures test={test} className="plain" />
      <p className="last">
        Số liệu do hệ thống tự đo ở cả hai đầu cuộc gọi. Mã lượt kiểm thử: {test.id}, lần {test.attempt}.
      </p>
      <div className="signatures">
        <div>
          <b>ĐẠI DIỆN ĐIỂM CẦU</b>
          <br />
          <i>(Ký, ghi rõ họ tên)</i>
        </div>
        <div>
          <b>CÁN BỘ PHỤ TRÁCH KỸ THUẬT</b>
          <br />
          <i>(Ký, ghi rõ họ tên)</i>
        </div>
      </div>
      <div className="recipients">
        <b>
          <i>Nơi nhận:</i>
        </b>
        <br />- Ban Tiếp công dân;
        <br />
        {`- ${test.endpointName};`}
        <br />- Lưu: VT.
      </div>
    </article>
  )
}

function Findings({ test }: { test: TestCall }) {
  const began = test.status === 'due' ? null : test.startedAt
  const told = began ?? test.dueAt
  return (
    <>
      <p>
        {began === null ? 'Giờ định trước (chưa chạy)' : 'Thời gian bắt đầu'}: {timeInWords(told)}, {dateInWords(told)}
        {test.late && ` (chạy muộn; giờ định trước ${when(test.dueAt)})`}.
      </p>
      <p>
        Địa điểm: {test.endpointName} ({test.endpointKind === 'central' ? 'điểm cầu trung tâm' : 'điểm cầu đại biểu'})
        và máy kiểm thử tự động của hệ thống.
      </p>
      <p>
        Nội dung: {testCallKindLabels[test.kind]}
        {test.hearingCode !== null &&
          ` phục vụ buổi tiếp ${test.hearingCode} “${test.hearingTitle}”, ${test.supersededAt === null ? `dự kiến bắt đầu ${when(test.hearingStartsAt)}` : 'theo lịch trước khi hoãn'}`}
        {test.requestedBy !== null && `; do ${test.requestedBy} yêu cầu`}.
      </p>
      <p>
        <b>Kết quả: {test.verdict === null ? 'chưa có' : verdictLabels[test.verdict].toUpperCase()}.</b>{' '}
        {test.reasons.length === 0 && test.verdict !== null && 'Không có điểm nào cần khắc phục.'}
      </p>
      {test.reasons.length > 0 && (
        <ul>
          {test.reasons.map((reason) => (
            <li key={reason.code}>
              {reason.text} {reason.remedy}
            </li>
          ))}
        </ul>
      )}
      {test.waiver !== null && (
        <p>
          {test.waiver.by} cho phép bỏ qua lúc {when(test.waiver.at)}, lý do: {test.waiver.reason}
        </p>
      )}
      {test.finishedAt !== null && (
        <p>
          Kết thúc vào {timeInWords(test.finishedAt)}, {dateInWords(test.finishedAt)}
          {test.clockStepped && ` (${clockSteppedWords})`}.
        </p>
      )}
    </>
  )
}

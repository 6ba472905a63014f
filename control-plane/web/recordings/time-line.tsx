import { Text, Title } from '@mantine/core'
import type { Recording } from '../../contract/recordings.ts'
import { duration } from '../parts/words.ts'
import { type Finding, inLane, type Line, lineOf } from './line.ts'

const shownAtMost = 30
const lanes = [
  { lane: 'sound', label: 'Tiếng' },
  { lane: 'picture', label: 'Hình' },
] as const

/** What the recording lacks, as a picture and in words: silence, black and frozen picture, what no part shows. */
export function TimeLine({ recording, onGo }: { recording: Recording; onGo(filmMs: number): void }) {
  const line = lineOf(recording)
  if (line.lengthMs === 0) return null
  return (
    <section className="time-line" aria-label="Dòng thời gian của bản ghi hình">
      <Title order={3} size="h5" mt="md" mb="xs">
        Tiếng và hình theo thời gian
      </Title>
      {lanes.map(({ lane, label }) => (
        <div key={lane} className="time-lane">
          <span>{label}</span>
          <Lane line={line} findings={line.findings.filter((finding) => inLane(lane, finding))} label={label} />
        </div>
      ))}
      <div className="time-lane">
        <span />
        <span className="time-ends">
          <span>{duration(0)}</span>
          <span>{duration(line.lengthMs)}</span>
        </span>
      </div>
      <Findings line={line} onGo={onGo} />
    </section>
  )
}

function Lane({ line, findings, label }: { line: Line; findings: Finding[]; label: string }) {
  const percent = (ms: number): string => `${(ms / line.lengthMs) * 100}%`
  const words = findings.length === 0 ? 'không thiếu đoạn nào' : `${findings.length} đoạn thiếu, liệt kê bên dưới`
  return (
    <div className="time-bar" role="img" aria-label={`${label}: ${words}`}>
      {findings.map(({ kind, words: title, fromMs, toMs }) => (
        <span
          key={`${kind}${fromMs}`}
          className={`band ${kind}`}
          style={{ left: percent(fromMs), width: percent(toMs - fromMs) }}
          title={`${title} ${duration(fromMs)}–${duration(toMs)}`}
        />
      ))}
      {line.partsFromMs.slice(1).map((fromMs) => (
        <span key={fromMs} className="part-mark" style={{ left: percent(fromMs) }} />
      ))}
    </div>
  )
}

function Findings({ line, onGo }: { line: Line; onGo(filmMs: number): void }) {
  const more = line.findings.length - shownAtMost
  return (
    <>
      {line.findings.length === 0 && line.unmeasured.length === 0 && (
        <Text size="sm">Đã đo: có tiếng và có hình trong suốt bản ghi.</Text>
      )}
      <ul className="findings">
        {line.findings.slice(0, shownAtMost).map((finding) => (
          <li key={`${finding.kind}${finding.fromMs}`}>
            <button type="button" onClick={() => onGo(finding.filmMs)}>
              <span className={`swatch ${finding.kind}`} aria-hidden="true" />
              {finding.words}{' '}
              <span className="mono">
                {duration(finding.fromMs)}–{duration(finding.toMs)}
              </span>{' '}
              ({duration(finding.toMs - finding.fromMs)})
            </button>
          </li>
        ))}
      </ul>
      {more > 0 && <Text size="sm">và {more} đoạn khác.</Text>}
      {line.unmeasured.map((words) => (
        <Text key={words} size="sm" c="dimmed">
          {words}
        </Text>
      ))}
    </>
  )
}

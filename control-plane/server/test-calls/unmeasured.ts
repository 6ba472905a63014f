import type { Flow, Measurement } from '../../contract/test-calls.ts'

const soundAndPicture: [keyof Flow, string][] = [
  ['bitrateKbps', 'tốc độ'],
  ['lossPercent', 'mất gói'],
  ['jitterMs', 'biến động trễ'],
]
const pictureOnly: [keyof Flow, string][] = [['framesPerSecond', 'số hình mỗi giây']]

/** What of one direction its receiver did not measure; of a picture that did not come, nothing is missing. */
function gapsOf(end: Measurement, direction: string): string[] {
  const figures = end.picture === 'none' ? soundAndPicture : [...soundAndPicture, ...pictureOnly]
  const missing = figures.filter(([name]) => end.receive[name] === null).map(([, words]) => words)
  return missing.length === 0 ? [] : [`${missing.join(', ')} ${direction}`]
}

/**
 * What could have failed the room and nobody measured, in Vietnamese, of a call in which both ends measured something. Pure. What is only ever a
 * note (clock, way round by TURN, first picture, size) is not missed: its figure stands as "—".
 */
export function measurementGaps(agent: Measurement, kiosk: Measurement): string[] {
  return [
    ...(agent.rttMs === null && kiosk.rttMs === null ? ['độ trễ khứ hồi'] : []),
    ...gapsOf(agent, 'từ điểm cầu về trung tâm'),
    ...gapsOf(kiosk, 'từ trung tâm đến điểm cầu'),
    ...(kiosk.microphoneLevel === null ? ['mức micro của phòng'] : []),
    ...(agent.tone === null ? ['âm thử qua loa và micro của phòng'] : []),
  ]
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgePicture, lookAt, rms, toneLevelDb } from '../../media/signals.ts'
import { readSnapshot, summarise } from '../../media/statistics.ts'

const rate = 48_000
const sine = (hertz: number, amplitude: number): Float32Array =>
  Float32Array.from({ length: 4_096 }, (_, at) => amplitude * Math.sin((2 * Math.PI * hertz * at) / rate))

test('a tone is found at its level and nowhere else', () => {
  assert.ok(Math.abs(toneLevelDb(sine(997, 0.5), rate, 997) - 20 * Math.log10(0.5)) < 1.5)
  assert.ok(toneLevelDb(sine(440, 0.5), rate, 997) < -25)
  assert.equal(toneLevelDb(new Float32Array(4_096), rate, 997), -120)
  assert.ok(Math.abs(rms(sine(440, 1)) - Math.SQRT1_2) < 0.01)
})

const picture = (value: number): Uint8ClampedArray => new Uint8ClampedArray(64 * 4).fill(value)
test('pictures: black, frozen, moving, none', () => {
  assert.equal(judgePicture([]), 'none')
  assert.equal(judgePicture([lookAt(picture(3)), lookAt(picture(4))]), 'black')
  assert.equal(judgePicture([lookAt(picture(90)), lookAt(picture(90)), lookAt(picture(90))]), 'frozen')
  assert.equal(judgePicture([lookAt(picture(90)), lookAt(picture(97))]), 'moving')
})

const report = (seconds: number): [string, Record<string, unknown>][] => [
  [
    'in',
    {
      type: 'inbound-rtp',
      kind: 'video',
      bytesReceived: 100_000 * seconds,
      packetsReceived: 98 * seconds,
      packetsLost: 2 * seconds,
      jitter: 0.004,
      framesDecoded: 25 * seconds,
      frameWidth: 1280,
      frameHeight: 720,
    },
  ],
  [
    'low',
    {
      type: 'outbound-rtp',
      kind: 'video',
      bytesSent: 20_000 * seconds,
      framesSent: 25 * seconds,
      frameWidth: 320,
      frameHeight: 180,
    },
  ],
  [
    'high',
    {
      type: 'outbound-rtp',
      kind: 'video',
      bytesSent: 80_000 * seconds,
      framesSent: 24 * seconds,
      frameWidth: 1280,
      frameHeight: 720,
    },
  ],
  ['remote', { type: 'remote-inbound-rtp', fractionLost: 0.03, jitter: 0.006 }],
  [
    'pair',
    {
      type: 'candidate-pair',
      nominated: true,
      state: 'succeeded',
      currentRoundTripTime: 0.05,
      localCandidateId: 'l',
      remoteCandidateId: 'r',
    },
  ],
  ['l', { type: 'local-candidate', candidateType: 'relay', protocol: 'udp' }],
  ['r', { type: 'remote-candidate', candidateType: 'srflx' }],
]

test('figures of both directions over the measuring time, in the units of the contract', () => {
  const seen = summarise([1, 2, 3].map((second) => readSnapshot(report(second), second * 1_000)))
  assert.deepEqual(seen.candidate, { local: 'relay', remote: 'srflx', protocol: 'udp', relayed: true })
  assert.equal(Math.round(seen.rttMs ?? 0), 50)
  assert.deepEqual(
    [
      seen.receive.bitrateKbps,
      seen.receive.lossPercent,
      seen.receive.jitterMs,
      seen.receive.height,
      seen.receive.framesPerSecond,
    ],
    [800, 2, 4, 720, 25],
  )
  assert.deepEqual(
    [seen.send.bitrateKbps, Math.round(seen.send.lossPercent ?? 0), seen.send.height, seen.send.framesPerSecond],
    [800, 3, 720, 24],
  )
})

import type { Thresholds } from '../../contract/test-calls.ts'
import type { Fault } from '../platform/problem.ts'

/**
 * What holds until an administrator sets something else. After ITU-T G.114 (one-way delay up to 150 ms good, 400 ms the most) and G.107
 * practice for loss and jitter; picture limits from what a meeting room needs to be seen.
 */
export const defaultThresholds: Thresholds = {
  rttWarnMs: 300,
  rttFailMs: 800,
  lossWarnPercent: 2,
  lossFailPercent: 8,
  jitterWarnMs: 40,
  jitterFailMs: 120,
  bitrateWarnKbps: 400,
  bitrateFailKbps: 120,
  heightWarn: 360,
  framesWarn: 12,
  framesFail: 5,
  firstFrameWarnMs: 8_000,
  clockWarnMs: 2_000,
  microphoneSilent: 0.002,
  toneRequired: 0,
}

/** Pairs of which the second must be the worse. */
const pairs: [warn: keyof Thresholds, fail: keyof Thresholds, worseIs: 'above' | 'below'][] = [
  ['rttWarnMs', 'rttFailMs', 'above'],
  ['lossWarnPercent', 'lossFailPercent', 'above'],
  ['jitterWarnMs', 'jitterFailMs', 'above'],
  ['bitrateWarnKbps', 'bitrateFailKbps', 'below'],
  ['framesWarn', 'framesFail', 'below'],
]

/** A failure that begins before its warning would hide the warning. */
export const thresholdFaults = (wanted: Thresholds): Fault[] =>
  pairs
    .filter(([warn, fail, worseIs]) =>
      worseIs === 'above' ? wanted[fail] < wanted[warn] : wanted[fail] > wanted[warn],
    )
    .map(([, fail, worseIs]) => ({
      field: fail,
      message: `Mức không đạt phải ${worseIs === 'above' ? 'bằng hoặc cao' : 'bằng hoặc thấp'} hơn mức lưu ý.`,
    }))

import { type Static, Type } from 'typebox'
import { route } from './route.ts'
import { Id, InstantText, Nullable } from './words.ts'

/** The steps of a drill in the order in which they are played, each as people read it. */
export const drillStepLabels = {
  enter: 'Máy phòng họp giả lập vào phòng qua trang của máy phòng họp',
  media: 'Mỗi máy nhận thấy hình và nghe tiếng của mọi máy khác',
  strangers: 'Người lạ bị từ chối ở mọi lối vào',
  recorder: 'Máy ghi hình bắt đầu ghi',
  recording: 'Ghi hình',
  stored: 'Tệp ghi hình về kho, đúng mã băm',
  content: 'Bản ghi có hình và tiếng',
  revoked: 'Máy bị thu hồi phải rời phòng và không vào lại được',
  cleared: 'Dọn phòng, máy giả lập và tệp ghi hình',
} as const
export type DrillStepKey = keyof typeof drillStepLabels
export const drillStepKeys = Object.keys(drillStepLabels) as DrillStepKey[]

/** `stopped`: by a person, or to make way for a hearing; `cut-off`: the process that played it died. */
export const drillVerdictLabels = {
  passed: 'Đạt',
  failed: 'Không đạt',
  stopped: 'Đã dừng giữa chừng',
  'cut-off': 'Bị ngắt giữa chừng',
} as const
export type DrillVerdict = keyof typeof drillVerdictLabels

const Figure = Type.Object({ name: Type.String({ maxLength: 200 }), value: Type.String({ maxLength: 300 }) })

export const DrillStep = Type.Object({
  key: Type.Unsafe<DrillStepKey>({ type: 'string', enum: drillStepKeys }),
  is: Type.Unsafe<'running' | 'passed' | 'failed' | 'skipped'>({
    type: 'string',
    enum: ['running', 'passed', 'failed', 'skipped'],
  }),
  at: InstantText,
  /** How long it took, milliseconds; null while it runs, and of one that was left out. */
  ms: Nullable(Type.Number({ minimum: 0 })),
  figures: Type.Array(Figure, { maxItems: 100 }),
  /** What was wrong and what to do; null unless it failed or was left out. */
  fault: Nullable(Type.String({ maxLength: 2_000 })),
})
export type DrillStep = Static<typeof DrillStep>

export const Drill = Type.Object({
  id: Id,
  requestedBy: Type.String(),
  byTimer: Type.Boolean(),
  state: Type.Unsafe<'due' | 'running' | 'clearing' | 'ended'>({
    type: 'string',
    enum: ['due', 'running', 'clearing', 'ended'],
  }),
  requestedAt: InstantText,
  startedAt: Nullable(InstantText),
  endedAt: Nullable(InstantText),
  verdict: Nullable(
    Type.Unsafe<DrillVerdict>({ type: 'string', enum: Object.keys(drillVerdictLabels) as DrillVerdict[] }),
  ),
  /** Why it was stopped or never begun; null otherwise. */
  note: Nullable(Type.String()),
  steps: Type.Array(DrillStep, { maxItems: drillStepKeys.length }),
})
export type Drill = Static<typeof Drill>

/** Re-read on the topic `drills`. `refusals`: why none may begin now, with what to do; empty when one may. */
export const readDrills = route({
  method: 'GET',
  url: '/api/drills/last',
  schema: {
    summary: 'The minutes of the last end-to-end drill',
    tags: ['alerts'],
    response: { 200: Type.Object({ last: Nullable(Drill), nightlyAt: Nullable(Type.String()) }) },
  },
})

const secondsText = (ms: number): string =>
  ms < 10_000 ? `${(ms / 1000).toFixed(1).replace('.', ',')} giây` : `${Math.round(ms / 1000)} giây`

const stepMarks: Record<DrillStep['is'], string> = {
  running: '…',
  passed: 'ĐẠT',
  failed: 'KHÔNG ĐẠT',
  skipped: 'bỏ qua',
}

/** One step in one line, with its time, its figures and its fault. */
export function drillStepLine(step: DrillStep): string {
  const at = drillStepKeys.indexOf(step.key) + 1
  const time = step.ms === null ? '' : ` (${secondsText(step.ms)})`
  const figures = step.figures.map(({ name, value }) => `${name}: ${value}`).join('; ')
  const words = [figures, step.fault ?? ''].filter((text) => text !== '').join('. ')
  return `[${at}/${drillStepKeys.length}] ${stepMarks[step.is]}  ${drillStepLabels[step.key]}${time}${words === '' ? '' : `: ${words}`}`
}

/** The last line of a drill. */
export function drillVerdictLine(drill: Pick<Drill, 'verdict' | 'note' | 'startedAt' | 'endedAt' | 'steps'>): string {
  const verdict = drill.verdict === null ? 'Đang diễn tập' : drillVerdictLabels[drill.verdict]
  const ms =
    drill.startedAt === null || drill.endedAt === null ? null : Date.parse(drill.endedAt) - Date.parse(drill.startedAt)
  const failed = drill.steps.filter(({ is }) => is === 'failed').map(({ key }) => drillStepLabels[key])
  return [
    `Diễn tập: ${verdict}`,
    ...(ms === null ? [] : [` sau ${secondsText(Math.max(0, ms))}`]),
    ...(failed.length === 0 ? [] : [`; bước không đạt: ${failed.join('; ')}`]),
    ...(drill.note === null ? [] : [`. ${drill.note}`]),
  ].join('')
}

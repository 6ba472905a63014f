import { type Static, Type } from 'typebox'
import { CallSettings } from './call.ts'
import { route } from './route.ts'
import { ById, Id, InstantText, Nullable, TestCallKind, Text, VerdictWord } from './words.ts'

/** A measured figure, null when nobody measured it: nothing that a call measures is larger, in whatever unit. */
const figure = Nullable(Type.Number({ minimum: -1e13, maximum: 1e13 }))
const word = Type.String({ maxLength: 60 })
const attempt = Type.Integer({ minimum: 0, maximum: 1_000_000 })
const strict = { additionalProperties: false }
const tags = ['test-calls']

/** One direction of the call, averaged over the measuring time, from standard WebRTC statistics. */
export const Flow = Type.Object(
  {
    bitrateKbps: figure,
    lossPercent: figure,
    jitterMs: figure,
    width: figure,
    height: figure,
    framesPerSecond: figure,
  },
  strict,
)
export type Flow = Static<typeof Flow>

/** What one end of a test call measured. Times in milliseconds from its own press or order; null: not measured. */
export const Measurement = Type.Object(
  {
    side: Type.Unsafe<'agent' | 'kiosk'>({ type: 'string', enum: ['agent', 'kiosk'] }),
    signalMs: figure,
    connectedMs: figure,
    firstFrameMs: figure,
    candidate: Nullable(Type.Object({ local: word, remote: word, protocol: word, relayed: Type.Boolean() }, strict)),
    send: Flow,
    receive: Flow,
    rttMs: figure,
    /** Loudest RMS level of the own microphone, 0 to 1 (kiosk only). */
    microphoneLevel: figure,
    /** The received picture. */
    picture: Type.Unsafe<'moving' | 'frozen' | 'black' | 'none'>({
      type: 'string',
      enum: ['moving', 'frozen', 'black', 'none'],
    }),
    /** The agent's tone, heard back through the room's speaker and microphone (agent only). */
    tone: Nullable(
      Type.Object(
        { heard: Type.Boolean(), levelDb: Type.Number({ minimum: -1000, maximum: 1000 }), delayMs: figure },
        strict,
      ),
    ),
    /** Server's clock minus this machine's (kiosk only). */
    clockOffsetMs: figure,
    /** What went wrong on the way, in the library's own words (never shown alone). */
    errors: Type.Array(Type.String({ maxLength: 300 }), { maxItems: 20 }),
  },
  strict,
)
export type Measurement = Static<typeof Measurement>

/** Whether this end measured anything at all: one that was cut off before its first sample brings empty hands, not zeros. Pure. */
export const hasMeasured = (end: Measurement): boolean =>
  end.picture !== 'none' || [...Object.values(end.send), ...Object.values(end.receive)].some((value) => value !== null)

/** What the two ends play to each other. */
export const Patterns = Type.Object({ toneHz: Type.Number(), measureMs: Type.Integer(), joinMs: Type.Integer() })
export type Patterns = Static<typeof Patterns>

/** The order to a room PC: join this room now and measure. */
export const TestOrder = Type.Object({
  testCallId: Id,
  kind: TestCallKind,
  attempt: Type.Integer(),
  room: Type.String(),
  token: Type.String(),
  call: CallSettings,
  patterns: Patterns,
  deadline: InstantText,
})
export type TestOrder = Static<typeof TestOrder>

export const Reason = Type.Object({
  code: Type.String(),
  text: Type.String(),
  remedy: Type.String(),
  severity: Type.Unsafe<'warned' | 'failed'>({ type: 'string', enum: ['warned', 'failed'] }),
})
export type Reason = Static<typeof Reason>

/** Why a test that is due is not called yet. */
export const waitingReasons = ['room-pc', 'hearing', 'servers'] as const
export type WaitingFor = (typeof waitingReasons)[number]
export const waitingLabels: Record<WaitingFor, string> = {
  'room-pc': 'Chờ máy phòng họp kết nối',
  hearing: 'Phòng đang trong một buổi tiếp: kiểm thử ngay khi phòng trống',
  servers: 'Máy chủ chưa gọi được, không phải lỗi của điểm cầu: tự thử lại',
}

export const testCallStatuses = ['due', 'running', 'done', 'cancelled'] as const
export const TestCall = Type.Object({
  id: Id,
  hearingId: Nullable(Id),
  hearingCode: Nullable(Type.String()),
  hearingTitle: Nullable(Type.String()),
  hearingStartsAt: Nullable(InstantText),
  endpointId: Id,
  endpointName: Type.String(),
  endpointKind: Type.Unsafe<'central' | 'delegate'>({ type: 'string', enum: ['central', 'delegate'] }),
  kind: TestCallKind,
  dueAt: InstantText,
  status: Type.Unsafe<(typeof testCallStatuses)[number]>({ type: 'string', enum: [...testCallStatuses] }),
  attempt: Type.Integer(),
  /** What happens now: a step in Vietnamese, and how far. */
  progress: Nullable(Type.Object({ step: Type.String(), at: InstantText, percent: Type.Integer() })),
  /** Due, and not called yet. */
  waiting: Nullable(
    Type.Object({
      for: Type.Unsafe<WaitingFor>({ type: 'string', enum: [...waitingReasons] }),
      until: InstantText,
    }),
  ),
  startedAt: Nullable(InstantText),
  finishedAt: Nullable(InstantText),
  /** The clock was set back during the test: how long it was is not certain. */
  clockStepped: Type.Boolean(),
  late: Type.Boolean(),
  /** Since when it counts for nothing: the hearing that it was made for was put off. */
  supersededAt: Nullable(InstantText),
  verdict: Nullable(VerdictWord),
  reasons: Type.Array(Reason),
  agent: Nullable(Measurement),
  kiosk: Nullable(Measurement),
  thresholds: Nullable(Type.Record(Type.String(), Type.Number())),
  waiver: Nullable(Type.Object({ by: Type.String(), reason: Type.String(), at: InstantText })),
  requestedBy: Nullable(Type.String()),
  may: Type.Array(Type.String()),
})
export type TestCall = Static<typeof TestCall>

const limit = (minimum: number, maximum: number) => Type.Number({ minimum, maximum })

/** Limits of the figures of a test call: beyond the first it is warned, beyond the second it has failed. */
export const Thresholds = Type.Object(
  {
    rttWarnMs: limit(1, 10_000),
    rttFailMs: limit(1, 10_000),
    lossWarnPercent: limit(0, 100),
    lossFailPercent: limit(0, 100),
    jitterWarnMs: limit(1, 5_000),
    jitterFailMs: limit(1, 5_000),
    bitrateWarnKbps: limit(0, 20_000),
    bitrateFailKbps: limit(0, 20_000),
    heightWarn: limit(0, 2_160),
    framesWarn: limit(0, 60),
    framesFail: limit(0, 60),
    firstFrameWarnMs: limit(100, 60_000),
    clockWarnMs: limit(100, 3_600_000),
    /** RMS (0 to 1) below which a microphone counts as silent. */
    microphoneSilent: limit(0, 1),
    /** 1: the tone that does not come back is a failure; 0: a warning (a room with headphones or an echo canceller swallows it). */
    toneRequired: Type.Integer({ minimum: 0, maximum: 1 }),
  },
  strict,
)
export type Thresholds = Static<typeof Thresholds>

const params = ById

export const readThresholds = route({
  method: 'GET',
  url: '/api/test-calls/thresholds',
  schema: { summary: 'The limits by which test calls are judged', tags, response: { 200: Thresholds } },
})

export const setThresholds = route({
  method: 'PUT',
  url: '/api/test-calls/thresholds',
  schema: {
    summary: 'Sets the limits by which later test calls are judged',
    tags,
    body: Thresholds,
    response: { 200: Thresholds },
  },
})

export const listTestCalls = route({
  method: 'GET',
  url: '/api/test-calls',
  schema: {
    summary: 'Test calls of a hearing or an endpoint, newest due first',
    tags,
    querystring: Type.Object({ hearingId: Type.Optional(Id), endpointId: Type.Optional(Id) }, strict),
    response: { 200: Type.Object({ items: Type.Array(TestCall) }) },
  },
})

export const showTestCall = route({
  method: 'GET',
  url: '/api/test-calls/:id',
  schema: {
    summary: 'One test call: progress, figures, verdict; everything that its minutes hold',
    tags,
    params,
    response: { 200: TestCall },
  },
})

/** `already`: a test of the same endpoint waits or runs; it is this one, and no second was made. */
export const OrderedTest = Type.Object({ ...TestCall.properties, already: Type.Boolean() })

/** "Test now". With a hearing it counts for the hearing's readiness. */
export const runTestCall = route({
  method: 'POST',
  url: '/api/test-calls',
  schema: {
    summary: 'Test an endpoint now; 200: one that waits or runs already, 429: too many were ordered lately',
    tags,
    body: Type.Object({ endpointId: Id, hearingId: Type.Optional(Id) }, strict),
    response: { 200: OrderedTest, 201: OrderedTest },
  },
})

export const waiveTestCall = route({
  method: 'POST',
  url: '/api/test-calls/:id/waive',
  schema: {
    summary: 'Accept a failed or absent result, with a reason and a name',
    tags,
    params,
    body: Type.Object({ reason: Text(500) }, strict),
    response: { 200: TestCall },
  },
})

export const kioskTestProgress = route({
  method: 'POST',
  url: '/api/kiosk/test-calls/:id/progress',
  schema: {
    summary: 'The room PC tells its step',
    tags: ['kiosk'],
    params,
    body: Type.Object({ attempt, step: Type.String({ maxLength: 60 }) }, strict),
    response: { 204: Type.Null() },
  },
})

export const kioskTestMeasurement = route({
  method: 'POST',
  url: '/api/kiosk/test-calls/:id/measurement',
  schema: {
    summary: 'What the room PC measured',
    tags: ['kiosk'],
    params,
    body: Type.Object({ attempt, measurement: Measurement }, strict),
    response: { 204: Type.Null() },
  },
})

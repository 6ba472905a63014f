import { type Static, Type } from 'typebox'
import { LiveContent, RecordedContent } from './recording-content.ts'
import { route } from './route.ts'
import { ById, Id, InstantText, Nullable } from './words.ts'

/** What a stored part is found to be when its files are not as they were stored. */
const storedConditions = ['missing', 'changed', 'unreadable'] as const

/** How a part travels from the recorder into the central store, in order; `broken` is final and keeps the original bytes. */
export const partStatuses = [
  'receiving',
  'verifying',
  'probing',
  'remuxing',
  'storing',
  'ready',
  'broken',
  ...storedConditions,
] as const
export type PartStatus = (typeof partStatuses)[number]
export const partStatusLabels: Record<PartStatus, string> = {
  receiving: 'Đang nhận',
  verifying: 'Đang đối chiếu mã băm',
  probing: 'Đang đọc thông số',
  remuxing: 'Đang chuyển sang MP4',
  storing: 'Đang chuyển vào kho',
  ready: 'Đã vào kho, đã xác minh',
  broken: 'Hỏng, cần xem xét',
  missing: 'Mất tệp trong kho',
  changed: 'Tệp đã thay đổi',
  unreadable: 'Không đọc được tệp trong kho',
}

/** What the whole recording is at. A failure is never overwritten by a later success: `faults` keeps the count. */
export const recordingStatuses = [
  'expected',
  'starting',
  'recording',
  'fault',
  'uploading',
  'ready',
  'broken',
  'missing',
  'damaged',
] as const
export type RecordingStatus = (typeof recordingStatuses)[number]
export const recordingStatusLabels: Record<RecordingStatus, string> = {
  expected: 'Chưa bắt đầu',
  starting: 'Đang khởi động ghi hình',
  recording: 'Đang ghi hình',
  fault: 'Sự cố ghi hình, đang khởi động lại',
  uploading: 'Đang chuyển về kho',
  ready: 'Đã lưu trong kho trung tâm',
  broken: 'Có phần bị hỏng',
  missing: 'Chưa nhận được tệp nào',
  damaged: 'Có tệp bị mất hoặc đã thay đổi',
}

export const RecordingPart = Type.Object({
  id: Id,
  sessionId: Type.String(),
  fileName: Type.String(),
  host: Type.String(),
  status: Type.Unsafe<PartStatus>({ type: 'string', enum: [...partStatuses] }),
  progressPercent: Type.Integer({ minimum: 0, maximum: 100 }),
  fault: Nullable(Type.String()),
  sizeBytes: Type.Integer(),
  sha256: Type.String(),
  durationMs: Nullable(Type.Integer()),
  startedAt: Nullable(InstantText),
  storedAt: Nullable(InstantText),
  width: Nullable(Type.Integer()),
  height: Nullable(Type.Integer()),
  /** Addresses for the player; null until the part is ready. */
  mediaUrl: Nullable(Type.String()),
  posterUrl: Nullable(Type.String()),
  /** What it lets hear and shows; null as long as nobody measured it. */
  content: Nullable(RecordedContent),
})
export type RecordingPart = Static<typeof RecordingPart>

export const RecordingSession = Type.Object({
  sessionId: Type.String(),
  startedAt: InstantText,
  onAt: Nullable(InstantText),
  endedAt: Nullable(InstantText),
  /** The clock was set back during the session: how long it was is not certain. */
  clockStepped: Type.Boolean(),
  /** In words; null when it runs or was asked to end. */
  endedByFault: Nullable(Type.String()),
})

export const Recording = Type.Object({
  id: Id,
  hearingId: Id,
  hearingCode: Type.String(),
  hearingTitle: Type.String(),
  hearingStartsAt: InstantText,
  endpointNames: Type.Array(Type.String()),
  status: Type.Unsafe<RecordingStatus>({ type: 'string', enum: [...recordingStatuses] }),
  faults: Type.Integer(),
  lastFault: Nullable(Type.String()),
  stateAt: InstantText,
  sessions: Type.Array(RecordingSession),
  /** Time of the live hearing in which nobody recorded, by the recorder hosts' word; `endedAt` null while it lasts. */
  gaps: Type.Array(Type.Object({ beganAt: InstantText, endedAt: Nullable(InstantText) })),
  parts: Type.Array(RecordingPart),
  /** Chapter marks from the agenda, in milliseconds from the first part's start. */
  chapters: Type.Array(Type.Object({ title: Type.String(), startMs: Type.Integer() })),
  /** What of the hearing no part shows: where in the film, and how long it was. */
  filmGaps: Type.Array(Type.Object({ atMs: Type.Integer(), lostMs: Type.Integer() })),
  /** What the recorder host finds in the last minute of the file that it writes now; null when nothing is written, or nobody looks. */
  now: Nullable(LiveContent),
  may: Type.Array(Type.String()),
})
export type Recording = Static<typeof Recording>

const tags = ['recordings']
const strict = { additionalProperties: false }

export const listRecordings = route({
  method: 'GET',
  url: '/api/recordings',
  schema: {
    summary: 'Recordings by hearing, case, commune, date',
    tags,
    querystring: Type.Object(
      {
        q: Type.Optional(Type.String({ maxLength: 200 })),
        from: Type.Optional(InstantText),
        to: Type.Optional(InstantText),
      },
      strict,
    ),
    response: { 200: Type.Object({ items: Type.Array(Recording) }) },
  },
})

export const showRecording = route({
  method: 'GET',
  url: '/api/recordings/:id',
  schema: { summary: 'One recording', tags, params: ById, response: { 200: Recording } },
})

/** The recording of a hearing, or `recording: null` while there is none. */
export const hearingRecording = route({
  method: 'GET',
  url: '/api/hearings/:id/recording',
  schema: {
    summary: 'The recording of one hearing',
    tags,
    params: ById,
    response: { 200: Type.Object({ recording: Nullable(Recording) }) },
  },
})

/** Stops the present session and starts another: the button beside the alarm. */
export const restartRecording = route({
  method: 'POST',
  url: '/api/recordings/:id/restart',
  schema: {
    summary: 'Start the recording again',
    tags,
    params: ById,
    body: Type.Object({ reason: Type.String({ minLength: 3, maxLength: 500 }) }, strict),
    response: { 204: Type.Null() },
  },
})

/** Files in the store of which nobody knows the hearing. */
export const listUnmatched = route({
  method: 'GET',
  url: '/api/recordings/unmatched',
  schema: {
    summary: 'Stored files that belong to no recording yet',
    tags,
    response: {
      200: Type.Object({
        items: Type.Array(Type.Intersect([RecordingPart, Type.Object({ roomName: Nullable(Type.String()) })])),
        may: Type.Array(Type.String()),
      }),
    },
  },
})

export const matchPart = route({
  method: 'POST',
  url: '/api/recordings/unmatched/:id/match',
  schema: {
    summary: 'Says which hearing a file is of',
    tags,
    params: ById,
    body: Type.Object({ hearingId: Id }, strict),
    response: { 204: Type.Null() },
  },
})

export const dismissPart = route({
  method: 'POST',
  url: '/api/recordings/unmatched/:id/dismiss',
  schema: {
    summary: 'Says that a file is of no hearing; the store keeps it',
    tags,
    params: ById,
    body: Type.Object({ reason: Type.String({ minLength: 3, maxLength: 500 }) }, strict),
    response: { 204: Type.Null() },
  },
})

export const receipt = route({
  method: 'GET',
  url: '/api/uploads/receipt',
  schema: {
    summary: "What the central store holds of a recorder's file; the sender deletes its copy only on `stored`",
    tags,
    querystring: Type.Object(
      {
        sessionId: Type.String({ minLength: 1, maxLength: 200 }),
        fileName: Type.String({ minLength: 1, maxLength: 300 }),
        sha256: Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64 }),
      },
      strict,
    ),
    response: {
      200: Type.Object({
        /** `unmatched`: the store has it, and a person has yet to say which hearing it is of. */
        state: Type.Unsafe<'unknown' | 'receiving' | 'verifying' | 'unmatched' | 'stored' | 'mismatch' | 'refused'>({
          type: 'string',
          enum: ['unknown', 'receiving', 'verifying', 'unmatched', 'stored', 'mismatch', 'refused'],
        }),
        sha256: Type.Optional(Type.String()),
        size: Type.Optional(Type.Integer()),
        detail: Type.Optional(Type.String()),
      }),
    },
  },
})

/** Open to members that a recorder of a newer release may send, but not to any number of them. */
const open = { maxProperties: 30 }
const bytes = Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const count = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })

export const RecorderReport = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 200 }),
    jibri: Type.Unsafe<'idle' | 'busy' | 'unhealthy' | 'down'>({
      type: 'string',
      enum: ['idle', 'busy', 'unhealthy', 'down'],
    }),
    freeBytes: bytes,
    totalBytes: bytes,
    sessions: Type.Array(
      Type.Object(
        {
          sessionId: Type.String({ maxLength: 200 }),
          room: Type.Optional(Type.String({ maxLength: 200 })),
          fileName: Type.String({ maxLength: 300 }),
          bytes,
          /** How long the file has not grown, by the host's own clock. */
          stillForMs: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
          /** What is in the file's last minute; absent until there is one, and from a daemon that does not look. */
          content: Type.Optional(LiveContent),
        },
        open,
      ),
      { maxItems: 50 },
    ),
    fault: Type.Optional(
      Type.Object(
        {
          kind: Type.Unsafe<'not-growing' | 'disk-full' | 'unhealthy' | 'stuck-busy'>({
            type: 'string',
            enum: ['not-growing', 'disk-full', 'unhealthy', 'stuck-busy'],
          }),
          sessionId: Type.Optional(Type.String({ maxLength: 200 })),
          detail: Type.String({ maxLength: 1000 }),
        },
        open,
      ),
    ),
    spool: Type.Object(
      {
        waiting: count,
        bytes,
        oldest: Type.Optional(InstantText),
        /** How long the oldest has waited, by the host's own clock. */
        oldestForMs: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
        /** Files and folders with nothing to send (0 bytes), kept on the host for people to look at. */
        setAside: Type.Optional(count),
        /** Files that the store has, kept until a person has said which hearing they are of; not among those that wait. */
        held: Type.Optional(count),
      },
      open,
    ),
  },
  open,
)
export type RecorderReport = Static<typeof RecorderReport>

export const recorderReport = route({
  method: 'POST',
  url: '/api/recorder-reports',
  schema: {
    summary: 'What the watch on a recorder host sees',
    tags,
    body: RecorderReport,
    response: {
      200: Type.Object({
        /** Sessions that this host is to stop at once: the focus does not know them, and they are over or another runs in their stead. */
        stop: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 50 }),
      }),
    },
  },
})

/** Recorder hosts as last reported: how many are free before a hearing. */
export const listRecorders = route({
  method: 'GET',
  url: '/api/recorders',
  schema: {
    summary: 'Recorder hosts',
    tags,
    response: {
      200: Type.Object({
        items: Type.Array(
          Type.Object({ host: Type.String(), reportedAt: InstantText, report: RecorderReport, silent: Type.Boolean() }),
        ),
      }),
    },
  },
})

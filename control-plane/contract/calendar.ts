import { type Static, Type } from 'typebox'
import { route } from './route.ts'
import { InstantText, Nullable, Text } from './words.ts'

/** A day without time, yyyy-mm-dd, in Việt Nam. */
export const DateText = Type.String({ format: 'date', minLength: 10, maxLength: 10 })

export const calendarDayKinds = ['off', 'makeup-work'] as const
export type CalendarDayKind = (typeof calendarDayKinds)[number]
const CalendarDayKind = Type.Unsafe<CalendarDayKind>({ type: 'string', enum: [...calendarDayKinds] })
export const calendarDayKindLabels: Record<CalendarDayKind, string> = {
  off: 'Ngày nghỉ lễ, tết',
  'makeup-work': 'Ngày làm bù',
}

export const certainties = ['sure', 'likely', 'check'] as const
export type Certainty = (typeof certainties)[number]
const Certainty = Type.Unsafe<Certainty>({ type: 'string', enum: [...certainties] })
export const certaintyLabels: Record<Certainty, string> = {
  sure: 'Đã xác định',
  likely: 'Nhiều khả năng đúng',
  check: 'Cần kiểm tra lại văn bản',
}

export const CalendarDay = Type.Object({
  date: DateText,
  kind: CalendarDayKind,
  reason: Type.String(),
  legalSource: Type.String(),
  certainty: Certainty,
})
export type CalendarDay = Static<typeof CalendarDay>

export const CalendarSettings = Type.Object(
  {
    /** A submission after `workdayEnds` counts as made on the next working day (procedures §1.4). */
    afterHoursCountsNextDay: Type.Boolean(),
    /** HH:mm in Việt Nam. */
    workdayEnds: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', maxLength: 5 }),
  },
  { additionalProperties: false },
)
export type CalendarSettings = Static<typeof CalendarSettings>

export const CalendarYear = Type.Object({
  year: Type.Integer(),
  approved: Type.Boolean(),
  approvedAt: Nullable(InstantText),
  /** Weekdays off and Saturdays or Sundays worked; every other day follows the week. */
  days: Type.Array(CalendarDay),
  settings: CalendarSettings,
  /** Vietnamese sentences to show above the table. */
  warnings: Type.Array(Type.String()),
  may: Type.Array(Type.Unsafe<'manage' | 'approve'>({ type: 'string', enum: ['manage', 'approve'] })),
})
export type CalendarYear = Static<typeof CalendarYear>

const tags = ['calendar']
const strict = { additionalProperties: false }
const Year = Type.Integer({ minimum: 2000, maximum: 2100 })

export const readCalendar = route({
  method: 'GET',
  url: '/api/calendar',
  schema: {
    summary: 'The working calendar of a year',
    tags,
    querystring: Type.Object({ year: Year }, strict),
    response: { 200: CalendarYear },
  },
})

/** `ordinary`: the day follows the week again. A change takes back the approval of its year. */
export const setCalendarDay = route({
  method: 'PUT',
  url: '/api/calendar/days/:date',
  schema: {
    summary: 'Sets what one day is',
    tags,
    params: Type.Object({ date: DateText }, strict),
    body: Type.Object(
      {
        kind: Type.Unsafe<CalendarDayKind | 'ordinary'>({ type: 'string', enum: [...calendarDayKinds, 'ordinary'] }),
        reason: Text(300),
        legalSource: Type.String({ maxLength: 300 }),
        certainty: Certainty,
      },
      { additionalProperties: false },
    ),
    response: { 200: CalendarYear },
  },
})

export const approveCalendarYear = route({
  method: 'POST',
  url: '/api/calendar/years/:year/approve',
  schema: {
    summary: 'Says that the official table of the year was entered and checked',
    tags,
    params: Type.Object({ year: Year }, strict),
    response: { 200: CalendarYear },
  },
})

export const setCalendarSettings = route({
  method: 'PUT',
  url: '/api/calendar/settings',
  schema: {
    summary: 'How a submission after office hours counts',
    tags,
    body: CalendarSettings,
    response: { 200: CalendarSettings },
  },
})

export const LatestSubmission = Type.Object({
  /** Last day to submit: 05 working days before, the day of submission counted back from the hearing (the limit). */
  latestA: DateText,
  /** The strict reading: 05 full working days between (a soft warning after it). */
  latestB: DateText,
  /** Working days from today, or from the next working day after hours, to the hearing; 05 is enough. */
  workingDaysLeft: Type.Integer(),
  /** `in-time`; `tight`: within the limit, not within the strict reading; `late`: a reason must be stated. */
  standing: Type.Unsafe<'in-time' | 'tight' | 'late'>({ type: 'string', enum: ['in-time', 'tight', 'late'] }),
  /** Vietnamese sentences. */
  warnings: Type.Array(Type.String()),
})
export type LatestSubmission = Static<typeof LatestSubmission>

export const latestSubmission = route({
  method: 'GET',
  url: '/api/calendar/latest-submission',
  schema: {
    summary: 'Until when a hearing at this time may be submitted (6.1.a)',
    tags,
    querystring: Type.Object({ startsAt: InstantText }, strict),
    response: { 200: LatestSubmission },
  },
})

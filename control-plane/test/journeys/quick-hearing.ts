import type { Browser } from 'playwright-core'
import { consentCase, createCase } from '../../contract/cases.ts'
import { listEndpoints, makeEnrolmentCode } from '../../contract/endpoints.ts'
import { approveHearing, createHearing, getHearing, startHearing, submitHearing } from '../../contract/hearings.ts'
import { hearingRecording } from '../../contract/recordings.ts'
import { showRoom } from '../../contract/rooms.ts'
import { listTestCalls, waiveTestCall } from '../../contract/test-calls.ts'
import type { Trial } from '../stage/trial.ts'
import { type Desk, openDesk } from './browser.ts'
import { type Person, signInAs, until } from './people.ts'

const minute = 60_000

/** The people of a trial at the HTTP interface, and the centre with one delegate endpoint. */
export interface Cast {
  office: Person
  board: Person
  chairman: Person
  administrator: Person
  central: { id: string; name: string }
  delegate: { id: string; name: string }
}

export async function aCast(trial: Pick<Trial, 'url' | 'accounts'>): Promise<Cast> {
  const person = (username: string): Promise<Person> => {
    const account = trial.accounts.find((candidate) => candidate.username === username)
    if (account === undefined) throw new Error(`no account ${username}`)
    return signInAs(trial.url, account)
  }
  const [office, board, chairman, administrator] = [
    await person('vanphong'),
    await person('bantcd'),
    await person('chutich'),
    await person('quantri'),
  ]
  const { items } = await office.does(listEndpoints, { querystring: {} })
  const central = items.find((endpoint) => endpoint.kind === 'central')
  const delegate = items.find((endpoint) => endpoint.slug === 'quy-nhon')
  if (central === undefined || delegate === undefined) throw new Error('endpoints are missing')
  return { office, board, chairman, administrator, central, delegate }
}

export const aCaseToEnter = (title = 'Khiếu nại về bồi thường, giải phóng mặt bằng') => ({
  title,
  summary: 'Công dân đề nghị xem xét lại đơn giá bồi thường đất và tài sản trên đất.',
  kind: 'complaint' as const,
  criterion: 'c' as const,
  criterionReason: 'Địa bàn ở xa Trụ sở Tiếp công dân tỉnh, đi lại khó khăn, tốn kém cho công dân.',
  citizen: { name: 'Nguyễn Văn An', idNumber: '052080001234', phone: '0905123456', address: 'Phường Quy Nhơn' },
})

/** A hearing of the centre and one delegate in 20 minutes: its room is open, its two tests are overdue. */
export function aPlanToEnter({ central, delegate }: Cast, caseId: string) {
  const startsAt = Date.now() + 20 * minute
  const person = (name: string, role: 'chair' | 'citizen', endpointId: string) => ({
    name,
    jobTitle: null,
    organisation: null,
    role,
    endpointId,
    required: true,
    email: null,
  })
  return {
    title: 'Tiếp công dân trực tuyến phường Quy Nhơn',
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(startsAt + 90 * minute).toISOString(),
    delegates: [delegate.id],
    agenda: [{ title: 'Khai mạc', minutes: 5, speaker: null }],
    participants: [person('Trần Chủ Trì', 'chair', central.id), person('Nguyễn Văn An', 'citizen', delegate.id)],
    caseIds: [caseId],
  }
}

/** Planned, submitted late with a reason and approved; the hearing's id. */
export async function anApprovedHearing(cast: Cast): Promise<string> {
  const { board, chairman } = cast
  const matter = await board.does(createCase, { querystring: { despiteTwin: true }, body: aCaseToEnter() })
  await chairman.does(consentCase, { params: { id: matter.id }, body: { version: matter.version } })
  const draft = await board.does(createHearing, {
    querystring: { despiteTwin: true },
    body: aPlanToEnter(cast, matter.id),
  })
  const params = { id: draft.id }
  const { version } = await board.does(submitHearing, {
    params,
    body: { version: draft.version, lateReason: 'Tiếp ngay theo chỉ đạo.' },
  })
  await chairman.does(approveHearing, { params, body: { version, decisionNumber: '123/QĐ-UBND' } })
  return draft.id
}

/** The overdue tests have found nobody; the office lets them pass by name and reason. */
export async function waiveTests({ office }: Cast, hearingId: string): Promise<void> {
  const { items } = await until(
    'the overdue tests have run',
    90_000,
    () => office.does(listTestCalls, { querystring: { hearingId } }),
    (seen) => seen.items.length > 0 && seen.items.every((test) => test.status === 'done'),
  )
  for (const test of items) {
    if (test.may.includes('waive') && test.waiver === null)
      await office.does(waiveTestCall, { params: { id: test.id }, body: { reason: 'Đã kiểm tra qua điện thoại.' } })
  }
  await until(
    'the hearing is ready',
    10_000,
    () => office.does(getHearing, { params: { id: hearingId } }),
    (hearing) => hearing.status === 'ready',
  )
}

/** A room PC, enrolled by a code. */
export async function enrolledKiosk(
  trial: Trial,
  browser: Browser,
  { office }: Cast,
  endpoint: { id: string; name: string },
): Promise<Desk> {
  const desk = await openDesk(browser)
  const { code } = await office.does(makeEnrolmentCode, {
    params: { id: endpoint.id },
    body: { label: 'Máy phòng họp' },
  })
  await desk.page.goto(`${trial.url}/kiosk`)
  await desk.page.getByLabel('Mã ghi danh').fill(code)
  await desk.page.getByRole('button', { name: 'Ghi danh' }).click()
  await desk.page.getByRole('heading', { name: endpoint.name, exact: true }).waitFor()
  return desk
}

export const recordingOf =
  ({ office }: Cast, hearingId: string) =>
  async () =>
    (await office.does(hearingRecording, { params: { id: hearingId } })).recording

/** Both kiosks are in the room, the hearing is live. */
export async function aStartedHearing(trial: Trial, browser: Browser) {
  const cast = await aCast(trial)
  const hearingId = await anApprovedHearing(cast)
  await waiveTests(cast, hearingId)
  const kiosks = [
    await enrolledKiosk(trial, browser, cast, cast.central),
    await enrolledKiosk(trial, browser, cast, cast.delegate),
  ] as const
  for (const kiosk of kiosks) await kiosk.page.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  await until(
    'the quorum is in the room',
    40_000,
    () => cast.office.does(showRoom, { params: { id: hearingId } }),
    (room) => room.quorum.met,
  )
  await cast.office.does(startHearing, { params: { id: hearingId } })
  return { cast, hearingId, kiosks, recording: recordingOf(cast, hearingId) }
}

/** A started hearing whose recorder runs. */
export async function aLiveHearing(trial: Trial, browser: Browser) {
  const held = await aStartedHearing(trial, browser)
  await until('the recording runs', 60_000, held.recording, (seen) => seen?.status === 'recording')
  return held
}

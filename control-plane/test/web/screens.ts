import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { consentCase } from '../../contract/cases.ts'
import { listEndpoints } from '../../contract/endpoints.ts'
import { approveHearing, submitHearing } from '../../contract/hearings.ts'
import { listTestCalls } from '../../contract/test-calls.ts'
import type { Role } from '../../contract/words.ts'
import { hearings } from '../../server/hearings/tables.ts'
import { dayMs, minuteMs } from '../../server/platform/clock.ts'
import { alerts } from '../../server/platform/tables.ts'
import { recorders, recordingParts, recordingSessions, recordings } from '../../server/recordings/tables.ts'
import { aReport } from '../recordings/recorder-host.ts'
import { does, type Office, seatOf } from './desk.ts'
import { aCase, aHearing } from './plans.ts'

export interface Screen {
  role: Role
  path: string
}

/** The addresses that the staff pages have, as their router knows them. */
const routes = [
  ...readFileSync(join(import.meta.dirname, '../../web/app.tsx'), 'utf8').matchAll(/<Route path="(\/[^"]*)"/g),
].map(([, path = '']) => path)

async function anApproved(office: Office, inMs: number, caseId: string) {
  const draft = await aHearing(office, { inMs, caseIds: [caseId], slugs: ['quy-nhon', 'pleiku', 'an-khe'] })
  const params = { id: draft.id }
  const { version } = await does(office, 'reception-board', submitHearing, { params, body: { version: draft.version } })
  return does(office, 'chairman', approveHearing, { params, body: { version, decisionNumber: '12/TB-UBND' } })
}

/** A recording of two parts, one broken, and a file that belongs to none. */
async function aRecording(office: Office, hearingId: string): Promise<string> {
  const { db, clock } = office.app.platform
  const at = new Date(clock.now() - 60 * minuteMs)
  const [recording] = await db
    .insert(recordings)
    .values({ hearingId, roomName: `phong-${hearingId}`, wanted: 'off', state: 'off', stateAt: at, createdAt: at })
    .returning()
  const recordingId = recording?.id ?? ''
  await db.insert(recordingSessions).values({ recordingId, sessionId: `s-${hearingId}`, startedAt: at, onAt: at })
  const part = {
    sessionId: `s-${hearingId}`,
    fileName: 'phong.mkv',
    host: 'jibri-1',
    declaredSha256: 'a'.repeat(64),
    sha256: 'a'.repeat(64),
    declaredSize: 1_000_000,
    orderly: true,
    durationMs: 20 * minuteMs,
    startedAt: at,
    createdAt: at,
  }
  const content = {
    sound: 'measured',
    picture: 'measured',
    bands: [{ kind: 'silence', fromMs: minuteMs, toMs: 3 * minuteMs }],
  } as const
  const parts: (typeof recordingParts.$inferInsert)[] = [
    {
      ...part,
      recordingId,
      uploadId: 'u-1',
      status: 'ready',
      playablePath: 'x/playable.mp4',
      content: { ...content, bands: [...content.bands] },
      measuredAt: at,
    },
    { ...part, recordingId, uploadId: 'u-2', status: 'broken', fault: 'Tệp hỏng' },
    { ...part, recordingId: null, uploadId: 'u-3', status: 'ready' },
  ]
  await db.insert(recordingParts).values(parts)
  await db.insert(recorders).values({ host: 'jibri-1', reportedAt: new Date(clock.now()), report: aReport() })
  return recordingId
}

/** Every screen and tab of the staff pages, each for somebody who sees much on it, over an office in which something is everywhere. */
export async function everyScreen(office: Office): Promise<Screen[]> {
  const matter = await aCase(office)
  const waiting = await aCase(office, 'Kiến nghị về đường liên xã')
  await does(office, 'chairman', consentCase, { params: { id: matter.id }, body: { version: matter.version } })
  const draft = await aHearing(office, { inMs: 20 * dayMs, caseIds: [matter.id] })
  const approved = await anApproved(office, 21 * dayMs, matter.id)
  const live = await anApproved(office, 22 * dayMs, matter.id)
  const ended = await anApproved(office, 23 * dayMs, matter.id)
  const { db, clock } = office.app.platform
  const liveAt = new Date(clock.now() - 60 * minuteMs)
  await db.update(hearings).set({ status: 'live', liveAt }).where(eq(hearings.id, live.id))
  await db.update(hearings).set({ status: 'ended', liveAt, endedAt: new Date() }).where(eq(hearings.id, ended.id))
  const recordingId = await aRecording(office, ended.id)
  for (const severity of ['critical', 'warning'] as const)
    await db.insert(alerts).values({
      kind: 'mail',
      subject: severity,
      severity,
      message: 'Thư không gửi được',
      raisedAt: liveAt,
      seenAt: liveAt,
      openKey: `mail:${severity}`,
    })
  const { items: tests } = await does(office, 'office', listTestCalls, { querystring: { hearingId: approved.id } })
  const { items: rooms } = await does(office, 'office', listEndpoints, { querystring: {} })
  const tabs = ['tong-quan', 'kiem-thu', 'dang-nhap', 'phong-hop', 'ban-ghi']
  const found: Screen[] = [
    { role: 'office', path: '/' },
    { role: 'office', path: '/diem-cau' },
    { role: 'office', path: `/diem-cau/${rooms[0]?.id}` },
    { role: 'reception-board', path: '/vu-viec' },
    { role: 'reception-board', path: '/vu-viec/moi' },
    { role: 'chairman', path: `/vu-viec/${waiting.id}` },
    { role: 'reception-board', path: `/vu-viec/${matter.id}/sua` },
    { role: 'reception-board', path: '/buoi-tiep' },
    { role: 'reception-board', path: '/buoi-tiep/moi' },
    { role: 'reception-board', path: `/buoi-tiep/${draft.id}` },
    { role: 'reception-board', path: `/buoi-tiep/${draft.id}/sua` },
    ...tabs.map((tab): Screen => ({ role: 'office', path: `/buoi-tiep/${approved.id}?muc=${tab}` })),
    { role: 'office', path: `/buoi-tiep/${live.id}?muc=phong-hop` },
    { role: 'office', path: `/buoi-tiep/${ended.id}?muc=ban-ghi` },
    { role: 'office', path: `/kiem-thu/${tests[0]?.id}` },
    { role: 'office', path: `/kiem-thu/${tests[0]?.id}/bien-ban` },
    { role: 'administrator', path: '/nguong-kiem-thu' },
    { role: 'office', path: '/ban-ghi-hinh' },
    { role: 'office', path: `/ban-ghi-hinh/${recordingId}` },
    { role: 'administrator', path: '/nhat-ky' },
    { role: 'office', path: '/canh-bao' },
    { role: 'reception-board', path: '/lich' },
    { role: 'office', path: '/tai-khoan' },
    { role: 'administrator', path: '/nhan-su' },
  ]
  const shapes = found.map(({ path }) => new RegExp(`^${path.replace(/\?.*/, '').replace(/[0-9a-f-]{36}/, ':id')}$`))
  const missing = routes.filter((route) => !shapes.some((shape) => shape.test(route)))
  if (missing.length > 0 || routes.length < 15) throw new Error(`Not among the screens that are tried: ${missing}`)
  return found
}

/** Opens one screen after the other, one browser a role, in the order of the roles; each whole, with its data. */
export async function throughScreens(
  office: Office,
  all: Screen[],
  prepare: (page: Page) => Promise<unknown>,
  look: (page: Page, screen: Screen) => Promise<void>,
): Promise<void> {
  for (const role of new Set(all.map((screen) => screen.role))) {
    const page = await seatOf(office, role)
    await prepare(page)
    for (const screen of all.filter((one) => one.role === role)) {
      await page.goto(`${office.url}${screen.path}`)
      await page.locator('main').getByText(/\S/).first().waitFor()
      await page.waitForLoadState('networkidle')
      await page
        .getByText(/^Đang tải/)
        .first()
        .waitFor({ state: 'hidden' })
      await look(page, screen)
    }
    await page.context().close()
  }
}

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { RecordedContent } from '../../contract/recording-content.ts'
import { hearings } from '../../server/hearings/tables.ts'
import { dayMs, minuteMs } from '../../server/platform/clock.ts'
import { recorders, recordingParts, recordingSessions, recordings } from '../../server/recordings/tables.ts'
import { aReport } from '../recordings/recorder-host.ts'
import { anOffice, bigScreen, type Office, phone, seatOf } from './desk.ts'
import { aHearing } from './plans.ts'

let office: Office
before(async () => {
  office = await anOffice()
})
after(() => office.close())

/** A hearing with a recording of these parts: minutes after its start, and their length. */
async function aRecording(
  state: { status: 'live' | 'ended'; minutes: number },
  parts: { from: number; minutes: number; content: RecordedContent | null }[],
) {
  const { db } = office.app.platform
  const { id } = await aHearing(office, { inMs: dayMs })
  const liveAt = office.app.clock.now() - 120 * minuteMs
  const at = (minutes: number) => new Date(liveAt + minutes * minuteMs)
  const endedAt = state.status === 'live' ? null : at(state.minutes)
  await db
    .update(hearings)
    .set({ status: state.status, liveAt: at(0), endedAt })
    .where(eq(hearings.id, id))
  const wanted = state.status === 'live' ? 'on' : 'off'
  const [recording] = await db
    .insert(recordings)
    .values({
      hearingId: id,
      roomName: randomUUID(),
      wanted,
      state: wanted,
      currentSessionId: `s-${id}`,
      stateAt: at(0),
      createdAt: at(0),
    })
    .returning()
  const recordingId = recording?.id ?? ''
  await db.insert(recordingSessions).values({ recordingId, sessionId: `s-${id}`, startedAt: at(0), onAt: at(0) })
  for (const part of parts)
    await db.insert(recordingParts).values({
      recordingId,
      sessionId: `s-${id}`,
      fileName: 'phong.mkv',
      host: 'jibri-1',
      uploadId: randomUUID(),
      declaredSha256: 'a'.repeat(64),
      declaredSize: 1_000_000,
      orderly: true,
      status: 'ready',
      playablePath: 'x/playable.mp4',
      durationMs: part.minutes * minuteMs,
      startedAt: at(part.from),
      content: part.content,
      measuredAt: at(120),
      createdAt: at(part.from),
    })
  return { hearingId: id, recordingId }
}

const band = (kind: RecordedContent['bands'][number]['kind'], from: number, to: number) => ({
  kind,
  fromMs: from * minuteMs,
  toMs: to * minuteMs,
})

test('the time line shows silence, black and frozen picture and what no part shows, where they are and in words', async () => {
  const measured = { sound: 'measured', picture: 'measured' } as const
  const { recordingId } = await aRecording({ status: 'ended', minutes: 50 }, [
    { from: 0, minutes: 20, content: { ...measured, bands: [band('silence', 5, 9), band('black', 18, 20)] } },
    { from: 30, minutes: 15, content: { ...measured, bands: [band('frozen', 1, 4)] } },
  ])
  for (const viewport of [bigScreen, phone]) {
    const page = await seatOf(office, 'office', viewport)
    await page.goto(`${office.url}/ban-ghi-hinh/${recordingId}`)
    const line = page.getByRole('region', { name: 'Dòng thời gian của bản ghi hình' })
    await line.waitFor()
    // The frozen minutes lie after the ten that were lost.
    assert.deepEqual(await line.getByRole('listitem').allTextContents(), [
      'Không có tiếng 0:05:00–0:09:00 (0:04:00)',
      'Hình đen 0:18:00–0:20:00 (0:02:00)',
      'Không được ghi 0:20:00–0:30:00 (0:10:00)',
      'Hình đứng yên 0:31:00–0:34:00 (0:03:00)',
      'Không được ghi 0:45:00–0:50:00 (0:05:00)',
    ])
    const bar = (await line.getByRole('img', { name: /^Tiếng: 3 đoạn/ }).boundingBox()) ?? assert.fail('no bar')
    const silence = (await line.locator('.band.silence').boundingBox()) ?? assert.fail('no band')
    assert.ok(Math.abs((silence.x - bar.x) / bar.width - 5 / 50) < 0.01)
    assert.ok(Math.abs(silence.width / bar.width - 4 / 50) < 0.01)
    assert.equal(await line.getByRole('img', { name: /^Hình: 4 đoạn/ }).count(), 1)
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width)
    await line.scrollIntoViewIfNeeded()
    await page.context().close()
  }
})

test('what nobody measured is said to be so, and a film in which nothing is missing too', async () => {
  const good = { sound: 'measured', picture: 'measured', bands: [] } as const
  const page = await seatOf(office, 'office')
  const whole = await aRecording({ status: 'ended', minutes: 20 }, [
    { from: 0, minutes: 20, content: { ...good, bands: [] } },
  ])
  await page.goto(`${office.url}/ban-ghi-hinh/${whole.recordingId}`)
  await page.getByText('Đã đo: có tiếng và có hình trong suốt bản ghi.').waitFor()
  const unmeasured = await aRecording({ status: 'ended', minutes: 40 }, [
    { from: 0, minutes: 20, content: null },
    { from: 20, minutes: 20, content: { sound: 'unmeasured', picture: 'measured', bands: [] } },
  ])
  await page.goto(`${office.url}/ban-ghi-hinh/${unmeasured.recordingId}`)
  await page.getByText('Phần 1: chưa đo tiếng và hình.').waitFor()
  await page.getByText('Phần 2: không đo được tiếng.').waitFor()
  assert.equal(await page.getByText('Đã đo: có tiếng').count(), 0)
  await page.context().close()
})

test('a hearing that is being recorded without sound says so beside the button that helps', async () => {
  const { hearingId } = await aRecording({ status: 'live', minutes: 0 }, [])
  const report = aReport({
    jibri: 'busy',
    sessions: [
      {
        sessionId: `s-${hearingId}`,
        fileName: 'phong.mkv',
        bytes: 1,
        stillForMs: 0,
        content: { sound: 'silent', picture: 'moving' },
      },
    ],
  })
  const at = new Date(office.app.clock.now())
  await office.app.platform.db.insert(recorders).values({ host: 'jibri-1', report, reportedAt: at })
  for (const viewport of [bigScreen, phone]) {
    const page = await seatOf(office, 'office', viewport)
    await page.goto(`${office.url}/buoi-tiep/${hearingId}?muc=ban-ghi`)
    await page.getByText('Đang ghi hình').first().waitFor()
    await page.getByRole('alert').filter({ hasText: 'Bản ghi đang chạy không có tiếng' }).waitFor()
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width)
    await page.context().close()
  }
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { consentCase } from '../../contract/cases.ts'
import { approveHearing, type HearingAnswer, postponeHearing, submitHearing } from '../../contract/hearings.ts'
import { listTestCalls } from '../../contract/test-calls.ts'
import { dayMs } from '../../server/platform/clock.ts'
import { testCalls } from '../../server/test-calls/tables.ts'
import { anOffice, bigScreen, does, type Office, phone, seatOf } from './desk.ts'
import { aCase, aHearing } from './plans.ts'

let office: Office
before(async () => {
  office = await anOffice()
})
after(() => office.close())

async function approved(hearing: HearingAnswer): Promise<HearingAnswer> {
  const params = { id: hearing.id }
  const { version } = await does(office, 'reception-board', submitHearing, {
    params,
    body: { version: hearing.version },
  })
  return does(office, 'chairman', approveHearing, { params, body: { version, decisionNumber: '12/TB-UBND' } })
}

test('after a postponement the screens count the new tests and tell the old ones apart', async () => {
  const matter = await aCase(office)
  await does(office, 'chairman', consentCase, { params: { id: matter.id }, body: { version: matter.version } })
  const first = await approved(await aHearing(office, { inMs: 20 * dayMs, caseIds: [matter.id] }))
  const params = { id: first.id }
  const reasons = [
    {
      code: 'loss',
      text: 'Mất gói tin 12 %.',
      remedy: 'Cắm dây mạng thay cho Wi-Fi rồi kiểm thử lại.',
      severity: 'failed' as const,
    },
  ]
  await office.app.platform.db
    .update(testCalls)
    .set({ status: 'done', verdict: 'failed', reasons, finishedAt: new Date(office.app.clock.now()) })
    .where(eq(testCalls.hearingId, first.id))
  const startsAt = new Date(Date.parse(first.startsAt) + 7 * dayMs).toISOString()
  const body = { version: first.version, reason: 'Mưa bão', startsAt }
  await approved(await does(office, 'reception-board', postponeHearing, { params, body }))
  const { items } = await does(office, 'office', listTestCalls, { querystring: { hearingId: first.id } })
  const old = items.find((call) => call.supersededAt !== null)?.id ?? assert.fail('nothing was set aside')

  for (const viewport of [bigScreen, phone]) {
    const page = await seatOf(office, 'office', viewport)
    const fits = async () =>
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width, page.url())
    await page.goto(`${office.url}/buoi-tiep/${first.id}?muc=kiem-thu`)
    await page.getByText('Đã xong 0 trong 4 lượt.').waitFor()
    assert.equal(await page.getByText('theo lịch trước khi hoãn').count(), 4)
    await fits()
    await page.goto(`${office.url}/kiem-thu/${old}`)
    await page.getByText(/Theo lịch cũ; buổi tiếp được hoãn lúc/).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Cho phép bỏ qua' }).count(), 0)
    await fits()
    await page.goto(`${office.url}/kiem-thu/${old}/bien-ban`)
    await page.getByText(/theo lịch trước khi hoãn/).waitFor()
    await fits()
    await page.context().close()
  }
})

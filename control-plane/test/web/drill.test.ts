import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type DrillStep, drillStepKeys, drillStepLabels } from '../../contract/drills.ts'
import { drills } from '../../server/drills/tables.ts'
import { anOffice, bigScreen, type Office, phone, seatOf } from './desk.ts'

let office: Office
before(async () => {
  office = await anOffice()
})
after(() => office.close())

test('the minutes of the last drill: its verdict, each step with time, figures and what to do, at a desk and on a phone', async () => {
  const at = new Date(office.app.clock.now())
  const steps = drillStepKeys.map(
    (key): DrillStep => ({
      ...{ key, is: key === 'media' ? 'failed' : 'passed', at: at.toISOString(), ms: 4_200 },
      figures: [{ name: 'Diễn tập 1', value: `thấy 1/2 ${'x'.repeat(120)}` }],
      fault: key === 'media' ? 'Diễn tập 1 không thấy hình của Diễn tập 2. Kiểm tra cầu nối.' : null,
    }),
  )
  const page = await seatOf(office, 'office')
  await page.goto(`${office.url}/canh-bao`)
  const card = page.getByRole('region', { name: 'Diễn tập hệ thống' })
  await card.getByText('Chưa diễn tập lần nào').waitFor()
  await page.context().close()
  await office.app.platform.db.insert(drills).values({
    ...{ requestedBy: 'cán bộ trực', state: 'ended', requestedAt: at, startedAt: at, endedAt: at },
    ...{ verdict: 'failed', steps },
  })
  for (const viewport of [bigScreen, phone]) {
    const seat = await seatOf(office, 'office', viewport)
    await seat.goto(`${office.url}/canh-bao`)
    const shown = seat.getByRole('region', { name: 'Diễn tập hệ thống' })
    await shown.getByText(/^Diễn tập: Không đạt sau .*bước không đạt: Mỗi máy nhận/).waitFor()
    const items = await shown.getByRole('listitem').allTextContents()
    assert.equal(items.length, drillStepKeys.length)
    assert.match(items[1] ?? '', new RegExp(`^Không đạt${drillStepLabels.media} \\(4,2 giây\\).*Kiểm tra cầu nối\\.$`))
    assert.ok((await seat.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width)
    await seat.context().close()
  }
  const other = await seatOf(office, 'chairman')
  await other.goto(`${office.url}/canh-bao`)
  await other.getByRole('heading', { level: 1 }).waitFor()
  assert.equal(await other.getByRole('region', { name: 'Diễn tập hệ thống' }).count(), 0)
})

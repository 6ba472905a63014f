import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { consentCase } from '../../contract/cases.ts'
import {
  approveHearing,
  cancelHearing,
  editHearing,
  type HearingAnswer,
  postponeHearing,
  returnHearing,
  submitHearing,
} from '../../contract/hearings.ts'
import type { RouteContract } from '../../contract/route.ts'
import { listTestCalls } from '../../contract/test-calls.ts'
import { dayMs, minuteMs } from '../../server/platform/clock.ts'
import { attendance, rooms } from '../../server/rooms/tables.ts'
import { anOffice, bigScreen, does, type Office, phone, seatOf } from './desk.ts'
import { aCase, aHearing } from './plans.ts'

let office: Office
before(async () => {
  office = await anOffice()
})
after(() => office.close())

const toldTimes = [
  'Trình lúc',
  'Phê duyệt lúc',
  'Trả lại lúc',
  'Sẵn sàng lúc',
  'Bắt đầu lúc',
  'Kết thúc lúc',
  'Hoãn lúc',
  'Hủy lúc',
]

/** The labels of times that the hearing's first tab shows, on a desk and on a phone; nothing may stick out of the screen. */
async function labelsOf(id: string): Promise<string[]> {
  let found: string[] = []
  for (const viewport of [bigScreen, phone]) {
    const page = await seatOf(office, 'office', viewport)
    await page.goto(`${office.url}/buoi-tiep/${id}`)
    await page.getByText('Số quyết định').waitFor()
    const text = await page.locator('main').textContent()
    found = toldTimes.filter((label) => text?.includes(label))
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width, page.url())
    await page.context().close()
  }
  return found
}

test('what was returned, put off or called off shows each time under its own word, and no approval that is not one', async () => {
  const matter = await aCase(office)
  await does(office, 'chairman', consentCase, { params: { id: matter.id }, body: { version: matter.version } })
  const draft = await aHearing(office, { inMs: 20 * dayMs, caseIds: [matter.id] })
  const params = { id: draft.id }
  const step = async (role: 'chairman' | 'reception-board' | 'office', route: RouteContract, body: object) => {
    office.app.clock.advance(minuteMs)
    return (await does(office, role, route, { params, body } as never)) as HearingAnswer
  }
  let { version } = await step('reception-board', submitHearing, { version: draft.version })
  version = (await step('chairman', returnHearing, { version, reason: 'Thiếu thành phần' })).version
  assert.deepEqual(await labelsOf(draft.id), ['Trình lúc', 'Trả lại lúc'])

  version = (await step('reception-board', submitHearing, { version })).version
  version = (await step('chairman', approveHearing, { version, decisionNumber: '12/TB-UBND' })).version
  assert.deepEqual(await labelsOf(draft.id), ['Trình lúc', 'Phê duyệt lúc', 'Trả lại lúc'])
  version = (await step('reception-board', postponeHearing, { version, reason: 'Mưa bão' })).version
  assert.deepEqual(await labelsOf(draft.id), ['Trình lúc', 'Phê duyệt lúc', 'Trả lại lúc', 'Hoãn lúc'])
  await step('reception-board', cancelHearing, { version, reason: 'Công dân rút đơn' })
  const page = await seatOf(office, 'office')
  await page.goto(`${office.url}/buoi-tiep/${draft.id}`)
  await page.getByText('12/TB-UBND (của lần phê duyệt trước, không còn hiệu lực)').waitFor()
  await page.getByText('Hủy lúc').waitFor()

  // A test that never ran has no beginning: neither on its screen nor in its minutes.
  const { items } = await does(office, 'office', listTestCalls, { querystring: { hearingId: draft.id } })
  const never = items.find(({ status }) => status === 'cancelled') ?? assert.fail('no test was cancelled')
  await page.goto(`${office.url}/kiem-thu/${never.id}/bien-ban`)
  await page.getByText(/^Giờ định trước \(chưa chạy\)/).waitFor()
  assert.equal(await page.getByText('Thời gian bắt đầu').count(), 0)
  await page.goto(`${office.url}/buoi-tiep/${draft.id}?muc=kiem-thu`)
  await page
    .getByText(/Đã hủy; giờ định trước/)
    .first()
    .waitFor()
  await page.context().close()
})

test('a person typed twice is warned of while the plan is drafted, and a stay that a clock step touched says so', async () => {
  const matter = await aCase(office)
  await does(office, 'chairman', consentCase, { params: { id: matter.id }, body: { version: matter.version } })
  const draft = await aHearing(office, { inMs: 25 * dayMs, caseIds: [matter.id] })
  for (const viewport of [bigScreen, phone]) {
    const page = await seatOf(office, 'reception-board', viewport)
    await page.goto(`${office.url}/buoi-tiep/${draft.id}/sua`)
    await page.getByRole('button', { name: 'Thêm người tham dự' }).click()
    const again = page.getByRole('group', { name: 'Người thứ 4' })
    await again.getByLabel('Họ và tên').fill('lê thị  QUAN SÁT')
    await again.getByLabel('Nơi tham dự').selectOption('')
    await again.getByText(/Người thứ 3 \(Lê Thị Quan Sát\).*bỏ bớt một dòng/).waitFor()
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width)
    await page.context().close()
  }
  const params = { id: draft.id }
  const twice = draft.participants.map(({ id: _, ...person }) => person)
  const edited = await does(office, 'reception-board', editHearing, {
    params,
    body: {
      title: draft.title,
      startsAt: draft.startsAt,
      endsAt: draft.endsAt,
      delegates: draft.endpoints.filter(({ kind }) => kind === 'delegate').map(({ endpointId }) => endpointId),
      agenda: draft.agenda.map(({ id: _, ...item }) => item),
      participants: [...twice, ...twice.slice(2)],
      caseIds: [matter.id],
      version: draft.version,
    },
  })
  assert.ok(edited.warnings.some(({ message }) => message.includes('bỏ bớt một dòng')))
  const submitted = await does(office, 'reception-board', submitHearing, { params, body: { version: edited.version } })
  await does(office, 'chairman', approveHearing, {
    params,
    body: { version: submitted.version, decisionNumber: '13/TB-UBND' },
  })
  const [room] = await office.app.platform.db.select().from(rooms).where(eq(rooms.hearingId, draft.id))
  const joinedAt = new Date(office.app.clock.now())
  await office.app.platform.db.insert(attendance).values({
    roomName: room?.name ?? '',
    occupantId: 'a',
    processId: 'prosody',
    userId: 'x',
    displayName: 'Phường Quy Nhơn',
    joinedAt,
    leftAt: new Date(joinedAt.getTime() - minuteMs),
    leftBy: 'left',
  })
  for (const viewport of [bigScreen, phone]) {
    const page = await seatOf(office, 'office', viewport)
    await page.goto(`${office.url}/buoi-tiep/${draft.id}?muc=phong-hop`)
    await page.getByText(/đồng hồ máy chủ bị chỉnh lùi trong lúc này/).waitFor()
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width)
    await page.context().close()
  }
})

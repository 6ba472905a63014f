import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { editCase, getCase } from '../../contract/cases.ts'
import { readThresholds } from '../../contract/test-calls.ts'
import { anOffice, does, type Office, phone, seatOf } from './desk.ts'
import { aCase, aHearing } from './plans.ts'

let office: Office
before(async () => {
  office = await anOffice()
})
after(() => office.close())

const day = 24 * 60 * 60_000

test('a fault stands at its field, and the first one has the focus', async () => {
  const page = await seatOf(office, 'reception-board')
  await page.goto(`${office.url}/vu-viec/moi`)
  await page.getByLabel('Họ và tên').fill('Nguyễn Văn An')
  await page.getByLabel(/Số căn cước/).fill('123')
  await page.getByRole('button', { name: 'Lưu' }).click()
  await page.getByText('Vui lòng nhập tên vụ việc.').waitFor()
  const number = page.getByLabel(/Số căn cước/)
  assert.equal(await number.getAttribute('aria-invalid'), 'true')
  assert.match((await page.locator('form').textContent()) ?? '', /gồm 12 chữ số/)
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true')
  await page.context().close()
})

test('somebody else saved in between: what was typed stays, and is saved on the newest version when wanted', async () => {
  const matter = await aCase(office)
  const page = await seatOf(office, 'reception-board')
  await page.goto(`${office.url}/vu-viec/${matter.id}/sua`)
  await page.getByLabel('Tên vụ việc').fill('Tên do tôi gõ')
  const { title: _, summary, kind, criterion, criterionReason, citizen, version } = matter
  const { masked: __, ...details } = citizen
  await does(office, 'inspector', editCase, {
    params: { id: matter.id },
    body: { title: 'Tên của người khác', summary, kind, criterion, criterionReason, citizen: details, version },
  })
  await page.getByRole('button', { name: 'Lưu', exact: true }).click()
  await page.getByText('Người thử inspector đã cập nhật lúc').waitFor()
  assert.equal(await page.getByLabel('Tên vụ việc').inputValue(), 'Tên do tôi gõ')
  const both = page.getByRole('group', { name: 'Tên vụ việc – cả hai cùng sửa' })
  assert.match((await both.textContent()) ?? '', /Tên do tôi gõ.*Tên của người khác/)
  // Neither is taken for granted.
  const merge = page.getByRole('button', { name: 'Lưu theo lựa chọn' })
  assert.equal(await merge.isDisabled(), true)
  await both.getByLabel('Của tôi').check()
  await merge.click()
  await page.getByRole('heading', { level: 1, name: 'Tên do tôi gõ' }).waitFor()
  const saved = await does(office, 'inspector', getCase, { params: { id: matter.id } })
  assert.equal(saved.title, 'Tên do tôi gõ')
  await page.context().close()
})

test('a change by somebody else appears without a reload', async () => {
  const matter = await aCase(office)
  const page = await seatOf(office, 'chairman')
  await page.goto(`${office.url}/vu-viec/${matter.id}`)
  await page.getByRole('heading', { level: 1, name: matter.title }).waitFor()
  const { summary, kind, criterion, criterionReason, citizen, version } = matter
  const { masked: _, ...details } = citizen
  await page.waitForTimeout(300)
  await does(office, 'inspector', editCase, {
    params: { id: matter.id },
    body: { title: 'Tên mới', summary, kind, criterion, criterionReason, citizen: details, version },
  })
  await page.getByRole('heading', { level: 1, name: 'Tên mới' }).waitFor()
  await page.context().close()
})

test('a late plan asks for its reason, and the screen shows what it was told', async () => {
  const matter = await aCase(office)
  const hearing = await aHearing(office, { inMs: 2 * day, caseIds: [matter.id] })
  const page = await seatOf(office, 'reception-board')
  await page.goto(`${office.url}/buoi-tiep/${hearing.id}`)
  await page.getByRole('button', { name: 'Trình duyệt' }).click()
  const dialog = page.getByRole('dialog')
  const confirm = dialog.getByRole('button', { name: 'Trình duyệt' })
  assert.equal(await confirm.isDisabled(), true)
  await dialog.getByLabel('Lý do trình muộn').fill('Theo chỉ đạo khẩn.')
  await confirm.click()
  // The case has no consent yet: the server's refusal stands in the dialog and the reason is still there.
  await dialog.getByText(/chưa có ý kiến đồng ý của Chủ tịch/).waitFor()
  assert.equal(await dialog.getByLabel('Lý do trình muộn').inputValue(), 'Theo chỉ đạo khẩn.')
  await page.context().close()
})

test('on a phone no screen is wider than the phone', async () => {
  const matter = await aCase(office)
  const hearing = await aHearing(office, { inMs: 20 * day, caseIds: [matter.id] })
  const page = await seatOf(office, 'reception-board', phone)
  for (const path of ['/', '/buoi-tiep', `/buoi-tiep/${hearing.id}`, `/buoi-tiep/${hearing.id}/sua`, '/diem-cau']) {
    await page.goto(`${office.url}${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(wide <= 390, `${path} is ${wide} px wide`)
  }
  await page.context().close()
})

test('an administrator changes a limit of the test calls; one that makes no sense is told at its field', async () => {
  const page = await seatOf(office, 'administrator', phone)
  await page.goto(`${office.url}/nguong-kiem-thu`)
  const fails = page.getByRole('textbox', { name: 'Không đạt khi trên' }).first()
  await fails.fill('100')
  await page.getByRole('button', { name: 'Lưu ngưỡng' }).click()
  await page.getByText('Mức không đạt phải bằng hoặc cao hơn mức lưu ý.').waitFor()
  await page.getByRole('textbox', { name: 'Coi là không có tín hiệu khi dưới' }).fill('0,01')
  await fails.fill('900')
  await page.getByRole('button', { name: 'Lưu ngưỡng' }).click()
  await page.getByText('Đã lưu.').waitFor()
  const { rttFailMs, microphoneSilent } = await does(office, 'administrator', readThresholds, {})
  assert.deepEqual([rttFailMs, microphoneSilent], [900, 0.01])
  await page.context().close()
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { editCase, getCase } from '../../contract/cases.ts'
import { sidesOf } from '../../web/parts/conflict-sides.ts'
import { anOffice, does, type Office, seatOf } from './desk.ts'
import { aCase, aHearing } from './plans.ts'

let office: Office
before(async () => {
  office = await anOffice()
})
after(() => office.close())

const title = (page: Page) => page.getByLabel('Tên vụ việc')
const stored = (page: Page): Promise<string> => page.evaluate(() => JSON.stringify({ ...localStorage }))
/** As long as the form waits before it keeps what was typed. */
const kept = (page: Page) =>
  page.waitForFunction(() => Object.keys(localStorage).some((name) => name.includes('.nhap.')))

test('a form left half typed is kept sealed for its person, offered again, and forgotten once it is saved', async () => {
  const page = await seatOf(office, 'reception-board')
  page.on('dialog', (dialog) => dialog.accept())
  await page.goto(`${office.url}/vu-viec/moi`)
  await title(page).fill('Nhập dở dang')
  await page.getByLabel('Họ và tên').fill('Nguyễn Văn An')
  await kept(page)
  await page.waitForTimeout(600)
  assert.ok(!/Nhập dở|Nguyễn/.test(await stored(page)), 'in clear')
  await page.reload()
  await page.getByRole('region', { name: 'Bản nhập dở' }).waitFor()
  await page.getByRole('button', { name: 'Nhập tiếp' }).click()
  assert.equal(await title(page).inputValue(), 'Nhập dở dang')
  assert.equal(await page.getByLabel('Họ và tên').inputValue(), 'Nguyễn Văn An')
  await page.getByLabel('Tóm tắt nội dung').fill('Nội dung')
  await page.getByLabel('Lý do đáp ứng tiêu chí').fill('Ở xa')
  await page.getByRole('button', { name: 'Lưu', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Nhập dở dang' }).waitFor()
  await page.goto(`${office.url}/vu-viec/moi`)
  await title(page).waitFor()
  assert.equal(await title(page).inputValue(), '')
  await page.context().close()
})

test('a menu link, the way back and "Hủy bỏ" ask first; staying loses nothing, dropping forgets', async () => {
  const hearing = await aHearing(office, { inMs: 20 * 24 * 3_600_000 })
  const page = await seatOf(office, 'reception-board')
  const forms = [
    ['/vu-viec', 'Nhập vụ việc'],
    ['/buoi-tiep', 'Lập kế hoạch buổi tiếp'],
    [`/buoi-tiep/${hearing.id}`, 'Sửa kế hoạch'],
  ] as const
  for (const [path, open] of forms) {
    await page.goto(`${office.url}${path}`)
    await page.getByRole('link', { name: open }).first().click()
    const field = page.getByLabel(path.startsWith('/vu-viec') ? 'Tên vụ việc' : 'Tên buổi tiếp')
    await field.fill('Đang nhập')
    const asks = page.getByRole('dialog', { name: 'Rời trang khi chưa lưu?' })
    for (const leave of [
      () => page.getByRole('link', { name: 'Điểm cầu' }).first().click(),
      () => page.getByRole('button', { name: 'Hủy bỏ' }).click(),
    ]) {
      await leave()
      await asks.getByRole('button', { name: 'Ở lại' }).click()
      assert.equal(await field.inputValue(), 'Đang nhập')
    }
    await page.getByRole('link', { name: 'Điểm cầu' }).first().click()
    await asks.getByRole('button', { name: 'Rời và bỏ nội dung' }).click()
    await page.waitForURL('**/diem-cau')
    assert.ok(!(await stored(page)).includes('.nhap.'), path)
  }
  await page.context().close()
})

test('a conflict: what only the other changed is taken over, what only I changed stays, whatever both changed is asked', async () => {
  const matter = await aCase(office)
  const page = await seatOf(office, 'reception-board')
  await page.goto(`${office.url}/vu-viec/${matter.id}/sua`)
  await page.getByLabel('Địa chỉ').fill('Địa chỉ do tôi sửa')
  const { title: _, summary, kind, criterion, criterionReason, citizen, version } = matter
  const { masked: __, ...details } = citizen
  const body = { title: 'Tên của người khác', summary, kind, criterion, criterionReason, citizen: details, version }
  await does(office, 'inspector', editCase, { params: { id: matter.id }, body })
  await page.getByRole('button', { name: 'Lưu', exact: true }).click()
  await page.getByText('Người thử inspector đã cập nhật lúc').waitFor()
  await page.getByRole('button', { name: 'Lưu theo lựa chọn' }).click()
  await page.getByRole('heading', { level: 1, name: 'Tên của người khác' }).waitFor()
  const saved = await does(office, 'reception-board', getCase, { params: { id: matter.id } })
  assert.deepEqual([saved.title, saved.citizen.address], ['Tên của người khác', 'Địa chỉ do tôi sửa'])
  await page.context().close()
})

test('which side stands, field by field', () => {
  const parts = ['a', 'b', 'c', 'd'].map((name) => ({
    name,
    label: name,
    text: (of: Record<string, string>) => of[name] ?? '',
    take: (from: Record<string, string>, into: Record<string, string>) => ({ ...into, [name]: from[name] ?? '' }),
  }))
  const base = { a: '1', b: '1', c: '1', d: '1' }
  const sides = sidesOf(parts, {
    base,
    mine: { ...base, a: '2', c: '2', d: '2' },
    theirs: { ...base, b: '3', c: '3', d: '2' },
  })
  assert.deepEqual(
    sides.map(({ part, side }) => [part.name, side]),
    [
      ['a', 'mine'],
      ['b', 'theirs'],
      ['c', undefined],
    ],
  )
})

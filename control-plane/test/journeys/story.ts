import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { listEndpoints, showEndpoint } from '../../contract/endpoints.ts'
import { approveHearing, getHearing } from '../../contract/hearings.ts'
import { listGrants } from '../../contract/rooms.ts'
import { listTestCalls } from '../../contract/test-calls.ts'
import type { Trial } from '../stage/trial.ts'
import { type Desk, openDesk } from './browser.ts'
import {
  type Clerk,
  decide,
  enterCase,
  goTo,
  makeCode,
  openTab,
  planHearing,
  signInAtScreen,
  watchFilm,
} from './clerk.ts'
import { expect, hearingStep, linkStep } from './hearing-steps.ts'
import { Refused, until } from './people.ts'
import { camera, type Shoot, tour } from './tour.ts'

/** What the story reports after each step. */
export interface StoryTeller {
  step(number: number, figures: string): void
}

interface Scene {
  trial: Trial
  browser: Browser
  office: Clerk
  board: Clerk
  chairman: Clerk
  shoot: Shoot
}

/**
 * The nine steps of a hearing's life on a running trial, by people at their screens and rooms: planned, tested by real calls, held,
 * recorded, stored, and told by the audit trail. Throws at the first step that fails.
 */
export async function playStory(trial: Trial, browser: Browser, shots: string, teller: StoryTeller): Promise<void> {
  const shoot = camera(shots)
  const clerk = (username: string): Promise<Clerk> => {
    const account = trial.accounts.find((candidate) => candidate.username === username)
    if (account === undefined) throw new Error(`no account ${username}`)
    return signInAtScreen(browser, trial.url, account)
  }
  const signIn = await openDesk(browser)
  await signIn.page.goto(trial.url)
  await signIn.page.getByTestId('username').waitFor()
  await shoot(signIn.page, '01-dang-nhap')
  await signIn.context.close()
  const [office, board, chairman] = [await clerk('vanphong'), await clerk('bantcd'), await clerk('chutich')]
  const scene: Scene = { trial, browser, office, board, chairman, shoot }

  const endpoints = await provinceStep(scene)
  teller.step(1, `${endpoints.count - 1} điểm cầu đại biểu, 1 điểm cầu trung tâm`)

  const caseId = await enterCase(board.page)
  await shoot(board.page, '02-vu-viec')
  await chairman.page.goto(`${trial.url}/vu-viec/${caseId}`)
  await decide(chairman.page, 'Đồng ý', 'Đồng ý')
  await chairman.page.getByText('Chủ tịch đã đồng ý').first().waitFor()
  teller.step(2, 'vụ việc được Chủ tịch đồng ý')

  const hearingId = await planStep(scene, endpoints.delegate.name)
  teller.step(3, 'trình muộn có lý do, phê duyệt số 123/QĐ-UBND')

  const grants = await office.person.does(listGrants, { params: { id: hearingId } })
  const planned = await office.person.does(listTestCalls, { querystring: { hearingId } })
  expect(grants.items.length === 3, `three grants, not ${grants.items.length}`)
  expect(planned.items.length === 4, `four test calls, not ${planned.items.length}`)
  await openTab(office.page, trial.url, hearingId, 'dang-nhap')
  await office.page.getByRole('button', { name: 'Xem liên kết, mã' }).nth(2).waitFor()
  await shoot(office.page, '04-thong-tin-dang-nhap')
  teller.step(4, `${grants.items.length} thông tin đăng nhập, ${planned.items.length} lượt kiểm thử`)

  const desks = [await enrol(scene, endpoints.central), await enrol(scene, endpoints.delegate)] as const
  const [centralDesk, delegateDesk] = desks
  const seen = await until(
    'the room PC is connected with camera and microphone',
    20_000,
    () => office.person.does(showEndpoint, { params: { id: endpoints.delegate.id } }),
    (shown) => shown.devices[0]?.connected === true && shown.devices[0]?.state?.camera === 'ok',
  )
  await shoot(delegateDesk.page, '05-kiosk')
  const { camera: eye, microphone } = seen.devices[0]?.state ?? {}
  teller.step(5, `2 máy phòng họp; camera ${eye}, micro ${microphone}`)

  teller.step(6, await testStep(scene, hearingId, delegateDesk))

  await linkStep(trial, browser, office, hearingId, shoot)
  teller.step(7, 'liên kết mở phòng, tải lại vẫn vào, thu hồi thì bị từ chối')

  const held = await hearingStep(trial, office, hearingId, { centralDesk, delegateDesk }, shoot)
  const inspector = await clerk('thanhtra')
  const film = await watchFilm(inspector.page)
  expect(film.ranges >= 2 && film.jumpedTo > film.seconds / 2 - 1, `the film can be sought: ${JSON.stringify(film)}`)
  await shoot(inspector.page, '08-xem-ban-ghi')
  teller.step(8, `${held}, tua đến giây ${Math.round(film.jumpedTo)} bằng ${film.ranges} lần đọc đoạn`)

  const administrator = await clerk('quantri')
  teller.step(9, await auditStep(administrator, shoot))
  await tourAll({ ...scene, inspector, administrator }, { caseId, hearingId, endpointId: endpoints.delegate.id }, shots)
  for (const desk of desks) await desk.context.close()
  for (const one of [office, board, chairman, inspector, administrator]) await one.close()
}

/** 1. The office sees the province. */
async function provinceStep({ office, shoot }: Scene) {
  const { items } = await office.person.does(listEndpoints, { querystring: {} })
  const central = items.find((endpoint) => endpoint.kind === 'central')
  const delegate = items.find((endpoint) => endpoint.slug === 'quy-nhon')
  if (central === undefined || delegate === undefined) throw new Error('endpoints are missing')
  expect(items.length === 136, `135 communes and the centre, not ${items.length}`)
  await goTo(office.page, 'Điểm cầu')
  await office.page.getByRole('link', { name: delegate.name, exact: true }).waitFor()
  await shoot(office.page, '01-diem-cau')
  return { central, delegate, count: items.length }
}

/** 3. The hearing: too late without a reason, submitted with one, approved by nobody but the chairman. */
async function planStep({ trial, board, office, chairman, shoot }: Scene, endpointName: string): Promise<string> {
  const hearingId = await planHearing(board.page, Date.now() + 20 * 60_000, endpointName)
  const { page } = board
  await page.getByRole('button', { name: 'Trình duyệt' }).click()
  const dialog = page.getByRole('dialog')
  expect(
    await dialog.getByRole('button', { name: 'Trình duyệt' }).isDisabled(),
    '05 working days are demanded, or a reason',
  )
  await shoot(page, '03-trinh-muon')
  await dialog.getByLabel('Lý do trình muộn').fill('Vụ việc phức tạp, cần tiếp ngay theo chỉ đạo.')
  await dialog.getByRole('button', { name: 'Trình duyệt' }).click()
  await dialog.waitFor({ state: 'detached' })
  const { version } = await office.person.does(getHearing, { params: { id: hearingId } })
  const usurper = await board.person
    .does(approveHearing, { params: { id: hearingId }, body: { version, decisionNumber: '01/QĐ-UBND' } })
    .catch((error: unknown) => error)
  expect(usurper instanceof Refused && usurper.problem.status === 403, 'only the chairman approves')
  await chairman.page.goto(`${trial.url}/buoi-tiep/${hearingId}`)
  await decide(chairman.page, 'Phê duyệt', 'Phê duyệt', '123/QĐ-UBND')
  await shoot(chairman.page, '03-da-phe-duyet')
  return hearingId
}

/** 5. A room PC: the office reads a code out, somebody in the room types it. */
async function enrol(scene: Scene, endpoint: { id: string; name: string; kind: string }): Promise<Desk> {
  const { trial, browser, office, shoot } = scene
  const desk = await openDesk(browser)
  await desk.page.goto(`${trial.url}/kiosk`)
  await desk.page.getByLabel('Mã ghi danh').waitFor()
  if (endpoint.kind === 'central') await shoot(desk.page, '05-kiosk-ghi-danh')
  await desk.page.getByLabel('Mã ghi danh').fill(await makeCode(office, trial.url, endpoint.id))
  await desk.page.getByRole('button', { name: 'Ghi danh' }).click()
  await desk.page.getByRole('heading', { name: endpoint.name, exact: true }).waitFor()
  return desk
}

/** 6. The planned tests were overdue and found nobody; "test now" makes them good by real calls. */
async function testStep({ trial, office, shoot }: Scene, hearingId: string, kiosk: Desk): Promise<string> {
  const tests = () => office.person.does(listTestCalls, { querystring: { hearingId } })
  const missed = await until('the overdue tests have run', 60_000, tests, ({ items }) =>
    items.every((test) => test.status === 'done'),
  )
  const absent = missed.items.filter((test) => test.verdict === 'absent')
  expect(
    absent.length > 0 && missed.items.every((test) => test.late),
    `overdue tests are marked late, a room without its PC is absent: ${missed.items.map((test) => test.verdict)}`,
  )
  const mail = await trial.mail.waitForMail((caught) => caught.subject.includes('Vắng'), 30_000)
  expect(mail.to.includes('van-phong@'), `the office is told at once: ${mail.to}`)
  const { page } = office
  await openTab(page, trial.url, hearingId, 'kiem-thu')
  const testing = kiosk.page.getByRole('heading', { name: 'Đang kiểm thử đường truyền' })
  const shots = testing.waitFor({ timeout: 120_000 }).then(async () => {
    await shoot(kiosk.page, '06-kiosk-dang-kiem-thu')
    await shoot(page, '06-dang-kiem-thu')
  })
  for (const turn of [1, 0]) {
    await page.getByRole('button', { name: 'Kiểm thử ngay' }).nth(turn).click()
    await until('a test on demand exists', 10_000, tests, ({ items }) => items.length === 6 - turn)
  }
  const { items } = await until('the tests have a verdict', 150_000, tests, (seen) =>
    seen.items.every((test) => test.status === 'done'),
  )
  await shots
  const good = items.filter((test) => test.kind === 'on-demand')
  for (const test of good) {
    expect(
      test.verdict === 'passed' || test.verdict === 'warned',
      `${test.endpointName}: ${test.verdict} ${JSON.stringify(test.reasons)} ${JSON.stringify(test.agent?.errors)} ${JSON.stringify(test.kiosk?.errors)}`,
    )
    const [up, down] = [test.agent?.receive.bitrateKbps ?? 0, test.kiosk?.receive.bitrateKbps ?? 0]
    expect(up > 50 && down > 50, `media went both ways: ${up} and ${down} kbit/s`)
  }
  const state = () => office.person.does(getHearing, { params: { id: hearingId } })
  await until('good tests make the hearing ready', 10_000, state, (hearing) => hearing.status === 'ready')
  const [sample] = good
  await page.goto(`${trial.url}/kiem-thu/${sample?.id}/bien-ban`)
  await page.getByRole('button', { name: 'In biên bản' }).waitFor()
  await shoot(page, '06-bien-ban')
  const whole = (value: number | null | undefined): number => Math.round(value ?? 0)
  return `${absent.length} lượt vắng đã báo thư, ${good.length} cuộc gọi thật ${good.map((test) => test.verdict).join(', ')}; hình đầu ${whole(sample?.kiosk?.firstFrameMs)} ms, khứ hồi ${whole(sample?.kiosk?.rttMs)} ms, ${whole(sample?.agent?.receive.bitrateKbps)} kbit/s lên, ${whole(sample?.kiosk?.receive.bitrateKbps)} kbit/s xuống`
}

/** 9. The audit trail, read and verified at the screen; the inspector's view of the film stands in it. */
async function auditStep({ page }: Clerk, shoot: Shoot): Promise<string> {
  await goTo(page, 'Nhật ký hệ thống')
  await page.getByText('recording.viewed').first().waitFor()
  await page.getByRole('button', { name: 'Kiểm tra chuỗi mã băm' }).click()
  const verdict = (await page.getByTestId('audit-verdict').textContent()) ?? ''
  expect(verdict.includes('nguyên vẹn'), `the chain is whole: ${verdict}`)
  await shoot(page, '09-nhat-ky')
  return verdict
}

/** Every staff screen with its data, at both sizes. */
async function tourAll(
  { trial, office, inspector, administrator }: Scene & { inspector: Clerk; administrator: Clerk },
  { caseId, hearingId, endpointId }: { caseId: string; hearingId: string; endpointId: string },
  shots: string,
): Promise<void> {
  const folder = join(shots, 'moi-man-hinh')
  const tabs = ['tong-quan', 'kiem-thu', 'dang-nhap', 'phong-hop', 'ban-ghi']
  const { items } = await office.person.does(listTestCalls, { querystring: { hearingId } })
  const real = items.find((test) => test.kind === 'on-demand')
  await tour(office.page, folder, trial.url, {
    'trang-chinh': '/',
    'diem-cau': '/diem-cau',
    'mot-diem-cau': `/diem-cau/${endpointId}`,
    'buoi-tiep': '/buoi-tiep',
    ...Object.fromEntries(tabs.map((tab) => [`buoi-tiep-${tab}`, `/buoi-tiep/${hearingId}?muc=${tab}`])),
    'kiem-thu': `/kiem-thu/${real?.id}`,
    'bien-ban': `/kiem-thu/${real?.id}/bien-ban`,
    'canh-bao': '/canh-bao',
    lich: '/lich',
    'tai-khoan': '/tai-khoan',
  })
  await tour(inspector.page, folder, trial.url, {
    'vu-viec': '/vu-viec',
    'mot-vu-viec': `/vu-viec/${caseId}`,
    'ban-ghi-hinh': '/ban-ghi-hinh',
  })
  await tour(administrator.page, folder, trial.url, { 'nhat-ky': '/nhat-ky', 'nhan-su': '/nhan-su' })
}

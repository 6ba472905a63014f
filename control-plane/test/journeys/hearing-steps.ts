import type { Browser, Page } from 'playwright-core'
import { hearingRecording } from '../../contract/recordings.ts'
import { listGrants, showRoom } from '../../contract/rooms.ts'
import type { Trial } from '../stage/trial.ts'
import { type Desk, openDesk } from './browser.ts'
import { type Clerk, decide, openTab, proveAgain } from './clerk.ts'
import { until } from './people.ts'
import type { Shoot } from './tour.ts'

/** 7. A link: opened on a phone, entered, reloaded, revoked. */
export async function linkStep(
  trial: Trial,
  browser: Browser,
  { page, person }: Clerk,
  hearingId: string,
  shoot: Shoot,
): Promise<void> {
  const { items } = await person.does(listGrants, { params: { id: hearingId } })
  const grant = items.find((candidate) => candidate.kind === 'participant')
  if (grant === undefined) throw new Error('the observer has no grant')
  await openTab(page, trial.url, hearingId, 'dang-nhap')
  const card = page.locator('.mantine-Card-root', { hasText: grant.displayName })
  await card.getByRole('button', { name: 'Xem liên kết, mã' }).click()
  const shown = page.getByTestId('grant-link')
  await proveAgain(page, person.account, shown)
  const link = (await shown.textContent()) ?? ''
  expect(link.startsWith(`${trial.url}/vao#`), 'the token is in the fragment')
  await shoot(page, '07-lien-ket')
  await page.getByRole('button', { name: 'Đóng' }).click()
  const guest = await openDesk(browser, { phone: true })
  await guest.page.goto(link)
  await guest.page.getByRole('heading', { name: 'Mời ông/bà vào phòng' }).waitFor()
  await shoot(guest.page, '07-vao-phong')
  await guest.page.getByRole('checkbox').check()
  await guest.page.getByRole('button', { name: 'Vào phòng' }).click()
  const room = () => person.does(showRoom, { params: { id: hearingId } })
  const stays = (board: Awaited<ReturnType<typeof room>>) => board.attendance.filter((row) => row.grantId === grant.id)
  await until('the server sees the guest', 30_000, room, (board) => stays(board).some((row) => row.leftAt === null))
  await guest.page.reload()
  await until(
    'after a reload the guest is in again',
    40_000,
    room,
    (board) => stays(board).length >= 2 && stays(board).some((row) => row.leftAt === null),
  )
  await shoot(guest.page, '07-trong-phong')
  await decideIn(page, card, 'Thu hồi', 'Người được mời báo vắng.')
  await until('a revoked grant is put out at once', 20_000, room, (board) =>
    stays(board).every((row) => row.leftAt !== null),
  )
  await guest.page.getByRole('heading', { name: /đã bị thu hồi/ }).waitFor({ timeout: 20_000 })
  await shoot(guest.page, '07-bi-thu-hoi')
  await guest.context.close()
}

async function decideIn(page: Page, card: ReturnType<Page['locator']>, button: string, reason: string): Promise<void> {
  await card.getByRole('button', { name: button, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').fill(reason)
  await dialog.getByRole('button', { name: button, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

/** 8. The hearing itself: the quorum seen by the server, started and ended at the screen, the film in the store. */
export async function hearingStep(
  trial: Trial,
  { page, person }: Clerk,
  hearingId: string,
  { centralDesk, delegateDesk }: { centralDesk: Desk; delegateDesk: Desk },
  shoot: Shoot,
): Promise<string> {
  const room = () => person.does(showRoom, { params: { id: hearingId } })
  await openTab(page, trial.url, hearingId, 'phong-hop')
  await centralDesk.page.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  await until('the centre is in the room', 30_000, room, (board) => board.quorum.present.length === 1)
  const start = page.getByRole('button', { name: 'Bắt đầu buổi tiếp' })
  expect(await start.isDisabled(), 'no start without the quorum')
  const pressed = performance.now()
  await delegateDesk.page.getByRole('button', { name: 'Vào buổi tiếp' }).click()
  const meeting = delegateDesk.page.frameLocator('iframe')
  await meeting.locator('video').nth(1).waitFor({ timeout: 30_000 })
  const firstPicture = Math.round(performance.now() - pressed)
  await until('the quorum is in the room', 30_000, room, (board) => board.quorum.met)
  // The screen follows by itself.
  await decide(page, 'Bắt đầu buổi tiếp', 'Bắt đầu')
  const started = performance.now()
  const recording = () => person.does(hearingRecording, { params: { id: hearingId } })
  await until('the recording runs', 60_000, recording, ({ recording: seen }) => seen?.status === 'recording')
  const recordingAfter = Math.round(performance.now() - started)
  await new Promise((resolve) => setTimeout(resolve, 15_000))
  await shoot(delegateDesk.page, '08-kiosk-trong-buoi-tiep')
  await shoot(page, '08-phong-hop')
  await decide(page, 'Kết thúc buổi tiếp', 'Kết thúc buổi tiếp')
  const ended = performance.now()
  const { recording: stored } = await until(
    'the recording lies verified in the store',
    120_000,
    recording,
    ({ recording: seen }) => seen?.status === 'ready',
  )
  const part = stored?.parts[0]
  expect(part?.status === 'ready' && (part.durationMs ?? 0) > 8_000, `the film is whole: ${JSON.stringify(part)}`)
  expect(stored?.faults === 0, `no fault in an undisturbed hearing: ${stored?.lastFault}`)
  return `hình đầu sau ${firstPicture} ms, ghi hình sau ${recordingAfter} ms, vào kho sau ${Math.round(performance.now() - ended)} ms, phim dài ${Math.round((part?.durationMs ?? 0) / 1000)} giây`
}

export function expect(holds: boolean, words: string): asserts holds {
  if (!holds) throw new Error(words)
}

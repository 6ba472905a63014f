import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { listAlerts, verifyAudit } from '../../contract/audit.ts'
import { consentCase, createCase, getCase, listCases } from '../../contract/cases.ts'
import { makeEnrolmentCode } from '../../contract/endpoints.ts'
import {
  approveHearing,
  createHearing,
  endHearing,
  getHearing,
  listHearings,
  startHearing,
  submitHearing,
} from '../../contract/hearings.ts'
import { enterByGrant, listGrants, revealGrant, showRoom } from '../../contract/rooms.ts'
import { listTestCalls, waiveTestCall } from '../../contract/test-calls.ts'
import { type Desk, launchBrowser, openDesk } from './browser.ts'
import { everythingOnce } from './everything-once.ts'
import { achieve, createKiller, patiently } from './interrupted.ts'
import { until } from './people.ts'
import { aCaseToEnter, aCast, aPlanToEnter, type Cast, recordingOf } from './quick-hearing.ts'
import { type StoodTrial, standTrial, unlessOn } from './stand.ts'

suite('the control plane killed at any moment', { skip: unlessOn('pglite') }, () => {
  const seed = Number(process.env.TIEPDAN_TEST_SEED ?? randomInt(1_000_000))
  const kills = 6

  let trial: StoodTrial
  let browser: Browser
  before(async () => {
    trial = await standTrial()
    browser = await launchBrowser()
  })
  after(async () => {
    await browser.close()
    await trial.stop()
  })

  test(`kill -9 at ${kills} random moments of the nine steps (TIEPDAN_TEST_SEED=${seed}): nothing due is lost or done twice`, async (t) => {
    // Signing in is apart: a code works once, so a break there costs a person half a minute.
    const cast = await aCast(trial)
    const killer = createKiller(trial, seed, kills, {
      cases: 1_000,
      plan: 1_500,
      enrol: 4_000,
      approve: 600,
      tests: 40_000,
      join: 4_000,
      record: 12_000,
      end: 15_000,
    })
    const caseId = await killer.during('cases', () => aConsentedCase(cast))
    const hearingId = await killer.during('plan', () => aSubmittedHearing(cast, caseId))
    const kiosks = await killer.during('enrol', async () => [
      await enrol(cast, cast.central),
      await enrol(cast, cast.delegate),
    ])
    await killer.during('approve', () => approved(cast, hearingId))
    const verdicts = await killer.during('tests', () => tested(cast, hearingId))
    await killer.during('join', () => joined(cast, hearingId, kiosks))
    await killer.during('record', () => held(cast, hearingId))
    await killer.during('end', () => stored(cast, hearingId))
    for (const words of await killer.settle()) t.diagnostic(`killed: ${words}`)
    t.diagnostic(`verdicts: ${verdicts}`)
    const audit = await patiently(() => cast.administrator.does(verifyAudit, { querystring: {} }))
    assert.equal(audit.is, 'whole', JSON.stringify(audit))
    await everythingOnce(trial, hearingId, t)
  })

  async function aConsentedCase({ board, chairman }: Cast): Promise<string> {
    const { items } = await achieve(
      'the case is entered',
      30_000,
      () => board.does(listCases, { querystring: {} }),
      (seen) => seen.items.length > 0,
      () => board.does(createCase, { body: aCaseToEnter() }),
    )
    const id = items[0]?.id ?? ''
    await achieve(
      'the chairman consented',
      30_000,
      () => chairman.does(getCase, { params: { id } }),
      (seen) => seen.consent === 'consented',
      ({ version }) => chairman.does(consentCase, { params: { id }, body: { version } }),
    )
    return id
  }

  async function aSubmittedHearing(cast: Cast, caseId: string): Promise<string> {
    const { board } = cast
    const plan = aPlanToEnter(cast, caseId)
    const observer = {
      ...(plan.participants[0] as (typeof plan.participants)[0]),
      name: 'Lê Thị Quan Sát',
      role: 'observer' as const,
      endpointId: null,
      required: false,
    }
    const { items } = await achieve(
      'the hearing is drafted',
      30_000,
      () => board.does(listHearings, { querystring: {} }),
      (seen) => seen.items.length > 0,
      () => board.does(createHearing, { body: { ...plan, participants: [...plan.participants, observer] } }),
    )
    const params = { id: items[0]?.id ?? '' }
    await achieve(
      'the hearing is submitted',
      30_000,
      () => board.does(getHearing, { params }),
      (seen) => seen.status === 'submitted',
      ({ version }) => board.does(submitHearing, { params, body: { version, lateReason: 'Tiếp ngay theo chỉ đạo.' } }),
    )
    return params.id
  }

  async function enrol({ office }: Cast, endpoint: { id: string; name: string }): Promise<Desk> {
    const desk = await openDesk(browser)
    const { page } = desk
    const heading = page.getByRole('heading', { name: endpoint.name, exact: true })
    await achieve(
      `the room PC of ${endpoint.name} is enrolled`,
      90_000,
      async () => {
        await page.goto(`${trial.url}/kiosk`)
        await heading.or(page.getByLabel('Mã ghi danh')).waitFor({ timeout: 10_000 })
        return heading.isVisible()
      },
      (enrolled) => enrolled,
      async () => {
        const { code } = await office.does(makeEnrolmentCode, {
          params: { id: endpoint.id },
          body: { label: 'Máy phòng họp' },
        })
        await page.getByLabel('Mã ghi danh').fill(code)
        await page.getByRole('button', { name: 'Ghi danh' }).click()
        await heading.waitFor({ timeout: 8_000 })
      },
    )
    return desk
  }

  async function approved({ chairman }: Cast, hearingId: string): Promise<void> {
    const params = { id: hearingId }
    await achieve(
      'the hearing is approved',
      30_000,
      () => chairman.does(getHearing, { params }),
      (seen) => seen.status !== 'submitted',
      ({ version }) => chairman.does(approveHearing, { params, body: { version, decisionNumber: '123/QĐ-UBND' } }),
    )
  }

  /** The four tests run by real calls; what the kills spoilt is waived by name, as the office does when time is short. */
  async function tested({ office }: Cast, hearingId: string): Promise<string> {
    const tests = () => patiently(() => office.does(listTestCalls, { querystring: { hearingId } }))
    const { items } = await until(
      'all tests have a verdict',
      180_000,
      tests,
      (seen) => seen.items.length === 4 && seen.items.every((test) => test.status === 'done'),
    )
    await achieve(
      'the hearing is ready',
      60_000,
      () => office.does(getHearing, { params: { id: hearingId } }),
      (hearing) => hearing.status === 'ready',
      async () => {
        for (const test of (await tests()).items) {
          if (test.may.includes('waive') && test.waiver === null)
            await office.does(waiveTestCall, {
              params: { id: test.id },
              body: { reason: 'Đã kiểm tra qua điện thoại.' },
            })
        }
      },
    )
    return items.map((test) => test.verdict).join(', ')
  }

  /** Both rooms are in, and a grant link gives its token. */
  async function joined(cast: Cast, hearingId: string, kiosks: Desk[]): Promise<void> {
    const { office } = cast
    const params = { id: hearingId }
    for (const { page } of kiosks) await page.getByRole('button', { name: 'Vào buổi tiếp' }).click({ timeout: 40_000 })
    const { items } = await patiently(() => office.does(listGrants, { params }))
    assert.equal(items.length, 3)
    const grant = items.find((candidate) => candidate.kind === 'participant')
    const { link } = await patiently(() => office.does(revealGrant, { params: { id: grant?.id ?? '' } }))
    const entry = await patiently(() =>
      office.does(enterByGrant, { body: { token: link.split('#')[1] ?? '', acceptsRecording: true } }),
    )
    assert.ok(entry.token.length > 100)
    await until(
      'the quorum is in the room',
      60_000,
      () => patiently(() => office.does(showRoom, { params })),
      (room) => room.quorum.met,
    )
  }

  async function held(cast: Cast, hearingId: string): Promise<void> {
    const params = { id: hearingId }
    await achieve(
      'the hearing is live',
      60_000,
      () => cast.office.does(getHearing, { params }),
      (seen) => seen.status === 'live',
      () => cast.office.does(startHearing, { params }),
    )
    await until(
      'the recording runs',
      60_000,
      () => patiently(recordingOf(cast, hearingId)),
      (seen) => seen?.status === 'recording',
    )
    await new Promise((done) => setTimeout(done, 10_000))
  }

  async function stored(cast: Cast, hearingId: string): Promise<void> {
    const params = { id: hearingId }
    await achieve(
      'the hearing is over',
      60_000,
      () => cast.office.does(getHearing, { params }),
      (seen) => seen.status === 'ended',
      () => cast.office.does(endHearing, { params }),
    )
    await until(
      'the recording lies verified in the store',
      150_000,
      () => patiently(recordingOf(cast, hearingId)),
      (seen) => seen?.status === 'ready',
    )
    // Conducting ends too, and leaves no alarm: the comparison with what has arrived runs every minute.
    await until(
      'no alarm of the recording stands',
      90_000,
      () => patiently(() => cast.office.does(listAlerts, {})),
      ({ open }) => !open.some(({ kind }) => kind.startsWith('recording-')),
    )
  }
})

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import type { Entry } from '../../contract/call.ts'
import { consentCase, createCase } from '../../contract/cases.ts'
import { listEndpoints, makeEnrolmentCode } from '../../contract/endpoints.ts'
import { approveHearing, createHearing, submitHearing } from '../../contract/hearings.ts'
import { enterByGrant, listGrants, revealGrant } from '../../contract/rooms.ts'
import { type Desk, launchBrowser, openDesk } from '../journeys/browser.ts'
import { signInAs, until } from '../journeys/people.ts'
import { standTrial } from '../journeys/stand.ts'
import type { Trial } from '../stage/trial.ts'
import { type Figure, interleaved, rounded, type Tell } from './rounds.ts'

const minute = 60_000

/**
 * From "Vào buổi tiếp" on an enrolled room PC to the first frame of the other side, with everything that comes between: a fresh token, the
 * embedded room page, the library, the call. Baseline: a bare page with lib-jitsi-meet that holds its token already, from its opening.
 */
export async function firstFrame(tell: Tell): Promise<Figure[]> {
  const trial = await standTrial({ recorders: 0, environment: { TIEPDAN_ROOM_AGENT: 'false' } })
  const browser = await launchBrowser()
  try {
    const { kiosk, entries } = await aRoomWithKiosk(trial, await openDesk(browser))
    const [peerEntry, bareEntry] = entries
    if (peerEntry === undefined || bareEntry === undefined) throw new Error('no entries')
    const peer = await barePage(await openDesk(browser), peerEntry)
    await peer.open()
    const bare = await barePage(await openDesk(browser), bareEntry)
    // Once each, so that every browser has the library in its cache, as a room PC has.
    await bare.open()
    await bare.close()
    await pressAndSee(kiosk.page)
    const { baselineMs, workMs } = await interleaved(
      5,
      async () => {
        const ms = await bare.open()
        await bare.close()
        return ms
      },
      () => pressAndSee(kiosk.page),
    )
    tell(`first-frame: ${Math.round(workMs)} ms, trang trần ${Math.round(baselineMs)} ms`)
    return [
      {
        name: 'first-frame',
        value: rounded(workMs, 0),
        unit: 'ms',
        baseline: rounded(baselineMs, 0),
        ratio: rounded(workMs / baselineMs),
        goal: '≤ 1.2',
      },
    ]
  } finally {
    await browser.close()
    await trial.stop()
  }
}

/** A hearing whose room is open, the enrolled kiosk of its delegate, and the entries of two people on their own devices. */
async function aRoomWithKiosk(trial: Trial, kiosk: Desk): Promise<{ kiosk: Desk; entries: Entry[] }> {
  const person = (username: string) => {
    const account = trial.accounts.find((candidate) => candidate.username === username)
    if (account === undefined) throw new Error(username)
    return signInAs(trial.url, account)
  }
  const [office, board, chairman] = await Promise.all([person('vanphong'), person('bantcd'), person('chutich')])
  const { items: endpoints } = await office.does(listEndpoints, { querystring: {} })
  const delegate = endpoints.find((endpoint) => endpoint.slug === 'quy-nhon')
  if (delegate === undefined) throw new Error('no endpoint')
  const matter = await board.does(createCase, {
    body: {
      title: 'Vụ việc để đo',
      summary: 'Đo thời gian đến hình đầu tiên.',
      kind: 'complaint',
      criterion: 'c',
      criterionReason: 'Địa bàn ở xa.',
      citizen: { name: 'Nguyễn Văn An', idNumber: '052080001234', phone: '0905123456', address: 'Quy Nhơn' },
    },
  })
  await chairman.does(consentCase, { params: { id: matter.id }, body: { version: matter.version } })
  const startsAt = Date.now() + 40 * minute
  const guest = (name: string) => ({
    name,
    jobTitle: null,
    organisation: null,
    role: 'observer' as const,
    endpointId: null,
    required: false,
    email: `${name.toLowerCase()}@tiepdan.invalid`,
  })
  const draft = await board.does(createHearing, {
    body: {
      title: 'Buổi tiếp để đo',
      startsAt: new Date(startsAt).toISOString(),
      endsAt: new Date(startsAt + 60 * minute).toISOString(),
      delegates: [delegate.id],
      agenda: [{ title: 'Khai mạc', minutes: 5, speaker: null }],
      participants: [
        { ...guest('Chair'), role: 'chair', endpointId: delegate.id, required: true, email: null },
        guest('Peer'),
        guest('Bare'),
      ],
      caseIds: [matter.id],
    },
  })
  const submitted = await board.does(submitHearing, {
    params: { id: draft.id },
    body: { version: draft.version, lateReason: 'Buổi tiếp để đo.' },
  })
  await chairman.does(approveHearing, {
    params: { id: draft.id },
    body: { version: submitted.version, decisionNumber: '1/QĐ' },
  })
  const { items: grants } = await office.does(listGrants, { params: { id: draft.id } })
  const entries: Entry[] = []
  for (const grant of grants.filter((candidate) => candidate.kind === 'participant')) {
    const { link } = await office.does(revealGrant, { params: { id: grant.id } })
    entries.push(await office.does(enterByGrant, { body: { token: link.split('#')[1] ?? '', acceptsRecording: true } }))
  }
  const { code } = await office.does(makeEnrolmentCode, { params: { id: delegate.id }, body: { label: 'Máy đo' } })
  await kiosk.page.goto(`${trial.url}/kiosk`)
  await kiosk.page.getByLabel('Mã ghi danh').fill(code)
  await kiosk.page.getByRole('button', { name: 'Ghi danh' }).click()
  await kiosk.page.getByRole('button', { name: 'Vào buổi tiếp' }).waitFor()
  return { kiosk, entries }
}

/** Presses the kiosk's button, waits for the other side's first frame, leaves again. Milliseconds from the press. */
async function pressAndSee(page: Page): Promise<number> {
  const button = page.getByRole('button', { name: 'Vào buổi tiếp' })
  await button.waitFor()
  const pressedAt = await button.evaluate((element) => {
    const at = performance.timeOrigin + performance.now()
    ;(element as HTMLElement).click()
    return at
  })
  const frame = await until(
    'the room page is embedded',
    20_000,
    async () => page.frames().find((candidate) => candidate !== page.mainFrame()),
    (found) => found !== undefined,
  )
  if (frame === undefined) throw new Error('no frame')
  const seen = await frame.waitForFunction(firstFrameAt, undefined, { timeout: 30_000, polling: 20 })
  const at = Number(await seen.jsonValue())
  await page.getByRole('button', { name: 'Rời phòng' }).click()
  await button.waitFor()
  return at - pressedAt
}

// Runs in the page.
const firstFrameAt = (): number | false => {
  const { stageRoom } = window as unknown as { stageRoom?: { firstFrameAt: number | null } }
  return stageRoom?.firstFrameAt == null ? false : performance.timeOrigin + stageRoom.firstFrameAt
}

/** Nothing but the library: what any page on lib-jitsi-meet takes at least. */
async function barePage(desk: Desk, entry: Entry) {
  const { page } = desk
  // A server of its own: Chromium lets no page that came from elsewhere reach loopback.
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(bareHtml(entry))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  server.unref()
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return {
    /** Milliseconds from the beginning of the navigation to the first frame of the other side; 0 when nobody else is there. */
    async open(): Promise<number> {
      const openedAt = Date.now()
      await page.goto(url)
      await page.waitForFunction('window.bare && window.bare.joined', undefined, { timeout: 20_000 })
      const others = await page.evaluate('window.bare.others()')
      if (others === 0) return 0
      const seen = await page.waitForFunction('window.bare.firstFrameAt', undefined, { timeout: 30_000, polling: 20 })
      return Number(await seen.jsonValue()) - openedAt
    },
    async close(): Promise<void> {
      await page.evaluate('window.bare.leave()')
      await page.goto('about:blank')
    },
  }
}

const bareHtml = (
  entry: Entry,
): string => `<!doctype html><meta charset="utf-8"><video autoplay muted playsinline></video>
<script src="${entry.call.libraryUrl}"></script>
<script>
const bare = (window.bare = { joined: false, firstFrameAt: 0, others: () => 0 })
JitsiMeetJS.setLogLevel('error')
JitsiMeetJS.init({ disableAudioLevels: true })
const p2p = { enabled: true, stunServers: [] }
const call = ${JSON.stringify(entry.call)}
const connection = new JitsiMeetJS.JitsiConnection(null, ${JSON.stringify(entry.token)}, {
  hosts: { domain: call.domain, muc: call.muc, focus: call.focus },
  serviceUrl: call.serviceUrl + '?room=${entry.room}', p2p,
})
const video = document.querySelector('video')
video.requestVideoFrameCallback(() => { bare.firstFrameAt = performance.timeOrigin + performance.now() })
JitsiMeetJS.createLocalTracks({ devices: ['audio', 'video'], resolution: 360 }).then((tracks) => {
  connection.addEventListener(JitsiMeetJS.events.connection.CONNECTION_ESTABLISHED, () => {
    const conference = connection.initJitsiConference('${entry.room}', { p2p, openBridgeChannel: false })
    conference.on(JitsiMeetJS.events.conference.CONFERENCE_JOINED, () => { bare.joined = true })
    conference.on(JitsiMeetJS.events.conference.TRACK_ADDED, (track) => {
      if (!track.isLocal() && track.getType() === 'video') track.attach(video)
    })
    bare.others = () => conference.getParticipantCount() - 1
    bare.leave = () => conference.leave().then(() => connection.disconnect())
    for (const track of tracks) conference.addTrack(track)
    conference.join()
  })
  connection.connect()
})
</script>`

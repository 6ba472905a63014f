import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { asc, eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { endpoints } from '../../server/endpoints/tables.ts'
import { hourMs } from '../../server/platform/clock.ts'
import { aCode } from '../endpoints/room-pc.ts'
import { startsAt } from '../rooms/world.ts'
import { freePort } from '../support/databases.ts'
import { aHouse, type House } from './house.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

declare global {
  interface Window {
    /** The labels of the devices that the meeting sends. */
    stageSends?: () => string[]
  }
}

/** A meeting's page at once in company, over a connection between two ends of its own; `stageLine` cuts it. */
const roomPage = (pageOrigin: string): string => `<!doctype html><title>Phòng họp</title>
<script>
  // As the library may: taken before the script is there.
  const Taken = RTCPeerConnection
  const { setRemoteDescription } = Taken.prototype
</script>
<script src="/line-watch.js" data-page-origin="${pageOrigin}"></script>
<script src="/stage-devices.js"></script>
<canvas id="picture"></canvas><video id="seen" autoplay muted></video>
<script type="module">
  const tell = (event) => parent.postMessage({ stage: 'jitsi', event, payload: {} }, '*')
  const [near, far] = [new Taken(), new Taken()]
  near.onicecandidate = ({ candidate }) => far.addIceCandidate(candidate)
  far.onicecandidate = ({ candidate }) => near.addIceCandidate(candidate)
  const picture = document.getElementById('picture')
  const brush = picture.getContext('2d')
  setInterval(() => brush.fillRect(Math.random() * 99, 0, 9, 9), 100)
  near.ontrack = ({ track }) => (document.getElementById('seen').srcObject = new MediaStream([track]))
  for (const track of picture.captureStream(10).getTracks()) far.addTrack(track)
  await far.setLocalDescription()
  await near.setRemoteDescription(far.localDescription)
  await near.setLocalDescription()
  // The other side, which stands for another machine, is not watched.
  await setRemoteDescription.call(far, near.localDescription)
  window.stageLine = {
    // As a camera switched off: no picture goes over the line any more.
    darken: () => Promise.all(far.getSenders().map((sender) => sender.replaceTrack(null))),
    cut: () => far.close(),
    state: () => near.connectionState,
  }
  // Its own camera and microphone, taken as Jitsi Meet takes them.
  const own = new Map()
  const take = async (kind, id) => {
    const wanted = id === undefined ? true : { deviceId: { exact: id } }
    const stream = await navigator.mediaDevices.getUserMedia(kind === 'videoInput' ? { video: wanted } : { audio: wanted })
    for (const track of own.get(kind)?.getTracks() ?? []) track.stop()
    own.set(kind, stream)
  }
  const { cameraDeviceId, micDeviceId } = await stageDevices.handed()
  await take('videoInput', cameraDeviceId)
  await take('audioInput', micDeviceId)
  stageDevices.onSet(take)
  window.stageSends = () =>
    [...own.values()]
      .flatMap((stream) => stream.getTracks())
      .filter((track) => track.readyState === 'live')
      .map((track) => track.label)
      .sort()
  tell('videoConferenceJoined')
  tell('participantJoined')
</script>`

/** How an entry may come to nothing without a fatal word: what Jitsi Meet shows and knows in each case. Values are the page's own script. */
const failures = {
  /** The MUC answers "Room does not exist": told, but not as fatal. */
  'room-does-not-exist': `conference({ error: { name: 'conference.connectionError.notAllowed' } })
    tell('errorOccurred', { error: { name: 'conference.connectionError.notAllowed', type: 'CONFERENCE', isFatal: false } })`,
  /** The focus refuses; the page keeps it to itself. */
  'conference-request-failed': `connection({ error: { name: 'connection.conferenceRequestFailed' } })`,
  /** The reservation is refused. */
  'not-yet-open': `conference({ error: { name: 'conference.reservationError' } })`,
  /** Jitsi waits for a moderator to sign in, in a box; where it keeps its state is not known. */
  'asks-for-a-password': `delete window.APP
    document.body.insertAdjacentHTML('beforeend', '<div role="dialog">Mật khẩu <input></div>')`,
  'token-refused': `connection({ error: { name: 'connection.passwordRequired' } })`,
  /** In, and out again without a word. */
  'thrown-out': `conference({ conference: {} })
    tell('videoConferenceJoined')
    setTimeout(() => conference({}), 3_000)`,
} as const
export type Failure = keyof typeof failures

/** A meeting's page that never gets in. */
const failingPage = (pageOrigin: string, failure: Failure): string => `<!doctype html><title>Phòng họp</title><body>
<script src="/line-watch.js" data-page-origin="${pageOrigin}"></script>
<script>
  const tell = (event, payload = {}) => parent.postMessage({ stage: 'jitsi', event, payload }, '*')
  const state = { 'features/base/conference': {}, 'features/base/connection': { connecting: {} } }
  const conference = (values) => { state['features/base/conference'] = values }
  const connection = (values) => { state['features/base/connection'] = values }
  window.APP = { store: { getState: () => state } }
  setTimeout(() => {
    connection({ connection: {} })
    ${failures[failure]}
  }, 300)
</script>`

/**
 * Stands for Jitsi's web server: the stage's iframe API, the script that is laid beside Jitsi Meet, and a page that meets itself, after as many
 * that fail as `failing` holds. `opened`: when each was asked for, by `performance.now()`.
 */
async function aMeetingServer() {
  const port = await freePort()
  const served: { pageOrigin: string; script: string; failing: Failure[]; opened: number[]; addresses: string[] } = {
    pageOrigin: '',
    script: read('jitsi-config/meet/line-watch.js'),
    failing: [],
    opened: [],
    addresses: [],
  }
  const nextPage = (): string => {
    served.opened.push(performance.now())
    const failure = served.failing.shift()
    return failure === undefined ? roomPage(served.pageOrigin) : failingPage(served.pageOrigin, failure)
  }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://stage')
    served.addresses.push(request.url ?? '')
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('content-type', pathname.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8')
    if (pathname === '/external_api.js') response.end(read('control-plane/test/stage/pages/external_api.js'))
    else if (pathname === '/line-watch.js') response.end(served.script)
    else if (pathname === '/stage-devices.js') response.end(read('control-plane/test/stage/pages/devices.js'))
    else if (/^\/[0-9a-f]{32}$/.test(pathname)) response.end(nextPage())
    else response.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${port}`,
    served,
    close() {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
  }
}

/** A house whose meetings are the stand-in's. */
export async function aHouseBeforeMeetings() {
  const meetings = await aMeetingServer()
  const house = await aHouse({ TIEPDAN_JITSI_URL: meetings.url })
  meetings.served.pageOrigin = house.line.url
  return {
    house,
    meetings,
    async close() {
      await house.close()
      await meetings.close()
    },
  }
}

/** The same with a hearing (of this plan) whose room is open. */
export async function aHouseOfMeetings(plan: Parameters<House['world']['aHearing']>[0] = {}) {
  const stand = await aHouseBeforeMeetings()
  const hearing = await stand.house.world.aHearing(plan)
  stand.house.world.clock.set(startsAt - hourMs)
  return { ...stand, hearing }
}

/** A room PC of the first endpoint of that kind, enrolled, with its hearing before it. */
export async function aRoomPc(house: House, kind: 'central' | 'delegate'): Promise<Page> {
  const [room] = await house.world.db
    .select()
    .from(endpoints)
    .where(eq(endpoints.kind, kind))
    .orderBy(asc(endpoints.slug))
  const page = await (await house.computer()).newPage()
  await page.goto(`${house.line.url}/kiosk`)
  await page.getByLabel('Mã ghi danh').fill(await aCode(house.world.app, room?.id ?? '', 'Máy'))
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Vào buổi tiếp' }).waitFor({ timeout: 20_000 })
  return page
}

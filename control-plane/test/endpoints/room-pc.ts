import { once } from 'node:events'
import WebSocket from 'ws'
import type { Endpoint } from '../../contract/endpoints.ts'
import type { Board, KioskSays, KioskState, ServerSays } from '../../contract/kiosk.ts'
import type { TestApplication } from '../support/application.ts'
import { signedIn } from '../support/staff.ts'

export const healthyState: KioskState = {
  camera: 'ok',
  microphone: 'ok',
  speaker: 'ok',
  rttMs: 12,
  clockOffsetMs: 3,
  showing: 'idle',
  browser: 'Chromium của bài thử',
}

/** Waits for a state of the world instead of sleeping. */
export async function until(what: string, met: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!(await met())) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise((resume) => setTimeout(resume, 20))
  }
}

/** Opens the application's port, on which room PCs connect. */
export async function listening(app: TestApplication): Promise<{ app: TestApplication; port: number }> {
  await app.http.listen({ host: '127.0.0.1', port: 0 })
  const address = app.http.server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { app, port: address.port }
}

let visitors = 0
/** Asks without a session, each time from another address: the limit on tries is not what is tested here. */
export async function fromAnywhere(app: TestApplication, url: string, payload: object) {
  const remoteAddress = `127.0.1.${++visitors}`
  const answer = await app.http.inject({ method: 'POST', url, payload, remoteAddress })
  return { status: answer.statusCode, body: answer.json() as Record<string, string> }
}

/** A short code made by the office. */
export async function aCode(app: TestApplication, endpointId: string, label = 'Máy phòng họp'): Promise<string> {
  const answer = await app.http.inject({
    method: 'POST',
    url: `/api/endpoints/${endpointId}/enrolment-codes`,
    headers: await signedIn(app, 'office'),
    payload: { label },
  })
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return answer.json().code
}

export async function aDelegate(app: TestApplication, search: string): Promise<Endpoint> {
  const answer = await app.http.inject({
    url: '/api/endpoints',
    query: { q: search },
    headers: await signedIn(app, 'office'),
  })
  const found = (answer.json().items as Endpoint[]).find((endpoint) => endpoint.kind === 'delegate')
  if (!found) throw new Error(`no endpoint for ${search}`)
  return found
}

/** A room PC as the kiosk page is one: enrolled by a code, with its credential. */
export async function anEnrolledPc(app: TestApplication, endpointId: string, label?: string) {
  const { body } = await fromAnywhere(app, '/api/kiosk/enrol', { code: await aCode(app, endpointId, label) })
  const { deviceId = '', credential = '' } = body
  return {
    deviceId,
    credential,
    session: () => fromAnywhere(app, '/api/kiosk/session', { credential }),
  }
}

/** The kiosk page's socket, and everything that the server said on it. */
export async function openSocket(port: number, token: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/kiosk/socket`)
  const heard: ServerSays[] = []
  let closed = false
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as ServerSays))
  socket.on('close', () => {
    closed = true
  })
  await once(socket, 'open')
  const say = (message: KioskSays): void => socket.send(JSON.stringify(message))
  say({ type: 'hello', token })
  const boards = (): Board[] => heard.flatMap((said) => (said.type === 'board' ? [said.board] : []))
  return {
    say,
    boards,
    refusals: () => heard.flatMap((said) => (said.type === 'refused' ? [said.why] : [])),
    heard,
    isClosed: () => closed,
    close: () => socket.close(),
    /** The board that this fits, once it was sent. */
    async board(what: string, fits: (board: Board) => boolean): Promise<Board> {
      await until(what, () => boards().some(fits))
      const found = boards().find(fits)
      if (!found) throw new Error(what)
      return found
    },
  }
}

/** An enrolled and connected room PC, its first board received. */
export async function aConnectedPc(house: { app: TestApplication; port: number }, endpointId: string, label?: string) {
  const pc = await anEnrolledPc(house.app, endpointId, label)
  const { body } = await pc.session()
  const socket = await openSocket(house.port, body.token ?? '')
  await socket.board('the first board', () => true)
  return { ...pc, ...socket, token: body.token ?? '' }
}

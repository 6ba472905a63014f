import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { until } from './host.ts'

interface Told {
  jibri: string
  sessionId: string
  status: 'pending' | 'on' | 'off' | 'error'
  error?: string
  at: number
}

/** Stands where Jicofo stands: orders recordings of stage Jibris over HTTP and hears what they say. */
export async function startFocusEar() {
  const told: Told[] = []
  const server = createServer(async (request, response) => {
    told.push({ ...(JSON.parse(await text(request)) as Omit<Told, 'at'>), at: performance.now() })
    response.writeHead(204).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const order = async (url: string, body: unknown): Promise<number> =>
    (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    statuses: (sessionId: string): string[] =>
      told.filter((one) => one.sessionId === sessionId).map((one) => one.status),
    heard: (sessionId: string, status: Told['status'], withinMs?: number): Promise<Told> =>
      until(
        `${sessionId} ${status}`,
        () => told.find((one) => one.sessionId === sessionId && one.status === status),
        withinMs,
      ),
    start: (jibri: string, sessionId: string, recordingId = 'ban-ghi-1'): Promise<number> =>
      order(`${jibri}/start`, {
        sessionId,
        room: 'phong-thu',
        appData: JSON.stringify({ file_recording_metadata: { recordingId } }),
      }),
    stop: (jibri: string, sessionId: string): Promise<number> => order(`${jibri}/stop`, { sessionId }),
    state: async (jibri: string) =>
      (await (await fetch(`${jibri}/state`)).json()) as { busyStatus: string; healthStatus: string },
    close: () => server.close(),
  }
}

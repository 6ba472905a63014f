import type { Receipt } from './delivery.ts'
import type { Settings } from './settings.ts'

const answerMs = 15_000
/** Tokens live ten minutes; half of that is used, whatever the two clocks say. */
const tokenUseMs = 5 * 60_000

/** The control plane as a recorder host sees it: a short token for the service's secret, receipts, reports. */
export function createControlPlane(settings: Settings) {
  let held: { token: string; until: number } | undefined

  async function token(): Promise<string> {
    if (held !== undefined && performance.now() < held.until) return held.token
    const response = await fetch(`${settings.controlPlaneUrl}/api/service-tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: settings.serviceName, secret: settings.serviceSecret }),
      signal: AbortSignal.timeout(answerMs),
    })
    if (!response.ok) throw new Error(`service token refused (${response.status})`)
    const answer = (await response.json()) as { token: string }
    held = { token: answer.token, until: performance.now() + tokenUseMs }
    return answer.token
  }

  async function ask(path: string, init: RequestInit, retried = false): Promise<Response> {
    const response = await fetch(`${settings.controlPlaneUrl}${path}`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${await token()}` },
      signal: AbortSignal.timeout(answerMs),
    })
    if (response.ok) return response
    await response.body?.cancel()
    if (response.status === 401 && !retried) {
      held = undefined
      return ask(path, init, true)
    }
    throw new Error(`${path.split('?')[0]} answered ${response.status}`)
  }

  return {
    token,
    /** Forgets the token, after somebody refused it. */
    forgetToken(): void {
      held = undefined
    },
    async receipt(query: { sessionId: string; fileName: string; sha256: string }): Promise<Receipt> {
      return (await (await ask(`/api/uploads/receipt?${new URLSearchParams(query)}`, {})).json()) as Receipt
    },
    /** Tells what the watch sees. The answer names sessions that are to be stopped here at once. */
    async report(report: unknown): Promise<{ stop: string[] }> {
      const response = await ask('/api/recorder-reports', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(report),
      })
      // A control plane of an older release answers nothing.
      if (response.status === 204) return { stop: [] }
      const { stop } = (await response.json()) as { stop?: string[] }
      return { stop: stop ?? [] }
    },
  }
}

export type ControlPlane = ReturnType<typeof createControlPlane>

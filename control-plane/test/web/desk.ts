import assert from 'node:assert/strict'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { RouteAnswer, RouteContract, RouteInput } from '../../contract/route.ts'
import type { Role } from '../../contract/words.ts'
import { launchBrowser } from '../journeys/browser.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { freePort } from '../support/databases.ts'
import { signedIn } from '../support/staff.ts'

export interface Office {
  app: TestApplication
  url: string
  browser: Browser
  close(): Promise<void>
}

/** The real application on a real port, with its built pages, and a browser. The clock stands still unless `now` moves it. */
export async function anOffice(environment: Record<string, string> = {}): Promise<Office> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const app = await testApplication({
    now: Date.now(),
    environment: { TIEPDAN_PUBLIC_URL: url, TIEPDAN_PORT: String(port), ...environment },
  })
  await app.http.listen({ host: '127.0.0.1', port })
  const browser = await launchBrowser()
  return {
    app,
    url,
    browser,
    close: async () => {
      await browser.close()
      await app.close()
    },
  }
}

export const bigScreen = { width: 1366, height: 768 }
export const phone = { width: 390, height: 844 }

/** A browser of its own, not signed in. */
export function aBrowser(office: Office, viewport = bigScreen): Promise<BrowserContext> {
  return office.browser.newContext({
    viewport,
    locale: 'vi-VN',
    timezoneId: 'Asia/Ho_Chi_Minh',
    acceptDownloads: false,
  })
}

/** A browser of its own in which this role is signed in. */
export async function seatOf(office: Office, role: Role, viewport = bigScreen): Promise<Page> {
  const { cookie } = await signedIn(office.app, role)
  const context = await aBrowser(office, viewport)
  await context.addCookies(
    cookie.split('; ').map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      return { name, value, url: office.url }
    }),
  )
  return context.newPage()
}

/** Does something over HTTP as this role, without a screen. */
export async function does<R extends RouteContract>(
  office: Office,
  role: Role,
  contract: R,
  input: RouteInput<R>,
): Promise<RouteAnswer<R>> {
  const given = input as {
    params?: Record<string, string>
    querystring?: Record<string, string | boolean>
    body?: object
  }
  const answer = await office.app.http.inject({
    method: contract.method,
    url: contract.url.replace(/:(\w+)/g, (_, name: string) => given.params?.[name] ?? ''),
    headers: await signedIn(office.app, role),
    ...(given.querystring === undefined
      ? {}
      : { query: Object.fromEntries(Object.entries(given.querystring).map(([name, value]) => [name, String(value)])) }),
    ...(given.body === undefined ? {} : { payload: given.body }),
  })
  assert.ok(answer.statusCode < 300, `${contract.url}: ${answer.statusCode} ${answer.body}`)
  return (answer.statusCode === 204 ? undefined : answer.json()) as RouteAnswer<R>
}

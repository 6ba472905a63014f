import { readdirSync, readFileSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** Headless Chromium with a fake camera and microphone, as a room PC has real ones. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.TIEPDAN_CHROMIUM_PATH ?? '/usr/bin/chromium',
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--disable-gpu',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--allow-loopback-in-peer-connection',
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ],
  })
}

export interface Desk {
  context: BrowserContext
  page: Page
  /** What the page complained of, for the report of a failure. */
  complaints: string[]
}

/** A computer of its own: storage, cookies and window apart from the others'. */
export async function openDesk(browser: Browser, options: { phone?: boolean } = {}): Promise<Desk> {
  const viewport = options.phone === true ? { width: 390, height: 844 } : { width: 1366, height: 768 }
  const context = await browser.newContext({
    viewport,
    locale: 'vi-VN',
    timezoneId: 'Asia/Ho_Chi_Minh',
    acceptDownloads: false,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`pageerror: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text().slice(0, 300))
  })
  return { context, page, complaints }
}

/** The browsers that a process started, by their ids: its children of that name. */
export function chromiumOf(parent: number | undefined): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return []
    try {
      // pid (name) state parent …; the name may hold spaces.
      const [, name = '', ppid] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? []
      return Number(ppid) === parent && name.startsWith('chrom') ? [Number(entry)] : []
    } catch {
      // The process ended while it was looked at.
      return []
    }
  })
}

import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Platform } from '../platform/platform.ts'

export const launchMs = 20_000
const openMs = 15_000
// A browser that grew beyond this is replaced once nobody uses it.
const pagesPerBrowser = 200

export interface OpenedPage {
  page: Page
  /** The work, unless the page or the browser dies or the signal ends it first. */
  during<T>(work: Promise<T>, signal: AbortSignal): Promise<T>
  close(): Promise<void>
}

/** How every Chromium of ours is started, headless and with made devices. */
export const launchArguments = ({ stage }: Pick<Platform['config'], 'stage'>): string[] => [
  '--disable-gpu',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // A page that nobody looks at must not be slowed down: it is the other end of a measurement.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  ...(stage ? ['--allow-loopback-in-peer-connection'] : []),
]

/** One headless Chromium, started when needed, started again when it died; one page per call. */
export function createBrowser(platform: Platform) {
  const { config, log } = platform
  let current: Promise<Browser> | undefined
  let opened = 0
  const pages = new Set<Page>()
  let stopped = false

  async function launch(): Promise<Browser> {
    const browser = await chromium.launch({
      executablePath: config.chromiumPath,
      timeout: launchMs,
      // As root Chromium refuses its own sandbox; the deployment runs it as a system user.
      chromiumSandbox: process.getuid?.() !== 0,
      args: launchArguments(config),
    })
    browser.once('disconnected', () => {
      log.warn('room agent browser ended')
      current = undefined
    })
    opened = 0
    return browser
  }

  async function browserNow(): Promise<Browser> {
    if (stopped) throw new Error('stopped')
    if (opened >= pagesPerBrowser && pages.size === 0) await closeBrowser()
    current ??= launch().catch((error: unknown) => {
      current = undefined
      throw error
    })
    return current
  }

  async function closeBrowser(): Promise<void> {
    const closing = await current?.catch(() => undefined)
    current = undefined
    await Promise.race([closing?.close().catch(() => undefined), new Promise((done) => setTimeout(done, 5_000))])
  }

  async function openPage(
    signal: AbortSignal,
    onSay: (event: unknown) => void,
    onLost: (why: string) => void = () => undefined,
  ): Promise<OpenedPage> {
    signal.throwIfAborted()
    const browser = await browserNow()
    const context = await browser.newContext({ permissions: [] })
    const page = await context.newPage()
    opened++
    pages.add(page)
    let closed = false
    const died = new Promise<never>((_resolve, reject) => {
      const tell = (why: string) => (): void => {
        if (closed) return
        onLost(why)
        reject(new Error(why))
      }
      page.once('crash', tell('page-crashed'))
      page.once('close', tell('page-closed'))
      browser.once('disconnected', tell('browser-ended'))
    })
    // Watched by `during`; between two commands nobody waits for it.
    died.catch(() => undefined)
    const close = async (): Promise<void> => {
      if (closed) return
      closed = true
      pages.delete(page)
      await Promise.race([context.close().catch(() => undefined), new Promise((done) => setTimeout(done, 3_000))])
    }
    try {
      await page.exposeFunction('agentSays', (event: unknown) => onSay(event))
      await page.goto(`${localUrl(config)}/agent`, { timeout: openMs, waitUntil: 'load' })
      await page.waitForFunction(() => 'agent' in window, undefined, { timeout: openMs })
    } catch (error) {
      await close()
      throw error
    }
    return { page, close, during: (work, until) => Promise.race([work, died, ended(until)]) }
  }

  return {
    openPage,
    /** Raises or clears the alert that names a missing Chromium. */
    async check(): Promise<void> {
      if (!config.roomAgent) return
      const present = existsSync(config.chromiumPath)
      await platform.db.transaction(async (tx) => {
        if (present) return platform.alerts.clear(tx, 'chromium-missing', 'room-agent')
        const fresh = await platform.alerts.raise(tx, {
          kind: 'chromium-missing',
          subject: 'room-agent',
          severity: 'critical',
          message: `Không tìm thấy Chromium tại ${config.chromiumPath}: chưa kiểm thử và ghi hình được. Cài gói chromium hoặc sửa TIEPDAN_CHROMIUM_PATH.`,
        })
        if (fresh) await platform.changes.announce(tx, 'alerts')
      })
    },
    async stop(): Promise<void> {
      stopped = true
      await closeBrowser()
    },
  }
}

/** The agent's pages come from this very process. */
const localUrl = (config: Platform['config']): string =>
  `http://${config.host === '0.0.0.0' ? '127.0.0.1' : config.host}:${config.port}`

const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const end = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
  })

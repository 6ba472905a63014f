import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Frame, type Page } from 'playwright-core'
import type { Platform } from '../platform/platform.ts'
import { launchArguments, launchMs } from './browser.ts'
import { keepConnections, lookAtIncoming, lookOrder, type Received, receivedOf } from './heard-and-seen.ts'
import { madeSound, madeVideo } from './made-media.ts'

const openMs = 30_000

export interface RoomPcOrder {
  /** Its number among those of the drill, from 0: whose picture and tone it sends. */
  place: number
  /** What an enrolled room PC keeps. */
  credential: string
  /** Ends it: the browser goes. */
  signal: AbortSignal
}

/** A synthetic room PC: a browser of its own with a made camera and microphone, at the kiosk page. */
export interface SyntheticPc {
  /** Presses "enter" as a person does. @throws with what the page shows when it has no such button within 30 s. */
  enter(): Promise<void>
  /** What its page shows, for the minutes of a failure. */
  shows(): Promise<string>
  /** What comes in from these places, over `ms`. */
  receives(places: number[], ms: number): Promise<Received[]>
  close(): Promise<void>
}

/** Starts a room PC and opens its kiosk page, with the credential that its enrolment left. */
export async function openRoomPc(platform: Platform, order: RoomPcOrder): Promise<SyntheticPc> {
  const { config } = platform
  order.signal.throwIfAborted()
  const folder = await mkdtemp(join(tmpdir(), 'tiepdan-pc-'))
  let browser: Browser | undefined
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= (async () => {
      await Promise.race([browser?.close().catch(() => undefined), new Promise((done) => setTimeout(done, 5_000))])
      await rm(folder, { recursive: true, force: true })
    })()
    return closing
  }
  try {
    const [video, sound] = [join(folder, 'camera.y4m'), join(folder, 'microphone.wav')]
    await writeFile(video, madeVideo(order.place))
    await writeFile(sound, madeSound(order.place))
    browser = await chromium.launch({
      executablePath: config.chromiumPath,
      timeout: launchMs,
      chromiumSandbox: process.getuid?.() !== 0,
      args: [
        ...launchArguments(config),
        `--use-file-for-fake-video-capture=${video}`,
        `--use-file-for-fake-audio-capture=${sound}`,
      ],
    })
    order.signal.addEventListener('abort', () => void close(), { once: true })
    const page = await openKiosk(browser, config.publicUrl, order.credential)
    return { ...pcAt(page, config.jitsiUrl), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openKiosk(browser: Browser, publicUrl: string, credential: string): Promise<Page> {
  const context = await browser.newContext({
    ...{ viewport: { width: 1280, height: 720 }, locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh' },
    acceptDownloads: false,
  })
  await context.addInitScript(keepConnections)
  await context.addInitScript(
    ({ origin, kept }) => {
      // As the page itself keeps it (kiosk/memory.ts).
      if (location.origin === origin) localStorage.setItem('tiepdan.kiosk.credential', JSON.stringify(kept))
    },
    { origin: publicUrl, kept: credential },
  )
  const page = await context.newPage()
  await page.goto(`${publicUrl}/kiosk`, { timeout: openMs, waitUntil: 'load' })
  return page
}

function pcAt(page: Page, jitsiUrl: string): Omit<SyntheticPc, 'close'> {
  const meeting = (): Frame | undefined => page.frames().find((frame) => frame.url().startsWith(`${jitsiUrl}/`))
  const shows = async (): Promise<string> => {
    const text = await page
      .locator('body')
      .textContent({ timeout: 2_000 })
      .catch(() => null)
    return (text ?? 'trang không trả lời').replace(/\s+/g, ' ').slice(0, 200)
  }
  return {
    shows,
    async enter() {
      await page
        .getByRole('button', { name: 'Vào buổi tiếp' })
        .click({ timeout: openMs })
        .catch(async () => {
          throw new Error(`trang máy phòng họp không có nút vào phòng, đang hiện: ${await shows()}`)
        })
    },
    async receives(places, ms) {
      const frame = meeting()
      if (frame === undefined) return receivedOf({ pictures: [], sounds: [] }, places)
      return receivedOf(await frame.evaluate(lookAtIncoming, lookOrder(ms)), places)
    },
  }
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

export type Shoot = (page: Page, name: string) => Promise<void>

const sizes = { 'may-tinh': { width: 1366, height: 768 }, 'dien-thoai': { width: 390, height: 844 } }

/** Takes pictures into a folder, as the screen stands. */
export function camera(folder: string): Shoot {
  mkdirSync(folder, { recursive: true })
  return async (page, name) => {
    await page.screenshot({ path: join(folder, `${name}.png`) })
  }
}

/** Goes through screens at 1366x768 and on a phone; fails when one is wider than the window. */
export async function tour(page: Page, folder: string, url: string, places: Record<string, string>): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport)
    for (const [name, path] of Object.entries(places)) {
      await page.goto(`${url}${path}`)
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      await page.getByRole('status', { name: 'Đang tải' }).waitFor({ state: 'detached' })
      await page.waitForLoadState('networkidle')
      const wide = await page.evaluate(() => document.documentElement.scrollWidth)
      await page.screenshot({ path: join(folder, `${name}-${size}.png`), fullPage: true })
      if (wide > viewport.width) throw new Error(`${path} is ${wide} px wide on ${viewport.width}`)
    }
  }
  await page.setViewportSize(sizes['may-tinh'])
}

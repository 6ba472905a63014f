import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { aBrowser, anOffice, type Office, seatOf } from '../web/desk.ts'
import { type Figure, median, rounded } from './rounds.ts'

const dist = join(import.meta.dirname, '../../../dist')
const goalBytes = 200_000

/** Gzipped bytes of code and style that the sign-in and the home screen load, and their first contentful paint, in a fresh browser. */
export async function firstScreen(): Promise<Figure[]> {
  const office = await anOffice()
  try {
    const signIn = await screens(office, async () => (await aBrowser(office)).newPage(), /\S/)
    const home = await screens(office, () => seatOf(office, 'inspector'), /Kính chào/)
    return [...figures('sign-in', signIn), ...figures('home', home)]
  } finally {
    await office.close()
  }
}

async function screens(office: Office, open: () => Promise<import('playwright-core').Page>, heading: string | RegExp) {
  const paints: number[] = []
  let bytes = 0
  for (let round = 0; round < 5; round++) {
    const page = await open()
    const loaded = new Set<string>()
    page.on('response', (answer) => loaded.add(new URL(answer.url()).pathname))
    await page.goto(office.url)
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    await page.waitForLoadState('networkidle')
    const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0)
    paints.push(paint)
    bytes = [...loaded].map(gzippedSize).reduce((sum, size) => sum + size, 0)
    await page.context().close()
  }
  return { bytes, paintMs: median(paints) }
}

function gzippedSize(path: string): number {
  const file = path === '/' ? join(dist, 'control-plane/web/index.html') : join(dist, path)
  if (!existsSync(file)) return 0
  const bytes = readFileSync(file)
  // Fonts are compressed already.
  return path.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 6 }).length
}

const figures = (name: string, seen: { bytes: number; paintMs: number }): Figure[] => [
  {
    name: `first-screen ${name}`,
    value: rounded(seen.bytes / 1000, 1),
    unit: 'kB',
    baseline: goalBytes / 1000,
    ratio: rounded(seen.bytes / goalBytes),
    goal: '≤ 200 kB',
  },
  { name: `first-paint ${name}`, value: rounded(seen.paintMs, 0), unit: 'ms', baseline: null, ratio: null },
]

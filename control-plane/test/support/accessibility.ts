import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Rules of lesser weight that are ours all the same: whoever hears a page finds his way by landmarks. */
const alsoOurs = ['region', 'landmark-one-main', 'landmark-unique', 'landmark-no-duplicate-main']

/** What axe-core finds serious or critical on the page as it stands, and what of its landmarks is missing; each with the first places. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Told to the page as its own script would be: its policy lets nothing else in.
  await page.evaluate(source)
  const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResults
  return violations
    .filter(({ id, impact }) => impact === 'serious' || impact === 'critical' || alsoOurs.includes(id))
    .map(({ id, nodes }) => {
      const places = nodes
        .slice(0, 3)
        .map(({ target, failureSummary = '' }) => `${target.join(' ')} (${failureSummary.split('\n')[1]?.trim()})`)
      return `${id} ×${nodes.length}: ${places.join('; ')}`
    })
}

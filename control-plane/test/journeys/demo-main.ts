// scripts/demo: plays the nine steps by itself; one line a step, screenshots in a folder that it names, non-zero at the first failure.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTrial } from '../stage/trial.ts'
import { launchBrowser } from './browser.ts'
import { playStory } from './story.ts'

const folder = mkdtempSync(join(tmpdir(), 'tiepdan-demo-'))
const shots = process.env.TIEPDAN_DEMO_SHOTS ?? join(folder, 'anh-man-hinh')
const begun = performance.now()
const trial = await startTrial({ folder: join(folder, 'd'), onProgress: (step) => process.stderr.write(`${step}…\n`) })
const browser = await launchBrowser()
let failed: unknown
try {
  await playStory(trial, browser, shots, {
    step: (number, figures) => process.stdout.write(`step ${number} ok ${figures}\n`),
  })
} catch (error) {
  failed = error
  for (const [index, context] of browser.contexts().entries()) {
    for (const page of context.pages())
      await page.screenshot({ path: join(shots, `hong-${index}.png`) }).catch(() => undefined)
  }
}
await browser.close()
await trial.stop()
process.stdout.write(`Ảnh màn hình: ${shots}\n`)
if (failed !== undefined) {
  process.stderr.write(
    `HỎNG: ${failed instanceof Error ? failed.message : String(failed)}\nNhật ký: ${folder}/d/control-plane.log\n`,
  )
  process.exit(1)
}
process.stdout.write(`Xong sau ${Math.round((performance.now() - begun) / 1000)} giây\n`)
process.exit(0)

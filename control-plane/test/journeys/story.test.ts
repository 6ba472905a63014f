import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { launchBrowser } from './browser.ts'
import { standTrial } from './stand.ts'
import { playStory } from './story.ts'

test('a hearing is planned, tested by real calls, held, recorded, and its recording lies verified in the store', {
  timeout: 280_000,
}, async (t) => {
  const trial = await standTrial()
  t.after(() => trial.stop())
  const browser = await launchBrowser()
  t.after(() => browser.close())
  const told: number[] = []
  const shots = join(trial.folder, 'shots')
  await playStory(trial, browser, shots, {
    step(number, figures) {
      told.push(number)
      t.diagnostic(`step ${number} ok ${figures}`)
    },
  })
  assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8, 9])
  assert.ok(existsSync(join(shots, '05-kiosk.png')))
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { listAlerts, readAudit } from '../../contract/audit.ts'
import { endHearing } from '../../contract/hearings.ts'
import { faultMessage } from '../../server/recordings/fault-words.ts'
import { launchBrowser } from './browser.ts'
import { meetingSeen, pictureAtAll } from './hearing-room.ts'
import { until } from './people.ts'
import { aLiveHearing, aStartedHearing } from './quick-hearing.ts'
import { type StoodTrial, standTrial, unlessOn } from './stand.ts'

/** The states that the conductor wrote down, oldest first. */
async function statesOf(held: Awaited<ReturnType<typeof aStartedHearing>>): Promise<string[]> {
  const { items } = await held.cast.administrator.does(readAudit, { querystring: { limit: 200 } })
  return items
    .map(({ action }) => action)
    .filter((action) => /^recording\.(pending|on|off|fault)$/.test(action))
    .toReversed()
}

async function withTrial(
  environment: Record<string, string>,
  play: (trial: StoodTrial, browser: Awaited<ReturnType<typeof launchBrowser>>) => Promise<void>,
): Promise<void> {
  const trial = await standTrial({ environment, recorders: 1 })
  const browser = await launchBrowser()
  try {
    await play(trial, browser)
  } finally {
    await browser.close()
    await trial.stop()
  }
}

suite('a recording is known by the recorder’s presence in the room', { skip: unlessOn('pglite') }, () => {
  test('recognised as hidden: pending, on, no fault; the call between the rooms goes on', async () => {
    await withTrial({}, async (trial, browser) => {
      const held = await aLiveHearing(trial, browser)
      const [first] = await pictureAtAll(held.kiosks, trial.stage.jitsiUrl, 20_000)
      // It looks once a second: a `pending` that is over by then is not written down.
      const states = await statesOf(held)
      assert.deepEqual(states, states.length === 1 ? ['recording.on'] : ['recording.pending', 'recording.on'])
      await held.cast.office.does(endHearing, { params: { id: held.hearingId } })
      const stored = await until('it is in the store', 90_000, held.recording, (seen) => seen?.status === 'ready')
      assert.deepEqual([stored?.faults, stored?.sessions.length, stored?.parts.length], [0, 1, 1])
      assert.ok(first?.joined)
    })
  })

  test('a hidden domain that is not the recorders’: pending for ever, given up and told, as on the real servers', async () => {
    await withTrial({ TIEPDAN_XMPP_RECORDER: 'elsewhere.meet.jitsi' }, async (trial, browser) => {
      const held = await aStartedHearing(trial, browser)
      await until('the fault is told', 90_000, held.recording, (seen) => (seen?.faults ?? 0) > 0)
      assert.equal((await statesOf(held)).includes('recording.on'), false)
      const { open } = await held.cast.office.does(listAlerts, {})
      assert.ok(open.some(({ message }) => message === faultMessage('pending-too-long')))
      // The rooms themselves know better: Jitsi Meet has the domain from its own settings.
      assert.ok((await meetingSeen(held.kiosks[0], trial.stage.jitsiUrl))?.joined)
    })
  })
})

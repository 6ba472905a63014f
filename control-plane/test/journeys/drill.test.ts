import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { suite, test } from 'node:test'
import { isNotNull } from 'drizzle-orm'
import { listAlerts } from '../../contract/audit.ts'
import { type Drill, drillStepKeys, readDrills } from '../../contract/drills.ts'
import { listEndpoints } from '../../contract/endpoints.ts'
import { listRecordings } from '../../contract/recordings.ts'
import { endpoints } from '../../server/endpoints/tables.ts'
import { recordingParts, recordings } from '../../server/recordings/tables.ts'
import { grants, rooms } from '../../server/rooms/tables.ts'
import { command } from '../stage/trial.ts'
import { type Person, signInAs, until } from './people.ts'
import { type StoodTrial, standTrial, unlessOn } from './stand.ts'

const root = resolve(import.meta.dirname, '../../..')

async function officer(trial: StoodTrial): Promise<Person> {
  const account = trial.accounts.find(({ username }) => username === 'vanphong')
  assert.ok(account)
  return signInAs(trial.url, account)
}
const lastOf = async (person: Person): Promise<Drill | null> => (await person.does(readDrills, {})).last
const is = (drill: Drill | null): Record<string, string> =>
  Object.fromEntries((drill?.steps ?? []).map((step) => [step.key, step.is]))

/** Nothing in the tables, no film in the store, nothing that people would see. */
async function nothingIsLeft(trial: StoodTrial, person: Person): Promise<void> {
  const { items } = await person.does(listEndpoints, { querystring: {} })
  assert.equal(items.length, 136)
  assert.deepEqual((await person.does(listRecordings, { querystring: {} })).items, [])
  const films = readdirSync(join(trial.folder, 'store'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(mp4|mkv|jpg)$/.test(path),
  )
  assert.deepEqual(films, [])
  const left = await trial.look(async (db) => ({
    rooms: await db.$count(rooms),
    grants: await db.$count(grants),
    endpoints: await db.$count(endpoints, isNotNull(endpoints.drillId)),
    recordings: await db.$count(recordings),
    parts: await db.$count(recordingParts),
  }))
  assert.deepEqual(left, { rooms: 0, grants: 0, endpoints: 0, recordings: 0, parts: 0 })
}

suite('a drill', { skip: unlessOn('pglite') }, () => {
  test('passes on a stage that is whole, tells each step with its figures, and leaves nothing but its minutes', async () => {
    const trial = await standTrial({ recorders: 1 })
    try {
      const lines = await command(trial.folder, 'drill', { by: 'thử' })
      const steps = lines.filter((line) => line.startsWith('['))
      assert.equal(steps.length, drillStepKeys.length, lines.join('\n'))
      for (const line of steps) assert.match(line, /^\[\d\/9\] ĐẠT /)
      assert.match(steps[1] ?? '', /Diễn tập 1: thấy 1\/1 \(\d+×\d+ .*nghe 1\/1/)
      assert.match(steps[7] ?? '', /Vào lại bằng thẻ cũ: bị từ chối \(forbidden\)/)
      assert.match(lines.at(-1) ?? '', /^Diễn tập: Đạt sau /)
      const person = await officer(trial)
      assert.deepEqual((await person.does(listAlerts, {})).open, [])
      await nothingIsLeft(trial, person)
    } finally {
      await trial.stop()
    }
  })

  test('no recorder, and a web server that makes rooms for strangers: both fail, the rest is judged', async () => {
    const trial = await standTrial({ recorders: 0, stage: { opensConferenceRequest: true } })
    try {
      await assert.rejects(command(trial.folder, 'drill', {}), /Diễn tập: Không đạt/)
      const person = await officer(trial)
      const drill = await lastOf(person)
      assert.deepEqual(is(drill), {
        ...{ enter: 'passed', media: 'passed', strangers: 'failed', recorder: 'failed', recording: 'skipped' },
        ...{ stored: 'skipped', content: 'skipped', revoked: 'passed', cleared: 'passed' },
      })
      assert.match(drill?.steps.find(({ key }) => key === 'strangers')?.fault ?? '', /conference-request.*CHO VÀO/)
      await nothingIsLeft(trial, person)
    } finally {
      await trial.stop()
    }
  })

  test('killed in the middle, and stopped by Ctrl-C: cleared away both times', async () => {
    const trial = await standTrial({ recorders: 1 })
    try {
      const person = await officer(trial)
      const cut = command(trial.folder, 'drill', {}).catch(() => undefined)
      await until(
        'it records',
        180_000,
        () => lastOf(person),
        (drill) => is(drill).recording === 'running',
      )
      await trial.killControlPlane()
      await cut
      await trial.startControlPlane()
      const again = await officer(trial)
      const ended = await until(
        'it is over',
        180_000,
        () => lastOf(again),
        (drill) => drill?.state === 'ended',
      )
      assert.equal(ended?.verdict, 'cut-off')
      const stopped = await interrupted(trial.folder)
      assert.equal(stopped.code, 1)
      assert.match(stopped.lines.at(-1) ?? '', /^Diễn tập: Đã dừng giữa chừng/)
      // What the killed one recorded comes home in its own time, and goes; a look stops the control plane, so there are few.
      for (let look = 0; look < 8 && (await trial.look((db) => db.$count(recordings))) > 0; look++)
        await new Promise((resume) => setTimeout(resume, 20_000))
      await nothingIsLeft(trial, await officer(trial))
    } finally {
      await trial.stop()
    }
  })
})

/** `scripts/drill` as a person runs it, ended by Ctrl-C once the first step is over. */
function interrupted(folder: string): Promise<{ code: number | null; lines: string[] }> {
  return new Promise((done, failed) => {
    const child = spawn(join(root, 'scripts/drill'), [], { env: { ...process.env, TIEPDAN_DATA_FOLDER: folder } })
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      if (lines.filter((one) => one.startsWith('[')).length === 1) child.kill('SIGINT')
    })
    child.once('error', failed)
    child.once('close', (code) => done({ code, lines }))
  })
}

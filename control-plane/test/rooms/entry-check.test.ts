import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Stage, startStage } from '../stage/stage.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { freePort } from '../support/databases.ts'

const edgeSecret = 'edge-secret-for-tests-0123456789abcdef'
let folder: string
let stage: Stage
let app: TestApplication
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tde-'))
  const port = await freePort()
  stage = await startStage({ folder, controlPlaneUrl: `http://127.0.0.1:${port}`, edgeSecret })
  app = await testApplication({ now: Date.now(), environment: stage.environment })
  await app.http.listen({ host: '127.0.0.1', port })
})
after(async () => {
  await app.close()
  await stage.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function check(): Promise<{ ok: boolean | undefined; said: string }> {
  const said: string[] = []
  const rooms = app.modules.find((module) => module.name === 'rooms')
  const ok = await rooms?.commands?.['check-room-entry']?.({}, (line) => said.push(line))
  return { ok, said: said.join('\n') }
}

test('Prosody takes our token and refuses a changed one', async () => {
  assert.deepEqual(await check(), { ok: true, said: 'Phòng họp nhận thẻ đúng và từ chối thẻ đã bị sửa.' })
})

test('tokens of a clock that is off, as of keys that Prosody does not get, are found out', async () => {
  app.clock.advance(-3_600_000)
  assert.deepEqual(await check(), { ok: false, said: 'Phòng họp từ chối thẻ đúng.' })
  app.clock.advance(3_600_000)
})

test('a Prosody that is gone is told as such', async () => {
  await stage.prosody.stop()
  const { ok, said } = await check()
  assert.equal(ok, false)
  assert.match(said, /không nối được|bị đóng/)
})

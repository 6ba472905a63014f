import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { storeFocus } from '../stage/prosody.ts'
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

async function waitUntil(holds: () => boolean | Promise<boolean>, forMs = 5_000): Promise<void> {
  const until = performance.now() + forMs
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`${holds} does not come true`)
    await new Promise((done) => setTimeout(done, 100))
  }
}

async function check(): Promise<{ ok: boolean | undefined; said: string }> {
  const said: string[] = []
  const rooms = app.modules.find((module) => module.name === 'rooms')
  const ok = await rooms?.commands?.['check-room-entry']?.({}, (line) => said.push(line))
  return { ok, said: said.join('\n') }
}

test('Prosody takes our token, refuses a changed one, and Jicofo makes a room of a real request; nothing of it stays', async () => {
  assert.deepEqual(await check(), {
    ok: true,
    said: 'Phòng họp nhận thẻ đúng, từ chối thẻ đã bị sửa; Jicofo mở được phòng.',
  })
  const [room] = stage.focus.rooms()
  assert.ok(room)
  app.clock.advance(5_000)
  await app.reconciler.runAll()
  await waitUntil(() => stage.focus.rooms().length === 0)
})

test('a focus that the proxy does not know of is found out, though it is signed in and well', async () => {
  const again = async (seen: boolean): Promise<void> => {
    await stage.prosody.stop()
    storeFocus(join(folder, 'prosody/data'), stage.focusPassword, seen)
    await stage.prosody.start()
    await waitUntil(async () => (await check()).ok === seen, 15_000)
  }
  await again(false)
  // Nor does it come with time: focus has signed in by now.
  await new Promise((done) => setTimeout(done, 2_000))
  const { ok, said } = await check()
  assert.deepEqual([ok, /service-unavailable.*danh bạ/.test(said)], [false, true], said)
  await again(true)
})

test('a control plane that refuses Prosody the room is told as such', async (t) => {
  const { config } = app.platform
  const { edgeSecret: right } = config
  t.after(() => Object.assign(config, { edgeSecret: right }))
  Object.assign(config, { edgeSecret: 'another-secret-for-tests-0123456789abc' })
  const { ok, said } = await check()
  assert.deepEqual([ok, /mã 401.*bí mật chung/.test(said)], [false, true], said)
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

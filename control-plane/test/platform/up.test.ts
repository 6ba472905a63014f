import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { freePort } from '../support/databases.ts'

const root = resolve(import.meta.dirname, '../../..')
const up = join(root, 'control-plane/test/stage/up-main.ts')
const folder = mkdtempSync(join(tmpdir(), 'tiepdan-up-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const jitsi = { PATH: process.env.PATH, TIEPDAN_JITSI_URL: 'https://meet.example' }

test('with a Jitsi of one’s own no stage is started, and settings that are missing are named at once', () => {
  const ended = spawnSync(process.execPath, [up], { cwd: folder, encoding: 'utf8', env: jitsi })
  assert.equal(ended.status, 2)
  assert.equal(ended.stdout, '')
  for (const name of ['DATA_FOLDER', 'MASTER_KEY', 'EDGE_SECRET', 'EDGE_URL', 'XMPP_DOMAIN', 'STORE_FOLDER'])
    assert.match(ended.stderr, new RegExp(`TIEPDAN_${name} chưa được đặt`))
})

test('with a Jitsi of one’s own and its settings the control plane runs against it, without “chạy thử”', async (t) => {
  const port = await freePort()
  const running = spawn(process.execPath, [up], {
    cwd: folder,
    stdio: 'ignore',
    env: {
      ...jitsi,
      TIEPDAN_DATA_FOLDER: join(folder, 'data'),
      TIEPDAN_STORE_FOLDER: join(folder, 'store'),
      TIEPDAN_MASTER_KEY: '11'.repeat(32),
      TIEPDAN_EDGE_SECRET: 'edge-secret-for-tests-0123456789abcdef',
      TIEPDAN_EDGE_URL: 'http://127.0.0.1:9',
      TIEPDAN_XMPP_DOMAIN: 'meet.example',
      TIEPDAN_PORT: String(port),
      TIEPDAN_ROOM_AGENT: 'false',
    },
  })
  const ended = new Promise((done) => running.once('exit', done))
  t.after(() => running.kill('SIGKILL'))
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
  while (running.exitCode === null && (await ask('/readyz'))?.ok !== true)
    await new Promise((done) => setTimeout(done, 100))
  const page = await ask('/healthz')
  assert.match(page?.headers.get('content-security-policy') ?? '', /https:\/\/meet\.example/)
  running.kill('SIGTERM')
  assert.equal(await ended, 0)
})

test('of several Chromiums the first that runs is taken: Ubuntu’s package without its snap is none', () => {
  const bin = mkdtempSync(join(folder, 'bin-'))
  const put = (name: string, exit: number) => {
    writeFileSync(join(bin, name), `#!/bin/sh\nexit ${exit}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  put('chromium', 1)
  put('chromium-browser', 0)
  const found = (given: string) =>
    execFileSync('bash', ['-c', '. scripts/install.sh; find_chromium; printf %s "$TIEPDAN_CHROMIUM_PATH"'], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: `${bin}:${process.env.PATH}`, TIEPDAN_CHROMIUM_PATH: given },
    })
  assert.equal(found(''), join(bin, 'chromium-browser'))
  assert.equal(found('/given'), '/given')
})

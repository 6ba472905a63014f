import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { readConfig } from '../../server/platform/config.ts'
import { callSettings } from '../../server/rooms/entry.ts'
import { leastSettings as good } from '../support/settings.ts'

test('what is not given has its default, and what follows from another follows it', () => {
  const config = readConfig(good)
  assert.deepEqual(
    [config.port, config.xmppMuc, config.xmppFocus, config.stagingFolder, config.sessionIdleMinutes, config.stage],
    [8080, 'conference.meet.example', 'focus.meet.example', '/tmp/x/store/.staging', 30, false],
  )
})

test('the recorders’ domain goes to the pages that record: given, or derived from the room domain as the deployment lays it down', () => {
  assert.equal(callSettings(readConfig(good)).hiddenDomain, 'recorder.meet.example')
  const given = readConfig({ ...good, TIEPDAN_XMPP_RECORDER: 'hidden.meet.example' })
  assert.equal(callSettings(given).hiddenDomain, 'hidden.meet.example')
  // Jitsi Meet, Jibri and Prosody must mean the same domain as the control plane.
  const root = join(import.meta.dirname, '../../..')
  const told: [file: string, form: RegExp][] = [
    ['infra/ansible/roles/control_plane/defaults/main.yml', /TIEPDAN_XMPP_RECORDER: "(.*)"/],
    ['jitsi-config/meet/config.js.j2', /hiddenDomain: '(.*)'/],
    ['jibri/config/jibri.conf.j2', /call-login \{ domain = "(.*?)"/],
    ['jitsi-config/prosody/prosody.cfg.lua.j2', /token_verification_allowlist = \{ "(.*?)"/],
    ['jitsi-config/jicofo/jicofo.conf.j2', /trusted-domains = \[ "(.*?)"/],
  ]
  for (const [file, form] of told)
    assert.equal(form.exec(readFileSync(join(root, file), 'utf8'))?.[1], 'recorder.{{ tiepdan_jitsi_domain }}', file)
})

test('the office’s telephone is a number, or not set: it stands in every page', () => {
  assert.equal(readConfig(good).officePhone, '')
  for (const number of ['0269 3824 404', '+84 269 3824404', '(0269) 3824.404', '1022'])
    assert.equal(readConfig({ ...good, TIEPDAN_OFFICE_PHONE: number }).officePhone, number)
  for (const number of ['"><script>', 'gọi anh Ba', '0269" x="', '1'])
    assert.throws(() => readConfig({ ...good, TIEPDAN_OFFICE_PHONE: number }), /TIEPDAN_OFFICE_PHONE/)
})

test('every fault is told at once, by the variable’s name', () => {
  const faults = {
    TIEPDAN_PORT: 'eighty',
    TIEPDAN_MASTER_KEY: 'short',
    TIEPDAN_STAGE: 'perhaps',
    TIEPDAN_SESSION_IDLE_MINUTES: '5',
  }
  assert.throws(
    () => readConfig({ ...good, ...faults, TIEPDAN_XMPP_DOMAIN: '', TIEPDAN_JITSI_URL: undefined }),
    (error: Error) => {
      for (const name of [...Object.keys(faults), 'TIEPDAN_XMPP_DOMAIN', 'TIEPDAN_JITSI_URL']) {
        assert.match(error.message, new RegExp(`- ${name} `), name)
      }
      return true
    },
  )
})

test('a wrong secret is named but not printed', () => {
  assert.throws(
    () => readConfig({ ...good, TIEPDAN_EDGE_SECRET: 'too-short-secret' }),
    (error: Error) => error.message.includes('TIEPDAN_EDGE_SECRET') && !error.message.includes('too-short-secret'),
  )
})

test('a secret may stand in a file of its own; an unreadable one is a fault by name', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'edge'), `${'y'.repeat(40)}\n`)
  const given = { ...good, TIEPDAN_EDGE_SECRET: undefined, TIEPDAN_EDGE_SECRET_FILE: join(folder, 'edge') }
  assert.equal(readConfig(given).edgeSecret, 'y'.repeat(40))
  assert.throws(
    () => readConfig({ ...given, TIEPDAN_EDGE_SECRET_FILE: join(folder, 'none') }),
    /TIEPDAN_EDGE_SECRET_FILE không đọc được \(ENOENT\)/,
  )
})

test('the server does not start on a wrong configuration: exit code 2 and the list', async () => {
  const main = join(import.meta.dirname, '../../server/main.ts')
  const start = promisify(execFile)(process.execPath, [main], { env: { PATH: process.env.PATH, TIEPDAN_PORT: '-1' } })
  await assert.rejects(start, (error: { code: number; stderr: string }) => {
    assert.equal(error.code, 2)
    assert.match(error.stderr, /TIEPDAN_PORT/)
    assert.match(error.stderr, /TIEPDAN_DATA_FOLDER chưa được đặt/)
    return true
  })
})

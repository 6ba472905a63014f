import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { xml } from '@xmpp/client'
import { edgeSecret, playControlPlane } from '../edge/control-plane.ts'
import { enter } from '../edge/xmpp.ts'
import { startStageFocus } from '../stage/focus.ts'
import { storeFocus } from '../stage/prosody.ts'
import { freePort } from '../support/databases.ts'
import { prosodyPlugins } from './jitsi-packages.ts'

// What the playbooks lay down, rendered by Ansible's own Jinja and read by the programs themselves, as far as Debian has them.
const root = resolve(import.meta.dirname, '../../..')
let folder: string
let rendered: string

const groups = ['control_plane', 'room_agents', 'database', 'jitsi', 'bridges', 'turn', 'recorders']

function render(bridges: string[]): string {
  const into = mkdtempSync(join(folder, 'rendered-'))
  const hosts = Object.fromEntries(
    ['may1', ...bridges].map((name, at) => [
      name,
      { tiepdan_address: `10.77.0.${11 + at}`, ansible_connection: 'local' },
    ]),
  )
  const children = Object.fromEntries(groups.map((group) => [group, { hosts: { may1: {} } }]))
  children.bridges = { hosts: Object.fromEntries(['may1', ...bridges].map((name) => [name, {}])) } as {
    hosts: { may1: object }
  }
  writeFileSync(join(into, 'hosts.json'), JSON.stringify({ all: { hosts, children } }))
  const names = 'edge_secret turn_secret focus_password jvb_password jibri_password recorder_password'.split(' ')
  const settings = {
    ansible_python_interpreter: '/usr/bin/python3',
    render_root: root,
    render_folder: into,
    tiepdan_templates: join(root, 'jitsi-config'),
    tiepdan_secrets: Object.fromEntries(
      names.map((name) => [name, name === 'edge_secret' ? edgeSecret : `${name}-of-the-test`]),
    ),
    tiepdan_domain: 'tiepdan.example.test',
    tiepdan_jitsi_domain: 'meet.jitsi',
    tiepdan_office_phone: '0269 3824 404',
    tiepdan_address: '10.77.0.11',
    tiepdan_public_address: '198.51.100.7',
  }
  execFileSync(
    'ansible-playbook',
    [
      '-i',
      join(into, 'hosts.json'),
      '-l',
      'may1',
      '-e',
      JSON.stringify(settings),
      join(import.meta.dirname, 'render.yml'),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: into,
      env: { ...process.env, ANSIBLE_NOCOLOR: '1' },
    },
  )
  return into
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tiepdan-templates-'))
  rendered = render([])
})
after(() => rmSync(folder, { recursive: true, force: true }))
const text = (name: string, from = rendered): string => readFileSync(join(from, name), 'utf8')

test('every key of Jicofo, Videobridge and Jibri is one that they know, with one bridge and with two', () => {
  const known = JSON.parse(readFileSync(join(import.meta.dirname, 'hocon-keys.json'), 'utf8')) as Record<
    string,
    string[]
  >
  for (const from of [rendered, render(['cau2'])]) {
    for (const [file, keys] of Object.entries(known)) {
      const ours = execFileSync(
        'java',
        ['-cp', '/usr/share/java/typesafe-config.jar', join(import.meta.dirname, 'HoconKeys.java'), join(from, file)],
        { encoding: 'utf8' },
      )
      const unknown = ours
        .trim()
        .split('\n')
        .filter((key) => !keys.includes(key))
      assert.deepEqual(unknown, [], file)
      assert.ok(ours.length > 0)
    }
  }
})

test('Jitsi Meet’s settings evaluate, in Vietnamese, with nothing asked of a third party', () => {
  const context: { config?: Record<string, unknown>; interfaceConfig?: Record<string, unknown> } = {}
  runInNewContext(`${text('config.js')};${text('interface_config.js')}`, context)
  assert.equal(context.config?.defaultLanguage, 'vi')
  assert.equal(context.interfaceConfig?.LANG_DETECTION, false)
  assert.equal(context.config?.disableThirdPartyRequests, true)
  assert.deepEqual({ ...(context.config?.p2p ?? {}) }, { enabled: false })
  // A recorder records nothing of an encrypted call.
  assert.deepEqual({ ...(context.config?.e2ee ?? {}) }, { disabled: true })
  const addresses = text('config.js').match(/(?:https?|wss?):\/\/[^/'"]+/g) ?? []
  assert.deepEqual([...new Set(addresses.map((address) => new URL(address).host))], ['meet.jitsi'])
  assert.equal(typeof JSON.parse(text('chrome-policies.json')), 'object')
})

// What Jitsi Meet (08/2026) reads from interface_config.js without a default in its code; found by running it: the film showed a picture of 320 pixels.
const withoutDefault = [
  'VIDEO_LAYOUT_FIT',
  'VERTICAL_FILMSTRIP',
  'LOCAL_THUMBNAIL_RATIO',
  'REMOTE_THUMBNAIL_RATIO',
  'DEFAULT_BACKGROUND',
  'AUDIO_LEVEL_PRIMARY_COLOR',
  'AUDIO_LEVEL_SECONDARY_COLOR',
  'AUTO_PIN_LATEST_SCREEN_SHARE',
  'SETTINGS_SECTIONS',
]

test('a picture fills the screen: what Jitsi Meet has no default for stands in its settings', () => {
  const context: { interfaceConfig?: Record<string, unknown> } = {}
  runInNewContext(text('interface_config.js'), context)
  const set = context.interfaceConfig ?? {}
  assert.deepEqual(
    withoutDefault.filter((name) => set[name] === undefined),
    [],
  )
  assert.equal(set.VIDEO_LAYOUT_FIT, 'both')
  assert.equal(set.VERTICAL_FILMSTRIP, true)
})

test('a room is made by the conference request through Prosody alone: the page knows no other way, the web server has no other door', () => {
  const context: { config?: Record<string, unknown> } = {}
  runInNewContext(text('config.js'), context)
  assert.equal(context.config?.conferenceRequestUrl, undefined)
  const site = text('jitsi.conf').replace(/#.*/g, '')
  // Jicofo's and the bridge's own ports.
  assert.deepEqual(site.match(/proxy_pass[^;]*:(8888|8080|3333|2222)[^;]*/g), null)
  assert.match(site, /location ~ \/conference-request\(\/\|\$\) \{\s*return 404;/)
})

test('Jibri finds its driver by path and asks no host of the internet; what it may reach is the deployment, for its own user alone', () => {
  const environment = [...text('jibri-unit.conf').matchAll(/^Environment=(.*)$/gm)].flatMap(([, line]) =>
    (line ?? '').split(' '),
  )
  for (const set of ['SE_CHROMEDRIVER=/usr/bin/chromedriver', 'SE_OFFLINE=true', 'SE_AVOID_STATS=true'])
    assert.ok(environment.includes(set), set)
  const rules = text('nftables.conf')
  assert.match(rules, /hook output priority filter; policy accept;\s*(#.*\s*)?meta skuid 998 jump recorder\s*\}/)
  const reached = new Set([...rules.matchAll(/\d+\.\d+\.\d+\.\d+/g)].map(([address]) => address))
  assert.deepEqual(reached, new Set(['10.77.0.11', '198.51.100.7']))
  assert.match(rules, /counter name refused reject with icmpx type admin-prohibited\s*\}\s*\}\s*$/)
})

test('Jitsi Meet’s page loads the script that tells whether its line lives, and it tells the control plane alone', () => {
  const [, src, origin] =
    /<script src="([^"]+)" data-page-origin="([^"]+)"><\/script>/.exec(text('plugin.head.html')) ?? []
  assert.deepEqual([src, origin], ['/line-watch.js', 'https://tiepdan.example.test'])
  const served = readFileSync(join(root, 'jitsi-config/nginx/jitsi.conf.j2'), 'utf8')
  for (const path of ['/plugin.head.html', src]) assert.ok(served.includes(`location = ${path} {`), path)
})

test('a room’s address without a token leads to our page, before Jitsi’s own begins; so does the bare address', () => {
  assert.ok(text('head.html').includes('<script src="/room-door.js"></script>'))
  const served = text('jitsi.conf')
  for (const path of ['/head.html', '/room-door.js', '/can-lien-ket.html'])
    assert.ok(served.includes(`location = ${path} {`), path)
  assert.match(served, /location = \/ \{\s+return 302 \/can-lien-ket\.html;/)
  assert.ok(text('can-lien-ket.html').includes('href="https://tiepdan.example.test/vao"'))
  assert.ok(text('can-lien-ket.html').includes('<a href="tel:02693824404">0269 3824 404</a>'))
})

test('nginx writes down nothing of a request in which a token, a grant or a room’s name may stand', () => {
  const conf = ['log', 'http', 'jitsi', 'control-plane', 'turn-443', 'tls'].map((name) =>
    readFileSync(join(root, `jitsi-config/nginx/${name}.conf.j2`), 'utf8'),
  )
  const lines = conf.flatMap((one) => one.split('\n')).map((line) => line.trim())
  const [, format = ''] =
    /^log_format tiepdan '(.*)';$/.exec(lines.find((line) => line.startsWith('log_format')) ?? '') ?? []
  assert.deepEqual(
    (format.match(/\$[a-z0-9_]+/g) ?? []).sort(),
    ['$body_bytes_sent', '$remote_addr', '$request_method', '$request_time', '$server_protocol', '$status']
      .concat('$tiepdan_logged_path', '$time_iso8601')
      .sort(),
  )
  assert.deepEqual(
    lines
      .filter((line) => /^(access_log|error_log|log_format) /.test(line))
      .map((line) => line.split(' ').slice(0, 3)[2]),
    ["'$remote_addr", 'crit;', 'tiepdan;'],
  )
})

test('a bridge that failed once is tried again within 15 s, with one bridge and with two; it starts out of use until it is warm', () => {
  const secondsOf = (conf: string, key: string): number =>
    Number(new RegExp(`^\\s*${key.replaceAll('.', '\\.')} = (\\d+) seconds`, 'm').exec(conf)?.[1])
  for (const from of [rendered, render(['may2'])]) {
    const conf = readFileSync(join(from, 'jicofo.conf'), 'utf8')
    // Set aside for the one, and then until a health check has passed.
    const waits = ['failure-reset-threshold', 'health-checks.interval'].map((key) => secondsOf(conf, key))
    assert.ok(waits.reduce((total, one) => total + one, 0) <= 15, String(waits))
    assert.match(readFileSync(join(from, 'jvb.conf'), 'utf8'), /^ *initial-drain-mode = true/m)
  }
  const unit = readFileSync(join(root, 'jitsi-config/videobridge/unit.conf.j2'), 'utf8')
  assert.match(unit, /^ExecStartPost=-\/usr\/bin\/python3 \/etc\/jitsi\/videobridge\/warm-bridge\.py$/m)
})

test('coturn relays to our bridges and into no other private address', () => {
  const lines = text('turnserver.conf').split('\n')
  assert.ok(lines.includes('allowed-peer-ip=10.77.0.11'))
  for (const range of ['10.0.0.0-10.255.255.255', '127.0.0.0-127.255.255.255', '192.168.0.0-192.168.255.255'])
    assert.ok(lines.includes(`denied-peer-ip=${range}`), range)
  assert.ok(lines.includes('external-ip=198.51.100.7/10.77.0.11'))
  // TCP through a relay passes our own firewall.
  assert.ok(lines.includes('no-tcp-relay'))
  // coturn takes a range from "::" on for every address, IPv4 too: nobody would have a relay.
  assert.deepEqual(
    lines.filter((line) => /^denied-peer-ip=::(?:-|$)/.test(line)),
    [],
  )
})

test('Prosody loads the rendered file with our module and stand-ins for Jitsi’s, and carries a call', async (t) => {
  const plane = await playControlPlane(await freePort())
  t.after(() => plane.stop())
  const here = join(folder, 'prosody')
  const plugins = join(here, 'plugins')
  mkdirSync(plugins, { recursive: true })
  for (const [name, lua] of Object.entries(prosodyPlugins())) writeFileSync(join(plugins, `${name}.lua`), lua)
  const password = 'focus-of-the-test'
  storeFocus(join(here, 'data'), password)
  const port = await freePort()
  // Only what belongs to a machine is put in another place: ports, folders, the user, and focus through HTTP instead of 5222.
  const configuration = text('prosody.cfg.lua')
    .replaceAll('/usr/share/jitsi-meet/prosody-plugins/', plugins)
    .replaceAll('/usr/local/lib/tiepdan/prosody-plugins/', join(root, 'jitsi-config/prosody-plugins'))
    .replaceAll('/var/lib/prosody/tiepdan_edge', join(here, 'edge'))
    .replace(
      'pidfile = "/run/prosody/prosody.pid"',
      `pidfile = "${here}/pid"\nrun_as_root = true\ndata_path = "${here}/data"`,
    )
    .replace('c2s_ports = { 5222 }', 'c2s_ports = {}')
    .replace('http_ports = { 5280 }', `http_ports = { ${port} }`)
    .replace('http_interfaces = { "127.0.0.1", "::1" }', 'http_interfaces = { "127.0.0.1" }')
    .replaceAll('http://127.0.0.1:8070', plane.url)
    .replace(
      'authentication = "internal_hashed"\n\tmodules_enabled = { "limits_exception", "smacks" }',
      'authentication = "internal_plain"\n\tmodules_enabled = { "limits_exception", "smacks", "websocket" }\n\tc2s_require_encryption = false',
    )
    .replace(/certificates = .*/, '')
  const file = join(here, 'prosody.cfg.lua')
  writeFileSync(file, configuration)
  execFileSync('luac5.4', ['-p', join(rendered, 'prosody.cfg.lua')])
  const checked = execFileSync('bash', ['-c', `prosodyctl --config ${file} check config 2>&1 || true`], {
    encoding: 'utf8',
  })
  assert.match(checked, /All checks passed/, checked)

  const prosody = spawn('prosody', ['-F', '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [prosody.stdout, prosody.stderr]) stream.on('data', (part: Buffer) => (log += part.toString()))
  t.after(() => prosody.kill())
  for (let attempt = 0; attempt < 100 && !log.includes('xmpp-websocket'); attempt++)
    await new Promise((done) => setTimeout(done, 50))
  const url = `http://127.0.0.1:${port}`
  const focus = await startStageFocus({ prosodyUrl: url, password, port: await freePort(), jibris: [] })
  t.after(() => focus.stop())

  const citizen = await enter(url, plane.token({ user: { id: 'citizen' } }), { nick: 'citizen' })
  const chair = await enter(url, plane.token({ user: { id: 'chair', moderator: true } }), { nick: 'chair' })
  await citizen.waitFor((stanza) => stanza.toString().includes('/chair'))
  assert.ok(citizen.seen().includes('chair') && chair.seen().includes('citizen'))
  await plane.waitForEvent((event) => event.kind === 'occupant-joined' && event.userId === 'chair')
  await assert.rejects(enter(url, plane.token({ claims: { exp: 1 } })), /not-allowed/)
  await assert.rejects(enter(url, plane.token({ claims: { room: 'another' } })), /not-allowed/)
  await assert.rejects(enter(url, plane.token({ claims: { room: 'unknown' } }), { room: 'unknown' }))
  // Jicofo lets every moderator record: who may is settled by Jitsi's filter, so the file must load it.
  const desk = plane.token({ user: { id: 'desk', moderator: true }, features: { recording: false } })
  const without = await enter(url, desk, { nick: 'desk' })
  const start = xml('jibri', { xmlns: 'http://jitsi.org/protocol/jibri', action: 'start', recording_mode: 'file' })
  await assert.rejects(without.request('abc@conference.meet.jitsi/focus', start), /forbidden/)
  await assert.rejects(chair.request('abc@conference.meet.jitsi/focus', start), /service-unavailable/)
  await without.leave()
  await citizen.leave()
  await chair.leave()
  assert.doesNotMatch(log, /Error (?:loading|initializing) module|traceback/i, log)
})

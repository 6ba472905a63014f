import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { launchBrowser } from '../journeys/browser.ts'
import { freePort } from '../support/databases.ts'

// What a room PC and a visitor meet while something is away: the kiosk's session, its first page, nginx's own page. Rendered by Jinja, run for real.
const root = resolve(import.meta.dirname, '../../..')
const kiosk = 'infra/ansible/roles/endpoint_kiosk/templates'
let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tiepdan-kiosk-'))
  // nginx's workers are another user.
  chmodSync(folder, 0o755)
})
after(() => rmSync(folder, { recursive: true, force: true }))

function render(path: string, values: object): string {
  const jinja = `import json, sys, jinja2
print(jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined).from_string(open(sys.argv[1]).read()).render(**json.loads(sys.argv[2])))`
  const all = { ansible_managed: 'Ansible', ...values }
  return execFileSync('python3', ['-c', jinja, join(root, path), JSON.stringify(all)], { encoding: 'utf8' })
}

async function until(what: string, is: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await is())) {
    if (performance.now() > end) assert.fail(`never: ${what}`)
    await wait(100)
  }
}

/** Stops what was started, with its children. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return
  process.kill(-child.pid, 'SIGKILL')
  await once(child, 'exit')
}

test('the session waits for the time, clears a lock of another computer before each start, lights a screen that comes late, and begins with its own page', async (t) => {
  const [bin, home, screens, calls] = ['bin', 'home', 'screens', 'calls'].map((name) => join(folder, name))
  assert.ok(bin && home && screens && calls)
  const profile = join(home, '.config/chromium')
  for (const each of [bin, profile, join(screens, 'card0-HDMI-A-1')]) mkdirSync(each, { recursive: true })
  const status = join(screens, 'card0-HDMI-A-1/status')
  writeFileSync(status, 'disconnected\n')
  writeFileSync(calls, '')
  const stub = (name: string, body = ''): void =>
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> '${calls}'\n${body}\n`, { mode: 0o755 })
  for (const name of ['xsetroot', 'xset', 'pulseaudio', 'pactl', 'unclutter', 'openbox', 'chronyc']) stub(name)
  // Answers as the kernel knows it.
  stub('xrandr', `[ $# -gt 0 ] || echo "HDMI-1 $(cat '${status}') 1920x1080+0+0"`)
  // As Chromium does with a lock that is another computer's: it does not start.
  stub(
    'chromium',
    `[ -L '${profile}/SingletonLock' ] && echo locked >> '${calls}' || echo started >> '${calls}'
ln -sfn may-cu-4711 '${profile}/SingletonLock'; touch '${profile}/SingletonCookie'; sleep 1`,
  )
  symlinkSync('may-cu-1234', join(profile, 'SingletonLock'))
  const script = join(folder, 'session')
  writeFileSync(
    script,
    render(`${kiosk}/kiosk-session.j2`, { endpoint_kiosk_rotation: 'left', endpoint_kiosk_volume: 70 }),
    { mode: 0o755 },
  )
  const session = spawn(script, {
    detached: true,
    stdio: 'ignore',
    env: { PATH: `${bin}:/usr/bin:/bin`, HOME: home, TIEPDAN_SCREENS: screens },
  })
  t.after(() => stop(session))
  const told = (): string[] => readFileSync(calls, 'utf8').trim().split('\n')
  await until('two starts', () => told().filter((line) => line === 'started').length >= 2)
  assert.ok(!told().includes('locked'))
  assert.ok(told().findIndex((line) => line.startsWith('chronyc waitsync')) < told().indexOf('started'), 'time first')
  assert.ok(told().some((line) => line.startsWith('chronyc waitsync')))
  assert.ok(
    told().some((line) => line.startsWith('chromium') && line.endsWith('file:///usr/local/share/tiepdan/kiosk.html')),
  )
  assert.ok(told().includes('xrandr --output HDMI-1 --off'))
  assert.ok(!told().includes('xrandr --output HDMI-1 --auto --rotate left'))
  writeFileSync(status, 'connected\n')
  await until('the late screen is lit', () => told().includes('xrandr --output HDMI-1 --auto --rotate left'))
})

test('the room PC’s own page waits for the system, says what to look at, and goes there by itself', async (t) => {
  const port = await freePort()
  const page = join(folder, 'kiosk.html')
  writeFileSync(page, render(`${kiosk}/kiosk.html.j2`, { endpoint_kiosk_url: `http://127.0.0.1:${port}/kiosk` }))
  const browser = await launchBrowser()
  t.after(() => browser.close())
  const tab = await browser.newPage()
  await tab.goto(`file://${page}`)
  await tab.getByText('Đang kết nối hệ thống…').waitFor()
  await tab.getByText('kiểm tra cáp mạng').waitFor()
  // The year gives a dead clock battery away.
  await tab.getByText(String(new Date().getFullYear())).waitFor()
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<h1>Kiosk</h1>'),
  )
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  await tab.getByRole('heading', { name: 'Kiosk' }).waitFor()
  const policies = render(`${kiosk}/policies.json.j2`, { tiepdan_domain: 'a.test', tiepdan_jitsi_domain: 'b.test' })
  assert.ok(
    (JSON.parse(policies) as { URLAllowlist: string[] }).URLAllowlist.includes('file:///usr/local/share/tiepdan/'),
  )
})

/** nginx with the control plane's site, without TLS, in front of `upstream`. */
async function anNginx(upstream: number): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort()
  const prefix = join(folder, 'nginx')
  mkdirSync(join(prefix, 'logs'), { recursive: true })
  writeFileSync(join(prefix, 'tam-ngung.html'), render('jitsi-config/nginx/tam-ngung.html.j2', {}))
  const site = render('jitsi-config/nginx/control-plane.conf.j2', {
    nginx_turn_on_443: false,
    nginx_ipv6: false,
    tiepdan_domain: '127.0.0.1',
    tiepdan_tls_folder: '/none',
    nginx_control_planes: [`127.0.0.1:${upstream}`],
  })
    .replace('listen 443 ssl http2', `listen 127.0.0.1:${port}`)
    .replaceAll(/ssl_certificate.*\n/g, '\n')
    .replace('root /etc/tiepdan;', `root ${prefix};`)
  writeFileSync(
    join(prefix, 'nginx.conf'),
    `daemon off; pid ${prefix}/pid; error_log ${prefix}/logs/error.log; events {}
http { types { text/html html; } access_log off; client_body_temp_path ${prefix}/b; proxy_temp_path ${prefix}/p; fastcgi_temp_path ${prefix}/f;
uwsgi_temp_path ${prefix}/u; scgi_temp_path ${prefix}/s; map $http_upgrade $tiepdan_connection { default ''; }\n${site}\n}`,
  )
  const child = spawn('nginx', ['-p', prefix, '-c', join(prefix, 'nginx.conf')], { detached: true, stdio: 'inherit' })
  const url = `http://127.0.0.1:${port}`
  await until('nginx listens', () =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  )
  return { url, child }
}

test('while the control plane is away nginx’s own page asks again without a press and keeps the address; what the control plane answers goes through', async (t) => {
  const upstream = await freePort()
  const { url, child } = await anNginx(upstream)
  t.after(() => stop(child))
  const away = await fetch(`${url}/kiosk`)
  assert.equal(away.status, 502)
  assert.equal(away.headers.get('cache-control'), 'no-store')
  assert.match(await away.text(), /Trang tự thử lại sau mỗi 5 giây/)
  assert.equal((await fetch(`${url}/tam-ngung.html`)).status, 404, 'nobody opens it by its own address')
  const browser = await launchBrowser()
  t.after(() => browser.close())
  const tab = await browser.newPage()
  await tab.goto(`${url}/vao#a-secret-of-the-link`)
  await tab.getByRole('heading', { name: 'Hệ thống đang khởi động lại' }).waitFor()
  const server = createServer((request, response) => {
    if (request.url === '/busy')
      response.writeHead(503, { 'content-type': 'application/problem+json' }).end('{"title":"Bận"}')
    else response.setHeader('content-type', 'text/html').end(`<h1>${request.url}</h1>`)
  })
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((done) => server.listen(upstream, '127.0.0.1', done))
  await tab.getByRole('heading', { name: '/vao' }).waitFor()
  assert.equal(new URL(tab.url()).hash, '#a-secret-of-the-link')
  const busy = await fetch(`${url}/busy`)
  assert.deepEqual([busy.status, await busy.text()], [503, '{"title":"Bận"}'])
})

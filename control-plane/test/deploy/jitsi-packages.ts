import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/**
 * Stand-ins for Jitsi's Debian packages, which are not in Debian and cannot be had here: the same names, users, folders and ways of starting as theirs
 * (Jicofo a SysV script alone, a bridge that nobody restarts, a Jibri that starts its screen), programs that answer the health addresses and end when
 * asked to, and the stage's Lua in place of Jitsi's Prosody modules.
 */
const stage = resolve(import.meta.dirname, '../stage/prosody')
const program = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')
const lua = (name: string): string => readFileSync(join(stage, name), 'utf8')

/** Prosody modules by Jitsi's names. Those without a text only have to be there. */
export function prosodyPlugins(): Record<string, string> {
  const empty = '-- stand-in for a module of Jitsi\n'
  const plugins: Record<string, string> = {
    mod_auth_token: lua('mod_auth_stage_token.lua'),
    mod_reservations: lua('mod_stage_reservations.lua').replaceAll('"stage_muc"', '"main_muc"'),
    mod_token_verification: lua('mod_stage_token_rooms.lua')
      .replaceAll('"stage_domain"', '"muc_mapper_domain_base"')
      .replace(
        /(local trusted = .*)"stage_trusted_domains"(.*)/,
        '$1"token_verification_allowlist"$2\ntrusted:add("auth." .. domain);',
      ),
    mod_muc_meeting_id: lua('mod_stage_room_events.lua'),
    mod_filter_iq_jibri: lua('mod_stage_filter_iq_jibri.lua'),
    mod_client_proxy: lua('mod_stage_focus_proxy.lua'),
    // What it does is done by our role: the real package's install script calls it too, but not in every case.
    mod_roster_command: lua('mod_stage_roster_command.lua'),
  }
  const others =
    'features_identity conference_duration muc_filter_access limits_exception muc_hide_all muc_domain_mapper muc_rate_limit speakerstats_component end_conference av_moderation_component room_metadata_component polls_component'
  for (const name of others.split(' ')) plugins[`mod_${name}`] = empty
  return plugins
}

interface Package {
  depends?: string
  files: Record<string, string>
  postinst?: string
}

/**
 * A bridge: answers every GET with its state (figures under /metrics), starts in drain mode where its configuration says so and leaves it when told
 * to, takes conferences, and obeys a POST to …/shutdown.
 */
const bridge = `#!/usr/bin/python3
import http.server, json, os, re, threading
def wants_drain():
    try: return re.search(r"initial-drain-mode *= *true", open("/etc/jitsi/videobridge/jvb.conf").read()) is not None
    except OSError: return False
drain = [wants_drain()]
class Answer(http.server.BaseHTTPRequestHandler):
    def say(self, body):
        figures = self.path == "/metrics"
        self.send_response(200); self.send_header("content-type", "text/plain" if figures else "application/json"); self.end_headers()
        self.wfile.write(b"stand_in 1\\n" if figures else json.dumps(body).encode())
    def do_GET(self):
        self.say({"drain": drain[0]} if self.path == "/colibri/drain" else {"conferences": 0, "participants": 0})
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/colibri/drain/disable": drain[0] = False
        self.say({})
        if self.path.endswith("/shutdown"): threading.Timer(0.5, os._exit, [0]).start()
    do_PATCH = do_POST
    def log_message(self, *ignored): pass
http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Answer).serve_forever()
`
const jicofoScript = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          jicofo
# Required-Start:    $local_fs $remote_fs
# Required-Stop:     $local_fs $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: stand-in
### END INIT INFO
case "$1" in
  start|restart)
    if [ "$1" = start ] && [ -e /run/jicofo.pid ]; then echo 'a pid file is there'; exit 1; fi
    start-stop-daemon --start --background --chuid jicofo --make-pidfile --pidfile /run/jicofo.pid --exec /usr/bin/python3 -- /usr/share/jicofo/jicofo.sh ;;
  stop) kill "$(cat /run/jicofo.pid)"; rm -f /run/jicofo.pid ;;
  status) [ -e /run/jicofo.pid ] ;;
esac
`
const unit = (lines: { unit?: string; service: string; install?: string }): string =>
  `[Unit]\nDescription=stand-in\n${lines.unit ?? ''}[Service]\n${lines.service}[Install]\n${lines.install ?? 'WantedBy=multi-user.target\n'}`
const account = (user: string, folder: string): string =>
  `getent group jitsi >/dev/null || groupadd --system jitsi
getent passwd ${user} >/dev/null || useradd --system --gid jitsi --create-home --home-dir /usr/share/${user}-home --shell /bin/bash ${user}
mkdir -p ${folder} /var/log/jitsi; chown -R ${user}:jitsi ${folder}; chmod 750 ${folder}; chown ${user}:jitsi /var/log/jitsi; chmod 770 /var/log/jitsi
systemctl daemon-reload || true
`

function packages(): Record<string, Package> {
  const plugins = Object.fromEntries(
    Object.entries(prosodyPlugins()).map(([name, text]) => [`/usr/share/jitsi-meet/prosody-plugins/${name}.lua`, text]),
  )
  return {
    'jitsi-meet-prosody': { depends: 'prosody', files: plugins },
    'jitsi-meet-tokens': { depends: 'jitsi-meet-prosody', files: {} },
    'jitsi-meet-web': {
      files: {
        '/usr/share/jitsi-meet/index.html': '<!doctype html><title>Jitsi Meet</title>\n',
        '/usr/share/jitsi-meet/static/404.html': '<!doctype html><title>404</title>\n',
        '/usr/share/jitsi-meet/libs/lib-jitsi-meet.min.js': '// stand-in\n',
        '/usr/share/jitsi-meet/libs/external_api.min.js': '// stand-in\n',
      },
    },
    'jitsi-meet-web-config': { depends: 'nginx', files: { '/etc/jitsi/meet/README': 'stand-in\n' } },
    jicofo: {
      depends: 'python3',
      files: {
        '/usr/share/jicofo/jicofo.sh': program('stand-in-jicofo.py'),
        '/etc/jitsi/jicofo/logging.properties': '\n',
        '/etc/init.d/jicofo': jicofoScript,
      },
      postinst: `${account('jicofo', '/etc/jitsi/jicofo')}update-rc.d jicofo defaults; invoke-rc.d jicofo start || true\n`,
    },
    'jitsi-videobridge2': {
      depends: 'python3',
      files: {
        '/usr/share/jitsi-videobridge/jvb.sh': bridge,
        '/etc/jitsi/videobridge/logging.properties': '\n',
        '/lib/systemd/system/jitsi-videobridge2.service': unit({
          service:
            'User=jvb\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nEnvironmentFile=/etc/jitsi/videobridge/config\nRuntimeDirectory=jitsi-videobridge\nSuccessExitStatus=143\nTasksMax=65000\nLimitNOFILE=65000\nExecStart=/usr/share/jitsi-videobridge/jvb.sh\nExecStartPost=/bin/bash -c "echo $MAINPID > /var/run/jitsi-videobridge/jitsi-videobridge.pid"\n',
        }),
      },
      postinst: account('jvb', '/etc/jitsi/videobridge'),
    },
    jibri: {
      depends: 'python3',
      files: {
        '/opt/jitsi/jibri/launch.sh': program('stand-in-jibri.py'),
        '/opt/jitsi/jibri/graceful_shutdown.sh': '#!/bin/sh\nexit 0\n',
        '/opt/jitsi/jibri/wait_graceful_shutdown.sh': '#!/bin/sh\nexit 0\n',
        '/etc/jitsi/jibri/logging.properties': '\n',
        '/etc/jitsi/jibri/xorg-video-dummy.conf': '# stand-in\n',
        '/etc/systemd/system/jibri.service': unit({
          unit: 'Requires=jibri-icewm.service jibri-xorg.service\nAfter=network.target\n',
          service:
            'User=jibri\nGroup=jibri\nPermissionsStartOnly=true\nExecStartPre=/usr/bin/false\nExecStart=/opt/jitsi/jibri/launch.sh\nExecStop=/opt/jitsi/jibri/graceful_shutdown.sh\nRestart=always\nRestartPreventExitStatus=255\n',
        }),
        '/etc/systemd/system/jibri-xorg.service': unit({
          service:
            'User=jibri\nGroup=jibri\nEnvironment=DISPLAY=:0\nExecStart=/bin/sleep infinity\nKillMode=process\nRestart=on-failure\nRestartPreventExitStatus=255\n',
          install: 'WantedBy=jibri.service jibri-icewm.service\n',
        }),
        '/etc/systemd/system/jibri-icewm.service': unit({
          unit: 'Requires=jibri-xorg.service\nAfter=jibri-xorg.service\n',
          service:
            'User=jibri\nGroup=jibri\nEnvironment=DISPLAY=:0\nExecStart=/bin/sleep infinity\nRestart=on-failure\nRestartPreventExitStatus=255\n',
          install: 'WantedBy=jibri.service\n',
        }),
      },
      postinst: `getent group jitsi >/dev/null || groupadd --system jitsi
getent passwd jibri >/dev/null || useradd --system --create-home --groups jitsi jibri
mkdir -p /var/log/jitsi/jibri; chgrp jitsi /var/log/jitsi/jibri; chmod g+w /var/log/jitsi/jibri
systemctl daemon-reload || true
`,
    },
  }
}

/**
 * Builds the packages in these versions and a signed apt repository of them under `repository`/jitsi/stable, in place of the one before; answers the
 * signing key's file.
 */
export function jitsiRepository(repository: string, versions = ['1.0-1']): string {
  const folder = join(repository, 'jitsi/stable')
  const key = join(repository, 'jitsi/key.asc')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const version of versions)
    for (const [name, content] of Object.entries(packages())) buildPackage(folder, name, version, content)
  // apt takes the file names as relative to the repository, not to its suite.
  const list = execFileSync('dpkg-scanpackages', ['-m', 'stable'], {
    cwd: join(repository, 'jitsi'),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  writeFileSync(join(folder, 'Packages'), list)
  const sum = createHash('sha256').update(list).digest('hex')
  writeFileSync(
    join(folder, 'Release'),
    `Origin: stand-in\nSuite: stable\nDate: ${new Date().toUTCString()}\nSHA256:\n ${sum} ${statSync(join(folder, 'Packages')).size} Packages\n`,
  )
  sign(repository, join(folder, 'Release'), key)
  return key
}

function buildPackage(folder: string, name: string, version: string, { files, depends, postinst }: Package): void {
  const tree = join(folder, `.${name}`)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), text)
    chmodSync(join(tree, path), text.startsWith('#!') ? 0o755 : 0o644)
  }
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true })
  const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: test <test@example.invalid>\nDescription: stand-in\n`
  writeFileSync(join(tree, 'DEBIAN/control'), control + (depends === undefined ? '' : `Depends: ${depends}\n`))
  const configured = Object.keys(files).filter((path) => path.startsWith('/etc/'))
  if (configured.length > 0) writeFileSync(join(tree, 'DEBIAN/conffiles'), `${configured.join('\n')}\n`)
  if (postinst !== undefined) {
    writeFileSync(join(tree, 'DEBIAN/postinst'), `#!/bin/sh\nset -e\n[ "$1" = configure ] || exit 0\n${postinst}`)
    chmodSync(join(tree, 'DEBIAN/postinst'), 0o755)
  }
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, folder], { stdio: 'ignore' })
  rmSync(tree, { recursive: true })
}

function sign(repository: string, release: string, keyFile: string): void {
  const home = join(repository, '../gnupg')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const gpg = (args: string[]): Buffer =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--no-tty', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  if (!existsSync(join(home, 'pubring.kbx')) || gpg(['--list-secret-keys']).length === 0)
    gpg([
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      '',
      '--quick-gen-key',
      'test@example.invalid',
      'ed25519',
      'sign',
      'never',
    ])
  writeFileSync(keyFile, gpg(['--armor', '--export', 'test@example.invalid']))
  rmSync(join(dirname(release), 'InRelease'), { force: true })
  gpg([
    '--pinentry-mode',
    'loopback',
    '--passphrase',
    '',
    '--clearsign',
    '--output',
    join(dirname(release), 'InRelease'),
    release,
  ])
}

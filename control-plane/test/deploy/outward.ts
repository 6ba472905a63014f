import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import type { Host } from './hosts.ts'
import { names } from './province.ts'

// What of a deployed host is reached from outside, and what it reaches itself.

const doors = resolve(import.meta.dirname, '../../../infra/ansible/roles/note/files/doors.py')
const site = '/etc/nginx/sites-enabled/tiepdan-jitsi.conf'
const focusRoster = `/var/lib/prosody/auth%2e${names.jitsi.replaceAll('.', '%2e')}/roster/focus.dat`
/** Starts Jibri without the path of its driver. */
export const driverless = '/etc/systemd/system/jibri.service.d/zz-driverless.conf'

/** Tries from this machine to have a room made without a token, as the self-check does. */
export const tryDoors = (host: Host): SpawnSyncReturns<string> =>
  spawnSync('python3', [doors, host.address, names.jitsi], { encoding: 'utf8' })

/** Breaks what no service's health tells: Jicofo's door open, its roster entry gone, the recorder's firewall empty, its driver to be looked for. */
export function openAllWays(host: Host): void {
  host.run(`
    sed -i 's,location ~ /conference-request.*,location /conference-request/ { proxy_pass http://127.0.0.1:8888;,; s,^    return 404;$,,' ${site}
    nginx -t -q && systemctl reload nginx
    rm ${focusRoster} && systemctl restart prosody
    nft flush chain inet tiepdan_recorder output
    printf '[Service]\\nUnsetEnvironment=SE_CHROMEDRIVER SE_OFFLINE SE_AVOID_STATS\\n' >${driverless}
    systemctl daemon-reload && systemctl restart jibri
    sleep 2`)
}

/** Drops every packet of the recorder's programs but those on loopback, as a province's firewall may. */
export function silence(host: Host): void {
  host.run(`nft -f - <<'EOF'
table inet silence {
  chain output {
    type filter hook output priority -10; policy accept;
    meta skuid jibri oif != lo drop
  }
}
EOF`)
}

/** Status and seconds of a start; what curl says where it took longer than Jicofo waits. */
export const startRecording = (host: Host): string =>
  host
    .run(
      "curl -sS -m 15 -o /dev/null -w '%{http_code} %{time_total}' -X POST http://127.0.0.1:2222/jibri/api/v1.0/startService 2>&1 || true",
    )
    .trim()

/** The flags that Jibri gives its browser. */
export function browserFlags(host: Host): string[] {
  const [, listed = ''] = /chrome\.flags = \[([\s\S]*?)\n {2}\]/.exec(host.run('cat /etc/jitsi/jibri/jibri.conf')) ?? []
  return [...listed.matchAll(/"(--[^"]+)"/g)].map(([, flag = '']) => flag)
}

/** How many packets the recorder's firewall refuses to a browser that shows an empty page for 20 s, on a host whose name server is nobody's. */
export function packetsSent(host: Host, flags: string[]): number {
  const refused = (): number =>
    Number(host.run("nft -j list counter inet tiepdan_recorder refused | jq '.nftables[].counter // empty | .packets'"))
  const before = refused()
  const given = flags.map((flag) => `'${flag}'`).join(' ')
  host.run(
    `cp /etc/resolv.conf /root/resolv.conf; echo nameserver 192.0.2.53 >/etc/resolv.conf; rm -rf /tmp/quiet
     runuser -u jibri -- timeout 20 google-chrome ${given} --headless=new --disable-gpu --user-data-dir=/tmp/quiet about:blank >/dev/null 2>&1 || true
     cp /root/resolv.conf /etc/resolv.conf`,
  )
  return refused() - before
}

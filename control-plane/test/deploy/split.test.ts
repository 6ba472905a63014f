import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type AcmeServer, startAcme } from './acme.ts'
import { networkOf } from './hosts.ts'
import { changedTasks, names, openProvince, type Played, type Province, roleTable } from './province.ts'

// A province that outgrew one machine, on the fewest hosts that have every boundary: control plane | Jitsi with a bridge and TURN | database, recorder
// and, later, a second bridge. Jitsi's own packages are stand-ins (jitsi-packages.ts).
const [plane, meet, rest] = ['dieu-hanh', 'hop', 'phu'] as const
const groups = {
  control_plane: [plane],
  store: [plane],
  room_agents: [plane],
  monitoring: [plane],
  jitsi: [meet],
  turn: [meet],
  bridges: [meet] as string[],
  database: [rest],
  recorders: [rest],
}
const network = networkOf(2)
let province: Province
let acme: AcmeServer

before(async () => {
  const [planeAddress, meetAddress] = [`${network.prefix}11`, `${network.prefix}12`]
  acme = await startAcme(network, {
    [names.controlPlane]: planeAddress,
    [names.jitsi]: meetAddress,
    [names.turn]: meetAddress,
  })
  province = await openProvince({ network, hosts: [plane, meet, rest], groups, settings: acme.settings })
  for (const host of Object.values(province.hosts)) acme.makeKnownTo(host)
})
after(async () => {
  await province.close()
  acme.stop()
})

/** Leaves the self-check out of a run whose outcome is looked at otherwise. */
const unchecked = ['--skip-tags', 'self_check']
const told = (played: Played): string => `${played.output.slice(-4_000)}\n${changedTasks(played).join('\n')}`
const on = (name: string, line: string): string => province.hosts[name]?.run(line).trim() ?? ''
const versions = (name: string): string =>
  on(name, `dpkg-query -W -f '\${Version}\\n' jicofo jitsi-meet-web jitsi-videobridge2 jibri 2>/dev/null | sort -u`)

test('a group that is empty or on the wrong host is refused', () => {
  province.regroup({ ...groups, turn: [], recorders: [], store: [rest] })
  const played = province.play('site.yml')
  province.regroup(groups)
  for (const fault of ['Nhóm turn phải có đúng một máy', 'Nhóm recorders phải có ít nhất', 'Nhóm store phải gồm đúng'])
    assert.match(played.output, new RegExp(fault))
  assert.equal(on(rest, 'ls /etc/tiepdan 2>/dev/null | wc -l'), '0')
})

test('three hosts become one province; each reaches the others over TLS and through their firewalls', (t) => {
  const first = province.play('scripts/deploy')
  assert.equal(first.code, 0, told(first))
  assert.match(first.output, /Kết quả tự kiểm tra: \d+ đạt, 0 không đạt/)
  t.diagnostic(`${JSON.stringify(first.hosts)} in ${first.seconds.toFixed(0)} s: ${roleTable(first)}`)
})

test('the database answers the control plane alone', () => {
  const reach = (from: string): string =>
    on(
      from,
      `timeout 2 bash -c '</dev/tcp/${province.hosts[rest]?.address}/5432' 2>/dev/null && echo open || echo closed`,
    )
  assert.equal(reach(plane), 'open')
  assert.equal(reach(meet), 'closed')
})

test('a run on one host alone knows the others’ addresses, and changes nothing', (t) => {
  const played = province.play('site.yml', '--limit', meet, ...unchecked)
  assert.equal(played.code, 0, told(played))
  assert.deepEqual([Object.keys(played.hosts), played.hosts[meet]?.changed], [[meet], 0], told(played))
  t.diagnostic(`${played.seconds.toFixed(0)} s`)
})

test('secrets are rotated where they are used: on every host, the backup still opens, the first password is refused', (t) => {
  const marks = (): string[] =>
    ['backup-password', 'edge-secret', 'database-url'].map((name) =>
      on(plane, `sha256sum </etc/tiepdan/credentials/${name}`),
    )
  const repository = (): string =>
    on(plane, 'RESTIC_PASSWORD_FILE=/etc/tiepdan/credentials/backup-password restic -r /mnt/disk/backup cat config')
  assert.equal(province.play('backup.yml').code, 0)
  const opened = repository()
  const refused = province.play('rotate-keys.yml', '-e', '{"rotate": ["administrator_password"]}')
  assert.match(refused.output, /Không đổi bằng lệnh này: administrator_password/)
  const before = marks()
  const agent = on(plane, 'systemctl show -p MainPID tiepdan-room-agent')
  const played = province.play(
    'rotate-keys.yml',
    ...['-e', '{"rotate": ["backup_password", "edge_secret", "database_password"], "signing_key_leaked": true}'],
    // Parts that these secrets do not reach; the upgrade below ends with the self-check.
    ...['--skip-tags', 'self_check,base,nginx,coturn,monitoring,jibri,endpoint_kiosk'],
  )
  assert.equal(played.code, 0, told(played))
  for (const [at, mark] of marks().entries()) assert.notEqual(mark, before[at])
  assert.notEqual(on(plane, 'systemctl show -p MainPID tiepdan-room-agent'), agent)
  // The same repository with its new password, and the database with its own.
  assert.equal(repository(), opened)
  const backup = province.play('backup.yml')
  assert.equal(backup.code, 0, told(backup))
  t.diagnostic(`${played.seconds.toFixed(0)} s`)
})

test('a second bridge gets the versions of the first though newer ones are offered, and everybody learns of it', (t) => {
  province.offerJitsi(['1.0-1', '2.0-1'])
  province.regroup({ ...groups, bridges: [meet, rest] })
  assert.match(province.play('add-bridge.yml', '--limit', rest).output, /Chạy lại không kèm --limit/)
  const played = province.play('add-bridge.yml', ...unchecked)
  assert.equal(played.code, 0, told(played))
  assert.deepEqual([versions(meet), versions(rest)], ['1.0-1', '1.0-1'])
  const address = province.hosts[rest]?.address ?? ''
  assert.match(on(meet, 'cat /etc/turnserver.conf'), new RegExp(`allowed-peer-ip=${address}\\b`))
  for (const bridge of [meet, rest]) assert.match(on(bridge, 'cat /etc/jitsi/videobridge/jvb.conf'), /relay-id/)
  t.diagnostic(`${played.seconds.toFixed(0)} s`)
})

test('an upgrade of Jitsi drains each bridge and brings every host to the same new versions; another run leaves them', (t) => {
  const bridge = on(meet, 'systemctl show -p MainPID --value jitsi-videobridge2')
  const played = province.play('upgrade.yml', '-e', 'upgrade_jitsi=newest')
  assert.equal(played.code, 0, told(played))
  assert.deepEqual([versions(meet), versions(rest)], ['2.0-1', '2.0-1'])
  assert.match(on(meet, 'journalctl -u jitsi-videobridge2 -o cat'), /Deactivated successfully/)
  assert.notEqual(on(meet, 'systemctl show -p MainPID --value jitsi-videobridge2'), bridge)
  t.diagnostic(`${played.seconds.toFixed(0)} s`)
})

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'

// What is decided of an inventory before a host is touched, and the inventory that the control plane's endpoints make.
const playbooks = resolve(import.meta.dirname, '../../../infra/ansible')
let folder: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tiepdan-inventory-'))
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, 'tinh'))
  const servers = { province: { children: { control_plane: { hosts: { may1: {} } } } } }
  writeFileSync(join(folder, 'tinh/hosts.json'), JSON.stringify({ all: { children: servers } }))
  // The database's machine, asked through SSH; nobody answers under the room PCs' addresses.
  const endpoints = [
    { slug: '127.0.0.2', name: 'Xã Một' },
    { slug: '127.0.0.3', name: 'Xã Hai' },
  ]
  writeFileSync(join(folder, 'bin/ssh'), `#!/bin/sh\n[ "$1" = root@may-dl ] && echo '${JSON.stringify(endpoints)}'\n`)
  chmodSync(join(folder, 'bin/ssh'), 0o755)
})
after(() => rmSync(folder, { recursive: true, force: true }))

function ansible(program: string, ...args: string[]): { code: number; output: string } {
  const env = {
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_SSH_EXECUTABLE: '/usr/bin/ssh',
    ANSIBLE_FILTER_PLUGINS: join(playbooks, 'filter_plugins'),
    TIEPDAN_KIOSK_VIA: 'root@may-dl',
    TIEPDAN_VAULT_PASSWORD_FILE: join(folder, 'vault-password'),
  }
  const inventories = ['-i', join(folder, 'tinh'), '-i', join(playbooks, 'inventories/kiosks')]
  const done = spawnSync(program, [...inventories, ...args], { cwd: playbooks, encoding: 'utf8', env })
  return { code: done.status ?? 1, output: `${done.stdout}\n${done.stderr}` }
}

/** The faults that a filter of the playbooks finds. */
function faults(expression: string): string {
  const told = ansible('ansible', 'may1', '-c', 'local', '-m', 'ansible.builtin.debug', '-a', `msg={{ ${expression} }}`)
  assert.equal(told.code, 0, told.output)
  return told.output
}

test('every endpoint of the control plane is a room PC of the province, and finds the servers’ vault', () => {
  const graph = ansible('ansible-inventory', '--graph')
  assert.match(graph.output, /@province:[\s\S]*@kiosks:\n\s*\|\s*\|\s*\|--127\.0\.0\.2\n\s*\|\s*\|\s*\|--127\.0\.0\.3/)
  const vault = ansible('ansible', '127.0.0.2', '-c', 'local', '-m', 'debug', '-a', 'var=tiepdan_vault')
  assert.match(vault.output, new RegExp(`"${folder}/tinh/vault.yml"`))
})

test('room PCs that let nobody in are named and left out, and the run does not fail', () => {
  const played = ansible('ansible-playbook', 'kiosks.yml')
  assert.equal(played.code, 0, played.output)
  assert.match(played.output, /Bỏ qua 2 máy phòng họp không vào được: 127\.0\.0\.2, 127\.0\.0\.3/)
})

test('SSH is open to named networks alone, among them the one that the run comes from', () => {
  assert.match(faults('[] | network_faults'), /tiepdan_admin_networks chưa đặt/)
  assert.match(faults("['0.0.0.0/0'] | network_faults"), /cả thế giới/)
  assert.match(faults("['10.20.0.0/33'] | network_faults"), /không phải mạng IPv4/)
  assert.match(faults("['10.20.0.0/24'] | network_faults('10.21.0.1')"), /không chứa 10\.21\.0\.1/)
  assert.match(faults("['10.20.0.0/24'] | network_faults('10.20.0.1')"), /"msg": \[\]/)
})

test('two hosts behind one public address, and one without any beside them, are refused', () => {
  const told = faults("{'a': '203.0.113.1', 'b': '203.0.113.1', 'c': ''} | public_address_faults")
  assert.match(told, /Các máy a, b có cùng/)
  assert.match(told, /Máy c chưa có tiepdan_public_address/)
  assert.match(faults("{'a': '203.0.113.1', 'b': '203.0.113.2'} | public_address_faults"), /"msg": \[\]/)
})

test('a certificate is refused that is for another name, at its end, or not of its key', () => {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const make = (name: string, subject: string): void => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]
    const more = ['-subj', `/CN=${subject}`, '-addext', `subjectAltName=DNS:${subject}`, '-days', '2']
    openssl('req', '-x509', ...key, ...more, '-out', `${name}.crt`)
  }
  make('good.test', 'good.test')
  make('other.test', 'good.test')
  make('old.test', 'old.test')
  openssl('x509', '-in', 'old.test.crt', '-signkey', 'old.test.key', '-days', '-1', '-out', 'old.test.crt')
  make('mixed.test', 'mixed.test')
  copyFileSync(join(folder, 'good.test.key'), join(folder, 'mixed.test.key'))
  const told = faults(
    `['good.test', 'other.test', 'old.test', 'mixed.test', 'none.test'] | certificate_faults('${folder}')`,
  )
  for (const fault of [
    /other\.test\.crt không cấp cho tên/,
    /old\.test\.crt đã hết hạn/,
    /mixed\.test\.key không phải khóa của/,
    /Thiếu tệp chứng thư [^ ]*none\.test\.crt/,
  ])
    assert.match(told, fault)
  assert.doesNotMatch(told, /good\.test\.crt (?:không|đã)/)
})

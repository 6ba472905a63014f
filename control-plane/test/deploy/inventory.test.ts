import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
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

/** scripts/deploy with a playbook runner that only says how it was called; `moi` becomes the inventory's folder. */
function deploy(...args: string[]): { code: number | null; output: string } {
  const env = { ...process.env, PATH: `${join(folder, 'play')}:${process.env.PATH}`, TIEPDAN_INVENTORY: 'moi' }
  const done = spawnSync(resolve(playbooks, '../../scripts/deploy'), args, { cwd: folder, encoding: 'utf8', env })
  return { code: done.status, output: `${done.stdout}\n${done.stderr}` }
}

test('scripts/deploy writes an inventory from a file of answers, once, and refuses a line that it does not know', () => {
  mkdirSync(join(folder, 'play'))
  writeFileSync(join(folder, 'play/ansible-playbook'), '#!/bin/sh\necho "played: $*"\n')
  chmodSync(join(folder, 'play/ansible-playbook'), 0o755)
  const answers = (more: string): void =>
    writeFileSync(
      join(folder, 'tra-loi.txt'),
      `# Gia Lai\ntiepdan_domain=tiepdan.example.test\ntiepdan_admin_networks=10.1.0.0/24,10.2.0.0/24\ntiepdan_public_address=\n${more}`,
    )
  answers('base_ssh_keys_only=false\n')
  const refused = deploy('tra-loi.txt')
  assert.equal(refused.code, 2, refused.output)
  assert.match(refused.output, /không hiểu dòng 'base_ssh_keys_only=false'/)
  assert.equal(existsSync(join(folder, 'moi')), false)
  assert.match(deploy('khong-co.txt').output, /Không đọc được tệp câu trả lời .*khong-co\.txt/)

  // From Notepad.
  answers('  tiepdan_certificates=files\r\ntiepdan_office_mail=vp@example.test\r\n\r\n')
  const written = deploy('tra-loi.txt')
  assert.equal(written.code, 0, written.output)
  assert.match(written.output, new RegExp(`played: -i ${folder}/moi site.yml`))
  const told = execFileSync('ansible-inventory', ['-i', join(folder, 'moi'), '--host', 'tiepdan'], { encoding: 'utf8' })
  const { tiepdan_smtp_url, ...settings } = JSON.parse(told) as Record<string, unknown>
  assert.equal(tiepdan_smtp_url, '')
  const wanted = {
    ansible_connection: 'local',
    tiepdan_domain: 'tiepdan.example.test',
    tiepdan_admin_networks: ['10.1.0.0/24', '10.2.0.0/24'],
    tiepdan_public_address: '',
    tiepdan_certificates: 'files',
    tiepdan_office_mail: 'vp@example.test',
  }
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, settings[name]])), wanted)
  answers('tiepdan_certificates=acme\n')
  const again = deploy('tra-loi.txt')
  assert.equal(again.code, 2)
  assert.match(again.output, /tệp câu trả lời không được đọc/)
  assert.match(deploy().output, /played: /)
  assert.match(readFileSync(join(folder, 'moi/group_vars/province.yml'), 'utf8'), /tiepdan_certificates: "files"/)
})

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

test('SSH is not left to keys alone while whoever signed in has none', () => {
  const home = join(folder, 'quantri')
  mkdirSync(join(home, '.ssh'), { recursive: true })
  const keys = join(home, '.ssh/authorized_keys')
  mkdirSync(join(folder, 'who'))
  // Whoever runs the tests is somebody else.
  for (const [name, says] of Object.entries({ id: 'quantri', getent: `quantri:x:1000:1000::${home}:/bin/bash` })) {
    writeFileSync(join(folder, 'who', name), `#!/bin/sh\necho '${says}'\n`)
    chmodSync(join(folder, 'who', name), 0o755)
  }
  const look = (only = true): string => {
    const more = JSON.stringify({ base_ssh_keys_only: only })
    const role = ['-v', '-m', 'include_role', '-a', 'name=base tasks_from=ssh_keys', '-e', more]
    const played = ansible('ansible', 'may1', '-c', 'local', ...role)
    assert.equal(played.code, 0, played.output)
    return played.output
  }
  const path = process.env.PATH
  const sudoer = process.env.SUDO_USER
  process.env.PATH = `${join(folder, 'who')}:${path}`
  delete process.env.SUDO_USER
  try {
    for (const none of [
      undefined,
      '',
      '# ssh-ed25519 AAAA của máy cũ\n',
      'command="rsync" ssh-ed25519 AAAA sao lưu\n',
    ]) {
      if (none !== undefined) writeFileSync(keys, none)
      assert.match(look(), /may1: tài khoản quantri chưa có khóa SSH[^"]*authorized_keys của quantri/)
    }
    assert.doesNotMatch(look(false), /chưa có khóa/)
    writeFileSync(keys, '# máy mới\nfrom="10.20.0.0/24" ssh-ed25519 AAAA lan\n')
    assert.doesNotMatch(look(), /chưa có khóa/)
  } finally {
    process.env.PATH = path
    if (sudoer !== undefined) process.env.SUDO_USER = sudoer
  }
})

test('a check tells what is good, what is a note, and what is wrong with its remedy; it has its tries and its own input', () => {
  const counter = join(folder, 'tries')
  const checks = [
    { name: 'tốt', command: 'true', remedy: 'không cần' },
    { name: 'lưu ý', command: 'echo chưa đặt; exit 64', remedy: 'đặt' },
    { name: 'hỏng', command: 'echo ra; echo lỗi >&2; exit 3', remedy: 'sửa', retries: 0 },
    { name: 'lần thứ ba', command: `echo x >>${counter}; test $(wc -l <${counter}) = 3`, remedy: 'chờ' },
    {
      name: 'đầu vào',
      command: `test "$(cat)" = '{"bí mật": ["\\"", 1]}'`,
      remedy: 'xem',
      stdin: '{"bí mật": ["\\"", 1]}',
    },
  ]
  const more = JSON.stringify({ checks, tiepdan_check_retries: 2 })
  const role = ['-v', '-m', 'include_role', '-a', 'name=note tasks_from=checks', '-e', more]
  const played = ansible('ansible', 'may1', '-c', 'local', ...role)
  const told = played.output.split('may1 | SUCCESS => ').at(-1) ?? ''
  const { tiepdan_checks } = (JSON.parse(told) as { ansible_facts: { tiepdan_checks: Record<string, unknown>[] } })
    .ansible_facts
  assert.deepEqual(
    tiepdan_checks.map((check) => [check.host, check.name, check.is, check.ok, check.remedy, check.detail]),
    [
      ['may1', 'tốt', 'good', true, 'không cần', ''],
      ['may1', 'lưu ý', 'note', true, 'đặt', 'chưa đặt'],
      ['may1', 'hỏng', 'bad', false, 'sửa', 'lỗi ra'],
      ['may1', 'lần thứ ba', 'good', true, 'chờ', ''],
      ['may1', 'đầu vào', 'good', true, 'xem', ''],
    ],
  )
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

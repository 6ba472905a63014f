import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { bootHost, type Host, type Network, openNetwork, spawnBeside, sshKey } from './hosts.ts'
import { baseImage, cacheFolder, debianRepository, limitTo, repositoryPort } from './image.ts'
import { jitsiRepository } from './jitsi-packages.ts'

const playbooks = resolve(import.meta.dirname, '../../../infra/ansible')

export interface Played {
  code: number
  output: string
  /** By host: how many tasks changed something, and how many failed. */
  hosts: Record<string, { ok: number; changed: number; failures: number }>
  steps: Step[]
  seconds: number
}

/** A task of a run that was not skipped everywhere: "role : what it is" or what it is alone. */
interface Step {
  task: string
  /** The hosts on which it changed something. */
  changed: string[]
  seconds: number
}

export interface Province {
  folder: string
  hosts: Record<string, Host>
  /** Loses a host with its disk, and boots a bare one of the same name and address. */
  replace(name: string): Promise<void>
  /** Writes the inventory anew with other groups. */
  regroup(groups: Record<string, string[]>): void
  /** Lets Jitsi's repository offer these versions. */
  offerJitsi(versions: string[]): void
  /** Runs a playbook, or scripts/deploy, on this province's inventory. Its log lands in `folder`. */
  play(playbook: string, ...more: string[]): Played
  close(): Promise<void>
}

export const names = { controlPlane: 'tiepdan.example.test', jitsi: 'hop.example.test', turn: 'turn.hop.example.test' }

interface ProvinceOptions {
  network: Network
  hosts: string[]
  groups: Record<string, string[]>
  settings?: Record<string, unknown>
}

/** Boots hosts from an inventory of groups and gives them packages, certificates and settings of their own. What they start from is made by prepare-main.ts. */
export async function openProvince(options: ProvinceOptions): Promise<Province> {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-deploy-'))
  const base = baseImage()
  const debian = debianRepository(base)
  const { network } = options
  // Debian's packages are everybody's; what Jitsi's repository offers is this province's own.
  const repository = join(folder, 'repository')
  mkdirSync(repository)
  symlinkSync(join(cacheFolder, 'repository', debian), join(repository, debian))
  const jitsiKey = jitsiRepository(repository)
  const closeNetwork = openNetwork(network)
  const servers = [servePackages(network, repository), serveMail(network)]
  const hosts: Record<string, Host> = {}
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  async function close(): Promise<void> {
    await Promise.all(Object.values(hosts).map((host) => host.stop()))
    for (const server of servers) server.kill()
    closeNetwork()
    if (process.env.TIEPDAN_KEEP_DEPLOY === undefined) rmSync(folder, { recursive: true, force: true })
  }
  async function boot(name: string): Promise<void> {
    const host = await bootHost({ name, network, number: 11 + options.hosts.indexOf(name), base, folder, disk })
    limitTo(host.root, debian, network)
    hosts[name] = host
  }
  try {
    for (const name of options.hosts) await boot(name)
    writeInventory(folder, options, hosts, jitsiKey)
    const replace = async (name: string): Promise<void> => {
      await hosts[name]?.stop()
      await boot(name)
    }
    return {
      folder,
      hosts,
      replace,
      regroup: (groups) => writeHosts(folder, groups, hosts),
      offerJitsi: (versions) => void jitsiRepository(repository, versions),
      play: (playbook, ...more) => play(folder, playbook, more),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function servePackages(network: Network, folder: string): ChildProcess {
  // A process of its own: Ansible is waited for synchronously.
  return spawnBeside(
    'python3',
    ['-m', 'http.server', String(repositoryPort), '--bind', network.machine, '--directory', folder],
    {
      stdio: 'ignore',
    },
  )
}

function serveMail(network: Network): ChildProcess {
  const main = join(import.meta.dirname, 'mail-main.ts')
  return spawnBeside(process.execPath, [main, network.machine, '2525'], { stdio: 'ignore' })
}

function writeInventory(folder: string, options: ProvinceOptions, hosts: Record<string, Host>, jitsiKey: string): void {
  const { network } = options
  const inventory = join(folder, 'inventory')
  mkdirSync(join(inventory, 'group_vars'), { recursive: true })
  writeHosts(folder, options.groups, hosts)
  const certificates = join(inventory, 'certificates')
  makeCertificates(certificates)
  const settings = {
    ansible_user: 'root',
    ansible_ssh_private_key_file: sshKey(cacheFolder).file,
    ansible_ssh_common_args: '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR',
    tiepdan_domain: names.controlPlane,
    tiepdan_jitsi_domain: names.jitsi,
    tiepdan_public_address: '',
    tiepdan_office_mail: 'van-phong@example.test',
    tiepdan_admin_networks: [`${network.prefix}0/24`],
    tiepdan_smtp_url: `smtp://${network.machine}:2525`,
    tiepdan_certificates: 'files',
    tiepdan_trusted_ca: join(certificates, 'ca.crt'),
    jitsi_repository: `http://${network.machine}:${repositoryPort}/jitsi`,
    jitsi_repository_key: jitsiKey,
    backup_repository: '/mnt/disk/backup',
    endpoint_kiosk_package_servers: [network.machine],
    // Jitsi's programs are stand-ins: nobody can enter a room.
    tiepdan_drill: false,
    // Nothing to synchronise with here.
    base_ntp_servers: [network.machine],
    ...options.settings,
  }
  writeFileSync(join(inventory, 'group_vars/province.json'), JSON.stringify(settings, null, 2))
}

function writeHosts(folder: string, groups: Record<string, string[]>, hosts: Record<string, Host>): void {
  const children = Object.fromEntries(
    Object.entries(groups).map(([group, members]) => [
      group,
      { hosts: Object.fromEntries(members.map((name) => [name, {}])) },
    ]),
  )
  const members = Object.values(groups).flat()
  const all = Object.fromEntries(
    Object.values(hosts)
      .filter((host) => members.includes(host.name))
      .map((host) => [host.name, { ansible_host: host.address }]),
  )
  writeFileSync(
    // Which is YAML too, and where scripts/deploy looks.
    join(folder, 'inventory/hosts.yml'),
    JSON.stringify({ all: { hosts: all, children: { province: { children } } } }, null, 2),
  )
}

/** A CA of its own and a certificate for each name. */
function makeCertificates(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...key, '-days', '30', '-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.crt')
  for (const name of Object.values(names)) {
    openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    writeFileSync(join(folder, 'names'), `subjectAltName=DNS:${name}\n`)
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '30',
      '-extfile',
      'names',
      '-out',
      `${name}.crt`,
    )
  }
}

function play(folder: string, playbook: string, more: string[]): Played {
  const inventory = join(folder, 'inventory')
  // The command for IT staff; it plays site.yml.
  const command =
    playbook === 'scripts/deploy'
      ? [resolve(playbooks, '../../scripts/deploy'), ...more]
      : ['ansible-playbook', '-i', inventory, playbook, ...more]
  const started = performance.now()
  // It ends with this process too (hosts.ts, spawnBeside).
  const result = spawnSync('setpriv', ['--pdeathsig', 'TERM', ...command], {
    cwd: playbooks,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    timeout: 15 * 60_000,
    env: {
      ...process.env,
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_FORKS: '8',
      TIEPDAN_INVENTORY: inventory,
      TIEPDAN_VAULT_PASSWORD_FILE: join(folder, 'vault-password'),
    },
  })
  const output = `${result.stdout}\n${result.stderr}`
  writeFileSync(join(folder, `${basename(playbook, '.yml')}-${Date.now()}.log`), output)
  const hosts: Played['hosts'] = {}
  for (const line of output.matchAll(/^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm))
    hosts[line[1] ?? ''] = {
      ok: Number(line[2]),
      changed: Number(line[3]),
      failures: Number(line[4]) + Number(line[5]),
    }
  return {
    code: result.status ?? 1,
    output,
    hosts,
    steps: stepsOf(output),
    seconds: (performance.now() - started) / 1000,
  }
}

function stepsOf(output: string): Step[] {
  const steps: Step[] = []
  for (const line of output.split('\n')) {
    const task = /^(?:TASK|RUNNING HANDLER) \[(.*)\] \*/.exec(line)?.[1]
    if (task !== undefined) steps.push({ task, changed: [], seconds: 0 })
    const step = steps.at(-1)
    if (step === undefined) continue
    const host = /^changed: \[([^\]\s]+)/.exec(line)?.[1]
    if (host !== undefined && !step.changed.includes(host)) step.changed.push(host)
    // How long it took stands below it, before the next one's name.
    const took = /\((\d+):(\d\d):([\d.]+)\) +\d+:\d\d:[\d.]+ \*/.exec(line)
    if (took !== null && step.seconds === 0)
      step.seconds = (Number(took[1]) * 60 + Number(took[2])) * 60 + Number(took[3])
  }
  return steps
}

/** The tasks that changed something, for a test's message. */
export const changedTasks = (played: Played): string[] =>
  played.steps.flatMap(({ task, changed }) => changed.map((host) => `${host}: ${task}`))

/** What each role changed and how long it took, in the order of its first task. */
export function roleTable(played: Played): string {
  const roles = new Map<string, { changed: number; seconds: number }>()
  for (const { task, changed, seconds } of played.steps) {
    const [role = '', what] = task.split(' : ')
    const name = what === undefined ? 'playbook' : role
    const total = roles.get(name) ?? { changed: 0, seconds: 0 }
    roles.set(name, { changed: total.changed + changed.length, seconds: total.seconds + seconds })
  }
  return [...roles]
    .map(([name, { changed, seconds }]) => `${name} ${changed} changed ${seconds.toFixed(0)} s`)
    .join(', ')
}

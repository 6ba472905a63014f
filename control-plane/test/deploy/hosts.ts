import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A network of a test's own: a bridge on this machine, one namespace a host. */
export interface Network {
  bridge: string
  /** This machine's address in it. */
  machine: string
  /** What the hosts' addresses begin with. */
  prefix: string
}

/** Test files run beside each other: each has a `number` (0 to 9) and so a network of its own. */
export const networkOf = (number: number): Network => ({
  bridge: `tdbr${number}`,
  machine: `10.77.${number}.1`,
  prefix: `10.77.${number}.`,
})

const run = (program: string, args: string[]): string => execFileSync(program, args, { encoding: 'utf8' })
const quietly = (program: string, args: string[]): void => {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
  } catch (error) {
    if ((error as { status?: unknown }).status === undefined) throw error
  }
}

/** Starts a program that ends with this process, however that ends. */
export const spawnBeside = (program: string, args: string[], options: SpawnOptions): ChildProcess =>
  spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args], options)

export interface Host {
  name: string
  address: string
  /** Its root file system as seen from outside. */
  root: string
  /** Runs a shell line inside, as root; its output. Throws when it fails. */
  run(line: string): string
  /** Powers off and boots again from the same disk. Resolves once SSH listens. */
  reboot(): Promise<void>
  stop(): Promise<void>
}

/** Makes the bridge that joins the hosts; existing ones of a killed run are replaced. */
export function openNetwork(network: Network): () => void {
  quietly('ip', ['link', 'del', network.bridge])
  run('ip', ['link', 'add', network.bridge, 'type', 'bridge'])
  run('ip', ['addr', 'add', `${network.machine}/24`, 'dev', network.bridge])
  run('ip', ['link', 'set', network.bridge, 'up'])
  return () => quietly('ip', ['link', 'del', network.bridge])
}

/**
 * Boots a real systemd from an overlay in memory on the base image, in a network namespace of its own. `number` is the last part of its address.
 * Needs root.
 */
export async function bootHost(options: {
  name: string
  network: Network
  number: number
  base: string
  folder: string
  /** A folder of this machine that stands for a disk elsewhere: survives the host. */
  disk: string
}): Promise<Host> {
  const { name, network, number, base } = options
  const folder = join(options.folder, name)
  const address = `${network.prefix}${number}`
  const root = join(folder, 'root')
  const space = `td-${name}`
  // Beside the disk, which goes with the host.
  const console = join(options.folder, `${name}-console.log`)
  // In memory: writing and syncing packages would be half of a test's time. A host takes 1 to 2 GB of it.
  mkdirSync(folder, { recursive: true })
  run('mount', ['-t', 'tmpfs', '-o', 'size=12g,mode=0755', 'tmpfs', folder])
  for (const part of ['upper', 'work', 'root']) mkdirSync(join(folder, part))
  run('mount', [
    '-t',
    'overlay',
    'overlay',
    '-o',
    `lowerdir=${base},upperdir=${join(folder, 'upper')},workdir=${join(folder, 'work')}`,
    root,
  ])
  writeFileSync(join(root, 'etc/hostname'), `${name}\n`)
  writeFileSync(join(root, 'etc/hosts'), `127.0.0.1 localhost\n127.0.1.1 ${name}\n`)
  // No name server: what is not in the file is unknown at once instead of after a wait.
  rmSync(join(root, 'etc/resolv.conf'), { force: true })
  writeFileSync(join(root, 'etc/resolv.conf'), '')
  let process: ChildProcess | undefined
  let leader = 0

  function makeNamespace(): void {
    quietly('ip', ['netns', 'del', space])
    run('ip', ['netns', 'add', space])
    const outside = `${network.bridge}-${number}`
    // A host that had to be killed may hold its end for a while.
    quietly('ip', ['link', 'del', outside])
    // A card of the same number after a reboot or in a new machine: who knows the address would else ask the old one for a while.
    const card = ['02', '00', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':')
    const peer = ['peer', 'name', 'host0', 'address', card, 'netns', space]
    run('ip', ['link', 'add', outside, 'type', 'veth', ...peer])
    run('ip', ['link', 'set', outside, 'master', network.bridge, 'up'])
    const inside = (args: string[]): string => run('ip', ['-n', space, ...args])
    inside(['addr', 'add', `${address}/24`, 'dev', 'host0'])
    inside(['link', 'set', 'host0', 'up'])
    inside(['link', 'set', 'lo', 'up'])
    inside(['route', 'add', 'default', 'via', network.machine])
  }

  async function start(): Promise<void> {
    makeNamespace()
    const log = openSync(console, 'a')
    process = spawnBeside(
      'bash',
      [
        '-c',
        `for group in ${cgroups(space).join(' ')}; do mkdir -p "$group" && echo $$ >"$group/cgroup.procs" || exit 1; done; exec systemd-nspawn "$@"`,
        'systemd-nspawn',
        '-q',
        '-D',
        root,
        '--register=no',
        '--keep-unit',
        '--console=pipe',
        '-b',
        `--network-namespace-path=/run/netns/${space}`,
        // The firewall is the host's own.
        '--capability=CAP_NET_ADMIN',
        '--resolv-conf=off',
        `--bind=${options.disk}:/mnt/disk`,
      ],
      { stdio: ['ignore', log, log] },
    )
    // The process has its own.
    closeSync(log)
    const started = process
    for (let attempt = 0; attempt < 300; attempt++) {
      if (started.exitCode !== null) throw new Error(`${name} did not boot: see ${console}`)
      leader = Number(firstLine('pgrep', ['-P', String(started.pid)]))
      if (leader > 0 && answersSsh(space)) return
      await new Promise((done) => setTimeout(done, 100))
    }
    throw new Error(`${name} does not answer SSH: see ${console}`)
  }

  async function halt(): Promise<void> {
    const ending = process
    process = undefined
    if (ending === undefined || ending.exitCode !== null) return
    const ended = new Promise<void>((done) => ending.once('exit', () => done()))
    ending.kill('SIGTERM')
    const hard = setTimeout(() => ending.kill('SIGKILL'), 150_000)
    await ended
    clearTimeout(hard)
    for (const group of cgroups(space)) quietly('find', [group, '-depth', '-type', 'd', '-delete'])
    quietly('ip', ['netns', 'del', space])
  }

  async function stop(): Promise<void> {
    await halt()
    quietly('umount', [root])
    quietly('umount', [folder])
    rmSync(folder, { recursive: true, force: true })
  }

  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name,
    address,
    root,
    run: (line) =>
      run('nsenter', ['-t', String(leader), '-m', '-u', '-i', '-p', '-n', '-C', '-r', '-w', '--', 'bash', '-c', line]),
    async reboot() {
      await halt()
      await start()
    },
    stop,
  }
}

/**
 * A host's own control groups. In one that it shared with another host the two would have groups of the same names, and now and then a
 * service could not start because the other host's had just ended. cpuset asks for settings first, and systemd does not use it.
 */
function cgroups(name: string): string[] {
  const mounted = '/sys/fs/cgroup'
  const hierarchies = existsSync(join(mounted, 'cgroup.procs'))
    ? [mounted]
    : readdirSync(mounted)
        .filter((hierarchy) => hierarchy !== 'cpuset')
        .map((hierarchy) => join(mounted, hierarchy))
  return hierarchies.map((hierarchy) => join(hierarchy, name))
}

function firstLine(program: string, args: string[]): string {
  try {
    return run(program, args).split('\n')[0] ?? ''
  } catch {
    return ''
  }
}

/** Asked from inside: a room PC's firewall lets nobody in. */
function answersSsh(space: string): boolean {
  const line = 'read -t 1 line </dev/tcp/127.0.0.1/22; echo "$line"'
  try {
    return execFileSync('ip', ['netns', 'exec', space, 'bash', '-c', line], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2_000,
    }).startsWith('SSH-')
  } catch {
    return false
  }
}

/** The key by which Ansible enters the hosts; made once with the image. */
export function sshKey(folder: string): { file: string; line: string } {
  const file = join(folder, 'ssh-key')
  if (!existsSync(file)) run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
  return { file, line: readFileSync(`${file}.pub`, 'utf8') }
}

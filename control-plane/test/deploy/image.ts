import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Network, sshKey } from './hosts.ts'

/** Kept between runs: making the image and fetching packages takes minutes. */
export const cacheFolder = '/var/tmp/tiepdan-deploy'
export const repositoryPort = 18_077
const roles = resolve(import.meta.dirname, '../../../infra/ansible/roles')

// What a freshly installed server has: systemd, SSH, Python for Ansible.
const basePackages =
  'python3,python3-apt,systemd,systemd-sysv,dbus,libpam-systemd,udev,kmod,procps,sudo,openssh-server,ca-certificates,iproute2,iputils-ping,gpg'

// Every host unpacks what all others unpack: packages whose content is not compressed save each of them half of the work.
const unpacked = `
set -euo pipefail
export archives=$1 folder=$2
unpack() {
  at=$(mktemp -d) && cd "$at"
  ar x "$archives/$1"
  if [ -e data.tar.xz ]; then xz -d data.tar.xz; fi
  ar rc "$folder/$1" debian-binary control.tar.* data.tar*
  rm -r "$at"
}
export -f unpack
cd "$archives"
printf '%s\\0' *.deb | xargs -0 -P "$(nproc)" -I{} bash -euc 'unpack "$1"' unpack {}
`

const run = (program: string, args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 64 * 1024 * 1024 })

/** Debian packages that any role may ask for, from the lists `<role>_packages` in the roles' defaults; Jitsi's own left out. */
export function rolePackages(): string[] {
  // The last two: a screen for a room PC that has none, and a finger on its keys.
  const found = new Set(['debconf-utils', 'xvfb', 'xdotool'])
  for (const role of readdirSync(roles)) {
    const file = join(roles, role, 'defaults/main.yml')
    if (!existsSync(file)) continue
    for (const list of readFileSync(file, 'utf8').matchAll(/^\w+_packages: \[([^\]]*)\]/gm))
      for (const name of (list[1] ?? '').split(',')) found.add(name.trim())
  }
  return [...found].filter((name) => name !== '' && !/^(jitsi-|jicofo|jibri|google-chrome)/.test(name)).sort()
}

/** A bare Debian 12 with systemd; made once, then used by every host through an overlay. Answers its root. */
export function baseImage(): string {
  mkdirSync(cacheFolder, { recursive: true })
  const key = sshKey(cacheFolder)
  const name = `base-${createHash('sha256').update(`${basePackages}4`).digest('hex').slice(0, 12)}`
  const root = join(cacheFolder, name)
  if (existsSync(root)) return root
  const making = `${root}.new`
  rmSync(making, { recursive: true, force: true })
  run('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${basePackages}`, 'bookworm', making])
  mkdirSync(join(making, 'root/.ssh'), { recursive: true, mode: 0o700 })
  writeFileSync(join(making, 'root/.ssh/authorized_keys'), key.line, { mode: 0o600 })
  renameSync(making, root)
  return root
}

/** A folder with every Debian package that the roles ask for and what those need, indexed for apt. */
export function debianRepository(base: string): string {
  const wanted = rolePackages()
  const name = `debian-${createHash('sha256')
    .update(base + unpacked)
    .update(wanted.join(' '))
    .digest('hex')
    .slice(0, 12)}`
  const folder = join(cacheFolder, 'repository', name)
  if (existsSync(join(folder, 'Packages'))) return name
  // Those of earlier lists: each is more than a gigabyte.
  rmSync(dirname(folder), { recursive: true, force: true })
  const scratch = join(cacheFolder, 'scratch')
  rmSync(scratch, { recursive: true, force: true })
  cpSync(base, scratch, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  const inside = ['-q', '-D', scratch, '--register=no', '--keep-unit', '--console=pipe', '--resolv-conf=copy-host']
  run('systemd-nspawn', [...inside, 'apt-get', '-q', 'update'])
  run('systemd-nspawn', [
    ...inside,
    'apt-get',
    '-q',
    '-y',
    '--no-install-recommends',
    '-o',
    'APT::Keep-Downloaded-Packages=true',
    '--download-only',
    'install',
    ...wanted,
  ])
  mkdirSync(folder, { recursive: true })
  const archives = join(scratch, 'var/cache/apt/archives')
  run('bash', ['-c', unpacked, 'unpacked', archives, folder])
  rmSync(scratch, { recursive: true, force: true })
  const index = execFileSync('dpkg-scanpackages', ['-m', '.'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  })
  writeFileSync(join(folder, 'Packages'), index)
  return name
}

/** Lets a host take its packages from the test's repository and from nowhere else. */
export function limitTo(root: string, name: string, network: Network): void {
  rmSync(join(root, 'etc/apt/sources.list.d'), { recursive: true, force: true })
  mkdirSync(join(root, 'etc/apt/sources.list.d'))
  writeFileSync(
    join(root, 'etc/apt/sources.list'),
    `deb [trusted=yes] http://${network.machine}:${repositoryPort}/${name}/ ./\n`,
  )
  // The disk is memory.
  writeFileSync(join(root, 'etc/apt/apt.conf.d/90test'), 'APT::Keep-Downloaded-Packages "false";\n')
  // The list of packages is old, as on a server that was installed long ago.
  utimesSync(join(root, 'var/lib/apt/lists'), 0, 0)
}

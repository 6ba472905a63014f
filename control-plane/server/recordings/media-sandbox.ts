import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** What one run of a media program may use. */
export interface RunLimits {
  /** Processor time in seconds: a property of the file, whatever else the machine does. */
  cpuSeconds: number
  /** Private memory, in bytes. */
  memoryBytes: number
  /** The largest file it may write; 0: none. */
  outputBytes: number
  /** Time on the clock in milliseconds; a run that takes longer rejects with `RanTooLong`. */
  wallMs: number
}

export interface MediaRun {
  /** Seen as `/in/film`, for reading only; nothing else of the machine's data is seen. */
  input: string
  /** Seen as `/out`, for writing. */
  output?: string
  limits: RunLimits
  signal: AbortSignal
  /** Takes what it says line by line; then nothing of it is kept, and it may say as much as it likes. */
  onLine?: (line: string) => void
}

/** `limits`: it was ended by one of its limits, or crashed: the file's own doing. */
export type RunOutcome = { is: 'ended'; code: number; stdout: string; stderr: string } | { is: 'limits'; why: string }

/** Longer on the clock than allowed: our disk hangs, or the file makes ffmpeg wait for ever. */
export class RanTooLong extends Error {}

/** `required`: without bubblewrap nothing is run; `where-possible`: then with limits alone (a developer's machine, a container). */
export type SandboxMode = 'required' | 'where-possible'

const stdoutBytes = 1024 * 1024
// Signals by which the kernel ends a program for what it did itself. SIGKILL is not among them: the machine was short of memory.
const ownDoing: (NodeJS.Signals | null)[] = [
  'SIGXCPU',
  'SIGXFSZ',
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGTRAP',
]
// bubblewrap tells a signal of its child as a shell does.
const signalCodes: Record<number, NodeJS.Signals> = {
  132: 'SIGILL',
  133: 'SIGTRAP',
  134: 'SIGABRT',
  135: 'SIGBUS',
  136: 'SIGFPE',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  152: 'SIGXCPU',
  153: 'SIGXFSZ',
}

// No /proc and no /dev: mounting /proc is refused below a hardened unit, and ffmpeg needs neither.
const emptyMachine = [
  ...['--unshare-all', '--die-with-parent', '--new-session', '--clearenv', '--cap-drop', 'ALL'],
  ...['--ro-bind', '/usr', '/usr', '--symlink', 'usr/bin', '/bin', '--symlink', 'usr/lib', '/lib'],
  ...['--symlink', 'usr/lib64', '/lib64', '--ro-bind-try', '/etc/ld.so.cache', '/etc/ld.so.cache'],
  // Debian's libblas, which ffmpeg is linked with, is found through it.
  ...['--ro-bind-try', '/etc/alternatives', '/etc/alternatives'],
]

/**
 * The one way in which foreign bytes meet ffmpeg and ffprobe: a process of its own that sees one file, has no network, no privileges and
 * fixed limits, ends with this process, and is the first to go when the machine's memory runs out.
 */
export function createMediaSandbox(mode: SandboxMode) {
  let tried: Promise<string | null> | undefined

  /** Why bubblewrap cannot build its empty machine here; null when it can. Asked once; a refusal is asked again, it may have been mended. */
  async function obstacle(): Promise<string | null> {
    tried ??= tryOut()
    const is = await tried
    if (is !== null) tried = undefined
    return is
  }

  async function tryOut(): Promise<string | null> {
    const bwrap = await found('bwrap').catch((error: Error) => error)
    if (bwrap instanceof Error) return bwrap.message
    const { code, stderr } = await finished(bwrap, [...emptyMachine, '/usr/bin/true'], AbortSignal.timeout(10_000))
    return code === 0 ? null : stderr.trim()
  }

  async function run(program: 'ffmpeg' | 'ffprobe', args: string[], given: MediaRun): Promise<RunOutcome> {
    const path = await found(program)
    const missing = await obstacle()
    if (missing !== null && mode === 'required') throw new Error(`bubblewrap: ${missing}`)
    const inside =
      missing === null
        ? ['bwrap', ...emptyMachine, ...views(given), path, ...args]
        : // Limits alone: the paths are the real ones, and the parent's death must end it too.
          ['setpriv', '--pdeathsig', 'KILL', '--no-new-privs', path, ...args.map((arg) => outside(arg, given))]
    const wall = AbortSignal.timeout(given.limits.wallMs)
    const ended = await finished(
      await found('choom'),
      ['--adjust', '1000', '--', 'prlimit', ...limitArgs(given.limits), '--', ...inside],
      AbortSignal.any([given.signal, wall]),
      given.onLine,
    ).catch((error: unknown) => {
      if (wall.aborted && !given.signal.aborted)
        throw new RanTooLong(`${program} took longer than ${given.limits.wallMs / 1000} s`, { cause: error })
      throw error
    })
    if (ended.overfull) return { is: 'limits', why: 'said too much' }
    const signal = ended.signal ?? signalCodes[ended.code] ?? null
    if (ownDoing.includes(signal)) return { is: 'limits', why: signal ?? '' }
    // Ffmpeg catches SIGXCPU, winds up and ends with 255, as after no other thing that can happen here.
    if (program === 'ffmpeg' && ended.code === 255) return { is: 'limits', why: 'SIGXCPU' }
    if (signal !== null) throw new Error(`${program} was ended by ${signal}`)
    return { is: 'ended', code: ended.code, stdout: ended.stdout, stderr: ended.stderr }
  }

  return { run, obstacle }
}

export type MediaSandbox = ReturnType<typeof createMediaSandbox>

const views = ({ input, output }: MediaRun): string[] => [
  ...['--ro-bind', input, '/in/film'],
  ...(output === undefined ? [] : ['--bind', output, '/out', '--chdir', '/out']),
]

const outside = (arg: string, { input, output }: MediaRun): string =>
  arg.replace(/^file:\/in\/film$/, `file:${input}`).replace(/^file:\/out\//, `file:${output}/`)

const limitArgs = ({ cpuSeconds, memoryBytes, outputBytes }: RunLimits): string[] => [
  // Time to wind up at the soft limit; the hard one is a SIGKILL, which could be the machine's own.
  `--cpu=${cpuSeconds}:${cpuSeconds + 30}`,
  `--data=${memoryBytes}`,
  // Address space is no memory: libraries alone take some hundreds of MB of it.
  `--as=${memoryBytes + 2 * 1024 ** 3}`,
  `--fsize=${outputBytes}`,
  '--nofile=64',
  '--core=0',
]

/** A program's place by PATH. @throws ENOENT naming it. */
async function found(program: string): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter((entry) => entry.startsWith('/'))) {
    const path = join(folder, program)
    const is = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (is) return path
  }
  throw Object.assign(new Error(`${program} ENOENT: not in PATH`), { code: 'ENOENT' })
}

interface Ended {
  code: number
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** It said more than anybody reads, and was ended. */
  overfull: boolean
}

/** A process that escaped its end may hold our pipes open for ever: they are let go this long after the program ended. Milliseconds. */
const strayMs = 5_000

/**
 * Runs a program to its end. Kills it with its whole group on abort, and rejects once it is gone: until then it may still write. The group, because
 * bubblewrap is two processes, and the inner one waits for the outer for ever when that is killed while it sets up (`--die-with-parent` counts later).
 */
function finished(
  program: string,
  args: string[],
  signal: AbortSignal,
  onLine?: (line: string) => void,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '', overfull: false }
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    signal.addEventListener('abort', end, { once: true })
    child.stdout.on('data', (chunk: Buffer) => {
      if (said.stdout.length + chunk.length > stdoutBytes) {
        if (!said.overfull) end()
        said.overfull = true
        return
      }
      said.stdout += chunk.toString()
      if (onLine !== undefined) said.stdout = handOver(said.stdout, onLine)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      said.stderr = (said.stderr + chunk.toString()).slice(-4_000)
    })
    // It never started, and there is nothing to wait for.
    child.on('error', reject)
    child.on('exit', () => {
      const stray = setTimeout(() => {
        child.stdout.destroy()
        child.stderr.destroy()
      }, strayMs)
      child.once('close', () => clearTimeout(stray))
    })
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', end)
      if (signal.aborted) reject(signal.reason)
      else resolve({ code: code ?? 1, signal: killedBy, ...said })
    })
  })
}

/** Hands whole lines over; answers what is left of the last one. */
function handOver(text: string, onLine: (line: string) => void): string {
  const lines = text.split('\n')
  const rest = lines.pop() ?? ''
  for (const line of lines) onLine(line)
  return rest
}

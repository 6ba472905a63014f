import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { standTrial } from '../journeys/stand.ts'
import { databaseKind, startPostgres } from '../support/databases.ts'
import { type Figure, rounded } from './rounds.ts'

/** Memory of a control plane at rest, 20 s after it was ready, and of PostgreSQL beside it. Baseline of the server: Node that does nothing. */
export async function memoryRest(): Promise<Figure[]> {
  if (databaseKind() !== 'postgres') throw new Error('memory-rest is measured on PostgreSQL')
  const own = await startPostgres()
  const before = process.env.TIEPDAN_TEST_POSTGRES
  process.env.TIEPDAN_TEST_POSTGRES = own.url
  const trial = await standTrial({ recorders: 0 })
  try {
    await pause(20_000)
    const server = megabytes([trial.pid() ?? 0])
    const database = megabytes(family(Number(new URL(own.url).port)))
    const bare = Number(
      execFileSync(process.execPath, ['-e', 'process.stdout.write(String(process.memoryUsage.rss()/1048576))'], {
        encoding: 'utf8',
      }),
    )
    return [
      {
        name: 'memory-rest server',
        value: rounded(server, 0),
        unit: 'MB',
        baseline: rounded(bare, 0),
        ratio: rounded(server / bare, 2),
      },
      { name: 'memory-rest database', value: rounded(database, 0), unit: 'MB', baseline: null, ratio: null },
    ]
  } finally {
    await trial.stop()
    own.stop()
    if (before === undefined) delete process.env.TIEPDAN_TEST_POSTGRES
    else process.env.TIEPDAN_TEST_POSTGRES = before
  }
}

/** Proportional set size: memory that processes share is counted once. */
function megabytes(pids: number[]): number {
  const kilobytes = pids.map((pid) => {
    const found = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
    return Number(found?.[1] ?? 0)
  })
  return kilobytes.reduce((sum, size) => sum + size, 0) / 1024
}

/** The postmaster on this port and its children. */
function family(port: number): number[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        return [
          { pid: Number(name), parent, command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') },
        ]
      } catch {
        // It ended while we looked.
        return []
      }
    })
  const master = processes.find(({ command }) => command.includes('postgres') && command.includes(`-p ${port}`))
  if (master === undefined) throw new Error('PostgreSQL was not found')
  return [master.pid, ...processes.filter(({ parent }) => parent === master.pid).map(({ pid }) => pid)]
}

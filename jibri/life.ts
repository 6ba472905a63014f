import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LifeSign } from './growth.ts'

/** Processor time of a process, in ticks, of what /proc/PID/stat says: its fields 14 and 15; the name before them may hold blanks. Pure. */
export function ticksOf(text: string): number {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

interface Options {
  /** Whose processes: the owner of this folder's. */
  recordingsFolder: string
  /** What Jibri's command line holds. */
  process: string
  /** Where Jibri writes its log. */
  logFolder: string
}

/** Watches a Jibri that does not answer for signs of life: its process, the processor time that it uses, its log. */
export function createLifeWatch(options: Options) {
  let before: { ticks: number; logAt: number } | undefined
  let movedAt: number | null = null

  /** Processor time of all its processes together; null without any. A process that ends meanwhile counts no more. */
  async function ticks(): Promise<number | null> {
    const { uid } = await stat(options.recordingsFolder)
    let sum: number | null = null
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue
      const owner = await stat(`/proc/${pid}`).catch(() => undefined)
      if (owner?.uid !== uid) continue
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (words.includes(options.process))
        sum = (sum ?? 0) + ticksOf(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') '))
    }
    return sum === null || Number.isNaN(sum) ? null : sum
  }

  async function logAt(): Promise<number> {
    const names = await readdir(options.logFolder).catch(() => [])
    const times = await Promise.all(
      names.map((name) =>
        stat(join(options.logFolder, name)).then(
          (one) => one.mtimeMs,
          () => 0,
        ),
      ),
    )
    return Math.max(0, ...times)
  }

  return {
    async look(now: number): Promise<LifeSign> {
      const [used, log] = [await ticks(), await logAt()]
      const seen = { ticks: used ?? 0, logAt: log }
      // At the first look a process that is there counts as moving: whether it stands still shows at the next.
      if (used !== null && (before === undefined || seen.ticks !== before.ticks || seen.logAt !== before.logAt))
        movedAt = now
      before = seen
      return { isAlive: used !== null, movedAt }
    },
    /** It answered, or is another process by now. */
    forget(): void {
      before = undefined
      movedAt = null
    },
  }
}

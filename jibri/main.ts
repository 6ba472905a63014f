// The daemon of a recorder host: sweep, uploader and watch in one process. Settings: README.md.
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createControlPlane } from './control-plane.ts'
import { createJibriService } from './jibri-service.ts'
import { createLastMinute } from './last-minute.ts'
import { takeLock } from './lock.ts'
import { log, wordsOf } from './log.ts'
import { checkFolders, readSettings } from './settings.ts'
import { createSpool } from './spool.ts'
import { sweep } from './sweep.ts'
import { createUploader } from './uploader.ts'
import { createWatch } from './watch.ts'

const stopWithinMs = 9_000
const uploadEveryMs = 1_000

/** Faults of the settings, the folders or the lock end the start with status 2 and all of them told: systemd must not retry in vain. */
async function prepare() {
  try {
    const settings = readSettings(process.env)
    await mkdir(settings.recordingsFolder, { recursive: true })
    const spool = createSpool(settings.spoolFolder)
    await spool.prepare(await stat(settings.recordingsFolder))
    checkFolders(settings, process.geteuid?.() ?? 0)
    return { settings, spool, unlock: takeLock(join(settings.spoolFolder, 'lock')) }
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\n`)
    process.exit(2)
  }
}

const { settings, spool, unlock } = await prepare()
const controlPlane = createControlPlane(settings)
const uploader = createUploader(settings, spool, controlPlane)
const watch = createWatch(settings, spool, controlPlane, createJibriService(settings), createLastMinute(settings))
const stopping = new AbortController()

/** Runs the work again and again until the daemon stops; a failed turn is logged and the next one comes all the same. */
async function keepDoing(name: string, everyMs: number, work: () => Promise<void>): Promise<void> {
  while (!stopping.signal.aborted) {
    await work().catch((error: unknown) => log('error', `${name} failed`, { error: wordsOf(error) }))
    await pause(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined)
  }
}

/** Whatever ends the daemon unasked stands in its log; systemd starts it again, and no step minds being cut off. */
function die(error: unknown): void {
  log('error', 'the daemon ends of an error that nobody caught', { error: wordsOf(error) })
  process.exit(1)
}
process.on('uncaughtException', die)
process.on('unhandledRejection', die)

const work = Promise.all([
  keepDoing('sweep', settings.sweepMs, () => sweep(settings, spool, new Date())),
  keepDoing('upload', uploadEveryMs, () => uploader.run(stopping.signal)),
  keepDoing('watch', settings.lookMs, () => watch.run(Date.now())),
])

async function stop(signal: NodeJS.Signals): Promise<void> {
  if (stopping.signal.aborted) return
  log('info', 'stopping', { signal })
  stopping.abort()
  // Nothing is lost by leaving in the middle: every step can be killed. The limit is for an answer that does not come.
  await Promise.race([work, pause(stopWithinMs)])
  unlock()
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
log('info', 'recorder host daemon ready', { host: settings.host, node: process.version })

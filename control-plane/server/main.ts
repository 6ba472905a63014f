import closeWithGrace from 'close-with-grace'
import { type Application, createApplication } from './app.ts'
import { type Config, readConfig } from './platform/config.ts'
import { createLog } from './platform/log.ts'
import { wordsOf } from './platform/plain-error.ts'
import { createPlatform } from './platform/platform.ts'

/** Settings are wrong; the database cannot be opened. Of anything else the process dies with 1. */
const exitCodes = { config: 2, database: 3 } as const

/** The last line of a process that cannot begin: on the standard error, whatever the log's level is. */
function end(code: number, words: string): never {
  process.stderr.write(`${words}\n`)
  process.exit(code)
}

function settings(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    return end(exitCodes.config, error instanceof Error ? error.message : wordsOf(error))
  }
}

const config = settings()
const log = createLog(config.logLevel)
let application: Application | undefined

// From here on whatever ends the process is in its log: a signal, and an error that nobody caught, in any callback of any library.
closeWithGrace(
  {
    delay: 10_000,
    logger: log,
    onSecondError: (error) => {
      log.fatal({ err: error }, 'a second error ends the process before it has stopped')
    },
  },
  async ({ err, signal }) => {
    if (err === undefined) log.info({ signal: signal ?? 'none' }, 'control plane stops')
    else lastWords(err, 'control plane ends of an error that nobody caught')
    await application?.stop()
  },
)

function lastWords(error: unknown, words: string): void {
  log.fatal({ err: error }, words)
  // A silent log must not make a silent death.
  if (!log.isLevelEnabled('fatal')) process.stderr.write(`${words}: ${wordsOf(error)}\n`)
}

const platform = await createPlatform(config, { log }).catch((error: unknown) =>
  end(exitCodes.database, `Không mở được cơ sở dữ liệu: ${wordsOf(error)}`),
)
try {
  application = await createApplication(platform)
  await application.start()
  await application.http.listen({ host: config.host, port: config.port })
} catch (error) {
  lastWords(error, 'control plane does not start')
  await application?.stop()
  process.exit(1)
}
log.info({ address: config.publicUrl, database: platform.database.kind, stage: config.stage }, 'control plane ready')

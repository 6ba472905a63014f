import closeWithGrace from 'close-with-grace'
import { createApplication } from './app.ts'
import { readConfig } from './platform/config.ts'
import { createPlatform } from './platform/platform.ts'

const config = (() => {
  try {
    return readConfig(process.env)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(2)
  }
})()

const platform = await createPlatform(config).catch((error: unknown) => {
  process.stderr.write(`Không mở được cơ sở dữ liệu: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(3)
})
const application = await createApplication(platform)
closeWithGrace({ delay: 10_000, logger: platform.log }, () => application.stop())
await application.start()
await application.http.listen({ host: config.host, port: config.port })
platform.log.info(
  { address: config.publicUrl, database: platform.database.kind, stage: config.stage },
  'control plane ready',
)

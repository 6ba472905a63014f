// Starts a throw-away PostgreSQL for scripts/test, writes its address into the file named by the first argument, and ends with the test run.
import { writeFileSync } from 'node:fs'
import { startPostgres } from '../control-plane/test/support/databases.ts'

const server = await startPostgres()
writeFileSync(process.argv[2] ?? '/dev/stdout', server.url)
const stop = (): void => {
  server.stop()
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
// If the test run was killed, nobody will send a signal.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) stop()
}, 1_000)

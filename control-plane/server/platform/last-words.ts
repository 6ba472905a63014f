import { wordsOf } from './plain-error.ts'

/**
 * For the small programs beside the control plane (main.ts has a log for it): an error that nobody caught is told in one line without
 * values, and ends the program with 1 after `leave`.
 */
export function tellLastWords(what: string, leave: () => Promise<unknown> = async () => undefined): void {
  let dying = false
  const die = (error: unknown): void => {
    process.stderr.write(`${what} dừng vì lỗi: ${wordsOf(error)}\n`)
    if (dying) process.exit(1)
    dying = true
    leave().finally(() => process.exit(1))
  }
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
}

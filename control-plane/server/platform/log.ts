import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config.ts'
import { plainError, wordsOf } from './plain-error.ts'

/**
 * The only logger of the process. Every error in it goes through `plainError`, under whatever name it is logged, so that no line repeats what
 * a citizen entered; tests read all that was written (scripts/test).
 */
export function createLog(level: Config['logLevel'], destination?: DestinationStream): Logger {
  const options = {
    level,
    redact: ['req.headers.authorization', 'req.headers.cookie'],
    serializers: { err: plainError, error: plainError, cause: plainError },
    hooks: { logMethod },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

type LogMethod = (this: Logger, ...given: unknown[]) => void

/** pino takes the message of a line from its error when it has none, and libraries give it a second time beside the error. */
function logMethod(this: Logger, given: unknown[], method: unknown): void {
  const [first, second, ...rest] = given
  const error = isError(first) ? first : (first as { err?: unknown } | null | undefined)?.err
  const fields = isError(first) ? { err: first } : first
  const write = method as LogMethod
  if (error === undefined) {
    write.apply(this, given.map(asWords))
    return
  }
  const own = typeof second === 'string' && second !== (error as { message?: unknown }).message
  write.apply(this, [fields, own ? second : wordsOf(error), ...rest.map(asWords)])
}

/** Also one that a library has copied into a plain object. */
const isError = (given: unknown): boolean =>
  given instanceof Error || (typeof given === 'object' && given !== null && 'message' in given && 'stack' in given)

/** An error among the words of a line. */
const asWords = (given: unknown): unknown => (isError(given) ? wordsOf(given) : given)

/**
 * An error as a log, a stored job or an alert may keep it: what failed and where, and no value. PostgreSQL, drizzle, parsers and mail servers
 * repeat in their words what they were given, and that is a citizen's name or number. Only the members named here go on.
 */
export interface PlainError {
  type: string
  message: string
  stack?: string
  /** SQLSTATE, a code of Node or of a library, a problem's type. */
  code?: string
  /** The statement with its placeholders; no parameter. */
  statement?: string
  constraint?: string
  table?: string
  column?: string
  routine?: string
  syscall?: string
  status?: number
  /** What a schema refused: the rule, never the input. */
  rules?: string[]
  cause?: PlainError
  errors?: PlainError[]
}

const deepest = 5
const most = 5
const longestText = 600

interface Given {
  [member: string]: unknown
}

/** For pino's `serializers`, and for whatever else keeps an error. Takes anything that can be thrown; never throws. Pure. */
export function plainError(error: unknown, depth = 0): PlainError {
  if (typeof error !== 'object' || error === null) return { type: typeof error, message: withoutValues(String(error)) }
  const given = error as Given
  const plain: PlainError = { type: typeOf(given), message: messageOf(given) }
  const stack = framesOf(given)
  if (stack !== undefined) plain.stack = stack
  for (const name of ['code', 'constraint', 'table', 'column', 'routine', 'syscall'] as const) {
    const value = nameIn(given[name])
    if (value !== undefined) plain[name] = value
  }
  if (isProblem(given)) plain.code = String(given.type)
  if (typeof given.query === 'string') plain.statement = statementOf(given.query)
  const status = given.status ?? given.statusCode ?? given.responseCode
  if (typeof status === 'number') plain.status = status
  if (Array.isArray(given.validation)) plain.rules = given.validation.slice(0, most).map(ruleOf)
  if (depth >= deepest) return plain
  if (given.cause !== undefined && given.cause !== null) plain.cause = plainError(given.cause, depth + 1)
  if (Array.isArray(given.errors)) plain.errors = given.errors.slice(0, most).map((one) => plainError(one, depth + 1))
  return plain
}

/** The error and what caused it in one line, without a value: for alerts, letters, stored jobs and what a command prints. */
export function wordsOf(error: unknown): string {
  const words: string[] = []
  for (let plain: PlainError | undefined = plainError(error); plain !== undefined; plain = plain.cause) {
    const code = plain.code === undefined || plain.message.includes(plain.code) ? '' : ` (${plain.code})`
    const constraint =
      plain.constraint === undefined || plain.message.includes(plain.constraint) ? '' : ` [${plain.constraint}]`
    words.push(`${plain.message}${code}${constraint}`)
  }
  return [...new Set(words)].join(': ')
}

const typeOf = (given: Given): string => nameIn(given.constructor?.name) ?? 'Error'

const isProblem = (given: Given): boolean => typeof given.type === 'string' && typeof given.title === 'string'

function messageOf(given: Given): string {
  // The title of a problem may quote what was entered.
  if (isProblem(given)) return String(given.type)
  // drizzle's own message is the statement with every parameter.
  if (typeof given.query === 'string' && 'params' in given) return 'Failed query'
  if (Array.isArray(given.validation)) return 'the input breaks its schema'
  if (typeof given.message !== 'string') return 'no message'
  // Its words are whatever the function made of the row.
  if (/^P0[0-9A-Z]{3}$/.test(String(given.code))) return 'a function of the database refused'
  const words = given.message.replace(/^Failed query:[\s\S]*/, 'Failed query')
  // A failed INSERT names its constraint, table and column in quotes, and the value just as well.
  const names = [given.constraint, given.table, given.column, given.schema, given.dataType].map(nameIn)
  return withoutValues(words, (quoted) => names.includes(quoted) || (isStructural(given) && isIdentifier(quoted)))
}

/** SQLSTATE class 42: what is quoted is the statement's own, such as a table that does not exist. */
const isStructural = (given: Given): boolean => /^42[0-9A-Z]{3}$/.test(String(given.code))
const isIdentifier = (text: string): boolean => /^[a-z_][a-z_0-9.]*$/.test(text)

const quotes = /"([^"]*)"|“([^”]*)”|'([^']*)'|`([^`]*)`|«([^»]*)»/g
const addresses = /[^\s<>"'(),;:]+@[^\s<>"'(),;:]+/g
// Citizens' and phone numbers; ports, addresses of hosts and SMTP's own codes are shorter or hold other signs.
const numbers = /(?<![\w.-])(?:(?:\+84|0)[ .-]?\d{2,3}[ .-]?\d{3}[ .-]?\d{3,4}|\d{8,})(?![\w-])/g
// A file or an address on this machine, whose names are ids.
const isPath = (text: string): boolean => /^(\/|https?:\/\/)[\w./:-]*$/.test(text)
// What the values of PostgreSQL and of other libraries stand behind.
const tails = /(\nparams: |Received |response text: |input value: |DETAIL: |is not valid JSON)[\s\S]*$/

/** Words with everything quoted, every e-mail address and every long number left out, except the quotations that are let through. */
function withoutValues(words: string, lets: (quoted: string) => boolean = () => false): string {
  return words
    .replace(tails, (_all, head: string) => (head.startsWith('\n') ? '' : head.trimEnd()))
    .replace(quotes, (whole, ...inside: unknown[]) => {
      const quoted = String(inside.slice(0, 5).find((one) => one !== undefined) ?? '')
      return lets(quoted) || isPath(quoted) ? whole : '…'
    })
    .replace(addresses, '…')
    .replace(numbers, '…')
    .slice(0, longestText)
}

/** The statement as drizzle wrote it; one written by hand may hold a literal. */
const statementOf = (query: string): string => query.replace(/'(?:[^']|'')*'/g, "'…'").slice(0, 2_000)

/** The places alone: the first lines of `stack` are the message. */
function framesOf({ stack }: Given): string | undefined {
  if (typeof stack !== 'string') return undefined
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return frames.length === 0 ? undefined : frames.slice(0, 20).join('\n')
}

const nameIn = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\w.:/-]{1,80}$/.test(value) && !/^\d{6,}$/.test(value) ? value : undefined

const ruleOf = (fault: unknown): string => {
  const { keyword, schemaPath } = (fault ?? {}) as { keyword?: unknown; schemaPath?: unknown }
  return [keyword, schemaPath].map((one) => nameIn(String(one).replace(/^#/, ''))).join(' ')
}

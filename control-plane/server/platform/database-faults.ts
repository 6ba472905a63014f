/**
 * The connection ended between COMMIT and its answer: the change stands, or it does not, and only a look can tell. Whoever says "failed"
 * here invites a person to do it a second time; whoever says "done" may lie.
 */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('the connection to the database ended while the transaction was being committed', { cause })
  }
}

/**
 * SQLSTATE of a server that is absent or on its way out or in: 08 (connection), 57P01–57P05 (ended by an administrator, a crash, starting up,
 * database dropped, idle too long), 53300 (no connection left), 25P03 (the session ended for idling in its transaction).
 */
const goneStates = /^(08[0-9A-Z]{3}|57P0[1-5]|53300|25P03)$/

/** Node's codes of a line that is down, and those of the earlier driver, which errors of stored jobs still carry. */
const goneCodes =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED))$/

/** What `pg` 8 says of a dead connection without any code. A new version of it is checked by the test that stops PostgreSQL. */
const goneWords = [
  /^Connection terminated/,
  /^timeout (exceeded when trying to connect|expired)$/,
  /^Client (has encountered a connection error|was closed) and is not queryable$/,
  /^Query read timeout$/,
  /^Cannot use a pool after calling end on the pool$/,
]

/** The error, what caused it, and what an AggregateError holds (a host with two addresses that both refuse is one), outermost first. */
export function* causesOf(error: unknown): Generator<Error> {
  const seen = new Set<unknown>()
  const left = [error]
  while (left.length > 0) {
    const current = left.shift()
    if (!(current instanceof Error) || seen.has(current)) continue
    seen.add(current)
    yield current
    left.push(current.cause, ...(current instanceof AggregateError ? current.errors : []))
  }
}

/** True when the database could not be asked, or did not answer: the same request may succeed later. Pure. */
export function isDatabaseGone(error: unknown): boolean {
  for (const current of causesOf(error)) {
    // Prosody or another neighbour refused, not the database.
    if (current instanceof TypeError && current.message === 'fetch failed') return false
    const { code } = current as { code?: unknown }
    if (typeof code === 'string' && (goneStates.test(code) || goneCodes.test(code))) return true
    if (goneWords.some((words) => words.test(current.message))) return true
  }
  return false
}

/** The SQLSTATE of a failed statement, the same on both databases; undefined for other errors. */
export function sqlState(error: unknown): string | undefined {
  for (const current of causesOf(error)) {
    const { code } = current as { code?: unknown }
    // Five letters could also be one of Node's codes (EPIPE).
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !goneCodes.test(code)) return code
  }
  return undefined
}

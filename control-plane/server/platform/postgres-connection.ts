/** How long the database is waited for, in milliseconds. */
export interface Patience {
  /** For a free connection or a new one; then the request is a 503. */
  connectMs: number
  /** A statement that takes longer is ended by PostgreSQL itself. */
  statementMs: number
  /** A statement without an answer, when even PostgreSQL's refusal does not arrive: the line is cut and its connection given up. */
  answerMs: number
  /** PostgreSQL ends a transaction in which nothing happens: its client is gone, and its locks hold up everybody else. */
  idleMs: number
}

/** Shorter than `requestTimeout`, longer than any statement of ours. */
export const usual: Patience = { connectMs: 10_000, statementMs: 25_000, answerMs: 30_000, idleMs: 60_000 }

/**
 * For `pg`, `sslmode=require` means "and verify the name", for PostgreSQL it does not: with PostgreSQL's own certificate it would never connect.
 */
const pgUrl = (url: string): string => (/[?&]sslmode=/.test(url) ? `${url}&uselibpqcompat=true` : url)

/** How `pg` connects: for the pool, for pg-boss's own and for the listener. */
export const connection = (url: string, patience: Patience = usual) => ({
  connectionString: pgUrl(url),
  connectionTimeoutMillis: patience.connectMs,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  statement_timeout: patience.statementMs,
  query_timeout: patience.answerMs,
  idle_in_transaction_session_timeout: patience.idleMs,
})

import { createHash, createHmac } from 'node:crypto'
import { asc, desc, eq, gt } from 'drizzle-orm'
import type { AuditKeys } from './audit-keys.ts'
import { hourMs } from './clock.ts'
import type { Database, Tx } from './database.ts'
import { auditTrail } from './tables.ts'

export type AuditRow = typeof auditTrail.$inferSelect

export const firstHash = '0'.repeat(64)

/**
 * HMAC-SHA-256 (plain SHA-256 for rows of releases that had no key) over the row's members in a fixed order, with object keys sorted: the same
 * text whatever database kept it.
 */
export function auditHash(row: Omit<AuditRow, 'hash'>, key: Buffer | undefined): string {
  const members = [
    row.seq,
    row.at.toISOString(),
    row.actorKind,
    row.actorId,
    row.actorName,
    row.action,
    row.subject,
    canonical(row.detail),
    row.previousHash,
    ...(row.keyId === null ? [] : [row.keyId]),
  ]
  const seal = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  return seal.update(JSON.stringify(members)).digest('hex')
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (value === null || typeof value !== 'object') return value
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => [key, canonical(inner)])
}

/** A row that somebody outside the database remembers: by its hash, and by its number where he has it. */
export interface Remembered {
  hash: string
  seq?: number | undefined
}

/**
 * `missing`: a number is not there; `changed`: the hash does not fit; `unlinked`: not the next of the one before; `unkeyed`, `retired-key`: sealed
 * without the present key where that one was in use already; `unknown-key`: with one we do not have; `replaced`: another row than the remembered one;
 * `cut`: the chain ends before the remembered row.
 */
export type BrokenWhy =
  | 'missing'
  | 'changed'
  | 'unlinked'
  | 'unkeyed'
  | 'retired-key'
  | 'unknown-key'
  | 'replaced'
  | 'cut'

export type ChainVerdict =
  | { is: 'whole'; rows: number; lastHash: string /** The first row sealed with a key. */; keyedFrom: number | null }
  | { is: 'broken'; seq: number; why: BrokenWhy }

/** Processes of one system start with a new key one after the other; meanwhile rows of the old one come in between. */
const overlapMs = hourMs

/** Where the reading stands. `rank`: the place in the list of keys of the newest key seen; past its end: none. */
interface Place {
  seq: number
  hash: string
  rank: number
  rankSince: number
  keyedFrom: number | null
}

/** Why this row cannot follow, or undefined when it does. */
function faultOf(row: AuditRow, before: Place, keys: AuditKeys, linksOnly: boolean): BrokenWhy | undefined {
  if (row.seq !== before.seq + 1) return 'missing'
  if (row.previousHash !== before.hash) return 'unlinked'
  if (linksOnly && row.keyId !== null) return undefined
  const rank = rankOf(row, keys)
  if (rank === undefined) return 'unknown-key'
  if (auditHash(row, keys[rank]?.key) !== row.hash) return 'changed'
  const isLate = rank > before.rank && row.at.getTime() - before.rankSince > overlapMs
  if (isLate) return row.keyId === null ? 'unkeyed' : 'retired-key'
  return undefined
}

function rankOf(row: AuditRow, keys: AuditKeys): number | undefined {
  if (row.keyId === null) return keys.length
  const rank = keys.findIndex(({ id }) => id === row.keyId)
  return rank < 0 ? undefined : rank
}

function placeAfter(row: AuditRow, before: Place, keys: AuditKeys): Place {
  const rank = rankOf(row, keys) ?? keys.length
  const isNewer = rank < before.rank
  return {
    seq: row.seq,
    hash: row.hash,
    rank: isNewer ? rank : before.rank,
    rankSince: isNewer ? row.at.getTime() : before.rankSince,
    keyedFrom: before.keyedFrom ?? (row.keyId === null ? null : row.seq),
  }
}

export interface VerifyOptions {
  remembered?: Remembered[]
  /** Begins at this remembered row instead of the first; what was before it was read then. */
  from?: { seq: number; hash: string }
  onProgress?: (rows: number) => void
  /** Whoever has no key looks at numbers and links alone. */
  linksOnly?: true
}

const theStart = (keys: AuditKeys): Place => ({
  seq: 0,
  hash: firstHash,
  rank: keys.length,
  rankSince: 0,
  keyedFrom: null,
})

/** Reads the whole chain in pages and names the first broken row (design rule 7). */
export async function verifyAuditTrail(
  db: Database | Tx,
  keys: AuditKeys,
  options: VerifyOptions = {},
): Promise<ChainVerdict> {
  const begun = options.from === undefined ? theStart(keys) : await placeOf(db, keys, options.from)
  if ('is' in begun) return begun
  let place = begun
  const linksOnly = options.linksOnly === true
  const open = new Set(options.remembered)
  for (;;) {
    const page = await rowsAfter(db, place.seq)
    for (const row of page) {
      const why = faultOf(row, place, keys, linksOnly) ?? (isReplaced(row, open) ? 'replaced' : undefined)
      if (why !== undefined) return { is: 'broken', seq: why === 'missing' ? place.seq + 1 : row.seq, why }
      place = placeAfter(row, place, keys)
    }
    options.onProgress?.(place.seq)
    if (page.length < pageRows)
      return atTheEnd(place, keys, { isCut: open.size > 0, isPart: linksOnly || options.from !== undefined })
  }
}

const pageRows = 500

const rowsAfter = (db: Database | Tx, seq: number): Promise<AuditRow[]> =>
  db.select().from(auditTrail).where(gt(auditTrail.seq, seq)).orderBy(asc(auditTrail.seq)).limit(pageRows)

/** Takes the remembered ones that this row is off the list; true when one of them says that another stood here. */
function isReplaced(row: AuditRow, open: Set<Remembered>): boolean {
  for (const one of open) {
    if (one.hash === row.hash && (one.seq ?? row.seq) === row.seq) open.delete(one)
    else if (one.seq === row.seq) return true
  }
  return false
}

/** Where the reading goes on after the remembered row; or that it is not there any more. */
async function placeOf(
  db: Database | Tx,
  keys: AuditKeys,
  from: { seq: number; hash: string },
): Promise<Place | ChainVerdict> {
  const [row] = await db.select().from(auditTrail).where(eq(auditTrail.seq, from.seq))
  if (row === undefined) {
    const [last] = await db.select({ seq: auditTrail.seq }).from(auditTrail).orderBy(desc(auditTrail.seq)).limit(1)
    return { is: 'broken', seq: (last?.seq ?? 0) + 1, why: 'cut' }
  }
  if (row.hash !== from.hash) return { is: 'broken', seq: row.seq, why: 'replaced' }
  return placeAfter(row, { ...theStart(keys), seq: row.seq - 1, hash: row.previousHash }, keys)
}

/** A chain that is whole in itself may still be a short one, or one that was made anew without the present key. */
function atTheEnd(place: Place, keys: AuditKeys, { isCut, isPart }: { isCut: boolean; isPart: boolean }): ChainVerdict {
  if (isCut) return { is: 'broken', seq: place.seq + 1, why: 'cut' }
  if (place.seq === 0) return { is: 'broken', seq: 1, why: 'missing' }
  if (!isPart && place.rank === keys.length) return { is: 'broken', seq: 1, why: 'unkeyed' }
  // Every start of a server with a new key writes a row with it: a chain without one is not this system's any more.
  if (!isPart && place.rank > 0) return { is: 'broken', seq: place.seq, why: 'retired-key' }
  return { is: 'whole', rows: place.seq, lastHash: place.hash, keyedFrom: place.keyedFrom }
}

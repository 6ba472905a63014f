import { createHash } from 'node:crypto'
import type { Secrets } from './secrets.ts'

/** A key of the audit trail. `id`: what a row says of the key that it was sealed with; tells nothing of the key. */
export interface AuditKey {
  id: string
  key: Buffer
}

/**
 * The keys of the audit trail, the present one first, then those of former times, which rows of those times still need.
 * The database holds none of them: whoever owns it alone can compute no row anew.
 */
export type AuditKeys = readonly [present: AuditKey, ...former: AuditKey[]]

const named = (key: Buffer): AuditKey => ({
  id: createHash('sha256').update('audit-key').update(key).digest('hex').slice(0, 8),
  key,
})

/** `configured`: keys of 64 hex digits, the newest first (TIEPDAN_AUDIT_KEYS). The one derived from the master key stays good for what was sealed with it. */
export function createAuditKeys(configured: string, secrets: Secrets): AuditKeys {
  const derived = named(secrets.key('audit-trail'))
  const [present, ...former] = configured
    .split(/[\s,]+/)
    .filter((hex) => hex !== '')
    .map((hex) => named(Buffer.from(hex, 'hex')))
  return present === undefined ? [derived] : [present, ...former, derived]
}

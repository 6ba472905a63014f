import type { Platform } from '../platform/platform.ts'
import { type SealedColumn, sealClearRows, sealedColumn } from '../platform/sealed-rows.ts'
import type { Secrets } from '../platform/secrets.ts'
import { grants } from './tables.ts'

/** The name of whom a grant is for: a room's or a person's. */
export const grantNames = (secrets: Secrets): SealedColumn => sealedColumn(secrets, 'grants.displayName')

/** Seals the names of grants that an earlier release wrote; answers how many those were. */
export const sealClearGrants = ({ db, secrets }: Platform): Promise<number> =>
  sealClearRows(db, { table: grants, id: grants.id, column: grants.displayName, sealed: grantNames(secrets) })

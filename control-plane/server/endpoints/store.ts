import { and, asc, eq, getTableColumns, gt, inArray, isNull } from 'drizzle-orm'
import type { KioskState } from '../../contract/kiosk.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Commune } from './communes.ts'
import { devices, endpoints, enrolmentCodes } from './tables.ts'

export type EndpointRow = typeof endpoints.$inferSelect
export type DeviceRow = typeof devices.$inferSelect
type Reader = Database | Tx

/** Makes what is missing; what is there stays as people left it (a commune that was renamed on the screen keeps its name). */
export async function ensureEndpoints(tx: Tx, communes: Commune[], now: Date): Promise<number> {
  const delegates = communes.map((commune) => ({
    kind: 'delegate' as const,
    communeCode: commune.code,
    name: commune.name,
    shortName: commune.shortName,
    slug: commune.slug,
    formerProvince: commune.formerProvince,
    createdAt: now,
  }))
  const central = {
    kind: 'central' as const,
    name: 'Điểm cầu trung tâm (Trụ sở Tiếp công dân tỉnh)',
    shortName: 'Trung tâm',
    slug: 'trung-tam',
    createdAt: now,
  }
  const made = await tx
    .insert(endpoints)
    .values([central, ...delegates])
    .onConflictDoNothing()
    .returning({ id: endpoints.id })
  return made.length
}

/** A real one: what a drill made for its few minutes is nobody's endpoint. */
const isReal = isNull(endpoints.drillId)

export const allEndpoints = (db: Reader): Promise<EndpointRow[]> => db.select().from(endpoints).where(isReal)

export async function insertEndpoint(tx: Tx, values: typeof endpoints.$inferInsert): Promise<EndpointRow> {
  const [row] = await tx.insert(endpoints).values(values).returning()
  if (!row) throw new Error('endpoint was not inserted')
  return row
}

export const endpointsByIds = (db: Reader, ids: string[]): Promise<EndpointRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .select()
        .from(endpoints)
        .where(and(inArray(endpoints.id, ids), isReal))

/** Also one of a drill: its page is shown its board. */
export async function endpointById(db: Reader, id: string): Promise<EndpointRow | undefined> {
  const [row] = await db.select().from(endpoints).where(eq(endpoints.id, id))
  return row
}

export async function endpointBySlug(db: Reader, slug: string): Promise<EndpointRow | undefined> {
  const [row] = await db
    .select()
    .from(endpoints)
    .where(and(eq(endpoints.slug, slug), isReal))
  return row
}

export async function centralEndpoint(db: Reader): Promise<EndpointRow | undefined> {
  const [row] = await db.select().from(endpoints).where(eq(endpoints.kind, 'central'))
  return row
}

export async function updateContact(
  tx: Tx,
  id: string,
  contact: Pick<EndpointRow, 'contactName' | 'contactEmail' | 'contactPhone'>,
): Promise<EndpointRow | undefined> {
  const [row] = await tx.update(endpoints).set(contact).where(eq(endpoints.id, id)).returning()
  return row
}

export const devicesOf = (db: Reader, endpointId: string): Promise<DeviceRow[]> =>
  db.select().from(devices).where(eq(devices.endpointId, endpointId)).orderBy(asc(devices.enrolledAt))

/** The room PCs in use of real endpoints. */
export const activeDevices = (db: Reader): Promise<DeviceRow[]> =>
  db
    .select(getTableColumns(devices))
    .from(devices)
    .innerJoin(endpoints, eq(endpoints.id, devices.endpointId))
    .where(and(isNull(devices.revokedAt), isReal))

/** The last word of each endpoint that has a room PC, by endpoint. */
export async function lastWords(db: Reader): Promise<Map<string, number>> {
  const words = new Map<string, number>()
  for (const { endpointId, lastSeenAt } of await activeDevices(db)) {
    words.set(endpointId, Math.max(words.get(endpointId) ?? 0, lastSeenAt?.getTime() ?? 0))
  }
  return words
}

export async function deviceById(db: Reader, id: string): Promise<DeviceRow | undefined> {
  const [row] = await db.select().from(devices).where(eq(devices.id, id))
  return row
}

export async function deviceByCredential(db: Reader, credentialHash: string): Promise<DeviceRow | undefined> {
  const [row] = await db.select().from(devices).where(eq(devices.credentialHash, credentialHash))
  return row
}

export async function insertCode(tx: Tx, values: typeof enrolmentCodes.$inferInsert): Promise<void> {
  await tx.insert(enrolmentCodes).values(values)
}

/** Uses up the code that is one of these; undefined when it is unknown, old or used. */
export async function useCode(
  tx: Tx,
  codeHashes: string[],
  now: Date,
): Promise<typeof enrolmentCodes.$inferSelect | undefined> {
  const [row] = await tx
    .update(enrolmentCodes)
    .set({ usedAt: now })
    .where(
      and(
        inArray(enrolmentCodes.codeHash, codeHashes),
        isNull(enrolmentCodes.usedAt),
        gt(enrolmentCodes.expiresAt, now),
      ),
    )
    .returning()
  return row
}

export async function codeByHashes(
  db: Reader,
  codeHashes: string[],
): Promise<typeof enrolmentCodes.$inferSelect | undefined> {
  const [row] = await db.select().from(enrolmentCodes).where(inArray(enrolmentCodes.codeHash, codeHashes)).limit(1)
  return row
}

export async function insertDevice(tx: Tx, values: typeof devices.$inferInsert): Promise<DeviceRow> {
  const [row] = await tx.insert(devices).values(values).returning()
  if (!row) throw new Error('device was not inserted')
  return row
}

export async function linkCode(tx: Tx, codeHash: string, deviceId: string): Promise<void> {
  await tx.update(enrolmentCodes).set({ deviceId }).where(eq(enrolmentCodes.codeHash, codeHash))
}

export async function noteState(db: Reader, id: string, now: Date, state: KioskState | null): Promise<void> {
  await db
    .update(devices)
    .set({ lastSeenAt: now, ...(state === null ? {} : { state: { ...state } }) })
    .where(and(eq(devices.id, id), isNull(devices.revokedAt)))
}

export async function revokeDevice(tx: Tx, id: string, now: Date): Promise<DeviceRow | undefined> {
  const [row] = await tx
    .update(devices)
    .set({ revokedAt: now })
    .where(and(eq(devices.id, id), isNull(devices.revokedAt)))
    .returning()
  return row
}

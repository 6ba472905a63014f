import type { Device, Endpoint } from '../../contract/endpoints.ts'
import type { KioskState } from '../../contract/kiosk.ts'
import { type Permission, roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import { type Listening, silentFor } from '../platform/intake.ts'
import { foldForSearch } from '../platform/text.ts'
import { formerNames } from './communes.ts'
import { connectedMs } from './enrolment.ts'
import type { DeviceRow, EndpointRow } from './store.ts'

const actions: Record<string, Permission> = {
  'edit-contact': 'endpoint.manage',
  enrol: 'device.manage',
  'revoke-device': 'device.manage',
  test: 'test-call.run',
}

const mayOf = (actor: Actor): string[] =>
  actor.kind === 'staff'
    ? Object.keys(actions).filter((action) => roleMay(actor.role, actions[action] ?? 'endpoint.manage'))
    : []

/** What is needed to say who is connected: the present, and in which time a room PC could have spoken. */
export interface Heard {
  now: number
  listening: Listening
}

/** One that was connected when we went away stays so until it could have come back. */
const isConnected = (device: DeviceRow, { now, listening }: Heard): boolean =>
  device.revokedAt === null &&
  device.lastSeenAt !== null &&
  silentFor(device.lastSeenAt.getTime(), listening, now) < connectedMs

export function presentEndpoint(row: EndpointRow, devices: DeviceRow[], actor: Actor, heard: Heard): Endpoint {
  const own = devices.filter((device) => device.endpointId === row.id && device.revokedAt === null)
  return {
    id: row.id,
    kind: row.kind,
    communeCode: row.communeCode,
    name: row.name,
    shortName: row.shortName,
    slug: row.slug,
    formerNames: [...(formerNames.get(row.communeCode ?? '') ?? [])],
    formerProvince: row.formerProvince,
    contactName: row.contactName,
    contactEmail: row.contactEmail,
    contactPhone: row.contactPhone,
    active: row.active,
    devices: own.length,
    connected: own.some((device) => isConnected(device, heard)),
    may: mayOf(actor),
  }
}

export const presentDevice = (row: DeviceRow, heard: Heard): Device => ({
  id: row.id,
  label: row.label,
  enrolledAt: row.enrolledAt.toISOString(),
  lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
  connected: isConnected(row, heard),
  state: row.state as KioskState | null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
})

// Both databases sort by bytes ("đ" < "e" is false): Vietnamese order is made here.
const vietnamese = new Intl.Collator('vi')

const folded = new Map<string, string>()

/** By what an endpoint is found, folded: its names of today and of before 01/07/2025. */
export function searchWords(row: Pick<EndpointRow, 'name' | 'communeCode' | 'formerProvince'>): string {
  const key = `${row.name} ${row.communeCode ?? ''} ${row.formerProvince ?? ''}`
  const known = folded.get(key)
  if (known !== undefined) return known
  const words = [key, ...(formerNames.get(row.communeCode ?? '') ?? [])].map(foldForSearch).join('\n')
  folded.set(key, words)
  return words
}

/** The central endpoint first, then those that are called so today, then those of a former name; by their short names. Found without accents. */
export function arrange(rows: EndpointRow[], search: string): EndpointRow[] {
  const wanted = foldForSearch(search)
  const found = rows.filter((row) => searchWords(row).includes(wanted))
  const ranks = new Map(
    found.map((row) => [row, row.kind === 'central' ? 0 : foldForSearch(row.name).includes(wanted) ? 1 : 2]),
  )
  const rank = (row: EndpointRow): number => ranks.get(row) ?? 0
  return found.sort((left, right) => rank(left) - rank(right) || vietnamese.compare(left.shortName, right.shortName))
}

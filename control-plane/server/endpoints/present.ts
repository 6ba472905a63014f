import type { Device, Endpoint } from '../../contract/endpoints.ts'
import type { KioskState } from '../../contract/kiosk.ts'
import { type Permission, roleMay } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import { foldForSearch } from '../platform/text.ts'
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

const isConnected = (device: DeviceRow, now: number): boolean =>
  device.revokedAt === null && device.lastSeenAt !== null && now - device.lastSeenAt.getTime() < connectedMs

export function presentEndpoint(row: EndpointRow, devices: DeviceRow[], actor: Actor, now: number): Endpoint {
  const own = devices.filter((device) => device.endpointId === row.id && device.revokedAt === null)
  return {
    id: row.id,
    kind: row.kind,
    communeCode: row.communeCode,
    name: row.name,
    shortName: row.shortName,
    slug: row.slug,
    formerProvince: row.formerProvince,
    contactName: row.contactName,
    contactEmail: row.contactEmail,
    contactPhone: row.contactPhone,
    active: row.active,
    devices: own.length,
    connected: own.some((device) => isConnected(device, now)),
    may: mayOf(actor),
  }
}

export const presentDevice = (row: DeviceRow, now: number): Device => ({
  id: row.id,
  label: row.label,
  enrolledAt: row.enrolledAt.toISOString(),
  lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
  connected: isConnected(row, now),
  state: row.state as KioskState | null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
})

// Both databases sort by bytes ("đ" < "e" is false): Vietnamese order is made here.
const vietnamese = new Intl.Collator('vi')

/** The central endpoint first, then communes and wards by their short names; found without accents. */
export function arrange(rows: EndpointRow[], search: string): EndpointRow[] {
  const wanted = foldForSearch(search)
  return rows
    .filter((row) => foldForSearch(`${row.name} ${row.communeCode ?? ''} ${row.formerProvince ?? ''}`).includes(wanted))
    .sort(
      (left, right) =>
        Number(right.kind === 'central') - Number(left.kind === 'central') ||
        vietnamese.compare(left.shortName, right.shortName),
    )
}

import type { KioskState } from '../../contract/kiosk.ts'
import type { Instant } from '../platform/clock.ts'
import { connectedMs } from './enrolment.ts'
import type { DeviceRow } from './store.ts'

/**
 * Where an endpoint's room PCs stand: `free` for a call; all that are connected sit `in-hearing`; `silent` though others of the province
 * speak; `all-silent`: none of the province is heard, which tells more of the server than of the room; `none` is enrolled.
 */
export type RoomPc = 'free' | 'in-hearing' | 'silent' | 'all-silent' | 'none'

type Seen = Pick<DeviceRow, 'endpointId' | 'lastSeenAt' | 'state'>

/** The state of one endpoint among the room PCs of the province that are not revoked. */
export function roomPcOf(endpointId: string, devices: Seen[], now: Instant): RoomPc {
  const connected = devices.filter(({ lastSeenAt }) => lastSeenAt !== null && now - lastSeenAt.getTime() < connectedMs)
  const ours = connected.filter((device) => device.endpointId === endpointId)
  if (ours.some((device) => (device.state as KioskState | null)?.showing !== 'hearing')) return 'free'
  if (ours.length > 0) return 'in-hearing'
  if (!devices.some((device) => device.endpointId === endpointId)) return 'none'
  return connected.length === 0 ? 'all-silent' : 'silent'
}

import { type DeviceKind, findChosen } from '../media/devices.ts'
import type { Sensing } from './senses.ts'

const labels: Record<DeviceKind, string> = { camera: 'Chọn camera', microphone: 'Chọn micro' }

/** The choice of a device, where there is one: what stands in it is what is in use, or the chosen one that is missing. */
export function DeviceChoice({ kind, senses }: { kind: DeviceKind; senses: Sensing }) {
  const devices = (kind === 'camera' ? senses.cameras : senses.microphones).filter((device) => device.deviceId !== '')
  const chosen = senses.chosen[kind]
  const found = findChosen(chosen, devices)
  const isMissing = chosen !== undefined && found === undefined && chosen.label !== ''
  if (devices.length < 2 && !isMissing) return null
  const inUse = found ?? devices.find((device) => device.label === senses[kind].name)
  return (
    <select
      aria-label={labels[kind]}
      value={isMissing ? 'missing' : (inUse?.deviceId ?? '')}
      onChange={(event) => {
        const device = devices.find(({ deviceId }) => deviceId === event.target.value)
        if (device !== undefined) senses.choose(kind, { id: device.deviceId, label: device.label })
      }}
    >
      {isMissing && (
        <option value="missing" disabled>
          {chosen.label} (chưa cắm)
        </option>
      )}
      {!isMissing && inUse === undefined && <option value="">Chọn…</option>}
      {devices.map((device) => (
        <option key={device.deviceId} value={device.deviceId}>
          {device.label}
        </option>
      ))}
    </select>
  )
}

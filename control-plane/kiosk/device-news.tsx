import { useCallback, useState } from 'react'
import { deviceNames, faultWords, type Place } from '../media/device-words.ts'
import type { DeviceNews } from '../media/meeting-devices.ts'

/** What the meeting has told of its devices, as far as it still holds. */
export function useDeviceNews(): { news: DeviceNews[]; hear(news: DeviceNews): void; clear(): void } {
  const [news, setNews] = useState<DeviceNews[]>([])
  const hear = useCallback((one: DeviceNews): void => {
    setNews((before) => [...before.filter(({ kind }) => kind !== one.kind), ...(one.fault === null ? [] : [one])])
  }, [])
  const clear = useCallback(() => setNews([]), [])
  return { news, hear, clear }
}

/** Above the meeting: which device it lacks, why, and what to do about it. */
export function DeviceStrip({ news, place, onHide }: { news: DeviceNews[]; place: Place; onHide(): void }) {
  return news.map(({ kind, fault, name }) =>
    fault === null ? null : (
      <p key={kind} className="asked" role="alert">
        {deviceNames[kind]}
        {name === null ? '' : ` “${name}”`}: {faultWords(kind, fault, place)}{' '}
        <button type="button" onClick={onHide}>
          Ẩn
        </button>
      </p>
    ),
  )
}

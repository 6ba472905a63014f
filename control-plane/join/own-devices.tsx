import { DeviceChoice } from '../kiosk/device-choice.tsx'
import type { Sensing } from '../kiosk/senses.ts'
import { deviceNames, deviceWords, openElsewhere, type Place } from '../media/device-words.ts'
import { type DeviceKind, isInAppBrowser } from '../media/devices.ts'
import { hasDevices } from '../media/open-device.ts'

const kinds: DeviceKind[] = ['camera', 'microphone']

/** A look at one's own picture and loudness before entering, what is the matter with either, and the choice where there is one. */
export function OwnDevices({ senses }: { senses: Sensing }) {
  const place: Place = { is: 'own', inApp: isInAppBrowser(navigator.userAgent) }
  if (!hasDevices()) return <OpenElsewhere />
  const { stream } = senses.camera
  const attach = (video: HTMLVideoElement | null): void => {
    if (video && video.srcObject !== stream) video.srcObject = stream
  }
  const fails = kinds.some((kind) => !['ok', 'other', 'unknown'].includes(senses[kind].state))
  return (
    <section className="own-devices" aria-label="Camera và micro của ông/bà">
      <div className="preview">
        <video ref={attach} autoPlay muted playsInline aria-label="Hình từ camera của ông/bà" />
        {stream === null && <span>Chưa có hình</span>}
      </div>
      {kinds.map((kind) => (
        <p key={kind} role="status" className="device">
          <strong>{deviceNames[kind]}:</strong> {deviceWords(kind, senses[kind], senses.chosen[kind], place)}
          {kind === 'microphone' && (
            <meter min={0} max={0.3} value={Math.min(0.3, senses.level)} aria-label="Mức âm thanh" />
          )}
          <DeviceChoice kind={kind} senses={senses} />
        </p>
      ))}
      {fails && <p className="hint">Vẫn vào phòng được; thiếu camera hoặc micro thì chỉ nghe và xem.</p>}
      {fails && (
        <button type="button" onClick={senses.again}>
          Thử lại
        </button>
      )}
    </section>
  )
}

/** For whoever looks at the page inside another app: better known an hour before than at the door. */
export function OpenElsewhere() {
  if (hasDevices() && !isInAppBrowser(navigator.userAgent)) return null
  return (
    <div className="outage" role="status">
      <p>
        {hasDevices()
          ? 'Trang đang mở bên trong một ứng dụng khác: camera và micro có thể không dùng được.'
          : 'Ứng dụng đang mở trang này không cho trang dùng camera và micro.'}{' '}
        {openElsewhere}
      </p>
      <p>Vẫn vào phòng được từ đây, nhưng có thể chỉ nghe và xem.</p>
    </div>
  )
}
